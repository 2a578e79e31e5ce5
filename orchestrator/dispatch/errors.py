"""Refusals of facts and acts; a door sets a refused fact aside, a person is told why."""

from orchestrator.foundation.errors import (
    ConflictError,
    InvalidInputError,
    NotAllowedError,
    NotFoundError,
    TooManyRequestsError,
)


class UnknownJobError(NotFoundError):
    """Nobody sent such a job."""

    code = "unknown-job"


class ForeignFactError(NotAllowedError):
    """A device spoke about what is not its own."""

    code = "foreign-fact"


class ImplausibleFactError(InvalidInputError):
    """A device claims more than the job can have taken or made."""

    code = "implausible-fact"


class WrongCodeError(InvalidInputError):
    """The code is not the one of this hand-over."""

    code = "wrong-code"


class CodesLockedError(TooManyRequestsError):
    """Too many wrong codes: this hand-over waits a while."""

    code = "codes-locked"


class NotYourStopError(NotAllowedError):
    """The stop belongs to another courier, or to nobody."""

    code = "not-your-stop"


class OutOfTurnError(ConflictError):
    """The act does not follow from what is known to have happened."""

    code = "out-of-turn"
