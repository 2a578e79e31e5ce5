"""The charter: what the network promises, and the labels that it carries, under vote."""

from dataclasses import dataclass
from importlib import resources
from typing import Final

from orchestrator.commons.rulebook import RuleKind, register
from orchestrator.foundation import canonical
from orchestrator.foundation.canonical import Json
from orchestrator.foundation.errors import InvalidInputError

ARTICLES_MAX: Final = 30
TEXT_MAX: Final = 500
LABEL_FIELDS: Final = ("name", "issuer", "evidence", "until")


class InvalidCharterError(InvalidInputError):
    """The table is no charter."""

    code = "invalid-charter"


@dataclass(frozen=True, slots=True, kw_only=True)
class Label:
    """What somebody else attests of the network. `until`: a date, as YYYY-MM-DD."""

    name: str
    issuer: str
    evidence: str
    until: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Charter:
    """A version of it."""

    rule_version: str
    articles: tuple[str, ...]
    labels: tuple[Label, ...]


def charter_of(table: bytes) -> Charter:
    """Read a table. Errors: InvalidCharterError with the field at fault."""
    told = canonical.object_of(table)
    if set(told) != {"rule_version", "articles", "labels"}:
        raise InvalidCharterError("a charter has rule_version, articles and labels")
    articles, labels = told["articles"], told["labels"]
    if not isinstance(articles, list) or not 1 <= len(articles) <= ARTICLES_MAX:
        raise InvalidCharterError(
            f"articles are 1 to {ARTICLES_MAX} sentences", field="articles"
        )
    if not isinstance(labels, list) or len(labels) > ARTICLES_MAX:
        raise InvalidCharterError(f"at most {ARTICLES_MAX} labels", field="labels")
    return Charter(
        rule_version=_text(told["rule_version"], "rule_version"),
        articles=tuple(_text(article, "articles") for article in articles),
        labels=tuple(_label(label) for label in labels),
    )


def default_charter() -> bytes:
    """The table that a new network begins with."""
    return (resources.files("orchestrator.commons") / "charter_1.json").read_bytes()


def _label(fields: Json) -> Label:
    if not isinstance(fields, dict) or set(fields) != set(LABEL_FIELDS):
        raise InvalidCharterError(
            f"a label has {', '.join(LABEL_FIELDS)}", field="labels"
        )
    told = {name: _text(fields[name], f"labels.{name}") for name in LABEL_FIELDS}
    return Label(**told)


def _text(value: Json, name: str) -> str:
    if not isinstance(value, str) or not 1 <= len(value) <= TEXT_MAX:
        raise InvalidCharterError(f"{name}: a text of 1 to {TEXT_MAX}", field=name)
    return value


CHARTER: Final = register(
    RuleKind(name="charter", read=charter_of, founding=default_charter)
)
