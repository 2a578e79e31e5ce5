"""What a referee says about a plan that breaks a rule."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class Breach:
    """One rule broken by a plan: a stable code, and a sentence with ids and figures."""

    code: str
    text: str
