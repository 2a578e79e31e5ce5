"""For whom a lab works, in four languages: OKW's kinds of access, and what labs add.

A kind that is not here is itself alone, as with materials: likeness never counts.
"""

from collections.abc import Mapping
from functools import lru_cache
from typing import Final

from routing.matching.processes import folded
from routing.matching.vocabulary import LANGUAGES

# code | names in English, French, German and Spanish, the usual one first
TABLE: Final = """
public      | public, open to all, anyone | ouvert à tous, tout public | öffentlich, für alle | abierto al público, público
hours       | public at some hours, restricted with public hours, public hours | public à certaines heures, horaires publics | öffentlich zu bestimmten Zeiten, öffentliche Zeiten | público a ciertas horas, horario público
appointment | by appointment, on appointment, appointment | sur rendez-vous | nach Vereinbarung | con cita previa
shared      | shared space, shared | espace partagé | gemeinsam genutzt | espacio compartido
members     | members, membership, members only, member | membres, adhérents, réservé aux membres | Mitglieder, nur für Mitglieder | miembros, socios, solo socios
schools     | schools, school, pupils, students | écoles, élèves, étudiants | Schulen, Schüler, Studierende | escuelas, alumnos, estudiantes
restricted  | staff only, restricted, staff | personnel seul, personnel | nur Personal, Personal, beschränkt | restringido, personal autorizado
"""


def _names() -> dict[str, tuple[tuple[str, ...], ...]]:
    names = {}
    for line in TABLE.strip().splitlines():
        code, *cells = (cell.strip() for cell in line.split("|"))
        names[code] = tuple(
            tuple(name.strip() for name in cell.split(",")) for cell in cells
        )
    return names


NAMES: Final[Mapping[str, tuple[tuple[str, ...], ...]]] = _names()
_CODE_OF: Final = {
    folded(name): code
    for code, cells in NAMES.items()
    for name in (code, *(name for cell in cells for name in cell))
}


@lru_cache(4096)
def access_named(name: str) -> str:
    """Return the code of what is called so; of what is not known the name to compare."""
    known = folded(name)
    return _CODE_OF.get(known, known)


def access_called(name: str, language: str = "en") -> str:
    """Return what people call it, in their language; what is not known as itself."""
    cells = NAMES.get(access_named(name))
    if cells is None:
        return name
    known = language if language in LANGUAGES else "en"
    return cells[LANGUAGES.index(known)][0]
