"""What one material is called, in four languages: names of one thing, never likenesses.

A material that is not here is itself alone, whatever its case. A grade is a kind of its
material (6082 is aluminium, birch plywood is plywood), never the other way, and grades
are not each other: what may stand for what is the design's to say.
"""

from collections.abc import Iterable
from functools import lru_cache
from typing import Final

from routing.matching.processes import folded

NAMES: Final = """
PLA, polylactic acid, polylactide, acide polylactique, Polylactid, ácido poliláctico
ABS, acrylonitrile butadiene styrene
ASA, acrylonitrile styrene acrylate
PETG, PET-G
TPU, thermoplastic polyurethane
PA, nylon, polyamide, Polyamid, poliamida
PA12, PA 12, nylon 12, polyamide 12, Polyamid 12
PA11, PA 11, nylon 11, polyamide 11, Polyamid 11
PC, polycarbonate, Polycarbonat, policarbonato
PP, polypropylene, polypropylène, Polypropylen, polipropileno
HIPS, high impact polystyrene
acrylic, PMMA, acrylic glass, plexiglass, plexiglas, acrylique, Acryl, Acrylglas, acrílico, metacrilato
plywood, contreplaqué, Sperrholz, contrachapado, madera contrachapada
MDF, medium density fibreboard, medium density fiberboard
wood, bois, Holz, madera
cardboard, carton, Karton, Pappe, cartón
paper, papier, papel
leather, cuir, Leder, cuero
fabric, textile, cloth, tissu, Stoff, tela
felt, feutre, Filz, fieltro
vinyl, vinyle, vinilo
foam, mousse, Schaumstoff, espuma
aluminium, aluminum, aluminio
steel, acier, Stahl, acero
stainless steel, acier inoxydable, inox, Edelstahl, acero inoxidable
brass, laiton, Messing, latón
copper, cuivre, Kupfer, cobre
glass, verre, Glas, vidrio
clay, argile, Ton, arcilla
wax, machinable wax, cire, Wachs, cera
FR4, FR-4
FR1, FR-1
"""
# What it is a kind of, then its names.
GRADES: Final = """
acrylic | cast acrylic, acrylique coulé, gegossenes Acrylglas, metacrilato colado
acrylic | extruded acrylic, acrylique extrudé, extrudiertes Acrylglas, metacrilato extruido
plywood | birch plywood, contreplaqué de bouleau, Birkensperrholz, contrachapado de abedul
plywood | poplar plywood, contreplaqué de peuplier, Pappelsperrholz, contrachapado de chopo
wood | beech, hêtre, Buche, Buchenholz, haya
wood | oak, chêne, Eiche, Eichenholz, roble
wood | birch, bouleau, Birke, Birkenholz, abedul
wood | pine, pin, Kiefer, Kiefernholz, pino
wood | spruce, épicéa, Fichte, Fichtenholz
wood | walnut, noyer, Nussbaum, nogal
wood | maple, érable, Ahorn, arce
aluminium | 6061, AW-6061, EN AW-6061, EN AW 6061, aluminium 6061, aluminum 6061, AlMg1SiCu, 6061-T6, 3.3211
aluminium | 6082, AW-6082, EN AW-6082, EN AW 6082, aluminium 6082, aluminum 6082, AlSi1MgMn, AlMgSi1, 6082-T6, 3.2315
aluminium | 6060, AW-6060, EN AW-6060, EN AW 6060, aluminium 6060, aluminum 6060, AlMgSi, 3.3206
aluminium | 5083, AW-5083, EN AW-5083, EN AW 5083, aluminium 5083, aluminum 5083, AlMg4.5Mn0.7, 3.3547
aluminium | 5754, AW-5754, EN AW-5754, EN AW 5754, aluminium 5754, aluminum 5754, AlMg3, 3.3535
aluminium | 7075, AW-7075, EN AW-7075, EN AW 7075, aluminium 7075, aluminum 7075, AlZn5.5MgCu, 7075-T6, 3.4365
aluminium | 2024, AW-2024, EN AW-2024, EN AW 2024, aluminium 2024, aluminum 2024, AlCu4Mg1, 3.1355
steel | S235, S235JR, S235JRG2, St37, St37-2, 1.0038
steel | S355, S355J2, S355J2+N, St52, St52-3, 1.0577
steel | C45, C45E, 1.0503, 1.1191, AISI 1045
steel | 11SMn30, 1.0715, free-cutting steel, Automatenstahl
stainless steel | 1.4301, X5CrNi18-10, 304, AISI 304, V2A
stainless steel | 1.4404, X2CrNiMo17-12-2, 316L, AISI 316L, V4A
stainless steel | 1.4305, X8CrNiS18-9, 303, AISI 303
brass | CuZn39Pb3, CW614N, MS58
"""


def _first_names() -> dict[str, str]:
    first: dict[str, str] = {}
    named = NAMES.strip().splitlines()
    graded = [line.split("|")[1] for line in GRADES.strip().splitlines()]
    for line in (*named, *graded):
        names = [folded(name) for name in line.split(",")]
        for name in names:
            if first.setdefault(name, names[0]) != names[0]:
                raise ValueError(f"{name!r} is {first[name]} and {names[0]}")
    return first


_FIRST_OF: Final = _first_names()
_KIND_OF: Final = {
    folded(names.split(",")[0]): _FIRST_OF[folded(kind)]
    for kind, names in (line.split("|") for line in GRADES.strip().splitlines())
}


@lru_cache(4096)
def material_named(name: str) -> str:
    """Return the one name of what is called so, to be compared, not to be shown."""
    known = folded(name)
    return _FIRST_OF.get(known, known)


def is_one_of(material: str, offered: Iterable[str]) -> bool:
    """Whether one of the offered is this material, by whatever name, or a grade of it."""
    wanted = material_named(material)
    names = map(material_named, offered)
    return any(wanted in {name, _KIND_OF.get(name)} for name in names)
