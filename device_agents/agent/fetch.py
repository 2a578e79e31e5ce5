"""Programs come over HTTP and are known by their hash; nothing else names them."""

import contextlib
import hashlib
import os
from pathlib import Path
from uuid import uuid4

import httpx

from device_agents.contract.messages import Program
from device_agents.errors import FetchError, StorageError

CHUNK_BYTES = 64 * 1024
CACHE_MAX_BYTES = 2 * 2**30

# These may pass by themselves; any other 4xx will not.
_PASSING = frozenset({401, 403, 408, 425, 429})


def client_for(server_url: str, token: str) -> httpx.Client:
    """A client that speaks to the network's own server alone, as this device."""
    return httpx.Client(
        base_url=server_url,
        headers={
            "Authorization": f"Bearer {token}",
            "Accept-Encoding": "identity",  # what is hashed is what was sent
        },
        timeout=httpx.Timeout(15.0),
        follow_redirects=False,  # a redirect would carry the token elsewhere
        trust_env=False,
    )


def fetch(client: httpx.Client, program: Program, cache: Path) -> Path:
    """The program's file, from the cache or the network, with its hash checked.

    Errors: FetchError (`lasting` where another try can't help), StorageError.
    """
    kept = cache / program.sha256
    if kept.is_file() and _hash_of(kept) == program.sha256:
        if kept.stat().st_size != program.size_bytes:
            raise _wrong_size(program)
        return kept
    # its own name: two machines may fetch the same program at once
    temporary = cache / f".{program.sha256}.{uuid4().hex}.part"
    try:
        cache.mkdir(parents=True, exist_ok=True)
        found = _download(client, program, temporary)
        if found != program.sha256:
            raise FetchError(
                "program-hash",
                f"the file's SHA-256 is {found[:16]}…, ordered was "
                f"{program.sha256[:16]}…",
                lasting=True,
            )
        temporary.replace(kept)
    except OSError as error:
        raise StorageError(f"{cache}: {error}") from error
    finally:
        temporary.unlink(missing_ok=True)
    return kept


def still_whole(cache: Path, program: Program) -> Path:
    """The cached file, hashed again right before it runs. Errors: FetchError."""
    kept = cache / program.sha256
    if not kept.is_file() or _hash_of(kept) != program.sha256:
        raise FetchError(
            "program-damaged", "the file changed on this disk", lasting=False
        )
    return kept


def prune(cache: Path, in_use: set[str], limit_bytes: int = CACHE_MAX_BYTES) -> None:
    """Forget the files used longest ago until the rest fits; never one in use."""
    found = []
    for file in cache.glob("[!.]*"):
        with contextlib.suppress(
            FileNotFoundError
        ):  # another machine's runner was first
            found.append((file.stat().st_atime, file.stat().st_size, file))
    total_bytes = sum(size_bytes for _used, size_bytes, _file in found)
    for _used, size_bytes, file in sorted(found):
        if total_bytes <= limit_bytes:
            return
        if file.name not in in_use:
            total_bytes -= size_bytes
            file.unlink(missing_ok=True)


def forget_halves(cache: Path) -> None:
    """Remove what a killed agent had half fetched. Before any runner begins."""
    for file in cache.glob(".*.part"):
        file.unlink(missing_ok=True)


def _download(client: httpx.Client, program: Program, temporary: Path) -> str:
    """Stream to `temporary`; return the hash. Errors: FetchError."""
    digest = hashlib.sha256()
    taken_bytes = 0
    try:
        with client.stream("GET", program.path) as answer:
            _refuse_status(answer)
            with temporary.open("wb") as file:
                for chunk in answer.iter_raw(CHUNK_BYTES):
                    taken_bytes += len(chunk)
                    if taken_bytes > program.size_bytes:
                        break
                    digest.update(chunk)
                    file.write(chunk)
                file.flush()
                os.fsync(file.fileno())
    except httpx.HTTPError as error:
        raise FetchError(
            "network", f"{program.path}: {error!r}", lasting=False
        ) from error
    if taken_bytes > program.size_bytes:
        raise _wrong_size(program)
    if taken_bytes < program.size_bytes:
        raise FetchError(
            "program-short",
            f"{taken_bytes} of {program.size_bytes} bytes came",
            lasting=False,
        )
    return digest.hexdigest()


def _wrong_size(program: Program) -> FetchError:
    return FetchError(
        "program-size",
        f"{program.path} is not of the {program.size_bytes} bytes ordered",
        lasting=True,
    )


def _refuse_status(answer: httpx.Response) -> None:
    if answer.status_code == httpx.codes.OK:
        return
    lasting = answer.is_client_error and answer.status_code not in _PASSING
    raise FetchError(
        "program-missing" if lasting else "network",
        f"the server answered {answer.status_code}",
        lasting=lasting or answer.is_redirect,
    )


def _hash_of(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()
