"""The plan's weights in plain words: what one unit of each means in money."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Final

from orchestrator.commons.weights import MAX_OF, PlanWeights
from orchestrator.doors.web.formats import duration
from orchestrator.doors.web.words import N_

Amount = Callable[[int], str]  # cents, as money is written here
Example = Callable[[PlanWeights], int]  # cents, by the weights in force


@dataclass(frozen=True, slots=True)
class WeightWords:
    """How one weight is told. `says` has {value} and {example} in it.

    `unit` is what the number counts.
    """

    group: str
    title: str
    unit: str
    says: str
    example: Example = lambda _weights: 0

    def value(self, number: int, money: Amount) -> str:
        """The number with its unit."""
        return money(number) if self.unit == CENTS else VALUE_OF[self.unit](number)


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


def _per_mille(number: int) -> str:
    whole, tenth = divmod(number, 10)
    return f"{whole}.{tenth} %" if tenth else f"{whole} %"


LATE: Final = N_("Being late")
CHANGE: Final = N_("Changing what was planned")
CLIMATE: Final = N_("Climate")
FAIR: Final = N_("Fair shares of work")
CENTS: Final = N_("cents")
SECONDS: Final = N_("seconds")
PER_CENT: Final = N_("per cent")
GRAMS: Final = N_("grams")
PER_MILLE: Final = N_("thousandths")

VALUE_OF: Final[Mapping[str, Callable[[int], str]]] = {
    SECONDS: duration,
    PER_CENT: "{} %".format,
    GRAMS: "{} g".format,
    PER_MILLE: _per_mille,
}

# fmt: off
WORDS_OF: Final[Mapping[str, WeightWords]] = {
    "late_cents_per_minute": WeightWords(
        LATE, N_("A minute late"), CENTS,
        N_("Each minute after the wished time, or after the beginning of what was promised, weighs {value}. To be there an hour sooner, the plan spends up to {example} more."),
        lambda weights: 60 * weights.late_cents_per_minute),
    "very_late_cents_per_minute": WeightWords(
        LATE, N_("A minute very late"), CENTS,
        N_("Each minute after the shop's latest time, or after the end of a courier's shift, weighs {value} on top. An hour weighs {example}."),
        lambda weights: 60 * weights.very_late_cents_per_minute),
    "broken_promise_cents": WeightWords(
        LATE, N_("A promised order left out"), CENTS,
        N_("To leave out an order that was promised weighs {value}. It happens only where nothing else is possible.")),
    "promise_slack_s": WeightWords(
        LATE, N_("Air in a promise"), SECONDS,
        N_("A promise ends {value} after the planned time, so that a small delay breaks no word. It costs nothing, but a new order is planned to be brought so long before its courier's shift ends, if it can be.")),
    "promise_slack_percent": WeightWords(
        LATE, N_("More air in what is far ahead"), PER_CENT,
        N_("Of the time until then, {value} are added to the end of a promise, because more may go wrong in a long time.")),
    "moved_machine_cents": WeightWords(
        CHANGE, N_("Work moved to another machine"), CENTS,
        N_("To move planned work to another machine weighs {value}. The plan does it where it saves more than that.")),
    "moved_courier_cents": WeightWords(
        CHANGE, N_("An order moved to another courier"), CENTS,
        N_("To give an order to another courier weighs {value}. The plan does it where it saves more than that.")),
    "moved_promise_cents_per_minute": WeightWords(
        CHANGE, N_("A minute outside of what was promised"), CENTS,
        N_("Each minute that a hand-over is planned before or after the promised time weighs {value} on top: {example} for ten minutes."),
        lambda weights: 10 * weights.moved_promise_cents_per_minute),
    "near_s": WeightWords(
        CHANGE, N_("What counts as near"), SECONDS,
        N_("Changes weigh more for all that is due within {value}.")),
    "near_percent": WeightWords(
        CHANGE, N_("How much more the near weighs"), PER_CENT,
        N_("To change what is due at once weighs {value} more: {example} for a machine. It falls to nothing for what is not near."),
        lambda weights: weights.moved_machine_cents * (100 + weights.near_percent) // 100),
    "co2_cents_per_kg": WeightWords(
        CLIMATE, N_("A kilogram of CO₂"), CENTS,
        N_("Each kilogram of CO₂ weighs {value}. Ten kilometres by van weigh {example}."),
        lambda weights: weights.co2_cents_per_kg * weights.van_co2_grams_per_km * 10 // 1_000),
    "van_co2_grams_per_km": WeightWords(
        CLIMATE, N_("CO₂ of a van"), GRAMS,
        N_("A van is taken to emit {value} of CO₂ for each kilometre.")),
    "lab_over_permille": WeightWords(
        FAIR, N_("A lab above its share"), PER_MILLE,
        N_("Of what a lab earns beyond an even share, {value} count as a cost: {example} for {hundred} above. So work spreads where it costs little."),
        lambda weights: 10 * weights.lab_over_permille),
    "courier_over_permille": WeightWords(
        FAIR, N_("A courier above the share"), PER_MILLE,
        N_("Of what a courier earns beyond an even share, {value} count as a cost: {example} for {hundred} above."),
        lambda weights: 10 * weights.courier_over_permille),
}
# fmt: on


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
