"""Whatever rules meet in a courier problem: the referee accepts the plan."""

import os

import numpy as np
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from routing.couriers.check import check
from routing.couriers.problem import (
    Break,
    Courier,
    CourierProblem,
    HandoverPlace,
    Prices,
    Shipment,
)
from routing.couriers.solve import solve
from routing.effort import Effort
from routing.measures import SECONDS_MAX
from routing.travel.matrix import Profile, TravelMatrix

IS_SOAK = os.environ.get("FABCOMMONS_SOAK") == "1"
PLACES = 9
SKILLS = st.frozensets(st.sampled_from(["cold", "heavy"]), max_size=1)


@st.composite
def matrices(draw: st.DrawFn, profile: Profile) -> TravelMatrix:
    """Ways that may break the triangle inequality, sometimes missing."""
    rng = np.random.default_rng(draw(st.integers(0, 10_000)))
    seconds = rng.integers(0, 1_500, (PLACES, PLACES))
    seconds[rng.random((PLACES, PLACES)) < draw(st.sampled_from([0, 0.1]))] = (
        SECONDS_MAX
    )
    np.fill_diagonal(seconds, 0)
    return TravelMatrix(
        profile=profile,
        seconds=seconds,
        metres=np.minimum(seconds, 3_000) * 4,
        source="road",
    )


@st.composite
def couriers(draw: st.DrawFn, number: int) -> Courier:
    shift_s = draw(st.integers(0, 2_000))
    rest_s = shift_s + draw(st.integers(-500, 4_000))
    rest = Break(earliest_s=rest_s, latest_s=rest_s + 600, duration_s=300)
    return Courier(
        id=f"c{number}",
        place=draw(st.integers(0, PLACES - 1)),
        shift=(shift_s, shift_s + draw(st.integers(0, 9_000))),
        capacity_pieces=draw(st.integers(0, 5)),
        capacity_grams=3_000,
        capacity_ml=draw(st.sampled_from([2_000, 10**9])),
        profile=draw(st.sampled_from([Profile.BICYCLE, Profile.VAN])),
        cost_per_km_cents=draw(st.sampled_from([0, 40])),
        cost_per_hour_cents=draw(st.sampled_from([0, 1_500])),
        cost_fixed_cents=draw(st.sampled_from([0, 300])),
        end_place=draw(st.none() | st.integers(0, PLACES - 1)),
        skills=draw(SKILLS),
        breaks=draw(st.sampled_from([(), (rest,)])),
        route_max_s=draw(st.none() | st.integers(0, 6_000)),
    )


@st.composite
def shipments(draw: st.DrawFn, number: int, riders: int) -> Shipment:
    place = st.integers(0, PLACES - 1)
    kind = draw(st.sampled_from(["fetch", "fetch", "fetch", "depot", "aboard"]))
    earliest_s = draw(st.integers(0, 5_000))
    deadline_s = earliest_s + draw(st.integers(0, 5_000))
    owner = f"c{draw(st.integers(0, riders - 1))}"
    return Shipment(
        id=f"s{number}",
        pickup_place=draw(place) if kind == "fetch" else None,
        from_depot=kind == "depot",
        courier=owner if kind == "aboard" else None,
        dropoff_place=draw(place),
        ready_s=draw(st.integers(0, 2_000)),
        earliest_s=earliest_s,
        due_s=deadline_s - draw(st.integers(0, 2_000)),
        deadline_s=deadline_s,
        pickup_latest_s=draw(st.sampled_from([3_000, SECONDS_MAX])),
        pieces=draw(st.integers(0, 3)),
        grams=draw(st.integers(0, 2_000)),
        ml=draw(st.integers(0, 1_500)),
        pickup_service_s=60,
        dropoff_service_s=draw(st.integers(0, 200)),
        left_out_cents=draw(st.integers(0, 4_000)),
        must=draw(st.booleans()),
        skills=draw(SKILLS),
        previous_courier=draw(st.sampled_from([None, "c0", "gone"])),
        handover_places=draw(
            st.sampled_from([(), (HandoverPlace(place=draw(place), extra_cents=50),)])
        ),
    )


@st.composite
def problems(draw: st.DrawFn) -> CourierProblem:
    riders = draw(st.integers(1, 3))
    return CourierProblem(
        couriers=tuple(draw(couriers(number)) for number in range(riders)),
        shipments=tuple(
            draw(shipments(number, riders)) for number in range(draw(st.integers(0, 7)))
        ),
        matrices={
            profile: draw(matrices(profile))
            for profile in (Profile.BICYCLE, Profile.VAN)
        },
        prices=Prices(
            late_cents_per_minute=draw(st.sampled_from([0, 6])),
            very_late_cents_per_minute=draw(st.sampled_from([0, 40])),
            moved_courier_cents=30,
        ),
        now_s=draw(st.sampled_from([0, 1_000])),
    )


@settings(
    max_examples=3_000 if IS_SOAK else 80,
    deadline=None,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large],
)
@given(problems())
def test_no_rule_is_broken_and_thought_is_never_worse(problem: CourierProblem) -> None:
    first = solve(problem, seed=1, effort=Effort(iterations=0))
    better = solve(problem, seed=1, effort=Effort(iterations=60))

    assert check(problem, first) == ()
    assert check(problem, better) == ()
    assert better.cost_fine <= first.cost_fine
    # A counted effort asks no clock: it repeats itself.
    assert solve(problem, seed=1, effort=Effort(iterations=60)) == better
