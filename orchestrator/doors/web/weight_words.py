"""The plan's weights in plain words: what one unit of each means in money."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Final

from orchestrator.commons.weights import MAX_OF, PlanWeights
from orchestrator.doors.web.formats import duration
from orchestrator.doors.web.words import N_

Amount = Callable[[int], str]  # cents, as money is written here


@dataclass(frozen=True, slots=True, kw_only=True)
class WeightWords:
    """How one weight is told. `says` has {value} and {example} in it.

    `unit` is what the number counts; `example` gives cents by the weights in force.
    """

    group: str
    title: str
    unit: str
    says: str
    value: Callable[[int, Amount], str]
    example: Callable[[PlanWeights], int] = lambda _weights: 0


@dataclass(frozen=True, slots=True, kw_only=True)
class ToldWeight:
    """One weight as a page shows it."""

    name: str
    words: WeightWords
    number: int
    most: int
    value: str
    example: str


@dataclass(frozen=True, slots=True, kw_only=True)
class ChangedWeight:
    """What a version changed of one weight."""

    title: str
    before: str
    after: str


LATE: Final = N_("Being late")
CHANGE: Final = N_("Changing what was planned")
CLIMATE: Final = N_("Climate")
FAIR: Final = N_("Fair shares of work")
CENTS: Final = N_("cents")
SECONDS: Final = N_("seconds")
PER_CENT: Final = N_("per cent")
GRAMS: Final = N_("grams")
PER_MILLE: Final = N_("thousandths")

WORDS_OF: Final[Mapping[str, WeightWords]] = {
    "late_cents_per_minute": WeightWords(
        group=LATE,
        title=N_("A minute late"),
        unit=CENTS,
        says=N_(
            "Each minute after the promised time weighs {value}. To be there an hour "
            "sooner, the plan spends up to {example} more."
        ),
        value=lambda number, money: money(number),
        example=lambda weights: 60 * weights.late_cents_per_minute,
    ),
    "very_late_cents_per_minute": WeightWords(
        group=LATE,
        title=N_("A minute very late"),
        unit=CENTS,
        says=N_(
            "Each minute after the shop's latest time, or after the end of a "
            "courier's shift, weighs {value} on top. An hour weighs {example}."
        ),
        value=lambda number, money: money(number),
        example=lambda weights: 60 * weights.very_late_cents_per_minute,
    ),
    "broken_promise_cents": WeightWords(
        group=LATE,
        title=N_("A promised order left out"),
        unit=CENTS,
        says=N_(
            "To leave out an order that was promised weighs {value}. It happens only "
            "where nothing else is possible."
        ),
        value=lambda number, money: money(number),
    ),
    "promise_slack_s": WeightWords(
        group=LATE,
        title=N_("Air in a promise"),
        unit=SECONDS,
        says=N_(
            "A promise ends {value} after the planned time, so that a small delay "
            "breaks no word. It costs nothing."
        ),
        value=lambda number, _money: duration(number),
    ),
    "moved_machine_cents": WeightWords(
        group=CHANGE,
        title=N_("Work moved to another machine"),
        unit=CENTS,
        says=N_(
            "To move planned work to another machine weighs {value}. The plan does it "
            "where it saves more than that."
        ),
        value=lambda number, money: money(number),
    ),
    "moved_courier_cents": WeightWords(
        group=CHANGE,
        title=N_("An order moved to another courier"),
        unit=CENTS,
        says=N_(
            "To give an order to another courier weighs {value}. The plan does it "
            "where it saves more than that."
        ),
        value=lambda number, money: money(number),
    ),
    "near_s": WeightWords(
        group=CHANGE,
        title=N_("What counts as near"),
        unit=SECONDS,
        says=N_("Changes weigh more for all that is due within {value}."),
        value=lambda number, _money: duration(number),
    ),
    "near_percent": WeightWords(
        group=CHANGE,
        title=N_("How much more the near weighs"),
        unit=PER_CENT,
        says=N_(
            "To change what is due at once weighs {value} more: {example} for a "
            "machine. It falls to nothing for what is not near."
        ),
        value=lambda number, _money: f"{number} %",
        example=lambda weights: (
            weights.moved_machine_cents * (100 + weights.near_percent) // 100
        ),
    ),
    "co2_cents_per_kg": WeightWords(
        group=CLIMATE,
        title=N_("A kilogram of CO₂"),
        unit=CENTS,
        says=N_(
            "Each kilogram of CO₂ weighs {value}. Ten kilometres by van weigh {example}."
        ),
        value=lambda number, money: money(number),
        example=lambda weights: (
            weights.co2_cents_per_kg * weights.van_co2_grams_per_km * 10 // 1_000
        ),
    ),
    "van_co2_grams_per_km": WeightWords(
        group=CLIMATE,
        title=N_("CO₂ of a van"),
        unit=GRAMS,
        says=N_("A van is taken to emit {value} of CO₂ for each kilometre."),
        value=lambda number, _money: f"{number} g",
    ),
    "lab_over_permille": WeightWords(
        group=FAIR,
        title=N_("A lab above its share"),
        unit=PER_MILLE,
        says=N_(
            "Of what a lab earns beyond an even share, {value} count as a cost: "
            "{example} for {hundred} above. So work spreads where it costs little."
        ),
        value=lambda number, _money: _per_mille(number),
        example=lambda weights: 10 * weights.lab_over_permille,
    ),
    "courier_over_permille": WeightWords(
        group=FAIR,
        title=N_("A courier above the share"),
        unit=PER_MILLE,
        says=N_(
            "Of what a courier earns beyond an even share, {value} count as a cost: "
            "{example} for {hundred} above."
        ),
        value=lambda number, _money: _per_mille(number),
        example=lambda weights: 10 * weights.courier_over_permille,
    ),
}


def told_weights(weights: PlanWeights, money: Amount) -> list[ToldWeight]:
    """Every weight of a version, in the table's order of groups."""
    return [
        ToldWeight(
            name=name,
            words=words,
            number=getattr(weights, name),
            most=MAX_OF[name],
            value=words.value(getattr(weights, name), money),
            example=money(words.example(weights)),
        )
        for name, words in WORDS_OF.items()
    ]


def changed_weights(
    before: PlanWeights, after: PlanWeights, money: Amount
) -> list[ChangedWeight]:
    """What differs from one version to the next, in words."""
    return [
        ChangedWeight(
            title=words.title,
            before=words.value(getattr(before, name), money),
            after=words.value(getattr(after, name), money),
        )
        for name, words in WORDS_OF.items()
        if getattr(before, name) != getattr(after, name)
    ]


def _per_mille(number: int) -> str:
    whole, tenth = divmod(number, 10)
    return f"{whole}.{tenth} %" if tenth else f"{whole} %"
