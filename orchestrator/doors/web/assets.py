"""The files that pages are made of: their addresses, their hashes, how long they keep."""

import gzip
import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from fastapi import Request, Response

STATIC = Path(__file__).parent / "static"
FONT = "vendor/atkinson-hyperlegible-next-5.3.0.woff2"
HTMX = "htmx.js"  # not a file: these three in this order, one request instead of three
HTMX_PARTS = (
    "vendor/htmx-4.0.1.min.js",
    "vendor/hx-sse-4.0.1.min.js",
    "vendor/hx-csp-4.0.1.min.js",
)
MAPLIBRE = "vendor/maplibre-gl-6.17.0.mjs"
MAPLIBRE_WORKER = "vendor/maplibre-gl-worker-6.17.0.mjs"
MAPLIBRE_SHEET = "vendor/maplibre-gl-6.17.0.css"
TWGL = "vendor/twgl-7.0.0.mjs"
PMTILES = "vendor/pmtiles-4.5.0.js"

FOR_EVER = "public, max-age=31536000, immutable"
ASK_AGAIN = "no-cache"
TEXT_TYPES = {
    ".css": "text/css; charset=utf-8",
    ".js": "text/javascript; charset=utf-8",
    ".mjs": "text/javascript; charset=utf-8",
    ".svg": "image/svg+xml",
    ".json": "application/json",
    ".webmanifest": "application/manifest+json",
    ".txt": "text/plain; charset=utf-8",
    ".md": "text/markdown; charset=utf-8",
}
BINARY_TYPES = {".woff2": "font/woff2", ".png": "image/png"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Asset:
    """One file as it is served; `packed` is its gzip form, None for packed kinds."""

    body: bytes
    packed: bytes | None
    media_type: str
    version: str  # the first 12 hex digits of the body's SHA-256


def read_assets(folder: Path = STATIC) -> Mapping[str, Asset]:
    """Every file below `folder`, by its path there with forward slashes, and HTMX."""
    assets = {
        path.relative_to(folder).as_posix(): asset_of(path.read_bytes(), path.suffix)
        for path in sorted(folder.rglob("*"))
        if path.is_file()
    }
    together = b"\n;\n".join(assets[part].body for part in HTMX_PARTS)
    return {**assets, HTMX: asset_of(together, ".js")}


def asset_url(assets: Mapping[str, Asset], name: str) -> str:
    """The address of a file, which changes with its content.

    Errors: KeyError for a name that is not there, so that a wrong name in a
    template shows at once.
    """
    return f"/static/{name}?v={assets[name].version}"


def answer(assets: Mapping[str, Asset], name: str, request: Request) -> Response:
    """The response for one file: kept for ever when asked by its present version.

    The font's address stands in the style sheet and carries its version in its
    name, as all of `vendor/` does; so that folder keeps for ever too.
    """
    asset = assets.get(name)
    if asset is None:
        return Response("No such file.", status_code=404, media_type="text/plain")
    keeps = request.query_params.get("v") == asset.version or name.startswith("vendor/")
    headers = {
        "Cache-Control": FOR_EVER if keeps else ASK_AGAIN,
        "ETag": f'"{asset.version}"',
        "X-Content-Type-Options": "nosniff",
        "Vary": "Accept-Encoding",
    }
    if request.headers.get("If-None-Match") == headers["ETag"]:
        return Response(status_code=304, headers=headers)
    body = asset.body
    if asset.packed is not None and takes_gzip(request):
        body = asset.packed
        headers["Content-Encoding"] = "gzip"
    return Response(body, headers=headers, media_type=asset.media_type)


def takes_gzip(request: Request) -> bool:
    """Whether the asker reads gzip."""
    return "gzip" in request.headers.get("Accept-Encoding", "")


def asset_of(body: bytes, suffix: str) -> Asset:
    """A body as it is served; `suffix` (".css") tells its kind."""
    text_type = TEXT_TYPES.get(suffix)
    return Asset(
        body=body,
        packed=gzip.compress(body, 6, mtime=0) if text_type else None,
        media_type=text_type or BINARY_TYPES.get(suffix, "application/octet-stream"),
        version=hashlib.sha256(body).hexdigest()[:12],
    )
