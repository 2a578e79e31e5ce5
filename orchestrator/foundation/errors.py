"""Every refusal a caller can act on. Bugs are left to crash as themselves."""

from typing import ClassVar


class FabcommonsError(Exception):
    """Root. `code` and `status` are stable and public; the message is for people.

    `field` names the input at fault, as the caller spelled it, or is None.
    """

    code: ClassVar[str] = "fabcommons"
    status: ClassVar[int] = 500

    def __init__(self, message: str, *, field: str | None = None) -> None:
        super().__init__(message)
        self.field = field


class InvalidInputError(FabcommonsError):
    """The input cannot be understood or is out of its range."""

    code = "invalid-input"
    status = 422


class NotFoundError(FabcommonsError):
    """No such thing, or none that this caller may see."""

    code = "not-found"
    status = 404


class ConflictError(FabcommonsError):
    """The thing is not in a state that allows this, or was changed meanwhile."""

    code = "conflict"
    status = 409


class NotAllowedError(FabcommonsError):
    """The caller is known, but may not do this."""

    code = "not-allowed"
    status = 403


class NotSignedInError(FabcommonsError):
    """Nobody, or nobody whom we know, is asking."""

    code = "not-signed-in"
    status = 401


class TooManyRequestsError(FabcommonsError):
    """The caller asks more often than is fair to the others."""

    code = "too-many-requests"
    status = 429
