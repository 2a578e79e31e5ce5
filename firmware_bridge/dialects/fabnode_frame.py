"""The fabnode's frame: '@' body '*' CRC-16, so that a damaged line says nothing."""

import binascii
import re

from firmware_bridge.dialects.dialect import shown

BODY_BYTES_MAX = 79  # longest command body that the board takes
SEQUENCE_MAX = 65_535

_FRAME = re.compile(rb"@([ -)+-?A-~]+)\*([0-9A-F]{4})\Z")  # no '*', no '@' inside


def crc16(octets: bytes) -> int:
    """CRC-16 with polynomial 0x1021, from 0xFFFF (CRC-16/IBM-3740)."""
    return binascii.crc_hqx(octets, 0xFFFF)


def frame(body: str) -> bytes:
    """A body as it goes over the wire. Errors: ValueError."""
    octets = body.encode("ascii")
    framed = b"@%b*%04X" % (octets, crc16(octets))
    if len(octets) > BODY_BYTES_MAX or not _FRAME.match(framed):
        raise ValueError(f"not a fabnode line: {shown(octets)}")
    return framed + b"\n"


def command(request: int, words: str) -> bytes:
    """A numbered command to the board. Errors: ValueError."""
    return frame(f"c {request % (SEQUENCE_MAX + 1)} {words}")


def unframe(line: bytes) -> str | None:
    """The body of a line, or None where it isn't intact.

    Only what follows the last '@' counts: what comes before is a line whose end
    was lost.
    """
    start = line.rfind(b"@")
    found = _FRAME.match(line[start:]) if start >= 0 else None
    if found is None or int(found.group(2), 16) != crc16(found.group(1)):
        return None
    return found.group(1).decode("ascii")
