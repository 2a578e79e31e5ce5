"""What every request must pass and every answer carries: size limit, safe headers."""

from collections.abc import Iterable

from starlette.datastructures import MutableHeaders
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from orchestrator.doors.http.problems import problem

BODY_MAX = 1 * 2**20
UPLOAD_MAX = 64 * 2**20
UPLOAD_PATHS = ("/api/v1/designs", "/designs/new")
HEADERS = {
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "same-origin",
    "Cross-Origin-Opener-Policy": "same-origin",
    "X-Frame-Options": "DENY",
}


class Guard:
    """ASGI: refuses bodies that are too large, declared or not; adds safe headers."""

    def __init__(
        self, app: ASGIApp, upload_paths: Iterable[str] = UPLOAD_PATHS
    ) -> None:
        self._app = app
        self._upload_paths = tuple(upload_paths)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        limit = UPLOAD_MAX if scope["path"].startswith(self._upload_paths) else BODY_MAX
        declared = dict(scope["headers"]).get(b"content-length", b"0")
        if not declared.isdigit() or len(declared) > 12 or int(declared) > limit:
            await _too_large(limit)(scope, receive, send)
            return
        seen = 0

        async def counted() -> Message:
            nonlocal seen
            message = await receive()
            seen += len(message.get("body", b""))
            if seen > limit:
                return {"type": "http.disconnect"}
            return message

        async def safe(message: Message) -> None:
            if seen > limit:  # whatever the application makes of the torn body
                return
            if message["type"] == "http.response.start":
                headers = MutableHeaders(scope=message)
                for name, value in HEADERS.items():
                    headers.setdefault(name, value)
            await send(message)

        await self._app(scope, counted, safe)
        if seen > limit:
            await _too_large(limit)(scope, receive, send)


def _too_large(limit: int) -> ASGIApp:
    return problem(
        code="too-large",
        status=413,
        title="The body is too large",
        detail=f"A body here may have {limit} bytes at most.",
    )
