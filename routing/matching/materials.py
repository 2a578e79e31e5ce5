"""What one material is called, in four languages: names of one thing, never likenesses.

A material that is not here is itself alone, whatever its case. None is a kind of another:
what may stand for what is the design's to say.
"""

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


def _first_names() -> dict[str, str]:
    first: dict[str, str] = {}
    for line in NAMES.strip().splitlines():
        names = [folded(name) for name in line.split(",")]
        for name in names:
            if first.setdefault(name, names[0]) != names[0]:
                raise ValueError(f"{name!r} is {first[name]} and {names[0]}")
    return first


_FIRST_OF: Final = _first_names()


@lru_cache(4096)
def material_named(name: str) -> str:
    """Return the one name of what is called so, to be compared, not to be shown."""
    known = folded(name)
    return _FIRST_OF.get(known, known)


def is_one_of(material: str, offered: frozenset[str]) -> bool:
    """Whether one of the offered is this material, by whatever name."""
    wanted = material_named(material)
    return any(material_named(one) == wanted for one in offered)
