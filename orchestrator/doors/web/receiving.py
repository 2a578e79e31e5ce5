"""A form's files on their way into the store: never all in memory, never more than fit.

A file that can't be taken is named and let go of; the others are kept.
"""

import asyncio
from collections.abc import AsyncGenerator, AsyncIterator, Iterator
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Annotated, Any, Final
from weakref import WeakValueDictionary

import anyio
from fastapi import Depends, Request, UploadFile
from starlette.datastructures import Headers
from starlette.formparsers import MultiPartException, MultiPartParser
from starlette.requests import ClientDisconnect

from orchestrator.catalogue.api import CatalogueSettings
from orchestrator.catalogue.contents import InvalidFileError, checked_name
from orchestrator.catalogue.drafts import is_noise
from orchestrator.catalogue.found import Refused
from orchestrator.catalogue.looks import BusyError
from orchestrator.catalogue.publish import KeptFile, kept_as
from orchestrator.doors.web.access import DesignerDep
from orchestrator.foundation import files as store
from orchestrator.foundation.errors import InvalidInputError

PARTS_MAX: Final = 1_000
TOTAL_MAX_BYTES: Final = 256 << 20
FIELD_MAX_BYTES: Final = 1_000
SILENCE_MAX_S: Final = 60.0
PATIENCE_S: Final = 120.0
RECEIVED_AT_ONCE: Final = 8
TURNS: Final = 2  # more would only wait for a core
TOO_LARGE: Final = "too_large"  # the field in which the page names what it left out


@dataclass(slots=True)
class Received:
    """What a form's files became."""

    kept: list[KeptFile] = field(default_factory=list)
    left_out: list[Refused] = field(default_factory=list)
    bytes: int = 0


class CutOffError(InvalidInputError):
    """The upload ended before its last byte; nothing of it was kept."""

    code = "cut-off"
    status = 400


class _Part:
    """One file of the form: what Starlette's parser writes into, in a thread."""

    def __init__(self, folder: Path, name: str, into: Received, fault: str) -> None:
        self._folder, self._name, self._into = folder, name, into
        self._fault = fault
        self._size_bytes = 0
        self._incoming: store.Incoming | None = None

    def write(self, chunk: bytes) -> None:
        self._size_bytes += len(chunk)
        if self._fault:
            return
        self._into.bytes += len(chunk)
        if self._into.bytes > TOTAL_MAX_BYTES:
            self._let_go(
                f"all files together may have {TOTAL_MAX_BYTES >> 20} MB: send fewer"
            )
            return
        try:
            self._open().write(chunk)
        except store.FileTooLargeError:
            self._let_go(too_large())

    def seek(self, _place: int) -> None:
        """It is whole."""
        if self._fault:
            if self._fault != _SILENT:
                told = Refused(name=_shown(self._name), words=self._fault)
                self._into.left_out.append(told)
            return
        kept = kept_as(self._folder, self._name, self._open().finish())
        self._into.kept.append(kept)

    def close(self) -> None:
        """It is not to be had any more, whole or not."""
        if self._incoming is not None:
            self._incoming.discard()

    def _open(self) -> store.Incoming:
        if self._incoming is None:
            self._incoming = store.Incoming(self._folder)
        return self._incoming

    def _let_go(self, why: str) -> None:
        self._fault = why
        self._into.bytes -= self._size_bytes
        self.close()


_SILENT: Final = "\0"  # what nobody chose is let go of without a word


class _Form(MultiPartParser):
    """Starlette's own, but its files go into the store."""

    def __init__(
        self, folder: Path, headers: Headers, stream: AsyncGenerator[bytes, None]
    ) -> None:
        super().__init__(
            headers,
            stream,
            max_files=PARTS_MAX,
            max_fields=PARTS_MAX,
            max_part_size=FIELD_MAX_BYTES,
        )
        self.received = Received()
        self._folder = folder
        self._names: set[str] = set()

    def on_headers_finished(self) -> None:
        super().on_headers_finished()
        uploaded = self._current_part.file
        if uploaded is None:
            return
        name = uploaded.filename or ""
        part: Any = _Part(self._folder, name, self.received, self._fault_of(name))
        self._names.add(name)
        self._files_to_close_on_error.append(part)
        self._current_part.file = UploadFile(file=part, filename=name)

    def _fault_of(self, name: str) -> str:
        if is_noise(name):
            return _SILENT
        if name in self._names:
            return "another file has the same name"
        try:
            checked_name(name)
        except InvalidFileError as fault:
            return str(fault)
        return ""


def too_large() -> str:
    """Why one file is not taken, in words for its sender."""
    return (
        f"it is larger than the {store.SIZE_MAX_BYTES >> 20} MB that one file may have: "
        "make it simpler, for example with fewer triangles"
    )


async def _alone(designer: DesignerDep) -> AsyncIterator[None]:
    """Who sends a hundred at once stands behind their own, not before all others."""
    line = _LINES.setdefault(designer.agent_id, asyncio.Lock())
    try:
        with anyio.fail_after(PATIENCE_S):
            await line.acquire()
    except TimeoutError:
        raise BusyError(
            "other uploads of yours are still looked into: send this one again later"
        ) from None
    try:
        yield
    finally:
        line.release()


_LINES: Final[WeakValueDictionary[str, asyncio.Lock]] = WeakValueDictionary()


async def _received(request: Request) -> Received:
    settings: CatalogueSettings = request.app.state.catalogue
    if not request.headers.get("content-type", "").startswith("multipart/form-data"):
        return Received()
    store.check_room(settings.files)
    form = _Form(settings.files, request.headers, _paced(request))
    try:
        fields = await form.parse()
    except MultiPartException as error:
        raise InvalidFileError(
            f"the files were not understood: {error.message} Pack them as one ZIP",
            field="files",
        ) from error
    except (ClientDisconnect, TimeoutError) as error:
        raise CutOffError("the upload was cut off: send it again") from error
    form.received.left_out += [
        Refused(name=_shown(name), words=too_large())
        for name in fields.getlist(TOO_LARGE)
        if isinstance(name, str)
    ]
    return form.received


async def _paced(request: Request) -> AsyncGenerator[bytes, None]:
    """The body, as long as something of it comes."""
    stream = request.stream()
    with suppress(StopAsyncIteration):
        while True:
            with anyio.fail_after(SILENCE_MAX_S):
                chunk = await anext(stream)
            yield chunk


def _turn() -> Iterator[None]:
    yield


def _shown(name: str) -> str:
    return "".join(each if each.isprintable() else "?" for each in name[:200])


AloneDep = Annotated[None, Depends(_alone, scope="function")]
ReceivedDep = Annotated[Received, Depends(_received, max_concurrency=RECEIVED_AT_ONCE)]
# Looking into files and estimating take minutes: who waits holds neither a thread nor
# one of the database's few readers. It comes before those in an endpoint.
TurnDep = Annotated[None, Depends(_turn, scope="function", max_concurrency=TURNS)]
