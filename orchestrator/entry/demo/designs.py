"""The demo's twelve designs: what each is, and the program that makes it."""

from dataclasses import dataclass, field

from orchestrator.entry.demo.programs import (
    box,
    circle,
    laser_cut,
    milled,
    plotted,
    printed,
    star,
    wave,
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Means:
    """The kind of work that a design asks for."""

    process: str
    machine_kind: str
    dialect: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Design:
    """One open design. `program` None: made by hand at a retrofit machine.

    `cites` maps a design's key to its weight in parts per million of the value.
    """

    key: str
    title: str
    summary: str
    designer: str
    licence: str
    fee_cents: int
    means: Means
    material: str
    material_g: float
    box_mm: tuple[float, float, float]
    run_s: int
    labour_s: int
    program: bytes | None
    cites: dict[str, int] = field(default_factory=dict)


PPL = "LicenseRef-PPL"
PRINT = Means(process="3DP-FDM", machine_kind="fdm-printer", dialect="marlin")
LASER = Means(process="LAS-CUT", machine_kind="laser-cutter", dialect="grbl")
MILL = Means(process="CNC-MIL-3AX", machine_kind="cnc-mill", dialect="grbl")
SEW = Means(process="TEX-SEW", machine_kind="other", dialect="fabnode")
PLOT = Means(process="PLT", machine_kind="pen-plotter", dialect="grbl")


PRINTED = (
    Design(
        key="hook",
        title="Wall hook",
        summary="A hook for coats and bags, one screw.",
        designer="mira",
        licence="CC-BY-SA-4.0",
        fee_cents=20,
        material="PLA",
        material_g=9.0,
        box_mm=(40, 20, 15),
        run_s=560,
        labour_s=120,
        program=printed([box(60, 60, 40, 20), circle(70, 70, 4)], height_mm=15),
        means=PRINT,
    ),
    Design(
        key="hinge",
        title="Cargo box hinge",
        summary="A stout hinge for cargo bike boxes.",
        designer="otso",
        licence=PPL,
        fee_cents=60,
        material="PETG",
        material_g=22.0,
        box_mm=(60, 30, 18),
        run_s=900,
        labour_s=180,
        program=printed(
            [box(50, 50, 60, 30), box(55, 55, 50, 20), circle(110, 65, 8)],
            height_mm=18,
        ),
        means=PRINT,
    ),
    Design(
        key="planter",
        title="Seedling planter",
        summary="A small pot with a drip ring.",
        designer="lotta",
        licence=PPL,
        fee_cents=40,
        material="PLA",
        material_g=18.0,
        box_mm=(50, 50, 24),
        run_s=800,
        labour_s=120,
        program=printed([circle(90, 90, 25), circle(90, 90, 22)], height_mm=24),
        means=PRINT,
    ),
    Design(
        key="lamp-shade",
        title="Star lamp shade",
        summary="A shade with seven points for a desk lamp.",
        designer="lotta",
        licence="CERN-OHL-S-2.0",
        fee_cents=90,
        material="PLA",
        material_g=30.0,
        box_mm=(80, 80, 24),
        run_s=1_150,
        labour_s=180,
        program=printed([star(90, 90, 40), star(90, 90, 37)], height_mm=24),
        means=PRINT,
    ),
    Design(
        key="strap-clip",
        title="Strap clip",
        summary="Holds a strap on a rack; derived from the wall hook.",
        designer="samir",
        licence="CC-BY-SA-4.0",
        fee_cents=15,
        material="PLA",
        material_g=5.0,
        box_mm=(30, 15, 9),
        run_s=380,
        labour_s=90,
        program=printed([box(70, 70, 30, 15), circle(80, 77, 3)], height_mm=9),
        cites={"hook": 250_000},
        means=PRINT,
    ),
)


CUT = (
    Design(
        key="book-stand",
        title="Book stand",
        summary="Two sheets of plywood that hold a book open.",
        designer="mira",
        licence="CC-BY-4.0",
        fee_cents=50,
        material="plywood-4mm",
        material_g=180.0,
        box_mm=(300, 200, 4),
        run_s=420,
        labour_s=240,
        program=laser_cut(
            [box(10, 10, 280, 90), box(10, 110, 280, 80), circle(150, 55, 20)],
            power=900,
            feed=600,
        ),
        means=LASER,
    ),
    Design(
        key="sign",
        title="Shop sign",
        summary="An open or closed sign with a waved edge.",
        designer="samir",
        licence=PPL,
        fee_cents=80,
        material="plywood-4mm",
        material_g=120.0,
        box_mm=(260, 140, 4),
        run_s=460,
        labour_s=180,
        program=laser_cut(
            [wave(10, 130, 240, height=8, turns=8), box(10, 10, 240, 100)]
            + [circle(40 + 45 * i, 60, 15) for i in range(5)],
            power=850,
            feed=500,
        ),
        means=LASER,
    ),
    Design(
        key="coaster",
        title="Acrylic coaster",
        summary="A round coaster with a star; builds on the star lamp shade.",
        designer="samir",
        licence="CERN-OHL-S-2.0",
        fee_cents=30,
        material="acrylic-3mm",
        material_g=35.0,
        box_mm=(100, 100, 3),
        run_s=260,
        labour_s=90,
        program=laser_cut(
            [star(50, 50, 30), circle(50, 50, 45, corners=48)], power=950, feed=300
        ),
        cites={"lamp-shade": 150_000},
        means=LASER,
    ),
    Design(
        key="box",
        title="Finger box",
        summary="A card box for gifts, cut flat.",
        designer="otso",
        licence="CC0-1.0",
        fee_cents=0,
        material="cardboard",
        material_g=60.0,
        box_mm=(300, 300, 2),
        run_s=300,
        labour_s=200,
        program=laser_cut(
            [box(10 + 95 * i, 10 + 95 * j, 90, 90) for i in (0, 1, 2) for j in (0, 1)],
            power=400,
            feed=1_000,
        ),
        means=LASER,
    ),
)


OTHERS = (
    Design(
        key="tray",
        title="Birch key tray",
        summary="A tray milled from birch.",
        designer="mira",
        licence=PPL,
        fee_cents=150,
        material="birch",
        material_g=260.0,
        box_mm=(120, 80, 15),
        run_s=900,
        labour_s=300,
        program=milled(
            [box(20 + i * 4, 20 + i * 4, 100 - i * 8, 60 - i * 8) for i in range(5)],
            depth_mm=6,
            feed=900,
        ),
        means=MILL,
    ),
    Design(
        key="poster",
        title="Tide poster",
        summary="Sixteen waves on an A3 sheet.",
        designer="lotta",
        licence="CC-BY-SA-4.0",
        fee_cents=100,
        material="paper-a3",
        material_g=12.0,
        box_mm=(400, 280, 1),
        run_s=480,
        labour_s=60,
        program=plotted(
            [wave(20, 20 + 15 * i, 360, height=6, turns=9) for i in range(16)],
            feed=2_500,
        ),
        means=PLOT,
    ),
    Design(
        key="tote",
        title="Canvas tote",
        summary="A bag sewn from one piece of canvas.",
        designer="otso",
        licence=PPL,
        fee_cents=120,
        means=SEW,
        material="canvas",
        material_g=210.0,
        box_mm=(400, 400, 10),
        run_s=900,
        labour_s=900,
        program=None,
    ),
)

# All twelve, upstream designs before those that build on them.
DESIGNS: tuple[Design, ...] = (*PRINTED, *CUT, *OTHERS)
