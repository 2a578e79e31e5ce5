"""No lab is given more than its stock of a material allows, and who lacks it is said."""

from dataclasses import replace

import pytest

from routing.errors import InvalidProblemError
from routing.joint.check import check
from routing.joint.insert import insert, plan_with, problem_with
from routing.joint.insert_kernels import PRICE
from routing.joint.problem import (
    Budget,
    FrozenSlot,
    JointPlan,
    JointProblem,
    Stock,
    TaskSlot,
)
from routing.joint.solve import solve
from routing.joint.standing import standing
from tests.unit.routing.joint.exhaustive import least_insertion, least_plan
from tests.unit.routing.joint.test_insert import QUICK, without_last
from tests.unit.routing.joint.test_joint_plans import HOUR_S, a_region
from tests.unit.routing.joint.tiny import tiny, with_stocks

ROUNDED_CENTS = 3


@pytest.mark.parametrize("seed", [*range(30), *range(100, 106)])
def test_no_plan_that_the_stocks_allow_is_cheaper(seed: int) -> None:
    problem = with_stocks(tiny(seed, orders=2, two_steps=seed >= 100), seed)
    unpaid = tuple(replace(c, cost_per_hour_cents=0) for c in problem.couriers)
    problem = replace(problem, couriers=unpaid)
    plan = solve(problem, budget=Budget(courier_iterations=600))
    assert check(problem, plan) == ()
    assert abs(plan.cost.total_cents - least_plan(problem) / 18_000) <= ROUNDED_CENTS


def test_the_stocks_decide_something_there() -> None:
    """Else the test before would say nothing."""
    dearer = 0
    for seed in range(30):
        problem = with_stocks(tiny(seed, orders=2), seed)
        free = replace(problem, stocks=())
        dearer += least_plan(problem) > least_plan(free)
    assert dearer > 5


@pytest.mark.parametrize("seed", range(40))
def test_no_place_for_one_order_more_is_cheaper(seed: int) -> None:
    stocked = with_stocks(tiny(seed, orders=5, two_steps=True), seed)
    more = tuple(replace(s, grams=2 * s.grams) for s in stocked.stocks)
    problem, order, tasks = without_last(replace(stocked, stocks=more))
    plan = solve(problem, budget=QUICK)
    live = standing(problem, plan)
    found = insert(live, order, tasks)
    price = 18_000 * order.left_out_cents if found is None else int(found.found[PRICE])
    assert price == least_insertion(problem, plan, order, tasks)
    whole = plan_with(live, order, tasks, found)
    assert check(problem_with(problem, order, tasks), whole) == ()


def a_print(*stocks: Stock, grams: int = 3_000) -> JointProblem:
    """The region of two labs; what is to be made there takes PLA."""
    plain = a_region()
    task = replace(plain.tasks[0], material="PLA", grams=grams)
    return replace(plain, tasks=(task,), stocks=stocks)


def of_pla(fab: str, grams: int) -> Stock:
    return Stock(fab=fab, material="PLA", grams=grams)


def planned(problem: JointProblem) -> JointPlan:
    plan = solve(problem)
    assert check(problem, plan) == ()
    return plan


def test_the_lab_that_has_the_material_makes_it() -> None:
    plan = planned(a_print(of_pla("west", 2_999), of_pla("east", 3_000)))
    assert plan.why["o"].fab == "east"
    other = plan.why["o"].alternatives[0]
    assert other.text == "no other lab that can make it has 3 kg of PLA left"
    assert planned(a_print(of_pla("west", 3_000))).why["o"].fab == "west"


def test_what_nobody_counts_is_no_limit() -> None:
    wood = Stock(fab="west", material="wood", grams=0)
    assert planned(a_print(wood)).why["o"].fab == "west"
    assert planned(a_print(of_pla("west", 0), grams=0)).why["o"].fab == "west"


def test_that_no_lab_has_enough_is_said_with_what_would_help() -> None:
    plan = planned(a_print(of_pla("west", 1_250), of_pla("east", 400)))
    reason = plan.left_out["o"]
    assert reason.code == "no-material"
    assert reason.text == (
        "no lab that can make it has 3 kg of PLA: West Fab lacks least, with 1.25 kg"
    )
    assert reason.remedy == "1.75 kg more of PLA in West Fab"


