"""Planning's reasons are told in four languages, and none is left out of it."""

import ast
from collections.abc import Iterator, Mapping
from itertools import product
from pathlib import Path
from string import Formatter

import pytest
from sqlalchemy import select

import orchestrator.planning
import routing
from orchestrator.planning.makeable import LANGUAGES
from orchestrator.planning.reason_words import REASONS
from orchestrator.planning.reasons import is_known, reason, told_in
from orchestrator.planning.rows import RejectionRow
from routing.matching.words import SENTENCES, sentence
from tests.unit.orchestrator.region import Region

PLANNING = Path(orchestrator.planning.__file__).parent
ROUTING = Path(routing.__file__).parent
FACTS = {
    "machine": "Prusa 1",
    "lab": "Kamppi",
    "since": "2026-03-02T09:00Z",
    "ended": "2026-03-02T17:00Z",
    "told": "thermal runaway; hotend 2",
    "left": "20 g",
    "needed": "1.2 kg",
    "material": "PLA",
    "count": "12",
    "courier": "Rosa",
    "step": "Print leg",
    "run": "3",
    "part": "17",
}
LISTS = {
    "process": {"en": "laser cutting", "de": "Laserschneiden"},
    "processes": {
        "en": "CNC milling or SLA",
        "de": "CNC-Fräsen oder Stereolithografie",
    },
    "reasons": {
        "en": "Kamppi has no opening hours; Prusa 1 is in alarm: no reason told",
        "de": "Kamppi hat keine Öffnungszeiten; "
        "Prusa 1 meldet einen Alarm und sagt nicht, warum",
    },
}


def gaps(text: str) -> list[str]:
    return sorted({name for _, name, _, _ in Formatter().parse(text) if name})


def in_code() -> Iterator[str]:
    """Every key that planning names as a reason."""
    for path in PLANNING.glob("*.py"):
        for node in ast.walk(ast.parse(path.read_text())):
            if isinstance(node, ast.Constant) and isinstance(node.value, str):
                yield node.value


@pytest.mark.parametrize("key", REASONS)
def test_each_has_the_same_gaps_in_every_language(key: str) -> None:
    assert tuple(REASONS[key]) == LANGUAGES
    assert len({tuple(gaps(text)) for text in REASONS[key].values()}) == 1


@pytest.mark.parametrize("key", REASONS)
def test_each_is_known_again_and_told_as_it_is_written(key: str) -> None:
    told = {
        code: REASONS[key][code].format(
            **FACTS, **{gap: words[code] for gap, words in LISTS.items()}
        )
        for code in ("en", "de")
    }
    assert told_in(told["en"], "de") == told["de"]
    large = f"{told['en'][:1].upper()}{told['en'][1:]}."
    assert told_in(large, "de") == f"{told['de'][:1].upper()}{told['de'][1:]}."
    assert all(told_in(told["en"], code) != told["en"] for code in LANGUAGES[1:])


@pytest.mark.parametrize("key", SENTENCES["en"])
@pytest.mark.parametrize("language", LANGUAGES)
def test_the_matchers_are_known_again_too(key: str, language: str) -> None:
    facts = {"machine": "Prusa 1", "required": "0.2 mm", "offered": ""}
    kept = sentence(key, language="en", **facts)
    assert told_in(kept, language) == sentence(key, language=language, **facts)


def written(node: ast.expr | None, names: Mapping[str, list[ast.expr]]) -> list[str]:
    """What the expression may be: a 7 stands for what is only known as it runs."""
    if isinstance(node, ast.Constant):
        return [str(node.value)]
    if isinstance(node, ast.IfExp):
        return [*written(node.body, names), *written(node.orelse, names)]
    if isinstance(node, ast.FormattedValue):
        return written(node.value, names)
    if isinstance(node, ast.JoinedStr):
        parts = product(*(written(one, names) for one in node.values))
        return ["".join(part) for part in parts]
    if isinstance(node, ast.Name) and node.id in names:
        return [text for one in names[node.id] for text in written(one, names)]
    return ["7"]


