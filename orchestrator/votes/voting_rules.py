"""How members vote: a table that is itself under vote, one procedure for each matter."""

from collections.abc import Mapping
from dataclasses import dataclass
from importlib import resources
from typing import Final, Literal, cast, get_args

from orchestrator.commons.rulebook import RuleKind, register
from orchestrator.foundation import canonical
from orchestrator.foundation.canonical import Json
from orchestrator.foundation.errors import InvalidInputError
from orchestrator.members.agents import ROLES

type Method = Literal["consent", "majority", "score"]
type Recast = Literal["replace", "refuse"]
type Ballots = Literal["open", "secret", "either"]  # either: as the proposer asks

METHODS: Final[tuple[str, ...]] = get_args(Method.__value__)
RECASTS: Final[tuple[str, ...]] = get_args(Recast.__value__)
BALLOTS: Final[tuple[str, ...]] = get_args(Ballots.__value__)
OTHERWISE: Final = "otherwise"
RESOLUTION: Final = "resolution"  # a matter that changes no rule
PERMILLE: Final = 1_000
OPEN_MAX_S: Final = 90 * 86_400
OPEN_MIN_S: Final = 60
SCORE_MOST: Final = 10
_RANGE_OF: Final[Mapping[str, tuple[int, int]]] = {
    "quorum_permille": (1, PERMILLE),
    "limit_permille": (0, PERMILLE),
    "open_s": (OPEN_MIN_S, OPEN_MAX_S),
    "notice_s": (0, OPEN_MAX_S),
    "score_max": (1, SCORE_MOST),
    "ends_when_all_spoke": (0, 1),
}
_FIELDS: Final = {"method", "recast", "ballots", *_RANGE_OF}


class InvalidVotingRulesError(InvalidInputError):
    """The table leaves a field out, or says what no voting rules may say."""

    code = "invalid-voting-rules"


@dataclass(frozen=True, slots=True, kw_only=True)
class Procedure:
    """How one matter is decided. Permille are of the members, or as `tally` says.

    `open_s`: how long ballots are taken; `notice_s`: how long from the result until a
    rule binds. `ends_when_all_spoke`: the poll closes with the last member's voice.
    """

    method: Method
    recast: Recast
    ballots: Ballots
    quorum_permille: int
    limit_permille: int
    open_s: int
    notice_s: int
    score_max: int
    ends_when_all_spoke: int


@dataclass(frozen=True, slots=True, kw_only=True)
class VotingRules:
    """Who has a voice, and the procedure of each matter."""

    rule_version: str
    voters: tuple[str, ...]  # roles: who holds one of them is a member with one voice
    procedure_of: Mapping[str, Procedure]  # by rule kind; the rest as OTHERWISE

    def procedure(self, matter: str) -> Procedure:
        """How `matter` (a rule's kind, or RESOLUTION) is decided."""
        return self.procedure_of.get(matter, self.procedure_of[OTHERWISE])


def default_rules() -> bytes:
    """The table that a new network begins with."""
    return (resources.files("orchestrator.votes") / "voting_rules_1.json").read_bytes()


def voting_rules_of(table: bytes) -> VotingRules:
    """Read a table. Errors: InvalidVotingRulesError that names the field at fault."""
    told = canonical.object_of(table)
    if set(told) != {"rule_version", "voters", "procedures"}:
        _refuse("a table has rule_version, voters and procedures", "voters")
    version, voters, procedures = (
        told["rule_version"],
        told["voters"],
        told["procedures"],
    )
    if not isinstance(version, str) or not 1 <= len(version) <= 64:
        _refuse("rule_version is a string of 1 to 64", "rule_version")
    if not isinstance(voters, list) or not voters or set(map(str, voters)) - {*ROLES}:
        _refuse(f"voters are some of the roles {', '.join(ROLES)}", "voters")
    if not isinstance(procedures, dict) or OTHERWISE not in procedures:
        _refuse(f"procedures needs one for {OTHERWISE!r}", "procedures")
    return VotingRules(
        rule_version=cast("str", version),
        voters=tuple(sorted(map(str, cast("list[Json]", voters)))),
        procedure_of={
            matter: _procedure(matter, fields)
            for matter, fields in cast("dict[str, Json]", procedures).items()
        },
    )


def _procedure(matter: str, fields: Json) -> Procedure:
    if not isinstance(fields, dict) or set(fields) != _FIELDS:
        _refuse(f"{matter}: a procedure has {', '.join(sorted(_FIELDS))}", matter)
    told = cast("dict[str, Json]", fields)
    known = {"method": METHODS, "recast": RECASTS, "ballots": BALLOTS}
    for name, words in known.items():
        if told[name] not in words:
            _refuse(f"{matter}: {name} is one of {', '.join(words)}", name)
    if told["method"] == "consent" and told["ballots"] != "open":
        _refuse(
            f"{matter}: consent is given openly, for an objection says why", "ballots"
        )
    numbers: dict[str, int] = {}
    for name, (least, most) in _RANGE_OF.items():
        value = told[name]
        if type(value) is not int or not least <= value <= most:
            _refuse(f"{matter}: {name} is {least} to {most}, got {value!r}", name)
        numbers[name] = cast("int", value)
    if told["method"] == "majority" and not 500 <= numbers["limit_permille"] < PERMILLE:
        _refuse(
            f"{matter}: a majority is more than 500 to 999 thousandths",
            "limit_permille",
        )
    return Procedure(
        method=cast("Method", told["method"]),
        recast=cast("Recast", told["recast"]),
        ballots=cast("Ballots", told["ballots"]),
        **numbers,
    )


def _refuse(words: str, field: str) -> None:
    raise InvalidVotingRulesError(words, field=field)


def _completed(told: dict[str, Json]) -> dict[str, Json]:
    """Before there were secret ballots, all were open."""
    procedures = cast("dict[str, dict[str, Json]]", told["procedures"])
    return {
        **told,
        "procedures": {
            matter: {"ballots": "open", **fields}
            for matter, fields in procedures.items()
        },
    }


VOTING_RULES: Final = register(
    RuleKind(
        name="voting-rules",
        read=voting_rules_of,
        founding=default_rules,
        completed=_completed,
    )
)
