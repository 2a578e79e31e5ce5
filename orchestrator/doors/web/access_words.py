"""Who may come to a lab and work there, in people's words."""

from collections.abc import Mapping
from typing import Final

from orchestrator.doors.web.words import N_

ACCESS_WORDS: Final[Mapping[str, str]] = {
    "public": N_("Open to everybody"),
    "hours": N_("Open to everybody at some hours"),
    "appointment": N_("By appointment"),
    "shared": N_("Shared by several organisations"),
    "members": N_("For its members"),
    "schools": N_("For schools"),
    "restricted": N_("For its own people"),
}
NOT_TOLD: Final = N_("Not told")


def access_options() -> list[tuple[str, str]]:
    """Each kind with its words, to be translated; "": it is not told."""
    return [("", NOT_TOLD), *ACCESS_WORDS.items()]
