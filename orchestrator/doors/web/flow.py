"""How a design is made, drawn: what begins first above, an arrow to what waits for it."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

from orchestrator.catalogue.bill import Step
from orchestrator.catalogue.precedence import in_order, without_detours
from orchestrator.catalogue.rows import DesignVersionRow, StepRow
from orchestrator.doors.web.file_words import in_words

# pixels; three boxes side by side fit on a phone. `.flow` of the style sheet has no more
WIDE, HIGH = 104, 76
GAP, DROP = 10, 34


type Words = Callable[[str], str]
type Told = tuple[str, int, int | None]  # name, quantity, position


@dataclass(frozen=True, slots=True, kw_only=True)
class Made:
    """One step in words: how many parts it makes for a piece, and what it waits for."""

    name: str
    quantity: int
    after: tuple[int, ...]  # places in the list, without what others imply
    position: int | None  # of the machine step; None: it is done by hand

    @property
    def counted(self) -> str:
        """'4 × Print leg', or 'Cut top'."""
        return self.name if self.quantity == 1 else f"{self.quantity} × {self.name}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Box:
    """A step, at its upper left corner."""

    x: int
    y: int
    quantity: str
    name: str
    is_by_hand: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class FlowPicture:
    """Drawn by `parts/flow.html`."""

    boxes: tuple[Box, ...]
    arrows: tuple[str, ...]
    width: int
    height: int
    box_width: int = WIDE
    box_height: int = HIGH


def of_bill(steps: Sequence[Step], words: Words = str) -> list[Made]:
    """The steps of a bill, which stand in an order that works; `words`: gettext."""
    place = {step.key: index for index, step in enumerate(steps)}
    return _made(
        [
            (
                in_words(step.name, words),
                step.quantity,
                index if step.process else None,
            )
            for index, step in enumerate(steps)
        ],
        [[place[key] for key in step.after] for step in steps],
    )


def of_version(
    version: DesignVersionRow, steps: Sequence[StepRow], words: Words = str
) -> list[Made]:
    """The steps of a published version with its work by hand, as one can do them."""
    after = [set(step.after) for step in steps]
    for number, hand in enumerate(version.hands, start=len(steps)):
        after.append(set(hand["after"]))
        for position in hand["before"]:
            after[position].add(number)
    told: list[Told] = [
        (in_words(step.name, words), step.quantity, step.position) for step in steps
    ]
    told += [(in_words(hand["name"], words), 1, None) for hand in version.hands]
    order = in_order(after)
    place = {index: number for number, index in enumerate(order)}
    return _made(
        [told[index] for index in order],
        [[place[one] for one in after[index]] for index in order],
    )


def drawn(made: Sequence[Made]) -> FlowPicture | None:
    """The picture; None where there is nothing to put in order."""
    if len(made) < 2:
        return None
    levels = _levels(made)
    columns = max(len(level) for level in levels)
    width = columns * (WIDE + GAP) - GAP
    corner: dict[int, tuple[int, int]] = {}
    for row, level in enumerate(levels):
        left = (width - (len(level) * (WIDE + GAP) - GAP)) // 2
        for column, index in enumerate(level):
            corner[index] = left + column * (WIDE + GAP), row * (HIGH + DROP)
    row_of = {index: row for row, level in enumerate(levels) for index in level}
    return FlowPicture(
        boxes=tuple(_box(one, corner[index]) for index, one in enumerate(made)),
        arrows=tuple(
            _arrow(corner[before], corner[index], row_of[index] - row_of[before], width)
            for index, one in enumerate(made)
            for before in one.after
        ),
        width=width,
        height=len(levels) * (HIGH + DROP) - DROP,
    )


def _made(told: Sequence[Told], after: Sequence[Sequence[int]]) -> list[Made]:
    direct = without_detours(dict(enumerate(after)))
    return [
        Made(
            name=name,
            quantity=quantity,
            after=tuple(direct[index]),
            position=position,
        )
        for index, (name, quantity, position) in enumerate(told)
    ]


def _levels(made: Sequence[Made]) -> list[list[int]]:
    """Rows of the picture: each step right below the last of those it waits for.

    In a row from left to right as what they wait for stands, so that arrows cross little.
    """
    level_of: dict[int, int] = {}
    for index, one in enumerate(made):
        level_of[index] = max((level_of[each] + 1 for each in one.after), default=0)
    levels: list[list[int]] = [[] for _ in range(max(level_of.values()) + 1)]
    middle: dict[int, float] = {}
    for index, row in level_of.items():
        levels[row].append(index)
    for level in levels:
        level.sort(key=lambda index: (_middle(made[index], middle), index))
        for column, index in enumerate(level):
            middle[index] = column - (len(level) - 1) / 2
    return levels


def _middle(one: Made, middle: Mapping[int, float]) -> float:
    """Where, on average, what it waits for stands."""
    if not one.after:
        return 0.0
    return sum(middle[each] for each in one.after) / len(one.after)


def _box(one: Made, corner: tuple[int, int]) -> Box:
    is_by_hand = one.position is None
    return Box(
        x=corner[0],
        y=corner[1],
        quantity="" if is_by_hand else f"{one.quantity} ×",
        name=one.name,
        is_by_hand=is_by_hand,
    )


def _arrow(
    above: tuple[int, int], below: tuple[int, int], rows: int, width: int
) -> str:
    """From one box down to another; past rows between, outside of all boxes."""
    x, y = above[0] + WIDE // 2, above[1] + HIGH
    to_x, to_y = below[0] + WIDE // 2, below[1] - 4  # the head's point ends at the box
    half = DROP // 2
    if rows == 1:
        return f"M{x} {y}C{x} {y + half} {to_x} {to_y - half} {to_x} {to_y}"
    side = width + GAP // 2 if x + to_x > width else -GAP // 2
    return (
        f"M{x} {y}C{x} {y + half} {side} {y + half} {side} {y + DROP}"
        f"L{side} {to_y - DROP}C{side} {to_y - half} {to_x} {to_y - half} {to_x} {to_y}"
    )
