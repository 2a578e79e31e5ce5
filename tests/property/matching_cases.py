"""Requirements and machines of every shape, small enough that many pairs agree."""

from hypothesis import strategies as st

from routing.matching.problem import (
    Box,
    Capability,
    Orientation,
    Requirement,
    Sheet,
    Source,
    Supply,
    Told,
    Training,
)

PROCESSES = (
    "3DP",
    "3DP-FDM",
    "3DP-SLA",
    "CNC-MIL",
    "LAS-CUT",
    "laser cutting",
    "Fräsen",
)
MATERIALS = ("PLA", "pla", "PETG", "plywood")
TOLERANCES = ("IT7", "IT9", "IT12", "ISO 2768-f", "ISO 2768-m", "ISO 2768-v", "±0.1")
KINDS = ("fdm-printer", "laser-cutter")
ACCESS = ("public", "members")

sizes = st.sampled_from((1.0, 50.0, 99.9, 100.0, 100.1, 200.0, 600.0))
boxes = st.builds(Box, x_mm=sizes, y_mm=sizes, z_mm=sizes)
sheets = st.builds(
    Sheet,
    x_mm=sizes,
    y_mm=sizes,
    thickness_mm=st.none() | st.sampled_from((1.0, 3.0, 6.0)),
)
materials = st.frozensets(st.sampled_from(MATERIALS))
days = st.integers(0, 5)

requirements = st.builds(
    Requirement,
    process=st.sampled_from(PROCESSES),
    part_mm=st.none() | boxes,
    orientation=st.sampled_from(Orientation),
    sheet=st.none() | sheets,
    material=st.none() | st.sampled_from(MATERIALS),
    supply=st.sampled_from(Supply),
    dialect=st.none() | st.sampled_from(("grbl", "marlin")),
    machine_kind=st.none() | st.sampled_from(KINDS),
    tolerance=st.none() | st.sampled_from(TOLERANCES),
    feature_mm=st.none() | st.sampled_from((0.2, 0.4, 0.8)),
    power_w=st.none() | st.sampled_from((40.0, 60.0)),
    pieces=st.integers(1, 3),
    certificates=st.frozensets(st.sampled_from(("CE", "ISO 9001")), max_size=1),
    day=st.none() | days,
    access=st.frozensets(st.sampled_from(ACCESS)),
    process_substitutes=st.lists(st.sampled_from(PROCESSES), max_size=1).map(tuple),
    material_substitutes=st.lists(st.sampled_from(MATERIALS), max_size=2).map(tuple),
)
trainings = st.builds(Training, from_day=days, until_day=days)
told = st.builds(Told, field=st.just("envelope_mm"), source=st.sampled_from(Source))
capabilities = st.builds(
    Capability,
    machine=st.just(""),
    processes=st.frozensets(st.sampled_from(PROCESSES), min_size=1, max_size=3),
    envelope_mm=st.none() | boxes,
    sheet=st.none() | sheets,
    materials=materials,
    loaded=st.frozensets(st.sampled_from(MATERIALS), max_size=2),
    stocked=materials,
    dialects=st.frozensets(st.sampled_from(("grbl", "Marlin"))),
    machine_kind=st.none() | st.sampled_from(KINDS),
    tolerance=st.none() | st.sampled_from(TOLERANCES),
    tool_mm=st.none() | st.sampled_from((0.2, 0.4, 0.8)),
    power_w=st.none() | st.sampled_from((40.0, 60.0)),
    pieces_max=st.none() | st.integers(1, 3),
    certificates=st.frozensets(st.sampled_from(("ce", "ISO 9001"))),
    training_needed=st.booleans(),
    trained=st.lists(trainings, max_size=2).map(tuple),
    access=st.none() | st.sampled_from(ACCESS),
    facility=st.sampled_from(("lab-a", "lab-b")),
    told=st.lists(told, max_size=1).map(tuple),
)
