"""A region is built from an extract, one-way streets and clipped ways included."""

import json
from pathlib import Path

from typer.testing import CliRunner

from orchestrator.entry.region import load_region, load_roads, region_app
from orchestrator.entry.region_roads import read_roads
from orchestrator.entry.region_tags import road_access, road_kind
from routing.travel.matrix import Profile
from routing.travel.speeds import ACCESS_BIT, RoadKind

EXTRACT = """<?xml version="1.0" encoding="UTF-8"?>
<osm version="0.6" generator="by hand">
  <bounds minlat="60.0" minlon="24.0" maxlat="60.01" maxlon="24.01"/>
  <node id="1" version="1" lat="60.001" lon="24.001"/>
  <node id="2" version="1" lat="60.001" lon="24.003"/>
  <node id="3" version="1" lat="60.003" lon="24.003"/>
  <way id="1" version="1"><nd ref="1"/><nd ref="2"/>
    <tag k="highway" v="residential"/><tag k="oneway" v="yes"/></way>
  <way id="2" version="1"><nd ref="2"/><nd ref="3"/><nd ref="99"/>
    <tag k="highway" v="footway"/></way>
  <way id="3" version="1"><nd ref="1"/><nd ref="3"/>
    <tag k="building" v="yes"/></way>
</osm>
"""
BICYCLE, VAN = ACCESS_BIT[Profile.BICYCLE], ACCESS_BIT[Profile.VAN]
FOOT = ACCESS_BIT[Profile.FOOT]


def an_extract(folder: Path) -> Path:
    extract = folder / "tiny.osm"
    extract.write_text(EXTRACT)
    return extract


def test_roads_keep_direction_and_skip_what_is_missing(tmp_path: Path) -> None:
    graph = read_roads(an_extract(tmp_path))
    # 111 m and 223 m in pieces of at most 40 m: 3 and 6, in both directions.
    assert graph.edge_count == 2 * (3 + 6)
    vans = (graph.access & VAN) > 0
    assert vans.sum() == 3
    assert graph.lengths_dm[vans].sum() == 1_113
    assert ((graph.access & FOOT) > 0).sum() == graph.edge_count


def test_who_may_use_a_road() -> None:
    street = {"highway": "residential", "oneway": "yes", "oneway:bicycle": "no"}
    along, against = road_access(street, RoadKind.RESIDENTIAL)
    assert along & VAN
    assert not against & VAN
    assert against & BICYCLE
    sidewalk = {"highway": "footway", "bicycle": "yes"}
    assert road_kind(sidewalk) is RoadKind.PATH
    assert not road_access({"access": "private"}, RoadKind.SERVICE)[0]
    delivery = {"access": "no", "foot": "yes"}
    assert road_access(delivery, RoadKind.SERVICE)[0] == FOOT
    assert road_kind({"highway": "proposed"}) is None


def test_build_and_info(tmp_path: Path) -> None:
    out = tmp_path / "tiny"
    arguments = ["build", str(an_extract(tmp_path)), str(out), "--name", "Tiny"]
    built = CliRunner().invoke(region_app, arguments)
    assert built.exit_code == 0, built.output
    assert sorted(path.name for path in out.iterdir()) == [
        "ATTRIBUTION.md",
        "map.pmtiles",
        "region.json",
        "roads.bin",
    ]
    assert (out / "map.pmtiles").read_bytes()[:7] == b"PMTiles"
    assert load_region(out).bbox == (24.0, 60.0, 24.01, 60.01)
    assert load_roads(out).node_count > 9
    shown = CliRunner().invoke(region_app, ["info", str(out)])
    assert shown.exit_code == 0, shown.output
    assert "© OpenStreetMap contributors" in shown.output


def test_a_wrong_extract_is_refused_in_words(tmp_path: Path) -> None:
    nothing = CliRunner().invoke(region_app, ["build", "no-such.pbf", str(tmp_path)])
    assert nothing.exit_code == 1
    assert "no-such.pbf" in nothing.output
    junk = tmp_path / "junk.osm.pbf"
    junk.write_bytes(b"junk" * 100)
    refused = CliRunner().invoke(region_app, ["build", str(junk), str(tmp_path / "o")])
    assert refused.exit_code == 1
    assert "could not be built" in refused.output


def test_the_shipped_region_is_small_and_whole() -> None:
    shown = CliRunner().invoke(region_app, ["info"])
    assert shown.exit_code == 0, shown.output
    folder = Path(__file__).parents[4] / "orchestrator/entry/regions/helsinki"
    sizes = {path.name: path.stat().st_size for path in folder.iterdir()}
    assert sizes["roads.bin"] < 400_000
    assert sizes["map.pmtiles"] < 400_000
    assert json.loads((folder / "region.json").read_text())["name"]
