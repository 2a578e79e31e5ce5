"""From what files tell and their designer answers to a bill of process."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import partial
from pathlib import PurePosixPath
from typing import Final

from orchestrator.catalogue.bill import Bill, Bought, Step
from orchestrator.catalogue.bodies import Body, bodies_in
from orchestrator.catalogue.estimates.boards import estimate_assembly, estimate_board
from orchestrator.catalogue.estimates.milling import BLOCKS, estimate_milling
from orchestrator.catalogue.estimates.sheets import SHEETS, estimate_cut
from orchestrator.catalogue.files.board import board_of
from orchestrator.catalogue.found import (
    Drawing,
    Estimate,
    Found,
    PartsList,
    Program,
)
from orchestrator.catalogue.quantities import Count, Told, counted
from orchestrator.catalogue.questions import count_of
from orchestrator.catalogue.ready import Ready, ready_in

HAND: Final = "fabnode"  # the dialect of machines that a person works
SKIRT_MM: Final = 8.0  # around a part whose program draws a skirt
NONE: Final = Estimate(value=0, plus_minus=0, source="nothing")


@dataclass(frozen=True, slots=True, kw_only=True)
class Printed:
    """One mesh as it is printed. `program`: the file's name, None without a slicer.

    `mesh`: the file with its triangles, where these were made here.
    """

    run_s: Estimate
    filament_g: Estimate
    program: str | None = None
    mesh: str | None = None


def bill_of(
    founds: Sequence[Found],
    answers: Mapping[str, str],
    printed: Callable[[Body], Printed],
    told: Sequence[Told] = (),
) -> Bill:
    """The steps to make one piece, with what is bought for it; no step: nothing to make.

    `founds` are in the unit that the designer told; `told`: what the manifest says of
    quantities. Parts are made or bought, in the end they are put together and looked at
    by hand.
    """
    numbers = counted(founds, told)
    not_made = answers["bought"].split()
    readies = [one for one in ready_in(founds, numbers) if one.key in not_made]
    ready = [
        _bought(one, count_of(one.subject, founds, answers, numbers)) for one in readies
    ]
    made = [
        _counted(step, count_of(subject, founds, answers, numbers))
        for subject, step in _parts(founds, answers, printed)
    ]
    parts = [*made, *_board(founds)]
    return Bill(
        steps=(*parts, *_ending(parts, sum(int(one.quantity) for one in ready))),
        bought=(
            *ready,
            *(
                Bought(name=one.names[0], quantity=one.quantity, source=one.sold_by)
                for one in numbers.others
                if one.quantity and one.names
            ),
        ),
    )


def _parts(
    founds: Sequence[Found],
    answers: Mapping[str, str],
    printed: Callable[[Body], Printed],
) -> Iterator[tuple[str, Step]]:
    """Steps that make parts, each with the file or body whose quantity it has."""
    not_made = answers["bought"].split()
    for index, found in enumerate(founds):
        key, name = f"part-{index + 1}", PurePosixPath(found.name).stem[:80]
        for body in bodies_in(index, found):
            if body.key not in not_made:
                yield (
                    body.subject,
                    _body(body, answers["body"], partial(printed, body)),
                )
        match found.what:
            case Drawing() as drawing if drawing.cut_length_mm > 0:
                yield found.name, _flat(key, name, drawing, int(answers["sheet"]))
            case Program() as program:
                yield found.name, _run(key, name, found.name, program, answers)
            case _:
                continue


def _counted(step: Step, count: Count) -> Step:
    return replace(
        step, quantity=count.value, counted=count.source, against=count.against
    )


def _bought(ready: Ready, count: Count) -> Bought:
    """With the reason that its designer saw, or themselves where they did not follow it."""
    return Bought(
        name=ready.called,
        quantity=count.value,
        source=ready.sold_by,
        why=ready.why if ready.is_bought else "designer",
        told=ready.told if ready.is_bought else "",
        counted=count.source,
        against=count.against,
    )


def _body(body: Body, material: str, printed: Callable[[], Printed]) -> Step:
    key, name, mesh = body.key, body.called, body.mesh
    box_mm = (mesh.x_mm, mesh.y_mm, mesh.z_mm)
    for block in BLOCKS:
        if block.material == material:
            milled = estimate_milling(mesh, block)
            return Step(
                key=key,
                name=f"Mill {name}",
                quantity=1,
                process="CNC-MIL-3AX",
                dialect=HAND,
                material=material,
                box_mm=box_mm,
                setup_s=_assumed(1_800, "clamping, zeroing and the tool's path"),
                run_s=milled.run_s,
                labour_s=_assumed(600, "unclamping and deburring"),
                material_g=milled.material_g,
                waste_g=milled.waste_g,
            )
    one = printed()
    if one.program is not None:
        box_mm = (mesh.x_mm + SKIRT_MM, mesh.y_mm + SKIRT_MM, mesh.z_mm)
    return Step(
        key=key,
        name=f"Print {name}",
        quantity=1,
        process="3DP-FDM",
        dialect="marlin" if one.program else HAND,
        program=one.program,
        mesh=one.mesh,
        mesh_of=body.found.name if one.mesh else "",
        material=material,
        box_mm=box_mm,
        setup_s=_assumed(300, "heating and levelling"),
        run_s=one.run_s,
        labour_s=_assumed(180, "taking it off the bed"),
        material_g=one.filament_g,
        waste_g=NONE,
    )


def _flat(key: str, name: str, drawing: Drawing, sheet: int) -> Step:
    cut = estimate_cut(drawing, SHEETS[sheet])
    return Step(
        key=key,
        name=f"Cut {name} from {SHEETS[sheet].words}",
        quantity=1,
        process="LAS-CUT",
        dialect=HAND,
        material=SHEETS[sheet].material,
        box_mm=(drawing.width_mm, drawing.height_mm, SHEETS[sheet].thickness_mm),
        setup_s=_assumed(300, "sheet, focus and a test cut"),
        run_s=cut.run_s,
        labour_s=_assumed(120, "taking the parts out"),
        material_g=cut.material_g,
        waste_g=cut.waste_g,
    )


def _run(
    key: str, name: str, file: str, program: Program, answers: Mapping[str, str]
) -> Step:
    prints = program.machine == "printer"
    return Step(
        key=key,
        name=f"Run {name}",
        quantity=1,
        process="3DP-FDM" if prints else answers["tool"],
        dialect="marlin" if prints else "grbl",
        program=file,
        material=program.material,
        box_mm=(
            max(0.0, program.x_max_mm - min(0.0, program.x_min_mm)),
            max(0.0, program.y_max_mm - min(0.0, program.y_min_mm)),
            max(0.0, program.z_max_mm - min(0.0, program.z_min_mm)),
        ),
        setup_s=_assumed(300, "making the machine ready"),
        run_s=program.duration_s,
        labour_s=_assumed(180, "taking it out"),
        material_g=program.material_g or NONE,
        waste_g=NONE,
    )


def _board(founds: Sequence[Found]) -> Iterator[Step]:
    board = board_of(founds)
    if board is None:
        return
    milled = estimate_board(board)
    yield Step(
        key="board",
        name="Mill the circuit board",
        quantity=1,
        process="PCB-FAB-MIL",
        dialect=HAND,
        material="FR-4",
        box_mm=(board.width_mm, board.height_mm, 0.0),
        setup_s=_assumed(900, "fixing the blank, zeroing and the tools' paths"),
        run_s=milled.run_s,
        labour_s=_assumed(600, "changing tools, cleaning and testing"),
        material_g=milled.material_g,
        waste_g=NONE,
    )
    lists = [found.what for found in founds if isinstance(found.what, PartsList)]
    if lists:
        yield _by_hand(
            "solder", "Solder the parts on", ("board",), estimate_assembly(lists[0])
        )


def _ending(parts: Sequence[Step], ready: int) -> Iterator[Step]:
    """Put together what is more than one part, bought ones too, and look at it."""
    if not parts:
        return
    made = tuple(step.key for step in parts)
    count = sum(step.quantity for step in parts) + ready
    if count > 1:
        time = _assumed(60.0 * count, "a minute for each part")
        yield _by_hand("assemble", "Put the parts together", made, time)
        made = ("assemble",)
    yield _by_hand("inspect", "Look at it", made, _assumed(60, "a look and a measure"))


def _by_hand(key: str, name: str, after: tuple[str, ...], time: Estimate) -> Step:
    return Step(
        key=key,
        name=name,
        quantity=1,
        process="",
        material="",
        box_mm=(0.0, 0.0, 0.0),
        setup_s=NONE,
        run_s=NONE,
        labour_s=time,
        material_g=NONE,
        waste_g=NONE,
        after=after,
    )


def _assumed(value: float, source: str) -> Estimate:
    return Estimate(value=value, plus_minus=value / 2, source=f"assumed: {source}")
