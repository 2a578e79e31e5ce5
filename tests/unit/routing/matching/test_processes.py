"""A process is itself and its kinds, in every language, and nothing that is only like it."""

import json
from itertools import combinations

import pytest

from routing.matching.processes import PROCESSES, called, is_a, kinds_of, process_named
from routing.matching.vocabulary import LANGUAGES
from tests.data import DATA

LABS = DATA / "okw" / "fablabs_with_machines.json"

# As people and other registers write them; the second list is all that holds of them.
FIFTY_ONE = (
    "3D printing",
    "FDM 3D printing",
    "SLA 3D printing",
    "SLS 3D printing",
    "DLP 3D printing",
    "CNC machining",
    "CNC milling",
    "CNC turning",
    "precision machining",
    "laser cutting",
    "laser engraving",
    "PCB fabrication",
    "PCB assembly",
    "electronics assembly",
    "mechanical assembly",
    "assembly",
    "electronic circuitry",
    "welding",
    "TIG welding",
    "MIG welding",
    "arc welding",
    "brazing",
    "soldering",
    "sheet metal forming",
    "injection molding",
    "water jet cutting",
    "plasma cutting",
    "vinyl cutting",
    "cutting",
    "sawing",
    "shearing",
    "casting",
    "forging",
    "drilling",
    "bending",
    "grinding",
    "polishing",
    "sanding",
    "deburring",
    "coating",
    "painting",
    "anodizing",
    "electroplating",
    "surface finishing",
    "heat treatment",
    "annealing",
    "tempering",
    "quenching",
    "post-processing",
    "testing",
    "packaging",
)
KINDS = {
    ("3D printing", kind)
    for kind in (
        "FDM 3D printing",
        "SLA 3D printing",
        "SLS 3D printing",
        "DLP 3D printing",
    )
} | {
    ("CNC machining", "CNC milling"),
    ("CNC machining", "CNC turning"),
    ("assembly", "mechanical assembly"),
    ("assembly", "electronics assembly"),
    ("assembly", "PCB assembly"),
    ("electronics assembly", "PCB assembly"),
    ("welding", "arc welding"),
    ("welding", "TIG welding"),
    ("welding", "MIG welding"),
    ("arc welding", "TIG welding"),
    ("arc welding", "MIG welding"),
    ("cutting", "sawing"),
    ("cutting", "shearing"),
    ("cutting", "water jet cutting"),
    ("cutting", "plasma cutting"),
    ("cutting", "vinyl cutting"),
    ("heat treatment", "annealing"),
    ("heat treatment", "tempering"),
    ("heat treatment", "quenching"),
    ("surface finishing", "polishing"),
    ("surface finishing", "sanding"),
    ("surface finishing", "deburring"),
    ("surface finishing", "coating"),
    ("surface finishing", "painting"),
    ("surface finishing", "anodizing"),
    ("surface finishing", "electroplating"),
}


def test_none_of_1275_pairs_is_taken_for_another() -> None:
    pairs = list(combinations(FIFTY_ONE, 2))
    assert len(pairs) == 1_275
    wrong = [
        (required, offered)
        for left, right in pairs
        for required, offered in ((left, right), (right, left))
        if is_a(offered, required) != ((required, offered) in KINDS)
    ]
    assert wrong == []
    assert all(process_named(name) for name in FIFTY_ONE)


@pytest.mark.parametrize(
    ("offered", "required"),
    [
        ("laser cutting", "vinyl cutting"),
        ("laser cutting", "plasma cutting"),
        ("FDM", "SLA"),
        ("milling", "turning"),
        ("CNC milling", "CNC turning"),
        ("annealing", "quenching"),
        ("PCB fabrication", "PCB assembly"),
    ],
)
def test_likeness_is_not_kinship(offered: str, required: str) -> None:
    assert not is_a(offered, required)
    assert not is_a(required, offered)


@pytest.mark.parametrize(
    ("offered", "required"),
    [
        ("CNC routing", "CNC milling"),
        ("CNC routing", "3-axis milling"),
        ("CNC routing", "milling"),
        ("5-axis milling", "3-axis milling"),
        ("precision milling", "milling"),
        ("precision milling", "precision machining"),
        ("laser engraving and cutting", "laser cutting"),
        ("laser engraving and cutting", "laser engraving"),
        ("CNC wood lathe", "woodturning"),
        ("reflow soldering", "soldering"),
    ],
)
def test_what_does_more_does_the_less_and_not_the_other_way(
    offered: str, required: str
) -> None:
    assert is_a(offered, required)
    assert not is_a(required, offered)


def test_routers_neither_turn_nor_tilt() -> None:
    for required in ("CNC turning", "5-axis milling", "PCB milling", "laser cutting"):
        assert not is_a("CNC routing", required)
    assert not is_a("CNC milling", "precision milling")


def test_what_is_general_does_not_offer_what_is_particular() -> None:
    for process in PROCESSES.values():
        for parent in process.parents:
            assert is_a(process.code, parent)
            assert not is_a(parent, process.code)
            assert parent in PROCESSES


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_process_is_called_something_that_calls_it(language: str) -> None:
    for code, process in PROCESSES.items():
        assert process_named(called(code, language)) == code
        assert {process_named(name) for name in process.names[language]} == {code}


@pytest.mark.parametrize(
    ("name", "code"),
    [
        ("las-cut", "LAS-CUT"),
        ("  Découpe   laser ", "LAS-CUT"),
        ("decoupe laser", "LAS-CUT"),
        ("LASERSCHNEIDEN", "LAS-CUT"),
        ("corte láser", "LAS-CUT"),
        ("https://en.wikipedia.org/wiki/Laser_cutting", "LAS-CUT"),
        ("http://en.m.wikipedia.org/wiki/Milling_%28machining%29", "MIL"),
        ("https://www.wikidata.org/wiki/Q229367", "3DP"),
        ("Laser_Engraving_Cutting", "LAS-CUT-ENG"),
        ("%233D_Printing", "3DP"),
        ("three_d_printing", "3DP"),
        ("circuit_production", "PCB"),
        ("precision_milling", "MIL-PRE"),
        ("plotter de corte", "CUT-VIN"),
        ("Brennofen", "KIL"),
        ("défonceuse numérique", "CNC-ROU"),
        ("vinyl", None),  # a material as well
        ("plotter", None),  # of pens or of knives
        ("Löten", None),  # soldering or brazing
        ("laser cuttin", None),
        ("cutting laser", None),
        ("print", None),
        ("https://en.wikipedia.org/wiki/Laser", None),
        ("", None),
    ],
)
def test_names_are_exact(name: str, code: str | None) -> None:
    assert process_named(name) == code


def test_what_nobody_knows_is_itself_alone() -> None:
    assert kinds_of("PRN FFF") == ("PRN-FFF",)
    assert is_a("prn-fff", "PRN FFF")
    assert not is_a("PRN-FFF", "PRN-FF")


@pytest.mark.skipif(not LABS.exists(), reason="the list of real labs is not here")
def test_most_of_what_real_labs_say_is_understood() -> None:
    """387 labs, 1,518 tags; the others are brands, materials, or could mean two things."""
    words = [
        word
        for lab in json.loads(LABS.read_text())
        for machine in lab["machines"]
        for word in machine["tags"]
    ]
    known = [word for word in words if process_named(word)]
    assert len(known) / len(words) > 0.73
