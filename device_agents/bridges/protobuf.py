"""Protocol Buffers on the wire, as much as Sparkplug B's payload needs.

https://protobuf.dev/programming-guides/encoding/
"""

import struct
from collections.abc import Iterator

VARINT, FIXED64, BYTES, FIXED32 = 0, 1, 2, 5
type Value = int | bytes


def varint_field(number: int, value: int) -> bytes:
    """An unsigned integer or a truth value; a negative one as its 64 bits."""
    return _varint(number << 3 | VARINT) + _varint(value & (2**64 - 1))


def double_field(number: int, value: float) -> bytes:
    """A double."""
    return _varint(number << 3 | FIXED64) + struct.pack("<d", value)


def bytes_field(number: int, value: bytes) -> bytes:
    """A text, or another message."""
    return _varint(number << 3 | BYTES) + _varint(len(value)) + value


def fields(message: bytes) -> Iterator[tuple[int, Value]]:
    """Number and value of each field. ValueError for what is no message."""
    place = 0
    while place < len(message):
        key, place = _read_varint(message, place)
        match key & 7:
            case 0:
                value, place = _read_varint(message, place)
                yield key >> 3, value
                continue
            case 1:
                size = 8
            case 2:
                size, place = _read_varint(message, place)
            case 5:
                size = 4
            case other:
                raise ValueError(f"wire type {other} is not known")
        if place + size > len(message):
            raise ValueError("the message ends too early")
        yield key >> 3, message[place : place + size]
        place += size


def _varint(value: int) -> bytes:
    parts = bytearray()
    while value > 0x7F:
        parts.append(value & 0x7F | 0x80)
        value >>= 7
    parts.append(value)
    return bytes(parts)


def _read_varint(message: bytes, place: int) -> tuple[int, int]:
    value = 0
    for shift in range(0, 70, 7):
        if place >= len(message):
            raise ValueError("the message ends too early")
        part = message[place]
        place += 1
        value |= (part & 0x7F) << shift
        if part < 0x80:
            return value, place
    raise ValueError("a number is too long")
