"""Prices add up to the cent whatever the figures; codes can be read aloud."""

import random
import re
from dataclasses import replace
from fractions import Fraction
from types import MappingProxyType
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from orchestrator.foundation.errors import InvalidInputError
from orchestrator.orders.codes import (
    ALPHABET,
    hand_over_code,
    is_same,
    normal,
    track_code,
)
from orchestrator.orders.pricing import PARTS, Fee, StepCost, Tariff, Trip, price
from orchestrator.orders.tariff import InvalidTariffError, default_tariff, tariff_of

TARIFF = Tariff(
    version="test",
    currency="EUR",
    wage_cents_per_hour=2_400,
    material_cents_per_kg=MappingProxyType({"PLA": 2_200}),
    other_material_cents_per_kg=1_500,
    transport_base_cents=80,
    platform_ppm=40_000,
)
STEP = StepCost(
    runs=4,
    setup_s=300,
    run_s=1_500,
    labour_s=120,
    hourly_cents=250,
    material="PLA",
    material_g=50.0,
)
TRIP = Trip(distance_m=3_000, duration_s=900, cents_per_km=10, cents_per_hour=1_800)
FEE = Fee(cents=100, upstream_ppm=200_000)

seconds = st.integers(0, 1_000_000)
STEPS = st.lists(
    st.builds(
        StepCost,
        runs=st.integers(1, 500),
        setup_s=seconds,
        run_s=seconds,
        labour_s=seconds,
        hourly_cents=st.integers(0, 100_000),
        material=st.sampled_from(["PLA", "oak"]),
        material_g=st.floats(0, 100_000),
    ),
    max_size=5,
)
TRIPS = st.lists(
    st.builds(
        Trip,
        distance_m=st.integers(0, 10**6),
        duration_s=seconds,
        cents_per_km=st.integers(0, 500),
        cents_per_hour=st.integers(0, 10_000),
    ),
    max_size=3,
)
FEES = st.builds(Fee, cents=st.integers(0, 10**6), upstream_ppm=st.integers(0, 10**6))
TARIFFS = st.builds(
    replace,
    st.just(TARIFF),
    wage_cents_per_hour=st.integers(0, 10**6),
    platform_ppm=st.integers(0, 10**6),
    transport_base_cents=st.integers(0, 10**6),
)


def test_a_bill_to_the_cent() -> None:
    bill = price([STEP], [TRIP], FEE, 4, TARIFF)
    assert bill.parts == {
        "machine": 500,  # 2 h at 2.50
        "labour": 320,  # 480 s at 24.00 an hour
        "material": 110,  # 50 g at 22.00 a kilogram
        "design": 320,
        "upstream": 80,  # a fifth of 4.00
        "transport": 80 + 30 + 450,  # base, 3 km at 0.10, a quarter of 18.00
        "platform": 76,  # 4 % of 18.90: 75.6
        "reciprocity": 0,
    }
    assert bill.total_cents == 1_966


@given(STEPS, TRIPS, FEES, st.integers(1, 10_000), TARIFFS)
def test_parts_add_up_and_each_is_within_half_a_cent(
    steps: list[StepCost], trips: list[Trip], fee: Fee, quantity: int, tariff: Tariff
) -> None:
    bill = price(steps, trips, fee, quantity, tariff)
    assert tuple(bill.parts) == PARTS
    assert all(type(cents) is int and cents >= 0 for cents in bill.parts.values())
    assert bill.total_cents == sum(bill.parts.values())
    assert bill.parts["design"] + bill.parts["upstream"] == fee.cents * quantity
    exact_machine = sum(
        Fraction(step.runs * (step.setup_s + step.run_s) * step.hourly_cents, 3_600)
        for step in steps
    )
    assert abs(bill.parts["machine"] - exact_machine) <= Fraction(1, 2)
    before = bill.total_cents - bill.parts["platform"]
    exact_platform = Fraction(before * tariff.platform_ppm, 1_000_000)
    assert abs(bill.parts["platform"] - exact_platform) <= Fraction(1, 2)


