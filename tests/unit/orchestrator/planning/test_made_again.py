"""A run that went wrong goes elsewhere where it can, and is never left without a way."""

from hypothesis import given
from hypothesis import strategies as st

from orchestrator.planning.again import Run, modes_left
from routing.joint.problem import Mode

LAB_OF = {"a1": "a", "a2": "a", "b1": "b", "b2": "b"}


def run(*machines: str, wrong: str = "") -> Run:
    return Run(
        modes=tuple(Mode(machine=name, duration_s=60) for name in machines),
        wrong=frozenset(wrong.split()),
    )


def left(runs: dict[str, Run], *labs: str) -> dict[str, list[str]]:
    found = modes_left(runs, labs, LAB_OF)
    return {name: [mode.machine for mode in modes] for name, modes in found.items()}


def test_another_lab_is_better_than_the_same_machine() -> None:
    assert left({"1": run("a1", "b1", wrong="a1")}, "a", "b") == {"1": ["b1"]}


def test_in_its_own_lab_the_other_machine_is_better() -> None:
    assert left({"1": run("a1", "a2", "b1", wrong="a1")}, "a") == {"1": ["a2", "b1"]}


def test_an_order_bound_to_a_lab_goes_back_to_its_only_machine() -> None:
    assert left({"1": run("a1", "b1", wrong="a1")}, "a") == {"1": ["a1", "b1"]}


def test_a_lab_that_can_t_make_the_rest_is_no_way() -> None:
    runs = {"1": run("a1", "b1", wrong="a1"), "2": run("a2")}
    assert left(runs, "a", "b") == {"1": ["a1", "b1"], "2": ["a2"]}


@given(
    st.lists(
        st.tuples(st.sets(st.sampled_from(["a1", "a2", "b1", "b2"])), st.data()),
        min_size=1,
        max_size=4,
    ),
    st.sampled_from([("a",), ("b",), ("a", "b")]),
)
def test_no_lab_that_could_make_all_is_lost_unless_another_is_better(
    drawn: list[tuple[set[str], st.DataObject]], labs: tuple[str, ...]
) -> None:
    """Whatever went wrong: where some lab could make everything, one still can."""
    runs = {}
    for number, (machines, data) in enumerate(drawn):
        wrong = (
            data.draw(st.sets(st.sampled_from(sorted(machines)))) if machines else ()
        )
        runs[str(number)] = run(*sorted(machines), wrong=" ".join(sorted(wrong)))

    def able(modes_of: dict[str, list[str]]) -> bool:
        return any(
            all(any(LAB_OF[name] == lab for name in own) for own in modes_of.values())
            for lab in labs
        )

    whole = {name: [mode.machine for mode in one.modes] for name, one in runs.items()}
    assert able(left(runs, *labs)) == able(whole)
