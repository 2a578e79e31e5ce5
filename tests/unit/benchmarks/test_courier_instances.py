"""A wrong reader or a lenient referee would make every figure of the benchmark a lie."""

import math
from pathlib import Path

import pytest

from benchmarks.couriers.instance import Instance, Tour, integers_of
from benchmarks.couriers.readers import UnreadableError, best_known, find, read
from benchmarks.couriers.referee import judge
from tests.unit.benchmarks.instances import LI_LIM, MDVRPTW, SARTORI, written


@pytest.fixture
def li_lim(tmp_path: Path) -> Path:
    return written(tmp_path / "lr101.txt", LI_LIM)


def tour(*nodes: int, group: int = 0) -> Tour:
    return Tour(group=group, nodes=nodes)


def test_li_lim_is_read_as_its_columns_say(li_lim: Path) -> None:
    instance = read(li_lim)
    assert (instance.tasks, instance.pairs) == (100, ((1, 2), (3, 4)))
    assert instance.groups[0].count == 2
    assert instance.groups[0].capacity == 10
    assert instance.travel[0, 2] == 5
    assert [instance.opens[1], instance.closes[1], instance.service[1]] == [5, 20, 2]


def test_sartori_buriol_keeps_the_direction_of_a_road(tmp_path: Path) -> None:
    instance = read(written(tmp_path / "tiny-n2-1.txt", SARTORI))
    assert instance.travel[0, 1] == 4
    assert instance.travel[1, 0] == 6
    assert (instance.tasks, instance.pairs) == (2, ((1, 2),))
    assert integers_of(instance).travel.tolist() == [[0, 4, 9], [6, 0, 2], [8, 3, 0]]


def test_a_bound_on_routes_counts_waiting_on_the_way_but_not_before(
    tmp_path: Path,
) -> None:
    path = written(tmp_path / "tiny.vrp", MDVRPTW)
    instance = read(path)
    assert [group.count for group in instance.groups] == [2, 1]
    assert instance.drops == (2,)
    # 5 there, 4 of service, 5 back are 14, though the window opens at 50 only.
    assert judge(path, [tour(2)]).fault == ""
    # From the other depot the legs are sqrt(65): 2 * 8.06 + 4 are more than 14.
    assert "a route takes" in judge(path, [tour(2, group=1)]).fault


def test_best_known_is_found_in_both_forms(tmp_path: Path) -> None:
    written(
        tmp_path / "best_known.csv", "instance,vehicles,distance\nlr101,19,1650.8\n"
    )
    assert best_known(tmp_path / "lr101.txt") == (19, 1650.8)
    assert best_known(tmp_path / "lr102.txt") is None
    deep = tmp_path / "n100"
    deep.mkdir()
    written(
        tmp_path / "bks.dat",
        "instance;size;vehicles;cost;reference;date\nbar-n100-1;100;6;732;R;x\n",
    )
    assert best_known(deep / "bar-n100-1.txt") == (6, 732)


def test_files_are_found_once_and_nothing_else_is_read(
    tmp_path: Path, li_lim: Path
) -> None:
    written(tmp_path / "best_known.csv", "instance,vehicles,distance\n")
    assert find([tmp_path, li_lim]) == [li_lim]
    with pytest.raises(UnreadableError, match="neither Li & Lim"):
        read(written(tmp_path / "notes.txt", "a b c\nd e f\n"))


def test_a_good_plan_is_measured_on_doubles(li_lim: Path) -> None:
    verdict = judge(li_lim, [tour(1, 2), tour(3, 4), tour()])
    assert verdict.fault == ""
    assert verdict.vehicles == 2
    assert verdict.distance == 16


@pytest.mark.parametrize(
    ("tours", "fault"),
    [
        ([tour(1, 2)], "node 3 is visited 0 times"),
        ([tour(1, 2), tour(3, 4, 3)], "node 3 is visited 2 times"),
        ([tour(1, 2), tour(3, 4, 0)], "node 0 is visited 1 times"),
        ([tour(2, 1), tour(3, 4)], "delivery 2 comes before pickup 1"),
        ([tour(1, 2, 3), tour(4)], "pickup 3 and delivery 4 are on two vehicles"),
        ([tour(3, 1, 4, 2)], "14 aboard after node 1, 10 fit"),
        ([tour(3, 4), tour(1), tour(2)], "3 vehicles of 2 at depot 0"),
    ],
)
def test_each_broken_rule_is_named(li_lim: Path, tours: list[Tour], fault: str) -> None:
    assert judge(li_lim, tours).fault == fault


@pytest.mark.parametrize(("closes", "is_late"), [("11", False), ("10.9", True)])
def test_service_and_waiting_count_before_the_next_window(
    tmp_path: Path, closes: str, is_late: bool
) -> None:
    # Pickup opens at 5, takes 2, then 4 to drive: the delivery begins at 11.
    text = LI_LIM.replace("-10 0 30 1", f"-10 0 {closes} 1")
    path = written(tmp_path / "lr101.txt", text)
    fault = judge(path, [tour(1, 2), tour(3, 4)]).fault
    assert ("node 2 begins at 11" in fault) == is_late


def test_the_way_home_must_end_before_the_depot_closes(tmp_path: Path) -> None:
    text = LI_LIM.replace("0 0 0 0 0 100 0", "0 0 0 0 0 16.9 0")
    path = written(tmp_path / "lr101.txt", text)
    assert "node 0 begins at 17" in judge(path, [tour(1, 2), tour(3, 4)]).fault


def test_what_fits_in_integers_fits_in_doubles(tmp_path: Path) -> None:
    diagonal = LI_LIM.replace("3 0 1 4 0 90", "3 1 1 4 0 90")
    instance = read(written(tmp_path / "lr101.txt", diagonal))
    numbers = integers_of(instance)
    scale = instance.scale
    assert scale == 10_000
    assert numbers.travel[0, 3] == math.ceil(math.sqrt(2) * scale)
    assert (numbers.travel >= instance.travel * scale).all()
    assert (numbers.closes <= instance.closes * scale).all()
    # No plan may buy distance with a vehicle.
    assert numbers.vehicle_cost > _longest_tour(instance) * scale


def _longest_tour(instance: Instance) -> float:
    return float(2 * instance.travel.max(axis=1).sum())
