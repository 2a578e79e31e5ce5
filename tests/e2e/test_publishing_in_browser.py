"""Files are dropped, at most three questions answered, and a shop can order the design."""

from collections.abc import Iterator
from pathlib import Path
from shutil import make_archive
from typing import Any

import pytest
from sqlalchemy import select

from benchmarks.estimates.meshes import circle, ring, write_stl
from orchestrator.catalogue.rows import CitationRow, StepRow
from orchestrator.entry.demo import world as demo_world
from tests.dropped import gerbers, plate
from tests.e2e.conftest import serving
from tests.e2e.region import (
    PHONE_AND_DESK,
    Browse,
    Cookies,
    Report,
    Stage,
    WellMade,
    opened,
    sign_in,
)

MAKER = "[aria-labelledby=who] a[href^='/machines/']"
QUESTIONS = "document.querySelectorAll('form.form fieldset').length"
PHONE = {"widths": [390], "schemes": ["light"]}


@pytest.fixture(scope="module")
def region(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stage]:
    """A region in the morning."""
    with opened(tmp_path_factory.mktemp("publish"), demo_world.helsinki()) as stage:
        yield stage


@pytest.fixture(scope="module")
def url(region: Stage) -> Iterator[str]:
    with serving() as start:
        yield start(region.app, region.feed)


@pytest.fixture(scope="module")
def designer(url: str) -> Cookies:
    """The cookies of somebody who publishes."""
    return sign_in(url, "mira")


def dropped(selector: str, *paths: Path) -> list[dict[str, Any]]:
    return [
        {"files": [selector, [str(path) for path in paths]]},
        {"click": "form.form .btn.main"},
        {"expect": "form.form fieldset"},
    ]


def order(region: Stage, published: Report) -> str:
    """A shop orders what was published: quoted, and placed."""
    region.play.versions["newest"] = published[0]["url"].rpartition("/")[2]
    return region.order("newest", region.world.shops[0].key, "newest", 1)


def test_a_mesh_becomes_a_design_that_a_shop_orders(
    *,
    tmp_path: Path,
    region: Stage,
    url: str,
    browse: Browse,
    well_made: WellMade,
    designer: Cookies,
) -> None:
    write_stl(tmp_path / "bush.stl", ring(circle(10), circle(4), 6))
    steps = dropped("#files", tmp_path / "bush.stl")
    small = tmp_path / "words.txt"
    small.write_text("words")
    pages = [
        {"name": "publish", "url": "/publish"},
        {"name": "publish-draft", "url": "/publish", "steps": steps},
    ]
    well_made(browse(url, pages, cookies=designer, sizes=PHONE_AND_DESK))
    large = [
        {"evaluate": "document.querySelector('[data-drop]').dataset.dropMost = 99"},
        *dropped("#files", tmp_path / "bush.stl", small)[:2],
        {"expect": ".note:has-text('bush.stl')"},
        {"expect": "h3:has-text('words.txt')"},
    ]
    left_out = {"name": "publish-left-out", "url": "/publish", "steps": large}
    well_made(browse(url, [left_out], cookies=designer, **PHONE))
    picks = [
        *steps,
        {"click": "summary:has-text('three answers')"},
        {"press": ["#sellers", "ArrowDown"]},
        {"press": ["#changes", "ArrowDown"]},
        {"click": "button[value=pick-licence]"},
        {"expect": "input[value='CERN-OHL-W-2.0']:checked"},
    ]
    picked = {"name": "publish-licence", "url": "/publish", "steps": picks}
    well_made(browse(url, [picked], cookies=designer, sizes=PHONE_AND_DESK))
    publish = [
        *steps,
        {"evaluate": QUESTIONS},
        {"click": "form.form .btn.main"},
        {"expect": MAKER},
    ]
    published = {"name": "published-mesh", "url": "/publish", "steps": publish}
    report = browse(url, [published], cookies=designer, **PHONE)
    well_made(report)
    assert report[0]["values"] == [3]
    assert order(region, report)
    with region.play.reading() as session:
        (step,) = session.scalars(
            select(StepRow).where(StepRow.version_id == region.play.versions["newest"])
        )
    assert (step.process, step.dialect, step.material) == ("3DP-FDM", "marlin", "PLA")
    assert step.program_sha256 is not None


MANIFEST = """okhv = "OKH-LOSHv1.0"
name = "Cable bush"
license = "CERN-OHL-S-2.0"
licensor = "Mira Salo"
function = "Keeps a cable off an edge"
version = "1.0"
"""


def project(folder: Path) -> Path:
    """A folder as it lies in a repository: manifest, mesh, parts list and words."""
    folder.mkdir()
    (folder / "parts.csv").write_text("qty,part\n4,Bush\n8,M3 screw\n")
    (folder / "okh.toml").write_text(MANIFEST)
    (folder / "README.md").write_text("# Cable bush\n")
    write_stl(folder / "bush.stl", ring(circle(8), circle(3), 4))
    return folder


