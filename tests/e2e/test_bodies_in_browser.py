"""Pictures of a design's files, and a body that is turned, in a real browser."""

from collections.abc import Callable
from datetime import UTC
from pathlib import Path

from fastapi import FastAPI, Request, Response
from jinja2 import ChoiceLoader, DictLoader

from orchestrator.catalogue.looks import of_stored
from orchestrator.doors.web.install import install
from orchestrator.doors.web.live import Feed
from orchestrator.doors.web.pages import Page, Pages, PageSettings, render
from orchestrator.foundation import files as store
from orchestrator.foundation.clock import WallClock
from tests.e2e.region import Report
from tests.unit.orchestrator.catalogue.files import made
from tests.unit.orchestrator.catalogue.files.test_drawings import plate, saved

PAGE = """{% extends "base.html" %}{% from "parts/look.html" import looks with context %}
{% block main %}<h1>Files</h1>{{ looks(design_files) }}{% endblock %}"""
# The arrow turns the body; in the same frame its middle is painted.
PAINTED = """new Promise((done) => {
  const canvas = document.querySelector(".look canvas");
  canvas.dispatchEvent(new KeyboardEvent("keydown", { key: "ArrowLeft", bubbles: true }));
  requestAnimationFrame(() => {
    const gl = canvas.getContext("webgl2"), pixel = new Uint8Array(4);
    gl.readPixels(canvas.width / 2, canvas.height / 2, 1, 1, gl.RGBA, gl.UNSIGNED_BYTE, pixel);
    done([...pixel]);
  });
})"""


def app_of(folder: Path) -> FastAPI:
    """A page of two files: a body and a drawing."""
    app = FastAPI()
    contents = {
        "block.stl": made.stl(made.block(20, 30, 10)),
        "plate.dxf": saved(plate(unit=4)),
    }
    files = [
        {"name": name, "sha256": store.put(folder, [content]).sha256}
        for name, content in contents.items()
    ]
    name_of = {file["sha256"]: file["name"] for file in files}

    @app.get("/files")
    def page(request: Request) -> Response:
        return render(
            request, "files.html", page=Page(title="Files"), design_files=files
        )

    @app.get("/api/v1/files/{sha256}/{what}")
    def looked(sha256: str, what: str) -> Response:
        looked = of_stored(folder, sha256, name_of[sha256])
        body = looked.picture if what == "picture" else looked.view
        kind = "image/png" if body.startswith(b"\x89PNG") else "image/svg+xml"
        return Response(body, 200 if body else 404, media_type=kind)

    install(
        app, settings=PageSettings(clock=WallClock(), zone=UTC), feed=Feed(boot="test")
    )
    pages: Pages = app.state.pages
    loader = pages.environment.loader
    assert loader is not None
    pages.environment.loader = ChoiceLoader([DictLoader({"files.html": PAGE}), loader])
    return app


def test_files_are_seen_and_a_body_is_turned(
    tmp_path: Path,
    serve: Callable[[FastAPI, Feed], str],
    browse: Callable[..., Report],
    well_made: Callable[[Report], None],
) -> None:
    base = serve(app_of(tmp_path), Feed(boot="test"))
    seen = (
        "[...document.querySelectorAll('.look img')].filter((one) => one.naturalWidth)"
    )
    steps = [
        {"expect": ".look button"},
        {"until": f"{seen}.length === 2"},
        {"shot": "bodies-seen"},
        {"click": ".look button"},
        {"expect": ".look canvas"},
        {"evaluate": PAINTED},
    ]
    page = {"name": "bodies", "url": "/files", "steps": steps}
    report = browse(base, [page], webgl=True, sizes=[[390, "light"], [1400, "dark"]])
    well_made(report)
    for each in report:
        assert each["values"][0][3] == 255
