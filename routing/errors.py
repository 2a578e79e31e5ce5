"""Every refusal of a planner that its caller can act on."""

from typing import ClassVar


class RoutingError(Exception):
    """Root. `code` is stable and public; the message is for people."""

    code: ClassVar[str] = "routing"


class InvalidProblemError(RoutingError):
    """The problem contradicts itself (a double id, an unknown machine). Mend it."""

    code = "invalid-problem"


class InvalidGraphError(RoutingError):
    """The bytes are no road graph of this version, or they are damaged. Rebuild it."""

    code = "invalid-graph"


class UnreachableError(RoutingError):
    """No road of this profile joins the two places, or a place is far from any."""

    code = "unreachable"
