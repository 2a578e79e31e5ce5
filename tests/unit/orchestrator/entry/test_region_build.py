"""A build that fails, is killed or meets bad input leaves the old region as it was."""

import signal
import subprocess
import sys
from pathlib import Path

import osmium
import pytest
from typer.testing import CliRunner, Result

from orchestrator.entry.node import open_store
from orchestrator.entry.region import load_region, load_roads, region_app
from orchestrator.entry.region_place import replacing
from orchestrator.entry.settings import Settings
from orchestrator.planning.travel import line, matrix, place_at, region_map, snap_m
from routing.errors import UnreachableError
from routing.travel.matrix import Profile
from routing.travel.network import SNAP_MAX_M

NAMES = ["ATTRIBUTION.md", "map.pmtiles", "region.json", "roads.bin"]
NORTH_DEG = 60.0
STEP_DEG = 0.001  # 56 m to the east at this latitude


def a_pbf(path: Path, *streets: tuple[int, int], tag: str = "residential") -> Path:
    """An extract without a box: streets from the first node to the last, eastwards."""
    nodes = sorted({node for first, last in streets for node in range(first, last + 1)})
    with osmium.SimpleWriter(str(path), overwrite=True) as writer:
        for node in nodes:
            at = (24.0 + node * STEP_DEG, NORTH_DEG)
            writer.add_node(osmium.osm.mutable.Node(id=node, version=1, location=at))
        for number, (first, last) in enumerate(streets, start=1):
            writer.add_way(
                osmium.osm.mutable.Way(
                    id=number,
                    version=1,
                    nodes=range(first, last + 1),
                    tags={"highway": tag},
                )
            )
    return path


def build(extract: Path, *more: str, home: Path | None = None) -> Result:
    environment = {"FABCOMMONS_HOME": str(home)} if home else {}
    return CliRunner().invoke(
        region_app, ["build", str(extract), *more], env=environment
    )


def contents(folder: Path) -> dict[str, bytes]:
    return {path.name: path.read_bytes() for path in folder.iterdir()}


@pytest.fixture
def old(tmp_path: Path) -> Path:
    """A region that is in place."""
    folder = tmp_path / "town"
    built = build(a_pbf(tmp_path / "old.osm.pbf", (1, 9)), str(folder))
    assert built.exit_code == 0, built.output
    return folder


def test_a_region_without_a_box_is_as_large_as_its_roads_and_says_each_step(
    tmp_path: Path,
) -> None:
    folder = tmp_path / "town"
    built = build(a_pbf(tmp_path / "a.osm.pbf", (1, 9)), str(folder))
    assert built.exit_code == 0, built.output
    assert [step for step in ("1/3", "2/3", "3/3") if step in built.output] == [
        "1/3",
        "2/3",
        "3/3",
    ]
    assert sorted(contents(folder)) == NAMES
    assert load_region(folder).bbox == (24.001, 60.0, 24.009, 60.0)


def test_a_new_build_takes_the_place_of_the_old_and_leaves_nothing_else(
    tmp_path: Path, old: Path
) -> None:
    before = contents(old)["roads.bin"]
    built = build(a_pbf(tmp_path / "new.osm.pbf", (1, 30)), str(old), "--name", "New")
    assert built.exit_code == 0, built.output
    assert contents(old)["roads.bin"] != before
    assert load_region(old).name == "New"
    assert not (tmp_path / ".town.new").exists()


@pytest.mark.parametrize("what", ["empty", "junk", "cut", "no road", "no nodes"])
def test_a_bad_extract_is_named_and_the_old_region_stays(
    tmp_path: Path, old: Path, what: str
) -> None:
    extract = a_pbf(tmp_path / "bad.osm.pbf", (1, 400))
    if what == "empty":
        extract.write_bytes(b"")
    elif what == "junk":
        extract.write_bytes(b"junk" * 100)
    elif what == "cut":
        extract.write_bytes(extract.read_bytes()[:-40])
    elif what == "no road":
        a_pbf(extract, (1, 9), tag="proposed")
    else:
        with osmium.SimpleWriter(str(extract), overwrite=True) as writer:
            writer.add_way(
                osmium.osm.mutable.Way(id=1, nodes=[1, 2], tags={"highway": "primary"})
            )
    before = contents(old)
    refused = build(extract, str(old))
    assert refused.exit_code == 1
    assert "bad.osm.pbf could not be built: " in refused.output
    assert contents(old) == before
    assert not (tmp_path / ".town.new").exists()


