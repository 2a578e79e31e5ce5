"""Planning's own reasons in four languages: why a machine, a lab or a courier is passed
over, and why an order waits. The matcher's are in `routing/matching/words.py`."""

from collections.abc import Mapping
from typing import Final


def _in(en: str, fr: str, de: str, es: str) -> Mapping[str, str]:
    return {"en": en, "fr": fr, "de": de, "es": es}


REASONS: Final[Mapping[str, Mapping[str, str]]] = {
    "withdrawn": _in(
        "{machine} was taken out of service",
        "{machine} a été mise hors service",
        "{machine} wurde außer Dienst genommen",
        "{machine} se ha retirado del servicio",
    ),
    "offline": _in(
        "{machine}: the computer of {lab} is silent",
        "{machine} : l'ordinateur de {lab} ne répond pas",
        "{machine}: der Computer von {lab} schweigt",
        "{machine}: el ordenador de {lab} no responde",
    ),
    "offline-since": _in(
        "{machine}: the computer of {lab} is silent since {since}",
        "{machine} : l'ordinateur de {lab} ne répond plus depuis {since}",
        "{machine}: der Computer von {lab} schweigt seit {since}",
        "{machine}: el ordenador de {lab} no responde desde {since}",
    ),
    "board-offline": _in(
        "{machine} does not answer its computer",
        "{machine} ne répond pas à son ordinateur",
        "{machine} antwortet ihrem Computer nicht",
        "{machine} no responde a su ordenador",
    ),
    "alarm": _in(
        "{machine} is in alarm: {told}",
        "{machine} est en alarme : {told}",
        "{machine} meldet einen Alarm: {told}",
        "{machine} está en alarma: {told}",
    ),
    "alarm-untold": _in(
        "{machine} is in alarm: no reason told",
        "{machine} est en alarme sans dire pourquoi",
        "{machine} meldet einen Alarm und sagt nicht, warum",
        "{machine} está en alarma y no dice por qué",
    ),
    "unknown": _in(
        "{machine} waits for a person to look at its last job",
        "{machine} attend que quelqu'un regarde son dernier travail",
        "{machine} wartet, bis jemand nach ihrem letzten Auftrag sieht",
        "{machine} espera a que alguien mire su último trabajo",
    ),
    "closed": _in(
        "{lab} has no opening hours",
        "{lab} n'a pas d'heures d'ouverture",
        "{lab} hat keine Öffnungszeiten",
        "{lab} no tiene horario de apertura",
    ),
    "nobody-trained": _in(
        "nobody in {lab} is trained for {machine}",
        "à {lab}, personne n'est formé pour {machine}",
        "in {lab} ist niemand für {machine} eingewiesen",
        "en {lab} nadie está formado para {machine}",
    ),
    "not-cleared": _in(
        "{machine} waits since {since} for somebody to clear it",
        "{machine} attend depuis {since} que quelqu'un la vide",
        "{machine} wartet seit {since}, dass jemand sie ausräumt",
        "{machine} espera desde {since} a que alguien la vacíe",
    ),
    "material-low": _in(
        "{machine} has {left} of {material} left, a run takes {needed}",
        "{machine} a encore {left} de {material}, un passage en demande {needed}",
        "{machine} hat noch {left} {material}, ein Durchgang braucht {needed}",
        "a {machine} le quedan {left} de {material}, una pasada necesita {needed}",
    ),
    "material-short": _in(
        "{lab} has {left} of {material}, the order takes {needed}",
        "{lab} a {left} de {material}, la commande en demande {needed}",
        "{lab} hat {left} {material}, die Bestellung braucht {needed}",
        "{lab} tiene {left} de {material}, el pedido necesita {needed}",
    ),
    "other-machine": _in(
        "1 machine of other processes, not {processes}",
        "1 machine d'autres procédés, pas {processes}",
        "1 Maschine anderer Verfahren, nicht {processes}",
        "1 máquina de otros procesos, no {processes}",
    ),
    "other-machines": _in(
        "{count} machines of other processes, not {processes}",
        "{count} machines d'autres procédés, pas {processes}",
        "{count} Maschinen anderer Verfahren, nicht {processes}",
        "{count} máquinas de otros procesos, no {processes}",
    ),
    "courier-out": _in(
        "{courier} is out",
        "{courier} est hors service",
        "{courier} fällt aus",
        "{courier} está de baja",
    ),
    "courier-off-shift": _in(
        "{courier} is not on shift",
        "{courier} n'est pas en service",
        "{courier} hat keine Schicht",
        "{courier} no está de turno",
    ),
    "courier-shift-ended": _in(
        "the shift of {courier} ended at {ended}",
        "le service de {courier} s'est terminé à {ended}",
        "die Schicht von {courier} endete um {ended}",
        "el turno de {courier} terminó a las {ended}",
    ),
    "courier-away": _in(
        "1 courier is not on shift",
        "1 coursier n'est pas en service",
        "1 Kurier hat keine Schicht",
        "1 mensajero no está de turno",
    ),
    "couriers-away": _in(
        "{count} couriers are not on shift",
        "{count} coursiers ne sont pas en service",
        "{count} Kuriere haben keine Schicht",
        "{count} mensajeros no están de turno",
    ),
    "no-machine": _in(
        "no machine can make {step} now: {reasons}",
        "aucune machine ne peut faire {step} maintenant : {reasons}",
        "keine Maschine kann {step} jetzt machen: {reasons}",
        "ninguna máquina puede hacer {step} ahora: {reasons}",
    ),
    "does-not": _in(
        "1 machine, none does {process}",
        "1 machine, elle ne fait pas {process}",
        "1 Maschine, sie kann {process} nicht",
        "1 máquina, no hace {process}",
    ),
    "none-does": _in(
        "{count} machines, none does {process}",
        "{count} machines, aucune ne fait {process}",
        "{count} Maschinen, keine kann {process}",
        "{count} máquinas, ninguna hace {process}",
    ),
    "none-there": _in(
        "there is none",
        "il n'y en a pas",
        "es gibt keine",
        "no hay ninguna",
    ),
    "keeps-failing": _in(
        "run {run} of {step} went wrong {count} times: somebody must look at the design "
        "or the machines",
        "le passage {run} de {step} a échoué {count} fois : quelqu'un doit regarder le "
        "modèle ou les machines",
        "Durchgang {run} von {step} ging {count}-mal schief: jemand muss nach dem Entwurf "
        "oder den Maschinen sehen",
        "la pasada {run} de {step} falló {count} veces: alguien tiene que mirar el diseño "
        "o las máquinas",
    ),
    "part-comes-back": _in(
        "part {part} is on its way back to its lab",
        "la partie {part} est en route vers son lab",
        "Teil {part} ist auf dem Rückweg zu seinem Lab",
        "la parte {part} vuelve a su lab",
    ),
    "part-set-aside": _in(
        "part {part} is set aside: a steward must look at it",
        "la partie {part} est mise de côté : un responsable doit la regarder",
        "Teil {part} ist beiseitegelegt: eine Verwalterin muss danach sehen",
        "la parte {part} está apartada: un responsable tiene que mirarla",
    ),
    "part-elsewhere": _in(
        "part {part} is with a courier of another cell",
        "la partie {part} est chez un coursier d'une autre cellule",
        "Teil {part} ist bei einem Kurier einer anderen Zelle",
        "la parte {part} la lleva un mensajero de otra célula",
    ),
    "only-the-next-lab": _in(
        "only the lab of the steps after it can make {step}",
        "seul le lab des étapes suivantes peut faire {step}",
        "nur das Lab der Schritte danach kann {step} machen",
        "solo el lab de los pasos siguientes puede hacer {step}",
    ),
    "not-where-it-comes": _in(
        "{lab}, where its part is brought, can't make {step} now",
        "{lab}, où sa partie est apportée, ne peut pas faire {step} maintenant",
        "{lab}, wohin das Teil gebracht wird, kann {step} jetzt nicht machen",
        "{lab}, adonde se lleva su parte, no puede hacer {step} ahora",
    ),
    "set-aside": _in(
        "planning can't deal with this order as it stands: a steward must look at it",
        "la planification ne peut rien faire de cette commande telle qu'elle est : un "
        "responsable doit la regarder",
        "die Planung kann mit dieser Bestellung so nichts anfangen: eine Verwalterin muss "
        "danach sehen",
        "la planificación no puede con este pedido tal como está: un responsable tiene que "
        "mirarlo",
    ),
    "not-planned-there": _in(
        "it is not planned on {machine} any more",
        "il n'est plus prévu sur {machine}",
        "er ist nicht mehr für {machine} geplant",
        "ya no está previsto en {machine}",
    ),
    "waits-for-part": _in(
        "it waits for part {part}",
        "il attend la partie {part}",
        "er wartet auf Teil {part}",
        "espera la parte {part}",
    ),
    "step-before": _in(
        "a step before it is not made yet",
        "une étape qui le précède n'est pas encore faite",
        "ein Schritt davor ist noch nicht gemacht",
        "un paso anterior no está hecho todavía",
    ),
    "no-time": _in(
        "{machine} has no time for it within two days, or its lab too little material",
        "{machine} n'a pas de temps pour lui d'ici deux jours, ou son lab trop peu de "
        "matière",
        "{machine} hat in den nächsten zwei Tagen keine Zeit dafür, oder ihr Lab zu wenig "
        "Material",
        "{machine} no tiene tiempo para él en dos días, o su lab muy poco material",
    ),
}
OR: Final = _in(" or ", " ou ", " oder ", " o ")