@pytest.mark.parametrize(
    ("kind", "questions"),
    [("drawing", 3), ("board", 1), ("project", 2), ("archive", 2)],
)
def test_what_else_becomes_a_design_that_a_shop_orders(
    *,
    tmp_path: Path,
    region: Stage,
    url: str,
    browse: Browse,
    well_made: WellMade,
    designer: Cookies,
    kind: str,
    questions: int,
) -> None:
    if kind == "drawing":
        steps = dropped("#files", plate(tmp_path / "plate.dxf"))
    elif kind == "board":
        steps = dropped("#files", *gerbers(tmp_path))
    elif kind == "project":
        steps = dropped("#folder", project(tmp_path / "cable-bush"))
    else:
        packed = make_archive(
            str(tmp_path / "packed"), "zip", project(tmp_path / "cable-bush")
        )
        steps = dropped("#files", Path(packed))
    publish = [
        *steps,
        {"evaluate": QUESTIONS},
        {"shot": f"publish-{kind}"},
        {"click": "form.form .btn.main"},
        {"expect": MAKER},
    ]
    published = {"name": f"published-{kind}", "url": "/publish", "steps": publish}
    report = browse(url, [published], cookies=designer, **PHONE)
    well_made(report)
    assert report[0]["values"] == [questions]
    assert order(region, report)
    with region.play.reading() as session:
        (step,) = session.scalars(
            select(StepRow).where(StepRow.version_id == region.play.versions["newest"])
        )
    assert step.quantity == (4 if kind in {"project", "archive"} else 1)


def test_a_screw_among_the_files_is_bought_unless_its_designer_unticks_it(
    *, tmp_path: Path, url: str, browse: Browse, well_made: WellMade, designer: Cookies
) -> None:
    screw = tmp_path / "ISO 4762 M3x10.stl"
    write_stl(screw, ring(circle(4), circle(1), 10))
    tick, prints = (
        "input[name=bought][value=part-1]",
        "ol.drafted li:has-text('Print ISO')",
    )
    steps = [
        *dropped("#files", screw),
        {"expect": f"{tick}:checked"},
        {"shot": "publish-bought"},
        {"click": f"label:has({tick})"},
        {"click": "button.plain[value=reckon]"},
        {"expect": prints},
        {"expect": f"{tick}:not(:checked)"},
    ]
    page = {"name": "publish-made-instead", "url": "/publish", "steps": steps}
    well_made(browse(url, [page], cookies=designer, **PHONE))


def test_a_design_gets_a_new_version_and_another_is_built_on_it(
    *,
    tmp_path: Path,
    region: Stage,
    url: str,
    browse: Browse,
    well_made: WellMade,
    designer: Cookies,
) -> None:
    """Its designer drops other files; somebody else gives it a share of the value."""
    first, second = tmp_path / "first", tmp_path / "second"
    for folder, radius in ((first, 9), (second, 11)):
        folder.mkdir()
        write_stl(folder / "collar.stl", ring(circle(radius), circle(4), 5))
    (first / "notes.txt").write_text("of the first")
    publish = [{"click": "form.form .btn.main"}, {"expect": MAKER}]
    steps = [
        *dropped("#files", *sorted(first.iterdir())),
        {"fill": ["#fee", "1,50"]},
        *publish,
    ]
    page = {"name": "version-one", "url": "/publish", "steps": steps}
    (one,) = browse(url, [page], cookies=designer, **PHONE)
    version_id = one["url"].rpartition("/")[2]
    steps = [
        {"click": "a[href^='/publish?of=']"},
        {"expect": "h1:has-text('A new version of Collar')"},
        *dropped("#files", second / "collar.stl"),
        {"expect": ".note:has-text('gone: notes.txt')"},
        {"shot": "version-two-draft"},
        *publish,
        {"expect": "dd:has-text('1.50 EUR')"},
        {"goto": f"/designs/{version_id}"},
        {"click": ".note a:has-text('See version 2')"},
        {"expect": MAKER},
    ]
    page = {"name": "version-two", "url": f"/designs/{version_id}", "steps": steps}
    well_made(browse(url, [page], cookies=designer, **PHONE))
    write_stl(tmp_path / "bell.stl", ring(circle(12), circle(4), 5))
    steps = [
        {"click": "a[href^='/publish?on=']"},
        *dropped("#files", tmp_path / "bell.stl"),
        {"fill": ["#share-1", "12,5"]},
        {"fill": ["#another", f"{url}/designs/{region.play.versions['hook']}"]},
        {"press": ["#another", "Enter"]},
        {"expect": "#share-2"},
        {"shot": "built-on-draft"},
        {"fill": ["#share-2", "0"]},
        *publish,
        {"expect": ".family"},
        {"evaluate": "document.querySelectorAll('.family a').length"},
    ]
    page = {"name": "built-on", "url": f"/designs/{version_id}", "steps": steps}
    report = browse(url, [page], cookies=sign_in(url, "otso"), **PHONE)
    well_made(report)
    assert report[0]["values"] == [1]
    with region.play.reading() as session:
        cited = session.scalars(
            select(CitationRow).where(CitationRow.upstream_id == version_id)
        ).all()
    assert [row.weight_ppm for row in cited] == [125_000]


def test_a_design_is_withdrawn_and_offered_again(
    *, region: Stage, url: str, browse: Browse, well_made: WellMade, designer: Cookies
) -> None:
    address = f"/designs/{region.play.versions['hook']}"
    shop = sign_in(url, f"shop-{region.world.shops[0].key}")
    order = "main .head a[href^='/orders/new']"

    def seen(name: str, *steps: dict[str, Any], cookies: Cookies) -> None:
        page = {"name": name, "url": address, "steps": list(steps)}
        well_made(browse(url, [page], cookies=cookies, **PHONE))

    seen("before-withdrawing", {"expect": order}, cookies=shop)
    seen(
        "withdrawn",
        {"click": "summary:has-text('Withdraw this design')"},
        {"click": "button[value=withdraw]"},
        {"expect": "button[value=offer]"},
        cookies=designer,
    )
    gone = [{"expect": ".note:has-text('withdrew')"}, {"gone": order}]
    seen("withdrawn-for-a-shop", *gone, cookies=shop)
    offered = [{"click": "button[value=offer]"}, {"gone": "button[value=offer]"}]
    seen("offered-again", *offered, cookies=designer)
    seen("after-withdrawing", {"expect": order}, cookies=shop)
