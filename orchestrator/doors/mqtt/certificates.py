"""Our own broker's certificate, and the small authority behind it that devices are told.

The authority stays the same for the node's life, since devices keep it from their
enrolment; what it vouches for is made anew long before it ends.
"""

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from ipaddress import ip_address
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric.ec import (
    SECP256R1,
    EllipticCurvePrivateKey,
    generate_private_key,
)
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
    load_pem_private_key,
)

AUTHORITY_LIFE = timedelta(days=365 * 30)
CERTIFICATE_LIFE = timedelta(days=365 * 5)
RENEWED_BEFORE_END = timedelta(days=365 * 3)
CLOCKS_DIFFER = timedelta(days=1)


@dataclass(frozen=True, slots=True, kw_only=True)
class CertificateFiles:
    """Where the broker reads its certificate and key, and what devices trust."""

    certificate: Path
    key: Path
    authority_pem: str


def certificate_for(
    name: str, folder: Path, *, vouched_in: Path, now: datetime
) -> CertificateFiles:
    """The files in `folder` for a broker called `name`, made or renewed where needed.

    `name`: a host name or an address. `vouched_in`: the authority's folder, which the
    broker's own user cannot read. `now`: of the wall, as TLS judges by it.
    """
    authority, authority_key = _authority(vouched_in, now)
    files = CertificateFiles(
        certificate=folder / "certificate.pem",
        key=folder / "certificate-key.pem",
        authority_pem=authority.public_bytes(Encoding.PEM).decode(),
    )
    folder.mkdir(parents=True, exist_ok=True)
    if not _still_good(files, name, now):
        key = generate_private_key(SECP256R1())
        certificate = (
            _builder(_called(name), authority.subject, key, now, CERTIFICATE_LIFE)
            .add_extension(x509.BasicConstraints(ca=False, path_length=None), True)
            .add_extension(x509.SubjectAlternativeName([_named(name)]), False)
            .add_extension(
                x509.AuthorityKeyIdentifier.from_issuer_public_key(
                    authority_key.public_key()
                ),
                False,
            )
            .sign(authority_key, hashes.SHA256())
        )
        _write(files.key, _key_pem(key))
        _write(files.certificate, certificate.public_bytes(Encoding.PEM))
    return files


def _authority(
    folder: Path, now: datetime
) -> tuple[x509.Certificate, EllipticCurvePrivateKey]:
    kept, kept_key = folder / "authority.pem", folder / "authority-key.pem"
    if kept.exists():
        return x509.load_pem_x509_certificate(kept.read_bytes()), _key(kept_key)
    key = generate_private_key(SECP256R1())
    subject = _called("Fabcommons broker authority")
    usage = dict.fromkeys(
        (
            "digital_signature",
            "content_commitment",
            "key_encipherment",
            "data_encipherment",
            "key_agreement",
            "encipher_only",
            "decipher_only",
        ),
        False,
    )
    made = (
        _builder(subject, subject, key, now, AUTHORITY_LIFE)
        .add_extension(x509.BasicConstraints(ca=True, path_length=0), True)
        .add_extension(x509.KeyUsage(key_cert_sign=True, crl_sign=True, **usage), True)
        .add_extension(
            x509.SubjectKeyIdentifier.from_public_key(key.public_key()), False
        )
        .sign(key, hashes.SHA256())
    )
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    _write(kept_key, _key_pem(key))
    _write(kept, made.public_bytes(Encoding.PEM))
    return made, key


def _builder(
    subject: x509.Name,
    issuer: x509.Name,
    key: EllipticCurvePrivateKey,
    now: datetime,
    life: timedelta,
) -> x509.CertificateBuilder:
    return (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(issuer)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - CLOCKS_DIFFER)
        .not_valid_after(now + life)
    )


def _still_good(files: CertificateFiles, name: str, now: datetime) -> bool:
    if not (files.certificate.exists() and files.key.exists()):
        return False
    kept = x509.load_pem_x509_certificate(files.certificate.read_bytes())
    names = kept.extensions.get_extension_for_class(x509.SubjectAlternativeName)
    return (
        list(names.value) == [_named(name)]
        and kept.public_key() == _key(files.key).public_key()
        and kept.not_valid_after_utc - now.astimezone(UTC) > RENEWED_BEFORE_END
    )


def _called(name: str) -> x509.Name:
    return x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, name[:64])])


def _named(name: str) -> x509.GeneralName:
    try:
        return x509.IPAddress(ip_address(name))
    except ValueError:
        return x509.DNSName(name)


def _key(path: Path) -> EllipticCurvePrivateKey:
    key = load_pem_private_key(path.read_bytes(), password=None)
    if not isinstance(key, EllipticCurvePrivateKey):
        raise TypeError(f"{path} holds another kind of key than was put there")
    return key


def _key_pem(key: EllipticCurvePrivateKey) -> bytes:
    return key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())


def _write(path: Path, octets: bytes) -> None:
    """Whole or not at all, and for its owner only."""
    fresh = path.with_suffix(".new")
    fresh.touch(mode=0o600)
    fresh.write_bytes(octets)
    fresh.replace(path)
