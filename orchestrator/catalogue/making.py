"""From a draft and its designer's answers to all that a design is made of."""

import tempfile
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import Final

from orchestrator.catalogue.bill import BILL_NAME, Bill, corrected, process_from
from orchestrator.catalogue.bodies import Body
from orchestrator.catalogue.cutting import as_stl, print_in
from orchestrator.catalogue.draft_manifest import written_manifest
from orchestrator.catalogue.drafts import (
    Draft,
    bill_in,
    manifest_of,
)
from orchestrator.catalogue.estimates.learned import Pace
from orchestrator.catalogue.estimates.printing import FILAMENT_RATIO, TIME_RATIO, Print
from orchestrator.catalogue.estimates.profile import FILAMENTS, SOURCE, PrintProfile
from orchestrator.catalogue.estimates.slicer import (
    NotSlicedError,
    is_installed,
    slice_mesh,
)
from orchestrator.catalogue.found import INCH_MM, Estimate, Found, Mesh
from orchestrator.catalogue.process import (
    CitationIn,
    InvalidProcessError,
    ProcessIn,
)
from orchestrator.catalogue.proposing import SKIRT_MM, Printed, bill_of
from orchestrator.catalogue.publish import (
    PICTURE_MAX_BYTES,
    KeptFile,
    Upload,
    keep_files,
)
from orchestrator.catalogue.questions import unit_of
from orchestrator.foundation import files

SLICER_RATIO: Final = 0.1  # of a slicer's time, on a machine that is not quite its own
SLICED: Final = ("STL", "3MF")
MM3_S: Final = 4.0  # what a common printer lays down where no estimate was made
MM3_RATIO: Final = 0.5


@dataclass(frozen=True, slots=True, kw_only=True)
class Wording:
    """What the design is called, for what it is, and by whom."""

    title: str
    function: str
    licensor: str


def preview(
    folder: Path, draft: Draft, answers: Mapping[str, str], paces: Mapping[str, Pace]
) -> Bill:
    """The bill as it would be published, printed parts by our own estimate, with times
    as real jobs took them."""
    own = bill_in(folder, draft)
    if own is not None:
        return own
    unit = answers["unit"]

    def printed(body: Body) -> Printed:
        shape = _shape(draft, body, unit)
        return _printed(_estimated(folder, draft, shape), shape, answers["body"])

    proposed = bill_of(draft.in_unit(unit), answers, printed, draft.told)
    return corrected(proposed, paces)


@dataclass(frozen=True, slots=True, kw_only=True)
class Made:
    """What `publish` takes of a version."""

    manifest: bytes
    manifest_name: str
    kept: tuple[KeptFile, ...]
    process: ProcessIn


def make(
    folder: Path,
    draft: Draft,
    answers: Mapping[str, str],
    wording: Wording,
    *,
    fee_cents: int = 0,
    citations: Sequence[CitationIn] = (),
) -> Made:
    """Slice what is printed where a slicer is installed, and write the bill of process.

    `fee_cents`: asked for each piece. `citations`: what it builds on.

    Its times are as told: what real jobs take is put on when work is planned.
    Takes seconds, so that no transaction may be open. Errors: InvalidProcessError
    where nothing can be made.
    """
    made: list[KeptFile] = []

    def printed(body: Body) -> Printed:
        shape = _shape(draft, body, answers["unit"])
        if shape.is_cut:
            made.append(shape.file)
        sliced = None
        if is_installed() and shape.found.format in SLICED:
            sliced = _sliced(folder, shape, answers["body"])
        if sliced is None:
            own = _estimated(folder, draft, shape)
            return _printed(own, shape, answers["body"])
        made.append(sliced[1])
        return sliced[0]

    bill = bill_in(folder, draft)
    if bill is None:
        found = draft.in_unit(answers["unit"])
        bill = bill_of(found, answers, printed, draft.told)
    if not bill.steps:
        raise InvalidProcessError(
            "nothing can be made from these files: add an STL, STEP, DXF, SVG, Gerber or "
            "G-code file",
            field="files",
        )
    name = draft.bill or BILL_NAME
    written = keep_files(folder, [Upload(name=name, chunks=[bill.exact()])])
    picture = _picture(draft)
    own = manifest_of(folder, draft)
    return Made(
        manifest=own.exact if own else _written(draft, answers, wording),
        manifest_name=draft.manifest or "okh.toml",
        kept=_together(draft, [*made, *written], picture),
        process=process_from(
            bill,
            fee_cents=fee_cents,
            citations=citations,
            picture=picture.name if picture else None,
        ),
    )


