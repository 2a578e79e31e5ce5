"""The version of the wire, and what each version changed."""

from typing import Final

WIRE_VERSION: Final = 1
# 1: first version.
