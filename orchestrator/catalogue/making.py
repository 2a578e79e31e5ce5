"""From a draft and its designer's answers to a published design."""

import tempfile
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path, PurePosixPath
from typing import Final

from sqlalchemy.orm import Session

from orchestrator.catalogue.bill import BILL_NAME, Bill, corrected, process_from
from orchestrator.catalogue.drafts import (
    Draft,
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
from orchestrator.catalogue.process import InvalidProcessError
from orchestrator.catalogue.proposing import SKIRT_MM, Printed, bill_of
from orchestrator.catalogue.publish import (
    PICTURE_MAX_BYTES,
    KeptFile,
    Upload,
    keep_files,
    publish,
)
from orchestrator.catalogue.questions import unit_of
from orchestrator.catalogue.rows import DesignVersionRow
from orchestrator.foundation import files

SLICER_RATIO: Final = 0.1  # of a slicer's time, on a machine that is not quite its own
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
    unit, likelier = answers["unit"], unit_of(draft.founds)

    def printed(found: Found) -> Printed:
        seen = draft.seen_as(found.name)
        one = seen.printed
        if unit != likelier:
            one = print_in(folder, seen.file, found, unit)
        return _printed(one, found, answers["body"])

    return corrected(bill_of(draft.in_unit(unit), answers, printed), factors)


def publish_draft(
    session: Session,
    folder: Path,
    draft: Draft,
    answers: Mapping[str, str],
    wording: Wording,
    *,
    factors: Factors,
    now: datetime,
) -> DesignVersionRow:
    """Slice what is printed where a slicer is installed, and publish. Takes seconds.

    Errors: as `publish`, and InvalidProcessError where nothing can be made.
    """
    unit = answers["unit"]
    made: list[KeptFile] = []

    def printed(found: Found) -> Printed:
        seen = draft.seen_as(found.name)
        sliced = None
        if is_installed() and isinstance(found.what, Mesh):
            sliced = _sliced(folder, seen.file, found, answers)
        if sliced is None:
            own = print_in(folder, seen.file, found, unit)
            return _printed(own, found, answers["body"])
        made.append(sliced[1])
        return sliced[0]

    bill = corrected(bill_of(draft.in_unit(unit), answers, printed), factors)
    if not bill.steps:
        raise InvalidProcessError(
            "nothing can be made from these files: add an STL, DXF, SVG, Gerber or "
            "G-code file",
            field="files",
        )
    made += keep_files(folder, [Upload(name=BILL_NAME, chunks=[bill.exact()])])
    picture = _picture(draft)
    given = [
        each.file
        for each in draft.seen
        if each.file.name not in {draft.manifest, *(file.name for file in made)}
    ]
    drawn = [picture] if picture is not None and picture not in given else []
    kept = [*given, *made, *drawn]
    manifest = manifest_of(folder, draft)
    exact = (
        manifest.exact
        if manifest is not None
        else written_manifest(
            draft,
            title=wording.title,
            licence=answers["licence"],
            licensor=wording.licensor,
            function=wording.function,
        )
    )
    return publish(
        session,
        folder,
        designer_id=draft.designer_id,
        manifest=exact,
        manifest_name=draft.manifest or "okh.toml",
        kept=kept,
        process=process_from(bill, picture=picture.name if picture else None),
        now=now,
    )


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
