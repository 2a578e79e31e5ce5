"""The picture of how a design is made: each step a box, an arrow to what waits for it."""

from orchestrator.catalogue.rows import DesignVersionRow, StepRow
from orchestrator.doors.web.flow import GAP, HIGH, WIDE, drawn, of_version

JOIN = {"name": "Put together", "labour_s": 60, "after": [0, 1], "before": [2]}


def step(position: int, *after: int, quantity: int = 1) -> StepRow:
    return StepRow(
        position=position,
        name=f"step {position}",
        quantity=quantity,
        after=list(after),
        process="3DP",
    )


def stool() -> tuple[DesignVersionRow, list[StepRow]]:
    version = DesignVersionRow(hands=[JOIN])
    return version, [step(0, quantity=4), step(1), step(2, 0, 1)]


def test_work_by_hand_stands_between_the_steps() -> None:
    made = of_version(*stool())
    assert [one.counted for one in made] == [
        "4 × step 0",
        "step 1",
        "Put together",
        "step 2",
    ]
    assert [one.after for one in made] == [(), (), (0, 1), (2,)]  # not past the hands
    assert [one.position for one in made] == [0, 1, None, 2]


def test_what_waits_stands_below_and_what_does_not_side_by_side() -> None:
    picture = drawn(of_version(*stool()))
    assert picture is not None
    leg, top, join, last = picture.boxes
    assert leg.y == top.y < join.y < last.y
    assert top.x - leg.x == WIDE + GAP
    assert join.x == last.x == (WIDE + GAP) // 2
    assert (leg.quantity, join.quantity, join.is_by_hand) == ("4 ×", "", True)
    assert len(picture.arrows) == 3
    assert picture.height == last.y + HIGH


def test_one_step_needs_no_picture() -> None:
    assert drawn(of_version(DesignVersionRow(hands=[]), [step(0)])) is None


def test_an_arrow_past_other_boxes_goes_beside_them() -> None:
    steps = [step(0), step(1, 0), step(2, 1), step(3)]
    steps[2].after = [1, 3]
    picture = drawn(of_version(DesignVersionRow(hands=[]), steps))
    assert picture is not None
    (around,) = [arrow for arrow in picture.arrows if "L" in arrow]
    side = int(around.split("L")[1].split()[0])
    for box in picture.boxes:
        assert not box.x < side < box.x + WIDE
