"""The manifest of a draft: found among its files, kept as UTF-8, or written here."""

import json
from collections.abc import Iterator, Sequence
from itertools import islice
from pathlib import Path, PurePosixPath
from typing import Final

from orchestrator.catalogue.found import Note
from orchestrator.catalogue.okh import read_manifest
from orchestrator.catalogue.okh_document import read_document
from orchestrator.catalogue.okh_text import decoded
from orchestrator.catalogue.publish import KeptFile, Upload, keep_files
from orchestrator.catalogue.quantities import Told, in_manifest
from orchestrator.foundation import files
from orchestrator.foundation.errors import InvalidInputError

MANIFEST_STEMS: Final = ("okh", "manifest", "okh-manifest")
MANIFESTS_MAX: Final = 4  # tried until one can be read
MANIFEST_ENDS: Final = (".toml", ".yml", ".yaml", ".json")
WRITTEN: Final = ("okhv", "name", "license", "licensor", "function")
IN_UTF8: Final = Note(
    code="not-utf-8",
    words="It was not saved as UTF-8, and is kept so now: look whether its letters are "
    "right.",
)


def in_utf8(folder: Path, file: KeptFile) -> KeptFile:
    """The same file; of a manifest in another encoding its text, stored as UTF-8."""
    if not is_manifest(file.name):
        return file
    try:
        source = decoded(files.read_file(folder, file.sha256), name=file.name)
    except InvalidInputError:
        return file  # it is told why when it is read
    if source.encoding == "utf-8":
        return file
    (kept,) = keep_files(
        folder, [Upload(name=file.name, chunks=[source.text.encode()])]
    )
    return kept


def manifest_in(
    folder: Path, kept: Sequence[KeptFile]
) -> tuple[str | None, str, str | None]:
    """The manifest's name, what is wrong with it, and the title it tells."""
    fault = ""
    for file in islice(_likely(kept), MANIFESTS_MAX):
        try:
            read = read_manifest(files.read_file(folder, file.sha256), name=file.name)
        except InvalidInputError as error:
            fault = f"{file.name}: {error}"
        else:
            return file.name, "", read.title
    return None, fault, None


def told_in(folder: Path, kept: Sequence[KeptFile], manifest: str) -> tuple[Told, ...]:
    """What the manifest, which could be read, says of quantities."""
    file = next(each for each in kept if each.name == manifest)
    document = read_document(files.read_file(folder, file.sha256), name=manifest)
    return in_manifest(document.fields, manifest)


def is_manifest(name: str) -> bool:
    """Whether a file of this name may be one."""
    path = PurePosixPath(name.lower())
    return path.suffix in MANIFEST_ENDS and path.stem.startswith(MANIFEST_STEMS)


def written_manifest(
    made_from: str, *, title: str, licence: str, licensor: str, function: str
) -> bytes:
    """A manifest for a design that came without: OKH-LOSH in TOML.

    `made_from`: the file that it was made from, told where `function` is empty.
    """
    words = function or f"Made from {made_from}"
    values = ("OKH-LOSHv1.0", title, licence, licensor, words)
    # a JSON string is a TOML basic string
    lines = (
        f"{name} = {json.dumps(text)}"
        for name, text in zip(WRITTEN, values, strict=True)
    )
    return ("\n".join(lines) + "\n").encode()


def is_written_here(manifest: bytes) -> bool:
    """Whether it says no more than `written_manifest` does."""
    return read_document(manifest).fields.keys() <= set(WRITTEN)


def _likely(kept: Sequence[KeptFile]) -> Iterator[KeptFile]:
    for file in kept:
        if is_manifest(file.name):
            yield file