def test_a_killed_build_leaves_the_old_region_and_the_next_one_tidies_up(
    tmp_path: Path, old: Path
) -> None:
    before = contents(old)
    program = (
        "import sys, time; from pathlib import Path\n"
        "from orchestrator.entry.region_place import replacing\n"
        "with replacing(Path(sys.argv[1]), holds=frozenset(sys.argv[2:])) as fresh:\n"
        "    (fresh / 'roads.bin').write_text('half'); print('half', flush=True)\n"
        "    time.sleep(60)\n"
    )
    with subprocess.Popen(
        [sys.executable, "-c", program, str(old), *NAMES], stdout=subprocess.PIPE
    ) as killed:
        assert killed.stdout is not None
        assert killed.stdout.readline() == b"half\n"
        new = a_pbf(tmp_path / "new.osm.pbf", (1, 30))
        meanwhile = build(new, str(old))
        killed.send_signal(signal.SIGKILL)
    assert meanwhile.exit_code == 1
    assert "another build" in meanwhile.output
    assert contents(old) == before
    assert (tmp_path / ".town.new" / "roads.bin").read_text() == "half"

    assert build(new, str(old)).exit_code == 0
    assert contents(old)["roads.bin"] != before["roads.bin"]
    assert not (tmp_path / ".town.new").exists()


def test_a_folder_with_other_files_is_never_taken(tmp_path: Path) -> None:
    letters = tmp_path / "letters"
    letters.mkdir()
    (letters / "to-mother.txt").write_text("dear")
    refused = build(a_pbf(tmp_path / "a.osm.pbf", (1, 9)), str(letters))
    assert refused.exit_code == 1
    assert "to-mother.txt" in refused.output
    assert (letters / "to-mother.txt").read_text() == "dear"


def test_a_file_system_that_cannot_exchange_gets_two_steps(
    tmp_path: Path, old: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("orchestrator.entry.region_place.RENAME_EXCHANGE", 1 << 9)
    with replacing(old, holds=frozenset(NAMES)) as fresh:
        (fresh / "region.json").write_text("{}")
    assert contents(old) == {"region.json": b"{}"}
    assert sorted(path.name for path in tmp_path.iterdir()) == [
        ".town.lock",
        "old.osm.pbf",
        "town",
    ]


def test_a_region_built_in_the_home_is_what_the_server_plans_with(
    tmp_path: Path,
) -> None:
    home = tmp_path / "home"
    extract = a_pbf(tmp_path / "two-isles-latest.osm.pbf", (1, 9), (40, 44))
    built = build(extract, home=home)
    assert built.exit_code == 0, built.output
    assert "FABCOMMONS_REGION=two-isles" in built.output
    store = open_store(Settings(home=home, region="two-isles"))
    assert store.region_folder == home / "regions" / "two-isles"
    main, far, isle = (place_at(60.0, 24.0 + node / 1_000) for node in (2, 8, 42))
    found = matrix(store.ground, (main, far, isle), Profile.VAN)
    assert found.source == "road"
    assert 300 < found.metres[0, 1] < 400
    assert set(found.unreachable) == {(0, 2), (2, 0), (1, 2), (2, 1)}


def test_a_profile_without_a_road_is_named_and_has_no_way_but_others_have(
    tmp_path: Path,
) -> None:
    folder = tmp_path / "park"
    built = build(a_pbf(tmp_path / "p.osm.pbf", (1, 9), tag="footway"), str(folder))
    assert built.exit_code == 0, built.output
    assert "van: no road at all" in built.output
    assert "foot: may stop at 17 of them, 100%" in built.output
    assert load_roads(folder).node_count > 8
    shown = CliRunner().invoke(region_app, ["info", str(folder)])
    assert shown.exit_code == 0, shown.output
    assert "van: no road at all" in shown.output

    roads = (folder / "roads.bin").read_bytes()
    ground = region_map("park", roads, "© OSM")
    ends = place_at(60.0, 24.002), place_at(60.0, 24.008)
    for places in (ends, (*ends, place_at(60.0, 24.005))):
        assert not matrix(ground, places, Profile.VAN).is_way(0, 1)
        assert matrix(ground, places, Profile.FOOT).is_way(0, 1)
    with pytest.raises(UnreachableError, match="park has no road for van"):
        line(ground, *ends, Profile.VAN)
    assert snap_m(ground, ends[0], Profile.VAN) > SNAP_MAX_M
