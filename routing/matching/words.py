"""Why not, in the operator's language: one sentence for each reason."""

from collections.abc import Mapping
from typing import Final

NOTHING: Final[Mapping[str, str]] = {
    "en": "nothing that is known",
    "fr": "rien de connu",
    "de": "nichts Bekanntes",
    "es": "nada conocido",
}

KINDS: Final[Mapping[str, Mapping[str, str]]] = {
    "fdm-printer": {
        "en": "3D printer",
        "fr": "imprimante 3D",
        "de": "3D-Drucker",
        "es": "impresora 3D",
    },
    "cnc-mill": {
        "en": "milling machine",
        "fr": "fraiseuse",
        "de": "Fräsmaschine",
        "es": "fresadora",
    },
    "laser-cutter": {
        "en": "laser cutter",
        "fr": "découpeuse laser",
        "de": "Lasercutter",
        "es": "cortadora láser",
    },
    "pen-plotter": {
        "en": "pen plotter",
        "fr": "traceur à stylo",
        "de": "Stiftplotter",
        "es": "trazador de pluma",
    },
    "other": {
        "en": "machine of another kind",
        "fr": "machine d'un autre type",
        "de": "Maschine anderer Art",
        "es": "máquina de otro tipo",
    },
}
SENTENCES: Final[Mapping[str, Mapping[str, str]]] = {
    "en": {
        "process": "{machine} does {offered}, the step needs {required}",
        "machine-kind": "{machine} is a {offered}, the step needs a {required}",
        "machine-kind-unknown": "{machine} is a machine of unknown kind, the step needs a {required}",
        "size": "the part is {required} and does not fit {machine} ({offered}) in any orientation",
        "size-fixed": "the part is {required} and does not fit {machine} ({offered}) as it must lie",
        "size-unknown": "the work area of {machine} is not known, the part is {required}",
        "sheet": "the sheet is {required} and does not fit {machine} ({offered})",
        "sheet-unknown": "the bed of {machine} is not known, the sheet is {required}",
        "thickness": "the sheet is {required} thick, {machine} takes up to {offered}",
        "thickness-unknown": "it is not known how thick a sheet {machine} takes, this one is {required}",
        "material": "the step needs {required}, {machine} may run {offered}",
        "material-not-loaded": "{required} must be loaded, in {machine} is {offered}",
        "material-not-in-stock": "{required} must be in stock, the lab of {machine} has {offered}",
        "dialect": "the program is written for {required}, {machine} understands {offered}",
        "dialect-by-hand": "the step has no program: a person works the machine, and {machine} only takes programs in {offered}",
        "tolerance": "the part needs {required}, {machine} holds {offered}",
        "tolerance-unknown": "it is not known how exact {machine} is, the part needs {required}",
        "feature": "the smallest feature is {required}, the tool of {machine} is {offered} wide",
        "feature-unknown": "it is not known how fine {machine} works, the smallest feature is {required}",
        "power": "the step needs {required}, {machine} has {offered}",
        "power-unknown": "the power of {machine} is not known, the step needs {required}",
        "pieces": "{required} pieces are asked for, {machine} takes at most {offered}",
        "certificate": "{required} is asked for, the lab of {machine} holds {offered}",
        "nobody-trained": "nobody is trained for {machine} on that day",
        "nobody-trained-ever": "nobody is trained for {machine}",
        "access": "access to the lab of {machine}: {offered}; open to you: {required}",
        "access-unknown": "who may use {machine} is not known",
    },
    "fr": {
        "process": "{machine} fait {offered}, l'étape demande {required}",
        "machine-kind": "{machine} est de type {offered}, l'étape demande {required}",
        "machine-kind-unknown": "le type de {machine} n'est pas connu, l'étape demande {required}",
        "size": "la pièce mesure {required} et n'entre dans {machine} ({offered}) dans aucune orientation",
        "size-fixed": "la pièce mesure {required} et n'entre pas dans {machine} ({offered}) dans le sens imposé",
        "size-unknown": "le volume de travail de {machine} n'est pas connu, la pièce mesure {required}",
        "sheet": "la plaque mesure {required} et n'entre pas dans {machine} ({offered})",
        "sheet-unknown": "la surface de travail de {machine} n'est pas connue, la plaque mesure {required}",
        "thickness": "la plaque fait {required} d'épaisseur, {machine} accepte jusqu'à {offered}",
        "thickness-unknown": "l'épaisseur que {machine} accepte n'est pas connue, celle-ci fait {required}",
        "material": "l'étape demande {required}, {machine} accepte {offered}",
        "material-not-loaded": "{required} doit être chargé, dans {machine} se trouve {offered}",
        "material-not-in-stock": "{required} doit être en stock, le lab de {machine} a {offered}",
        "dialect": "le programme est écrit pour {required}, {machine} comprend {offered}",
        "dialect-by-hand": "l'étape n'a pas de programme : une personne conduit la machine, et {machine} n'accepte que des programmes en {offered}",
        "tolerance": "la pièce demande {required}, {machine} tient {offered}",
        "tolerance-unknown": "la précision de {machine} n'est pas connue, la pièce demande {required}",
        "feature": "le plus petit détail fait {required}, l'outil de {machine} fait {offered} de large",
        "feature-unknown": "la finesse de {machine} n'est pas connue, le plus petit détail fait {required}",
        "power": "l'étape demande {required}, {machine} a {offered}",
        "power-unknown": "la puissance de {machine} n'est pas connue, l'étape demande {required}",
        "pieces": "{required} pièces sont demandées, {machine} en accepte au plus {offered}",
        "certificate": "{required} est demandé, le lab de {machine} détient {offered}",
        "nobody-trained": "personne n'est formé pour {machine} ce jour-là",
        "nobody-trained-ever": "personne n'est formé pour {machine}",
        "access": "accès au lab de {machine} : {offered} ; ouvert à vous : {required}",
        "access-unknown": "on ne sait pas qui peut utiliser {machine}",
    },
    "de": {
        "process": "{machine} kann {offered}, der Schritt braucht {required}",
        "machine-kind": "{machine} ist von der Art {offered}, der Schritt braucht {required}",
        "machine-kind-unknown": "die Art von {machine} ist nicht bekannt, der Schritt braucht {required}",
        "size": "das Teil misst {required} und passt in keiner Lage in {machine} ({offered})",
        "size-fixed": "das Teil misst {required} und passt so, wie es liegen muss, nicht in {machine} ({offered})",
        "size-unknown": "der Arbeitsraum von {machine} ist nicht bekannt, das Teil misst {required}",
        "sheet": "die Platte misst {required} und passt nicht in {machine} ({offered})",
        "sheet-unknown": "die Arbeitsfläche von {machine} ist nicht bekannt, die Platte misst {required}",
        "thickness": "die Platte ist {required} dick, {machine} nimmt bis zu {offered}",
        "thickness-unknown": "wie dicke Platten {machine} nimmt, ist nicht bekannt, diese hat {required}",
        "material": "der Schritt braucht {required}, {machine} verarbeitet {offered}",
        "material-not-loaded": "{required} muss eingelegt sein, in {machine} ist {offered}",
        "material-not-in-stock": "{required} muss vorrätig sein, das Lab von {machine} hat {offered}",
        "dialect": "das Programm ist für {required} geschrieben, {machine} versteht {offered}",
        "dialect-by-hand": "der Schritt hat kein Programm: ein Mensch bedient die Maschine, und {machine} nimmt nur Programme in {offered}",
        "tolerance": "das Teil braucht {required}, {machine} hält {offered}",
        "tolerance-unknown": "wie genau {machine} ist, ist nicht bekannt, das Teil braucht {required}",
        "feature": "die kleinste Einzelheit misst {required}, das Werkzeug von {machine} ist {offered} breit",
        "feature-unknown": "wie fein {machine} arbeitet, ist nicht bekannt, die kleinste Einzelheit misst {required}",
        "power": "der Schritt braucht {required}, {machine} hat {offered}",
        "power-unknown": "die Leistung von {machine} ist nicht bekannt, der Schritt braucht {required}",
        "pieces": "{required} Stück sind gefragt, {machine} nimmt höchstens {offered}",
        "certificate": "{required} ist verlangt, das Lab von {machine} hat {offered}",
        "nobody-trained": "an diesem Tag ist niemand für {machine} eingewiesen",
        "nobody-trained-ever": "niemand ist für {machine} eingewiesen",
        "access": "Zugang zum Lab von {machine}: {offered}; Ihnen offen: {required}",
        "access-unknown": "wer {machine} benutzen darf, ist nicht bekannt",
    },
    "es": {
        "process": "{machine} hace {offered}, el paso necesita {required}",
        "machine-kind": "{machine} es de tipo {offered}, el paso necesita {required}",
        "machine-kind-unknown": "no se conoce el tipo de {machine}, el paso necesita {required}",
        "size": "la pieza mide {required} y no cabe en {machine} ({offered}) en ninguna orientación",
        "size-fixed": "la pieza mide {required} y no cabe en {machine} ({offered}) en la posición exigida",
        "size-unknown": "no se conoce el volumen de trabajo de {machine}, la pieza mide {required}",
        "sheet": "la plancha mide {required} y no cabe en {machine} ({offered})",
        "sheet-unknown": "no se conoce la mesa de {machine}, la plancha mide {required}",
        "thickness": "la plancha tiene {required} de grosor, {machine} admite hasta {offered}",
        "thickness-unknown": "no se sabe qué grosor admite {machine}, esta tiene {required}",
        "material": "el paso necesita {required}, {machine} trabaja con {offered}",
        "material-not-loaded": "{required} debe estar cargado, en {machine} hay {offered}",
        "material-not-in-stock": "{required} debe estar en existencias, el lab de {machine} tiene {offered}",
        "dialect": "el programa está escrito para {required}, {machine} entiende {offered}",
        "dialect-by-hand": "el paso no tiene programa: una persona maneja la máquina, y {machine} solo admite programas en {offered}",
        "tolerance": "la pieza necesita {required}, {machine} mantiene {offered}",
        "tolerance-unknown": "no se conoce la precisión de {machine}, la pieza necesita {required}",
        "feature": "el detalle más pequeño mide {required}, la herramienta de {machine} tiene {offered} de ancho",
        "feature-unknown": "no se sabe lo fino que trabaja {machine}, el detalle más pequeño mide {required}",
        "power": "el paso necesita {required}, {machine} tiene {offered}",
        "power-unknown": "no se conoce la potencia de {machine}, el paso necesita {required}",
        "pieces": "se piden {required} piezas, {machine} admite como máximo {offered}",
        "certificate": "se pide {required}, el lab de {machine} tiene {offered}",
        "nobody-trained": "nadie está formado para {machine} ese día",
        "nobody-trained-ever": "nadie está formado para {machine}",
        "access": "acceso al lab de {machine}: {offered}; abierto a usted: {required}",
        "access-unknown": "no se sabe quién puede usar {machine}",
    },
}


def word(kind: str, language: str) -> str:
    """Return what people call a kind of machine; what is not known as itself."""
    words = KINDS.get(kind, {})
    return words.get(language) or words.get("en", kind)


def sentence(
    key: str, *, machine: str, required: str, offered: str, language: str
) -> str:
    """Return the reason as a sentence; a language that is lacking is English."""
    known = language if language in SENTENCES else "en"
    return SENTENCES[known][key].format(
        machine=machine, required=required, offered=offered or NOTHING[known]
    )