def test_all_runs_of_an_order_count_together() -> None:
    problem = a_print(of_pla("west", 5_000), of_pla("east", 5_000))
    twice = (*problem.tasks, replace(problem.tasks[0], id="t2"))
    reason = planned(replace(problem, tasks=twice)).left_out["o"]
    assert reason.code == "no-material"
    assert "6 kg of PLA" in reason.text


def test_that_others_take_it_is_said() -> None:
    problem = a_print(of_pla("west", 5_000), of_pla("east", 0))
    dearer = replace(problem.orders[0], id="o2", left_out_cents=9_000, place=1)
    tasks = (*problem.tasks, replace(problem.tasks[0], id="t2", order="o2"))
    problem = replace(problem, orders=(*problem.orders, dearer), tasks=tasks)
    reason = planned(problem).left_out["o"]
    assert reason.code == "material-taken"
    assert "2 kg left of 5 kg, the rest is for other orders" in reason.text
    assert reason.remedy == "1 kg more of PLA in West Fab"


def test_what_is_about_to_begin_keeps_its_material_and_what_runs_has_it() -> None:
    problem = a_print(of_pla("west", 5_000), of_pla("east", 0))
    for start_s, is_left_out in ((600, True), (-600, False)):
        frozen = FrozenSlot(machine="w", start_s=start_s, end_s=start_s + HOUR_S)
        begun = replace(problem.tasks[0], id="t2", order="o2", frozen=frozen)
        other = replace(problem.orders[0], id="o2")
        whole = replace(
            problem,
            orders=(*problem.orders, other),
            tasks=(*problem.tasks, begun),
        )
        plan = planned(whole)
        assert ("o" in plan.left_out) is is_left_out


def test_the_referee_sees_more_taken_than_there_is() -> None:
    problem = a_print(of_pla("west", 3_000))
    plan = planned(problem)
    short = replace(problem, stocks=(of_pla("west", 2_999),))
    assert [breach.code for breach in check(short, plan)] == ["stock"]


def test_one_order_more_gets_only_what_is_left() -> None:
    problem = a_print(of_pla("west", 5_000), of_pla("east", 0))
    live = standing(problem, planned(problem))
    order = replace(problem.orders[0], id="new")
    for grams, is_there in ((2_000, True), (2_001, False)):
        task = replace(problem.tasks[0], id="n", order="new", grams=grams)
        found = insert(live, order, [task])
        assert (found is not None) is is_there
    whole = plan_with(live, order, [task], None)
    assert check(problem_with(problem, order, [task]), whole) == ()
    assert whole.left_out["new"].code == "material-taken"


def test_a_promised_order_without_material_breaks_no_rule() -> None:
    problem = a_print(of_pla("west", 0), of_pla("east", 0))
    order = replace(problem.orders[0], committed=True)
    plan = planned(replace(problem, orders=(order,)))
    assert plan.left_out["o"].code == "no-material"


def test_slots_of_the_plan_are_what_the_stock_gives_to_whom() -> None:
    """Two orders, material for one: the dearer to leave out is made."""
    problem = a_print(of_pla("west", 3_000), of_pla("east", 0))
    second = replace(problem.orders[0], id="o2", left_out_cents=6_000)
    tasks = (*problem.tasks, replace(problem.tasks[0], id="t2", order="o2"))
    plan = planned(replace(problem, orders=(*problem.orders, second), tasks=tasks))
    slots: list[TaskSlot] = list(plan.slots)
    assert [slot.order for slot in slots] == ["o2"]


@pytest.mark.parametrize(
    ("stocks", "named"),
    [
        ((of_pla("west", -1),), "the stock of 'PLA' in 'west'"),
        ((of_pla("north", 1),), "'north', which is not in the problem"),
        ((of_pla("west", 1), of_pla("west", 2)), "two stocks have the id"),
        (
            (Stock(fab="west", material="PLA", grams=0, deliveries=((0, 1),)),),
            "knows no deliveries",
        ),
    ],
)
def test_bad_stocks_are_refused_by_name(stocks: tuple[Stock, ...], named: str) -> None:
    with pytest.raises(InvalidProblemError, match=named):
        solve(a_print(*stocks))
