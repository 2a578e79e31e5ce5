"""From a draft and its designer's answers to all that a design is made of."""

import tempfile
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import Final

from orchestrator.catalogue.bill import BILL_NAME, Bill, corrected, process_from
from orchestrator.catalogue.bodies import Body
from orchestrator.catalogue.drafts import (
    Draft,
    bill_in,
    manifest_of,
    print_in,
    written_manifest,
)
from orchestrator.catalogue.estimates.printing import FILAMENT_RATIO, TIME_RATIO, Print
from orchestrator.catalogue.estimates.profile import FILAMENTS, SOURCE, PrintProfile
from orchestrator.catalogue.estimates.slicer import (
    NotSlicedError,
    is_installed,
    slice_mesh,
)
from orchestrator.catalogue.found import INCH_MM, Estimate, Found, Mesh
from orchestrator.catalogue.process import InvalidProcessError, ProcessIn
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

type Factors = Mapping[str, Estimate]


@dataclass(frozen=True, slots=True, kw_only=True)
class Wording:
    """What the design is called, for what it is, and by whom."""

    title: str
    function: str
    licensor: str


def preview(
    folder: Path, draft: Draft, answers: Mapping[str, str], factors: Factors
) -> Bill:
    """The bill as it would be published, printed parts by our own estimate."""
    own = bill_in(folder, draft)
    if own is not None:
        return own
    unit = answers["unit"]

    def printed(body: Body) -> Printed:
        found = body.found
        return _printed(_estimated(folder, draft, found, unit), found, answers["body"])

    proposed = bill_of(draft.in_unit(unit), answers, printed, draft.told)
    return corrected(proposed, factors)


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
    factors: Factors,
) -> Made:
    """Slice what is printed where a slicer is installed, and write the bill of process.

    Takes seconds, so that no transaction may be open. Errors: InvalidProcessError
    where nothing can be made.
    """
    programs: list[KeptFile] = []

    def printed(body: Body) -> Printed:
        found = body.found
        seen = draft.seen_as(found.name)
        sliced = None
        if is_installed() and found.format in SLICED:
            sliced = _sliced(folder, seen.file, found, answers)
        if sliced is None:
            own = _estimated(folder, draft, found, answers["unit"])
            return _printed(own, found, answers["body"])
        programs.append(sliced[1])
        return sliced[0]

    bill = bill_in(folder, draft)
    if bill is None:
        found = draft.in_unit(answers["unit"])
        bill = corrected(bill_of(found, answers, printed, draft.told), factors)
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
        kept=_together(draft, [*programs, *written], picture),
        process=process_from(bill, picture=picture.name if picture else None),
    )


def _estimated(folder: Path, draft: Draft, found: Found, unit: str) -> Print | None:
    """As it was estimated for the draft; anew for the less likely unit."""
    seen = draft.seen_as(found.name)
    if unit == unit_of(draft.founds):
        return seen.printed
    return print_in(folder, seen.file, found, unit)


def _written(draft: Draft, answers: Mapping[str, str], wording: Wording) -> bytes:
    return written_manifest(
        draft,
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


def _sliced(
    folder: Path, file: KeptFile, found: Found, answers: Mapping[str, str]
) -> tuple[Printed, KeptFile] | None:
    """The mesh's own program, near the bed's corner so that small machines take it."""
    mesh, profile = found.what, FILAMENTS.get(answers["body"])
    if profile is None or not isinstance(mesh, Mesh):
        return None
    middle_mm = ((mesh.x_mm + SKIRT_MM) / 2, (mesh.y_mm + SKIRT_MM) / 2)
    with tempfile.TemporaryDirectory() as place:
        path = Path(place, f"part.{found.format.lower()}")
        path.symlink_to(files.path_of(folder, file.sha256).resolve())
        scale = INCH_MM if answers["unit"] == "inch" and mesh.unit == "inch" else 1.0
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
        ),
        kept,
    )


def _printed(one: Print | None, found: Found, material: str) -> Printed:
    """Our own figures; by volume alone where the mesh could not be cut into layers."""
    profile = FILAMENTS.get(material, PrintProfile())
    lighter = profile.density_g_cm3 / PrintProfile().density_g_cm3
    if one is not None:
        source = f"our estimate, {SOURCE}"
        return Printed(
            run_s=_figure(one.run_s, TIME_RATIO, source),
            filament_g=_figure(one.filament_g * lighter, FILAMENT_RATIO, source),
        )
    volume_mm3 = abs(found.what.volume_mm3) if isinstance(found.what, Mesh) else 0.0
    source = "its volume, as if it were solid"
    grams = volume_mm3 * profile.density_g_cm3 / 1_000
    return Printed(
        run_s=_figure(volume_mm3 / MM3_S, MM3_RATIO, source),
        filament_g=_figure(grams, MM3_RATIO, source),
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
