"""An upload before it is a design: kept by content, looked into, asked about, published.

A draft is a file of the content store itself, so that it needs no table, can't be
changed, and is waste like any file that no version names. Only its designer opens it.
"""

import tempfile
import time
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path, PurePosixPath
from typing import Final

from pydantic import TypeAdapter, ValidationError

from orchestrator.catalogue.bill import BILL_NAME, Bill, read_bill
from orchestrator.catalogue.bodies import bodies_in
from orchestrator.catalogue.contents import NAME_MAX, InvalidFileError
from orchestrator.catalogue.cutting import Cut, cuts_of, print_in
from orchestrator.catalogue.draft_manifest import (
    IN_UTF8,
    in_utf8,
    is_manifest,
    manifest_in,
    told_in,
)
from orchestrator.catalogue.estimates.printing import Print
from orchestrator.catalogue.files.apart import Looked, unpack
from orchestrator.catalogue.files.formats import HEAD_BYTES, format_of
from orchestrator.catalogue.found import (
    Archive,
    Found,
    Note,
    Other,
    Refused,
)
from orchestrator.catalogue.looks import of_stored
from orchestrator.catalogue.okh import Manifest, read_manifest
from orchestrator.catalogue.process import InvalidProcessError
from orchestrator.catalogue.publish import (
    FILES_MAX,
    KeptFile,
    Upload,
    keep_files,
    kept_as,
)
from orchestrator.catalogue.quantities import Told
from orchestrator.catalogue.questions import (
    Question,
    answers_of,
    in_unit,
    questions_of,
    unit_of,
)
from orchestrator.catalogue.ready import Ready, readies_of
from orchestrator.foundation import files
from orchestrator.foundation.errors import InvalidInputError, NotFoundError

