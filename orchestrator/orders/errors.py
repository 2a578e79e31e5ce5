"""Why an order is not taken, or not changed."""

from orchestrator.foundation.errors import ConflictError, NotAllowedError


class LicenceRefusedError(NotAllowedError):
    """The design's licence does not allow this use. The answer is recorded."""

    code = "licence-refused"


class QuoteExpiredError(ConflictError):
    """The quote is no longer good: ask for a new one."""

    code = "quote-expired"


class QuoteOvertakenError(ConflictError):
    """Others ordered first, and what the quote counts on is promised to them."""

    code = "quote-overtaken"


class QuoteUsedError(ConflictError):
    """This quote was ordered already."""

    code = "quote-used"


class QuoteRefusedError(ConflictError):
    """The quote says why nobody can make this: there is nothing to order."""

    code = "quote-refused"


class KeyUsedError(ConflictError):
    """This idempotency key was used for another order."""

    code = "idempotency-key-used"


class OrderStateError(ConflictError):
    """The order is not in a state that allows this."""

    code = "order-state"