def _written(draft: Draft, answers: Mapping[str, str], wording: Wording) -> bytes:
    return written_manifest(
        draft.seen[0].file.name,
        title=wording.title,
        licence=answers["licence"],
        licensor=wording.licensor,
        function=wording.function,
    )


def _together(
    draft: Draft, made: Sequence[KeptFile], picture: KeptFile | None
) -> tuple[KeptFile, ...]:
    """What was given, what was made of it, and its picture, each name once."""
    taken = {draft.manifest, *(file.name for file in made)}
    given = [each.file for each in draft.seen if each.file.name not in taken]
    drawn = [picture] if picture is not None and picture not in given else []
    return (*given, *made, *drawn)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Shape:
    """The file that a body is printed from, and the unit of its numbers.

    `is_cut`: it was made here of a model's part.
    """

    file: KeptFile
    found: Found
    unit: str
    printed: Print | None
    is_cut: bool


def _shape(draft: Draft, body: Body, unit: str) -> _Shape:
    seen = draft.seen_as(body.found.name)
    if body.number is None or not seen.cuts:
        return _Shape(
            file=seen.file,
            found=body.found,
            unit=unit,
            printed=seen.printed,
            is_cut=False,
        )
    cut = seen.cuts[body.number]
    return _Shape(
        file=cut.file,
        found=as_stl(body),
        unit="mm",
        printed=cut.printed,
        is_cut=True,
    )


def _estimated(folder: Path, draft: Draft, shape: _Shape) -> Print | None:
    """As it was estimated for the draft; anew for the less likely unit, and for what was
    to be bought.
    """
    if shape.is_cut:
        is_there = shape.printed is not None
    else:
        is_there = shape.unit == unit_of(draft.founds)
    if is_there:
        return shape.printed
    return print_in(folder, shape.file, shape.found, shape.unit)


def _sliced(
    folder: Path, shape: _Shape, material: str
) -> tuple[Printed, KeptFile] | None:
    """The mesh's own program, near the bed's corner so that small machines take it."""
    file, found = shape.file, shape.found
    mesh, profile = found.what, FILAMENTS.get(material)
    if profile is None or not isinstance(mesh, Mesh):
        return None
    middle_mm = ((mesh.x_mm + SKIRT_MM) / 2, (mesh.y_mm + SKIRT_MM) / 2)
    with tempfile.TemporaryDirectory() as place:
        path = Path(place, f"part.{found.format.lower()}")
        path.symlink_to(files.path_of(folder, file.sha256).resolve())
        scale = INCH_MM if shape.unit == "inch" and mesh.unit == "inch" else 1.0
        try:
            sliced = slice_mesh(path, profile, scale=scale, middle_mm=middle_mm)
        except NotSlicedError:
            return None
    name = f"{PurePosixPath(file.name).with_suffix('')}.gcode"
    (kept,) = keep_files(folder, [Upload(name=name, chunks=[sliced.program])])
    source = f"{sliced.version}, {SOURCE}"
    return (
        Printed(
            run_s=_figure(sliced.run_s, SLICER_RATIO, source),
            filament_g=_figure(sliced.filament_g, SLICER_RATIO, source),
            program=name,
            mesh=file.name if shape.is_cut else None,
        ),
        kept,
    )


def _printed(one: Print | None, shape: _Shape, material: str) -> Printed:
    """Our own figures; by volume alone where the mesh could not be cut into layers."""
    profile = FILAMENTS.get(material, PrintProfile())
    lighter = profile.density_g_cm3 / PrintProfile().density_g_cm3
    body, mesh = shape.found.what, shape.file.name if shape.is_cut else None
    if one is not None:
        source = f"our estimate, {SOURCE}"
        return Printed(
            run_s=_figure(one.run_s, TIME_RATIO, source),
            filament_g=_figure(one.filament_g * lighter, FILAMENT_RATIO, source),
            mesh=mesh,
        )
    volume_mm3 = abs(body.volume_mm3) if isinstance(body, Mesh) else 0.0
    source = "its volume, as if it were solid"
    grams = volume_mm3 * profile.density_g_cm3 / 1_000
    return Printed(
        run_s=_figure(volume_mm3 / MM3_S, MM3_RATIO, source),
        filament_g=_figure(grams, MM3_RATIO, source),
        mesh=mesh,
    )


def _figure(value: float, ratio: float, source: str) -> Estimate:
    return Estimate(value=value, plus_minus=value * ratio, source=source)


def _picture(draft: Draft) -> KeptFile | None:
    """A picture that came along, else the first that was drawn of a file."""
    for each in draft.seen:
        file = each.file
        if file.media_type.startswith("image/") and file.size_bytes < PICTURE_MAX_BYTES:
            return file
    for each in draft.seen:
        if each.picture is not None:
            return each.picture
    return None