PNG: Final = b"\x89PNG"
PATIENCE_S: Final = 120.0  # behind the files of others
LOOKS_MAX_S: Final = 300.0  # for all files of an upload
REFUSED_MAX: Final = 50
ARCHIVE_ENDS: Final = (
    *(".zip", ".tar", ".tgz", ".tbz2", ".txz"),
    *(".tar.gz", ".tar.bz2", ".tar.xz"),
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Seen:
    """One file of the draft. `printed`: our estimate in the likelier unit, of a mesh.

    `cuts`: the parts of a model, in its order; empty where they could not be cut.
    """

    file: KeptFile
    found: Found
    picture: KeptFile | None
    printed: Print | None
    cuts: tuple[Cut, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Draft:
    """All files of one upload, as they were looked into."""

    designer_id: str
    seen: tuple[Seen, ...]
    manifest: str | None  # the file's name
    manifest_fault: str  # why the manifest that is there was not taken; "" if it was
    refused: tuple[Refused, ...]  # entries of archives that were not taken
    title: str
    told: tuple[Told, ...] = ()  # what the manifest says of quantities
    bill: str | None = None  # the file of a bill of process that came along
    bill_fault: str = ""  # why the one that is there was not taken; "" if it was

    @property
    def founds(self) -> tuple[Found, ...]:
        """What each file tells."""
        return tuple(each.found for each in self.seen)

    @property
    def questions(self) -> tuple[Question, ...]:
        """What only the designer knows."""
        has_licence = self.manifest is not None
        founds = () if self.bill is not None else self.founds
        return questions_of(founds, has_licence=has_licence, told=self.told)

    @property
    def readies(self) -> tuple[Ready, ...]:
        """Bodies of which somebody may want to say that they are bought, or are made.

        A mesh that nothing speaks for is what its designer wants made.
        """
        founds = () if self.bill is not None else self.founds
        readies = readies_of(founds, self.told)
        return tuple(one for one in readies if one.why or one.is_one_of_many)

    def answers(self, given: Mapping[str, str]) -> dict[str, str]:
        """An answer to every question there could be."""
        return answers_of(self.questions, dict(given), self.founds, self.told)

    def in_unit(self, unit: str) -> list[Found]:
        """What each file tells, its numbers read as the designer says."""
        return [in_unit(found, unit) for found in self.founds]

    def seen_as(self, name: str) -> Seen:
        """The file of this name, which is one of the draft."""
        return next(each for each in self.seen if each.file.name == name)


_DRAFT: Final = TypeAdapter(Draft)


def keep_draft(
    folder: Path,
    designer_id: str,
    given: Sequence[KeptFile],
    left_out: Sequence[Refused] = (),
    *,
    manifest_before: KeptFile | None = None,
) -> str:
    """Look into the stored files; the draft's name. Takes seconds for each file.

    `left_out`: what could not be stored, to be told. `manifest_before`: of a new
    version, taken where no manifest comes along. Errors: InvalidFileError,
    StorageFullError, BusyError.
    """
    kept, refused = _unpacked(folder, given)
    refused = [*left_out, *refused]
    if not kept:
        raise InvalidFileError(_nothing(refused), field="files")
    if manifest_before is not None and not any(is_manifest(one.name) for one in kept):
        kept.append(manifest_before)
    until_s = time.monotonic() + LOOKS_MAX_S
    given_as, kept = kept, [in_utf8(folder, each) for each in kept]
    founds = [
        _looked(folder, new, until_s, () if new is old else (IN_UTF8,))
        for old, new in zip(given_as, kept, strict=True)
    ]
    manifest, fault, title = manifest_in(folder, kept)
    told = () if manifest is None else told_in(folder, kept, manifest)
    all_found = [looked.found for looked in founds]
    unit, readies = unit_of(all_found), readies_of(all_found, told)
    bought = {one.key for one in readies if one.is_bought}
    seen = []
    for index, (file, looked) in enumerate(zip(kept, founds, strict=True)):
        picture = _drawn(folder, file.name, looked.picture) if looked.picture else None
        printed, cuts = None, tuple[Cut, ...]()
        if time.monotonic() < until_s:
            printed = print_in(folder, file, looked.found, unit)
            cuts = cuts_of(folder, file, bodies_in(index, looked.found), bought)
        seen.append(
            Seen(
                file=file,
                found=looked.found,
                picture=picture,
                printed=printed,
                cuts=cuts,
            )
        )
    bill, bill_fault = _bill(folder, kept)
    draft = Draft(
        designer_id=designer_id,
        seen=tuple(seen),
        manifest=manifest,
        manifest_fault=fault,
        refused=_few(refused),
        title=title or _title([*kept, *given]),
        told=told,
        bill=bill,
        bill_fault=bill_fault,
    )
    return files.put(folder, [_DRAFT.dump_json(draft)]).sha256


def draft_of(folder: Path, sha256: str, designer_id: str) -> Draft:
    """The draft of this name. Errors: NotFoundError, also for somebody else's."""
    try:
        draft = _DRAFT.validate_json(files.read_file(folder, sha256))
    except (ValidationError, InvalidInputError) as error:
        raise NotFoundError("there is no such draft", field="draft") from error
    if draft.designer_id != designer_id:
        raise NotFoundError("there is no such draft", field="draft")
    return draft


def manifest_of(folder: Path, draft: Draft) -> Manifest | None:
    """The draft's own manifest, if it has one."""
    if draft.manifest is None:
        return None
    file = draft.seen_as(draft.manifest).file
    return read_manifest(files.read_file(folder, file.sha256), name=file.name)


def bill_in(folder: Path, draft: Draft) -> Bill | None:
    """The bill of process that came along, if one did."""
    if draft.bill is None:
        return None
    return read_bill(files.read_file(folder, draft.seen_as(draft.bill).file.sha256))


def _drawn(folder: Path, name: str, picture: bytes) -> KeptFile:
    """The picture that was drawn of a file here: PNG, or SVG."""
    end = "png" if picture.startswith(PNG) else "svg"
    drawn = Upload(name=f"{name}.{end}"[-NAME_MAX:], chunks=[picture])
    (kept,) = keep_files(folder, [drawn])
    return replace(kept, media_type="image/png" if end == "png" else "image/svg+xml")


def _looked(
    folder: Path, file: KeptFile, until_s: float, notes: tuple[Note, ...]
) -> Looked:
    """What the file tells, after `notes` that are known already."""
    if time.monotonic() < until_s:
        looked = of_stored(folder, file.sha256, file.name, patience_s=PATIENCE_S)
        found = replace(looked.found, notes=(*notes, *looked.found.notes))
        return replace(looked, found=found)
    return Looked(
        found=Found(name=file.name, format="", what=Other(), notes=(_NO_TIME,))
    )


def _unpacked(
    folder: Path, given: Sequence[KeptFile]
) -> tuple[list[KeptFile], list[Refused]]:
    """Entries in the place of their archives, and those that were not taken."""
    kept: dict[str, KeptFile] = {}
    refused: list[Refused] = []
    for file in sorted(given, key=lambda each: _rank(each.name)):
        if _is_archive(folder, file):
            with tempfile.TemporaryDirectory() as into:
                path = files.path_of(folder, file.sha256)
                told = unpack(path, file.name, Path(into)).what
                if isinstance(told, Archive):
                    refused += told.refused
                    refused += _take_entries(folder, Path(into), told.names, kept)
                    continue
        if why := _why_not(file.name, kept):
            refused.append(Refused(name=file.name, words=why))
        else:
            kept[file.name] = file
    return list(kept.values()), refused


def _take_entries(
    folder: Path, into: Path, names: Sequence[str], kept: dict[str, KeptFile]
) -> Iterator[Refused]:
    entries = [each for each in enumerate(names) if not is_noise(each[1])]
    for number, name in sorted(entries, key=lambda each: _rank(each[1])):
        if why := _why_not(name, kept):
            yield Refused(name=name, words=why)
            continue
        with (into / str(number)).open("rb") as stream:
            stored = files.put(folder, files.chunks_of(stream))
        kept[name] = kept_as(folder, name, stored)


def _why_not(name: str, kept: Mapping[str, KeptFile]) -> str:
    if name in kept:
        return "another file has the same name"
    if len(kept) >= FILES_MAX:
        return f"a design has at most {FILES_MAX} files: leave out what is not needed"
    return ""


def _rank(name: str) -> int:
    """Where not all are taken, what a design is made from goes first."""
    path = PurePosixPath(name)
    if is_manifest(name) or path.name == BILL_NAME:
        return 0
    return 1 if format_of(name, b"") is not None else 2


def _is_archive(folder: Path, file: KeptFile) -> bool:
    """Documents and models that are ZIPs inside stay whole."""
    path = PurePosixPath(file.name.lower())
    if path.suffix and not path.name.endswith(ARCHIVE_ENDS):
        return False
    with files.open_file(folder, file.sha256) as stream:
        return format_of(file.name, stream.read(HEAD_BYTES)) == "archive"


def _few(refused: Sequence[Refused]) -> tuple[Refused, ...]:
    """The first ones, and how many more there were."""
    shown = list(refused[:REFUSED_MAX])
    if more := len(refused) - len(shown):
        shown.append(Refused(name="…", words=f"and {more} more were left out"))
    return tuple(shown)


def _nothing(refused: Sequence[Refused]) -> str:
    if not refused:
        return "drop the files of a design first"
    return f"{refused[0].name}: {refused[0].words}"


_NO_TIME: Final = Note(
    code="no-time",
    words="It was not looked into: the other files took too long. Publish fewer files "
    "at once, or make them simpler.",
    grave=True,
)


def _bill(folder: Path, kept: Sequence[KeptFile]) -> tuple[str | None, str]:
    """The name of the bill of process that came along, or what is wrong with it."""
    fault = ""
    for file in kept:
        if PurePosixPath(file.name).name != BILL_NAME:
            continue
        try:
            read_bill(files.read_file(folder, file.sha256))
        except InvalidProcessError as error:
            fault = f"{file.name}, {error}"
        else:
            return file.name, ""
    return None, fault


def _title(kept: Sequence[KeptFile]) -> str:
    """As the folder is called, else the first file."""
    first = PurePosixPath(kept[0].name)
    name = first.parts[0] if len(first.parts) > 1 else first.stem
    words = name.replace("_", " ").replace("-", " ").strip()
    return (words[:1].upper() + words[1:])[:200] or "Design"


def is_noise(name: str) -> bool:
    """What computers leave in folders by themselves."""
    parts = PurePosixPath(name).parts
    return not parts or any(part.startswith((".", "__MACOSX")) for part in parts)