@given(
    steps=STEPS,
    trips=TRIPS,
    fee=FEES,
    quantity=st.integers(1, 9_999),
    tariff=TARIFFS,
    draw=st.randoms(),
)
def test_order_of_steps_does_not_matter_and_more_never_costs_less(
    *,
    steps: list[StepCost],
    trips: list[Trip],
    fee: Fee,
    quantity: int,
    tariff: Tariff,
    draw: random.Random,
) -> None:
    shuffled = draw.sample(steps, len(steps))
    bill = price(steps, trips, fee, quantity, tariff)
    assert price(shuffled, trips, fee, quantity, tariff) == bill
    more = price([*steps, STEP], trips, fee, quantity + 1, tariff)
    assert all(more.parts[name] >= bill.parts[name] for name in PARTS)


@pytest.mark.parametrize(
    "change",
    [
        {"runs": -1},
        {"run_s": 10**13},
        {"material_g": float("nan")},
        {"material_g": float("inf")},
        {"hourly_cents": -5},
    ],
)
def test_figures_beyond_sense_are_refused(change: dict[str, Any]) -> None:
    with pytest.raises(InvalidInputError):
        price([replace(STEP, **change)], [TRIP], FEE, 4, TARIFF)
    with pytest.raises(InvalidInputError):
        price([STEP], [TRIP], FEE, 0, TARIFF)
    with pytest.raises(InvalidInputError):
        price([STEP], [TRIP], replace(FEE, upstream_ppm=1_000_001), 4, TARIFF)


def test_the_tariff_is_a_table_read_strictly() -> None:
    assert tariff_of(default_tariff()).currency == "EUR"
    for table in (
        b"{}",
        b'{"rule_version": "a"}',
        b"[]",
        b'{"rule_version":"a","currency":"EUR","wage_cents_per_hour":"5",'
        b'"material_cents_per_kg":{},"other_material_cents_per_kg":1,'
        b'"transport_base_cents":1,"platform_ppm":1}',
    ):
        with pytest.raises(InvalidInputError):
            tariff_of(table)
    with pytest.raises(InvalidTariffError) as refused:
        tariff_of(b'{"rule_version": ""}')
    assert refused.value.field == "rule_version"
    with pytest.raises(InvalidInputError, match="currency"):
        replace(TARIFF, currency="XXX")
    with pytest.raises(InvalidInputError, match="platform_ppm"):
        replace(TARIFF, platform_ppm=-1)


@given(st.binary(min_size=12, max_size=12))
def test_codes_have_no_letter_that_looks_like_another(octets: bytes) -> None:
    def entropy(count: int) -> bytes:
        return octets[:count]

    assert re.fullmatch(r"[2-9A-HJ-NP-Z]{3}-[2-9A-HJ-NP-Z]{4}", hand_over_code(entropy))
    assert re.fullmatch(
        r"([2-9A-HJ-NP-Z]{4}-){2}[2-9A-HJ-NP-Z]{4}", track_code(entropy)
    )
    code = hand_over_code(entropy)
    assert is_same(f" {code.lower().replace('-', ' ')} ", code)
    assert not is_same(code[:-1], code)
    assert not is_same("ß" + code, code)
    assert normal(code) == code.replace("-", "")


def test_codes_use_every_letter_alike() -> None:
    draw = random.Random(7)
    letters = "".join(hand_over_code(draw.randbytes) for _ in range(20_000))
    counts = [letters.count(letter) for letter in ALPHABET]
    expected = 20_000 * 7 / len(ALPHABET)
    assert len(ALPHABET) == len(set(ALPHABET)) == 32
    assert not set("01OI") & set(ALPHABET)
    assert max(abs(count - expected) for count in counts) < 0.06 * expected
