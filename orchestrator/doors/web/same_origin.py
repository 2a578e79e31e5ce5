"""A page's act must come from our own pages: the guard against other sites' forms."""

from typing import Final
from urllib.parse import urlsplit

from starlette.datastructures import Headers
from starlette.responses import PlainTextResponse
from starlette.types import ASGIApp, Receive, Scope, Send

from orchestrator.members.principal_api import SAFE_METHODS

API: Final = "/api/"  # has keys, and a check of its own for cookies
REFUSAL: Final = "This came from another site, so nothing was done. Use our own page."


class SameOrigin:
    """ASGI: refuses unsafe methods on pages unless the browser says 'same origin'."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "http" and not _is_ours(scope):
            answer = PlainTextResponse(REFUSAL, status_code=403)
            await answer(scope, receive, send)
            return
        await self._app(scope, receive, send)


def _is_ours(scope: Scope) -> bool:
    if scope["method"] in SAFE_METHODS or scope["path"].startswith(API):
        return True
    headers = Headers(scope=scope)
    site = headers.get("sec-fetch-site")
    if site is not None:
        return site == "same-origin"
    origin = headers.get("origin")
    if origin is not None:
        return urlsplit(origin).netloc == headers.get("host")
    return "cookie" not in headers  # no browser: nothing is done in anybody's name
