"""JSON over HTTP with one server: bounded, never repeated; the only user of httpx."""

import json
import time
from collections.abc import Iterable, Mapping
from typing import Any
from uuid import uuid4

import httpx

from firmware_bridge.errors import (
    CommandRefusedError,
    HostAnswerError,
    HostKeyError,
    LinkLostError,
    NoAnswerError,
)
from firmware_bridge.facts import Patience

ANSWER_BYTES_MAX = 2 * 2**20

_KEY_HEADER = "X-Api-Key"  # OctoPrint's and Moonraker's alike
_REASON_LETTERS_MAX = 200

type Answer = dict[str, Any]


class Web:
    """One server. Any thread may ask. The key is never part of an error's words."""

    def __init__(self, url: str, *, key: str | None, patience: Patience) -> None:
        self.url = url
        self._answer_s = patience.stall_s
        self._upload_s = patience.upload_s
        headers = {"Accept": "application/json", "Accept-Encoding": "identity"}
        if key is not None:
            if not (key.isascii() and key.isprintable()):
                raise HostKeyError("a key is of letters, digits and signs")
            headers[_KEY_HEADER] = key
        self._client = httpx.Client(
            base_url=url,
            headers=headers,
            timeout=httpx.Timeout(patience.stall_s, connect=patience.answer_s),
            trust_env=False,
        )

    @property
    def closed(self) -> bool:
        """Whether `close` was called."""
        return self._client.is_closed

    def close(self) -> None:
        """Let the connections go; whoever waits for an answer gets LinkLostError."""
        self._client.close()

    def get(self, path: str, **query: str) -> Answer:
        """Ask. Errors: LinkLostError, NoAnswerError, HostKeyError, HostAnswerError,
        CommandRefusedError.
        """
        return _object(self.url, self._ask("GET", path, params=query or None))

    def find(self, path: str, **query: str) -> Answer | None:
        """Ask for something that may not be there. Errors: as `get`."""
        try:
            return self.get(path, **query)
        except CommandRefusedError as refused:
            if refused.status == httpx.codes.NOT_FOUND:
                return None
            raise

    def post(
        self,
        path: str,
        body: object = None,
        *,
        within_s: float | None = None,
        **query: str,
    ) -> Answer:
        """Tell; an answer without content is an empty one. Errors: as `get`."""
        content = self._ask(
            "POST", path, params=query or None, json=body, read_s=within_s
        )
        return _object(self.url, content) if content else {}

    def delete(self, path: str) -> None:
        """Take away. Errors: as `get`."""
        self._ask("DELETE", path)

    def text(self, path: str, body: object = None) -> str:
        """Tell, and read an answer that is no JSON. Errors: as `get`."""
        return self._ask("POST", path, json=body).decode("utf-8", "replace")

    def upload(
        self,
        path: str,
        *,
        name: str,
        fields: Mapping[str, str],
        chunks: Iterable[bytes],
        size_bytes: int,
    ) -> Answer:
        """Send a file as a form, as a stream. Errors: as `get`, and those of `chunks`."""
        edge = uuid4().hex
        head = "".join(
            f"--{edge}\r\nContent-Disposition: form-data; "
            f'name="{field}"\r\n\r\n{value}\r\n'
            for field, value in fields.items()
        )
        head += (
            f"--{edge}\r\nContent-Disposition: form-data; "
            f'name="file"; filename="{name}"\r\n'
            "Content-Type: application/octet-stream\r\n\r\n"
        )
        tail = f"\r\n--{edge}--\r\n"

        def body() -> Iterable[bytes]:
            yield head.encode("ascii")
            yield from chunks
            yield tail.encode("ascii")

        headers = {
            "Content-Type": f"multipart/form-data; boundary={edge}",
            "Content-Length": str(len(head) + size_bytes + len(tail)),
        }
        content = self._ask(
            "POST", path, content=body(), headers=headers, read_s=self._upload_s
        )
        return _object(self.url, content)

    def _ask(
        self, method: str, path: str, *, read_s: float | None = None, **how: Any
    ) -> bytes:
        if read_s is not None:
            how["timeout"] = httpx.Timeout(read_s)
        try:
            with self._client.stream(method, path, **how) as answer:
                content = _bounded(answer, read_s or self._answer_s)
        except httpx.TimeoutException as late:
            raise NoAnswerError(f"{self.url}{path}: no answer in time") from late
        except (httpx.HTTPError, httpx.StreamError, RuntimeError) as lost:
            raise LinkLostError(f"{self.url}{path}: {_words(lost)}") from lost
        self._refuse(answer, path, content)
        return content

    def _refuse(self, answer: httpx.Response, path: str, content: bytes) -> None:
        status = answer.status_code
        if answer.is_success:
            return
        if status in (httpx.codes.UNAUTHORIZED, httpx.codes.FORBIDDEN):
            raise HostKeyError(f"{self.url} does not take the key for {path}")
        if answer.is_client_error:
            words = _reason(content) or answer.reason_phrase
            raise CommandRefusedError(f"{self.url}{path}: {words}", status=status)
        raise HostAnswerError(f"{self.url}{path} answered {status}")


def _bounded(answer: httpx.Response, within_s: float) -> bytes:
    """The whole body. Errors: HostAnswerError if it is too long, or drips too long."""
    until_s = time.monotonic() + within_s
    parts: list[bytes] = []
    size = 0
    for part in answer.iter_raw():
        size += len(part)
        if size > ANSWER_BYTES_MAX:
            raise HostAnswerError(
                f"{answer.url} answered with more than {ANSWER_BYTES_MAX} bytes"
            )
        if time.monotonic() > until_s:
            raise NoAnswerError(f"{answer.url}: the answer did not end in time")
        parts.append(part)
    return b"".join(parts)


def _object(url: str, content: bytes) -> Answer:
    try:
        document = json.loads(content)
    except (ValueError, RecursionError) as wrong:
        kind = "HTML" if content.lstrip()[:1] == b"<" else "something else"
        raise HostAnswerError(f"{url} answered {kind} instead of JSON") from wrong
    if not isinstance(document, dict):
        raise HostAnswerError(f"{url} answered a {type(document).__name__}, no object")
    return document


def _reason(content: bytes) -> str:
    """The server's own words for a refusal, where it has any."""
    try:
        document = json.loads(content)
    except (ValueError, RecursionError):
        return ""
    found = document.get("error") if isinstance(document, dict) else None
    if isinstance(found, dict):
        found = found.get("message")
    return str(found or "")[:_REASON_LETTERS_MAX]


def _words(lost: Exception) -> str:
    return str(lost) or type(lost).__name__
