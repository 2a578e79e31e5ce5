"""A material is what it is called, in any language, and nothing that is like it."""

import pytest

from routing.matching.materials import is_one_of


@pytest.mark.parametrize(
    ("material", "offered"),
    [
        ("aluminum", "Aluminium"),
        ("PMMA", "Plexiglas"),
        ("contreplaqué", "Sperrholz"),
        ("pet-g", "PETG"),
        ("plywood-4mm", "Plywood 4mm"),
        ("nylon", "PA"),
    ],
)
def test_one_material(material: str, offered: str) -> None:
    assert is_one_of(material, frozenset({offered}))
    assert is_one_of(offered, frozenset({material}))


@pytest.mark.parametrize(
    ("material", "offered"),
    [
        ("steel", "stainless steel"),
        ("PLA", "PLA+"),
        ("PA", "PA12"),
        ("plywood-4mm", "plywood"),
        ("PET", "PETG"),
    ],
)
def test_likeness_is_not_sameness(material: str, offered: str) -> None:
    assert not is_one_of(material, frozenset({offered}))
    assert not is_one_of(offered, frozenset({material}))


@pytest.mark.parametrize(
    ("material", "grade", "other"),
    [
        ("aluminum", "AlMgSi1", "7075"),
        ("Sperrholz", "birch plywood", "poplar plywood"),
        ("Edelstahl", "V2A", "316L"),
        ("acier", "S235JR", "S355"),
        ("PMMA", "cast acrylic", "extruded acrylic"),
    ],
)
def test_a_grade_is_a_kind_of_its_material(
    material: str, grade: str, other: str
) -> None:
    assert is_one_of(material, {grade})
    assert not is_one_of(grade, {material})
    assert not is_one_of(grade, {other})
    assert not is_one_of(material, {"brass", "MS58"})