def of_routing() -> Iterator[str]:
    """Every sentence and remedy with which routing leaves an order out."""
    for path in (*ROUTING.glob("joint/*.py"), *ROUTING.glob("scheduling/*.py")):
        tree = ast.parse(path.read_text())
        names: dict[str, list[ast.expr]] = {}
        for node in ast.walk(tree):
            if isinstance(node, ast.Assign) and isinstance(
                node.value, ast.Constant | ast.JoinedStr | ast.IfExp
            ):
                name = getattr(node.targets[0], "id", "")
                names.setdefault(name, []).append(node.value)
        for node in ast.walk(tree):
            if isinstance(node, ast.Call) and getattr(node.func, "id", "") == "Reason":
                for one in node.keywords:
                    if one.arg in {"text", "remedy"}:
                        yield from written(one.value, names)


NEVER = {  # one half of each with the other's
    "7",
    "making and bringing it costs more than 7.7, the price of leaving all of it out",
    "making and bringing it and what it is made from costs more than 7.7, the price of "
    "leaving it out",
}
LEFT_OUT_BY_ROUTING = sorted(set(of_routing()) - NEVER)


def test_there_are_as_many_as_routing_tells() -> None:
    assert len(LEFT_OUT_BY_ROUTING) > 60
    assert "a courier on shift" in LEFT_OUT_BY_ROUTING


@pytest.mark.parametrize("text", LEFT_OUT_BY_ROUTING)
def test_why_routing_leaves_an_order_out_is_told_too(text: str) -> None:
    for code in LANGUAGES[1:]:
        told = told_in(text, code)
        assert told != text, text
        kept = f"{text}; what helps: longer opening hours"
        assert told_in(kept, code).startswith(told)
        assert "longer" not in told_in(kept, code)


def test_what_a_reason_holds_is_told_in_the_language() -> None:
    kept = (
        "The machines that can are taken by other orders, until they close; what helps: "
        "a later latest time, or one more machine of this kind."
    )
    assert told_in(kept, "de") == (
        "Die Maschinen, die es können, sind von anderen Bestellungen belegt, bis sie "
        "schließen; was hilft: eine spätere späteste Zeit, oder eine Maschine dieser Art "
        "mehr."
    )
    kept = (
        "it takes 60 g of PLA, and the only lab that can make it, Kamppi, has 20 g left "
        "of 1 kg, the rest is for other orders"
    )
    assert told_in(kept, "es") == (
        "necesita 60 g de PLA, y el único lab que puede hacerlo, Kamppi, tiene 20 g que "
        "quedan de 1 kg, el resto es para otros pedidos"
    )


def test_no_word_of_the_table_is_idle() -> None:
    assert set(REASONS) <= set(in_code())


def test_processes_and_kinds_are_told_in_the_language() -> None:
    kept = "X does FDM, laser cutting, the step needs CNC milling"
    assert told_in(kept, "de") == (
        "X kann Schmelzschichtung, Laserschneiden, der Schritt braucht CNC-Fräsen"
    )
    kept = "X is a laser cutter, the step needs a 3D printer"
    assert told_in(kept, "es") == (
        "X es de tipo cortadora láser, el paso necesita impresora 3D"
    )


def test_what_is_no_reason_is_shown_as_it_came() -> None:
    for text in ("", "The shop cancelled it.", "a; b"):
        assert told_in(text, "fr") == text


def test_whatever_a_plan_keeps_can_be_told(region: Region) -> None:
    printer, mill = region.labs[0].machines[0], region.labs[0].machines[-1]
    region.tell(region.state(printer, "alarm", None))
    region.tell(region.state(mill, "unknown", None))
    orders = [region.order("clip")]
    region.plan()
    with region.reading() as session:
        rows = session.scalars(select(RejectionRow)).all()
        assert {row.order_id for row in rows} == set(orders)
        assert [row.text for row in rows if not is_known(row.text)] == []
    assert all(is_known(one.text) for one in region.offer("clip").passed_over)


def test_a_reason_names_what_it_is_about() -> None:
    assert reason("closed", lab="Kamppi") == "Kamppi has no opening hours"
    with pytest.raises(KeyError):
        reason("closed")
