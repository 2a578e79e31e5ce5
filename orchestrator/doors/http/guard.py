"""What every request must pass and every answer carries: size limit, safe headers."""

from starlette.datastructures import MutableHeaders
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from orchestrator.doors.http.problems import problem

BODY_MAX = 1 * 2**20
UPLOAD_MAX = {  # by path; the page's own reader lets go of files that are too large
    "/api/v1/designs": 64 * 2**20,
    "/publish": 2**30,
}
HEADERS = {
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "same-origin",
    "Cross-Origin-Opener-Policy": "same-origin",
    "X-Frame-Options": "DENY",
}


class Guard:
    """ASGI: refuses bodies that are too large, declared or not; adds safe headers."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        limit = UPLOAD_MAX.get(scope["path"], BODY_MAX)
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
        detail=f"At most {limit >> 20} MB ({limit} bytes) are taken at once here: send "
        "less. Nothing was kept.",
    )
