"""Why the network does not believe, or does not do, what it was told."""

from orchestrator.foundation.errors import (
    ConflictError,
    InvalidInputError,
    NotAllowedError,
)


class ForeignMachineError(NotAllowedError):
    """A device speaks for a machine that belongs to another lab."""

    code = "foreign-machine"


class BadPositionError(InvalidInputError):
    """A position that cannot be, or not so soon after the one before."""

    code = "bad-position"


class NotOnShiftError(ConflictError):
    """A courier's position is taken only while on shift."""

    code = "not-on-shift"
