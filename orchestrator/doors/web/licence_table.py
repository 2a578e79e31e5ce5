"""Who could do what with a design: the licence gate's whole table, for its own parts."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from orchestrator.doors.web.licence_words import QUESTION_ID, ForMe, answer_told
from orchestrator.doors.web.words import N_
from orchestrator.orders.gate import Question, decide
from orchestrator.orders.gate_rules import GateRules
from orchestrator.orders.table import Part, Use, Who

WHO_WORDS: Final[Mapping[Who, str]] = {
    Who.INDIVIDUAL: N_("A person"),
    Who.SOLE_TRADER: N_("A sole trader without employees"),
    Who.WORKER_COOPERATIVE: N_("A worker cooperative or collective"),
    Who.NON_PROFIT: N_("An association, school or public body"),
    Who.NON_PROFIT_EMPLOYER: N_("A non-profit with wage staff"),
    Who.CAE_MEMBER: N_("A member of an employment cooperative"),
    Who.INVESTOR_COOPERATIVE: N_("A cooperative of investors or consumers"),
    Who.FIRM: N_("A firm with wage labour"),
    Who.BUYER: N_("Who bought the object"),
    Who.UNATTESTED: N_("Who attested nothing, or no longer"),
}
FORM_WORDS: Final[Mapping[str, str]] = {
    "individual": N_("A person who sells nothing"),
    "sole-trader": WHO_WORDS[Who.SOLE_TRADER],
    "worker-cooperative": WHO_WORDS[Who.WORKER_COOPERATIVE],
    "non-profit": N_("An association or school"),
    "non-profit-employer": WHO_WORDS[Who.NON_PROFIT_EMPLOYER],
    "public-body": N_("A public body"),
    "cae-member": WHO_WORDS[Who.CAE_MEMBER],
    "investor-cooperative": N_("A cooperative with outside investors"),
    "consumer-cooperative": N_("A consumer cooperative"),
    "firm-with-wage-labour": WHO_WORDS[Who.FIRM],
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """What somebody of this kind may do."""

    words: str
    private: ForMe
    sell: ForMe


def whole_table(parts: Sequence[Part], rules: GateRules, *, now: datetime) -> list[Row]:
    """Every row of the gate's table; `parts`: the design, then all that it cites."""

    def answer(who: Who, use: Use) -> ForMe:
        question = Question(
            id=QUESTION_ID,
            version_id=QUESTION_ID,
            agent_id=QUESTION_ID,
            who=who,
            use=use,
            parts=tuple(parts),
            asked_at=now,
        )
        return answer_told(decide(question, rules))

    return [
        Row(
            words=words,
            private=answer(who, Use.PRIVATE),
            sell=answer(who, Use.MAKE_AND_SELL),
        )
        for who, words in WHO_WORDS.items()
    ]
