"""Why routing leaves an order out, and what would help, in four languages.

Routing tells it in English (`routing/joint`, `routing/scheduling`); each sentence is
known here by its exact words with gaps for what is told in them.
"""

from collections.abc import Mapping
from typing import Final

from orchestrator.planning.remedy_words import REMEDIES
from routing.matching.vocabulary import LANGUAGES

_SENTENCES: Final = (  # English, French, German, Spanish
    (
        "{left}; what helps: {remedy}",
        "{left} ; ce qui aide : {remedy}",
        "{left}; was hilft: {remedy}",
        "{left}; lo que ayuda: {remedy}",
    ),
    (
        "what it is made from, {part}, can't be brought: {left}",
        "ce dont il est fait, {part}, ne peut pas être apporté : {left}",
        "woraus es gemacht wird, {part}, kann nicht gebracht werden: {left}",
        "aquello de lo que se hace, {part}, no se puede traer: {left}",
    ),
    (
        "what it is for, {part}, is left out: {left}",
        "ce à quoi il sert, {part}, est laissé de côté : {left}",
        "wofür es ist, {part}, wird ausgelassen: {left}",
        "aquello para lo que es, {part}, queda fuera: {left}",
    ),
    (
        "the receiver opens {time} after the latest hand-over",
        "le destinataire ouvre {time} après la dernière remise possible",
        "der Empfänger öffnet {time} nach der spätesten Übergabe",
        "el destinatario abre {time} después de la última entrega posible",
    ),
    (
        "its tasks wait for each other",
        "ses tâches s'attendent les unes les autres",
        "seine Arbeiten warten aufeinander",
        "sus tareas se esperan unas a otras",
    ),
    (
        "no machine of the network can do task {task}",
        "aucune machine du réseau ne peut faire la tâche {task}",
        "keine Maschine des Netzes kann die Arbeit {task} machen",
        "ninguna máquina de la red puede hacer la tarea {task}",
    ),
    (
        "no machine can do task {task}",
        "aucune machine ne peut faire la tâche {task}",
        "keine Maschine kann die Arbeit {task} machen",
        "ninguna máquina puede hacer la tarea {task}",
    ),
    (
        "its pieces lie in {count} fabs: {labs}",
        "ses pièces se trouvent dans {count} labs : {labs}",
        "seine Stücke liegen in {count} Labs: {labs}",
        "sus piezas están en {count} labs: {labs}",
    ),
    (
        "no single fab has machines for all {count} tasks",
        "aucun lab n'a à lui seul les machines des {count} tâches",
        "kein Lab hat allein die Maschinen für alle {count} Arbeiten",
        "ningún lab tiene por sí solo las máquinas de las {count} tareas",
    ),
    (
        "no machine that can is open long enough: a task takes {least} or more, the "
        "longest free opening of any machine is {most}",
        "aucune machine qui le peut n'est ouverte assez longtemps : une tâche prend "
        "{least} ou plus, la plus longue plage libre est de {most}",
        "keine Maschine, die es kann, ist lange genug offen: eine Arbeit dauert {least} "
        "oder länger, die längste freie Zeit einer Maschine ist {most}",
        "ninguna máquina que puede está abierta lo suficiente: una tarea dura {least} o "
        "más, el hueco libre más largo es de {most}",
    ),
    (
        "no machine that can is open long enough: task {task} takes {least} or more, the "
        "longest free opening is {most}",
        "aucune machine qui le peut n'est ouverte assez longtemps : la tâche {task} prend "
        "{least} ou plus, la plus longue plage libre est de {most}",
        "keine Maschine, die es kann, ist lange genug offen: die Arbeit {task} dauert "
        "{least} oder länger, die längste freie Zeit ist {most}",
        "ninguna máquina que puede está abierta lo suficiente: la tarea {task} dura "
        "{least} o más, el hueco libre más largo es de {most}",
    ),
    (
        "the work by hand after task {task} takes {takes}, and nobody is there for so "
        "long once its machine is done",
        "le travail à la main après la tâche {task} prend {takes}, et personne n'est là "
        "assez longtemps une fois la machine libre",
        "die Handarbeit nach der Arbeit {task} dauert {takes}, und niemand ist so lange "
        "da, wenn die Maschine fertig ist",
        "el trabajo a mano después de la tarea {task} dura {takes}, y nadie está allí "
        "tanto tiempo cuando la máquina ha terminado",
    ),
    (
        "none of {count} couriers has a shift ahead",
        "aucun des {count} coursiers n'a de service à venir",
        "keiner von {count} Kurieren hat noch eine Schicht",
        "ninguno de {count} mensajeros tiene un turno por delante",
    ),
    (
        "{count} pieces of {grams} g in all are more than any courier can carry (at most "
        "{most} pieces)",
        "{count} pièces de {grams} g en tout, c'est plus qu'un coursier ne peut porter "
        "({most} pièces au plus)",
        "{count} Stück mit {grams} g zusammen sind mehr, als ein Kurier tragen kann "
        "(höchstens {most} Stück)",
        "{count} piezas de {grams} g en total son más de lo que puede llevar un mensajero "
        "({most} piezas como máximo)",
    ),
    (
        "there is no way from a fab to its place for any courier who could carry it",
        "aucun coursier qui pourrait le porter n'a de chemin d'un lab à sa destination",
        "kein Kurier, der es tragen könnte, hat einen Weg von einem Lab zum Ziel",
        "ningún mensajero que podría llevarlo tiene camino de un lab a su destino",
    ),
    (
        "it has no task left, and it is neither ready anywhere nor aboard",
        "il n'a plus de tâche, et il n'est ni prêt quelque part ni en route",
        "es hat keine Arbeit mehr und ist weder irgendwo fertig noch unterwegs",
        "no le queda ninguna tarea, y ni está listo en ningún sitio ni de camino",
    ),
    (
        "it takes {takes} of {material}, and the only lab that can make it, {lab}, has {there}",
        "il faut {takes} de {material}, et le seul lab qui peut le faire, {lab}, a {there}",
        "es braucht {takes} {material}, und das einzige Lab, das es kann, {lab}, hat {there}",
        "necesita {takes} de {material}, y el único lab que puede hacerlo, {lab}, tiene {there}",
    ),
    (
        "no lab that can make it has {takes} of {material}: {lab} lacks least, with {there}",
        "aucun lab qui peut le faire n'a {takes} de {material} : c'est à {lab} qu'il manque le moins, "
        "avec {there}",
        "kein Lab, das es kann, hat {takes} {material}: {lab} fehlt am wenigsten, mit {there}",
        "ningún lab que puede hacerlo tiene {takes} de {material}: a {lab} le falta menos, con {there}",
    ),
    (
        "{there} left of {whole}, the rest is for other orders",
        "{there} qui restent de {whole}, le reste est pour d'autres commandes",
        "{there} übrig von {whole}, der Rest ist für andere Bestellungen",
        "{there} que quedan de {whole}, el resto es para otros pedidos",
    ),
    (
        "courier {courier} has it, but has no way to its place",
        "le coursier {courier} l'a, mais n'a pas de chemin vers sa destination",
        "Kurier {courier} hat es, aber keinen Weg zum Ziel",
        "el mensajero {courier} lo tiene, pero no hay camino a su destino",
    ),
    (
        "by the quickest courier ({ride}) it would be there {late} after its latest time",
        "par le coursier le plus rapide ({ride}) il y serait {late} après l'heure limite",
        "mit dem schnellsten Kurier ({ride}) wäre es {late} nach der spätesten Zeit da",
        "con el mensajero más rápido ({ride}) llegaría {late} después de la hora límite",
    ),
    (
        "none of {count} couriers who could carry it is on shift when it is ready and can "
        "be there in time; the way takes {ride}",
        "aucun des {count} coursiers qui pourraient le porter n'est en service quand il "
        "est prêt et n'arriverait à temps ; le trajet prend {ride}",
        "keiner von {count} Kurieren, die es tragen könnten, hat Schicht, wenn es fertig "
        "ist, und wäre rechtzeitig da; der Weg dauert {ride}",
        "ninguno de {count} mensajeros que podrían llevarlo está de turno cuando está "
        "listo y llegaría a tiempo; el camino dura {ride}",
    ),
    (
        "{count} couriers could carry it, but with {others} other deliveries none can be "
        "there in time, or only at a price above its own",
        "{count} coursiers pourraient le porter, mais avec {others} autres livraisons "
        "aucun n'arriverait à temps, ou seulement à un prix au-dessus du sien",
        "{count} Kuriere könnten es tragen, aber mit {others} anderen Lieferungen wäre "
        "keiner rechtzeitig da, oder nur zu einem Preis über seinem eigenen",
        "{count} mensajeros podrían llevarlo, pero con otras {others} entregas ninguno "
        "llegaría a tiempo, o solo a un precio mayor que el suyo",
    ),
    (
        "there is no way from {lab} to its place",
        "il n'y a pas de chemin de {lab} à sa destination",
        "es gibt keinen Weg von {lab} zum Ziel",
        "no hay camino de {lab} a su destino",
    ),
    (
        "none of {count} couriers can carry {pieces} pieces of {grams} g and has a shift "
        "ahead; it waits in {lab}",
        "aucun des {count} coursiers ne peut porter {pieces} pièces de {grams} g et n'a "
        "de service à venir ; il attend à {lab}",
        "keiner von {count} Kurieren kann {pieces} Stück mit {grams} g tragen und hat noch "
        "eine Schicht; es wartet in {lab}",
        "ninguno de {count} mensajeros puede llevar {pieces} piezas de {grams} g y tiene "
        "un turno por delante; espera en {lab}",
    ),
    (
        "making and bringing it costs more than {price}, the price of leaving it out",
        "le faire et l'apporter coûte plus que {price}, le prix de le laisser de côté",
        "es zu machen und zu bringen kostet mehr als {price}, den Preis, es auszulassen",
        "hacerlo y llevarlo cuesta más que {price}, el precio de dejarlo fuera",
    ),
    (
        "making and bringing it and what it is made from costs more than {price}, the "
        "price of leaving all of it out",
        "le faire et l'apporter avec ce dont il est fait coûte plus que {price}, le prix "
        "de laisser le tout de côté",
        "es und woraus es gemacht wird zu machen und zu bringen kostet mehr als {price}, "
        "den Preis, alles auszulassen",
        "hacerlo y llevarlo con aquello de lo que se hace cuesta más que {price}, el "
        "precio de dejarlo todo fuera",
    ),
    (
        "no lab that may make its order has a machine for task {task}",
        "aucun lab qui peut faire sa commande n'a de machine pour la tâche {task}",
        "kein Lab, das seine Bestellung machen darf, hat eine Maschine für die Arbeit {task}",
        "ningún lab que puede hacer su pedido tiene una máquina para la tarea {task}",
    ),
    (
        "task {task} takes {area} mm² and is {height} mm high, the beds hold at most "
        "{room} mm² and {most} mm",
        "la tâche {task} prend {area} mm² et fait {height} mm de haut, les plateaux ont au "
        "plus {room} mm² et {most} mm",
        "die Arbeit {task} braucht {area} mm² und ist {height} mm hoch, die Betten haben "
        "höchstens {room} mm² und {most} mm",
        "la tarea {task} ocupa {area} mm² y mide {height} mm de alto, las camas tienen como "
        "máximo {room} mm² y {most} mm",
    ),
    (
        "nobody is in {labs} to give out what is made",
        "personne n'est à {labs} pour remettre ce qui est fait",
        "niemand ist in {labs}, um herauszugeben, was gemacht ist",
        "nadie está en {labs} para entregar lo que se hace",
    ),
    (
        "task {task} needs somebody in {lab} {who}, and there is nobody",
        "la tâche {task} demande quelqu'un à {lab} {who}, et il n'y a personne",
        "die Arbeit {task} braucht jemanden in {lab}, {who}, und es ist niemand da",
        "la tarea {task} necesita a alguien en {lab} {who}, y no hay nadie",
    ),
    (
        "nobody {who} is in {lab} for {time} in a row while the machine is free for task "
        "{task} (at most {most} in all)",
        "personne {who} n'est à {lab} pendant {time} de suite quand la machine est libre "
        "pour la tâche {task} ({most} au plus en tout)",
        "niemand, {who}, ist {time} am Stück in {lab}, während die Maschine für die Arbeit "
        "{task} frei ist (höchstens {most} insgesamt)",
        "nadie {who} está en {lab} durante {time} seguidos mientras la máquina está libre "
        "para la tarea {task} ({most} como máximo en total)",
    ),
    (
        "trained for {training}",
        "qui est formé pour {training}",
        "für {training} eingewiesen",
        "que esté formado para {training}",
    ),
    ("who works there", "qui y travaille", "der dort arbeitet", "que trabaje allí"),
    (
        "task {task} takes {grams} g of {material}, {lab} has {there} g of it while a "
        "machine is free",
        "la tâche {task} demande {grams} g de {material}, {lab} en a {there} g quand une "
        "machine est libre",
        "die Arbeit {task} braucht {grams} g {material}, {lab} hat {there} g davon, während "
        "eine Maschine frei ist",
        "la tarea {task} necesita {grams} g de {material}, {lab} tiene {there} g mientras "
        "una máquina está libre",
    ),
    (
        "it could be done, but task {task} of its order could not",
        "cela pourrait se faire, mais pas la tâche {task} de sa commande",
        "es ginge, aber nicht die Arbeit {task} derselben Bestellung",
        "se podría hacer, pero no la tarea {task} de su pedido",
    ),
    (
        "even alone it would be there {late} after its latest time",
        "même seul, il y serait {late} après l'heure limite",
        "selbst allein wäre es {late} nach der spätesten Zeit da",
        "incluso solo llegaría {late} después de la hora límite",
    ),
    (
        "each of its {count} tasks can be done somewhere, but no lab can do them all and "
        "none of those who can are joined by transfers",
        "chacune de ses {count} tâches peut se faire quelque part, mais aucun lab ne les "
        "fait toutes, et rien ne relie ceux qui le peuvent",
        "jede seiner {count} Arbeiten geht irgendwo, aber kein Lab kann alle, und die es "
        "können, sind durch keinen Transport verbunden",
        "cada una de sus {count} tareas se puede hacer en algún sitio, pero ningún lab las "
        "hace todas y nada une a los que pueden",
    ),
    (
        "its tasks fit into no opening of the machines one after the other",
        "ses tâches l'une après l'autre n'entrent dans aucune plage des machines",
        "seine Arbeiten passen nacheinander in keine Öffnungszeit der Maschinen",
        "sus tareas una tras otra no caben en ningún horario de las máquinas",
    ),
    (
        "its tasks fit into no opening of the machines one after the other, set-ups "
        "included",
        "ses tâches l'une après l'autre n'entrent dans aucune plage des machines, réglages "
        "compris",
        "seine Arbeiten passen nacheinander in keine Öffnungszeit der Maschinen, das "
        "Rüsten eingerechnet",
        "sus tareas una tras otra no caben en ningún horario de las máquinas, con la "
        "preparación incluida",
    ),
    (
        "until they close",
        "jusqu'à leur fermeture",
        "bis sie schließen",
        "hasta que cierran",
    ),
    (
        "so that it would be there {late} after its latest time",
        "si bien qu'il y serait {late} après l'heure limite",
        "sodass es {late} nach der spätesten Zeit da wäre",
        "de modo que llegaría {late} después de la hora límite",
    ),
    (
        "other orders take what there is of {material}, {when}",
        "d'autres commandes prennent ce qu'il y a de {material}, {when}",
        "andere Bestellungen nehmen, was es an {material} gibt, {when}",
        "otros pedidos se llevan lo que hay de {material}, {when}",
    ),
    (
        "there is room on the machines, but not for setting them up for {material} as "
        "well, {when}",
        "il y a de la place sur les machines, mais pas pour les régler aussi pour "
        "{material}, {when}",
        "auf den Maschinen ist Platz, aber nicht, um sie auch noch für {material} zu "
        "rüsten, {when}",
        "hay sitio en las máquinas, pero no para prepararlas además para {material}, {when}",
    ),
    (
        "the machines have room only while nobody who knows how is there, {when}",
        "les machines n'ont de la place que quand personne qui sait s'en servir n'est là, "
        "{when}",
        "die Maschinen haben nur Platz, während niemand da ist, der sie bedienen kann, "
        "{when}",
        "las máquinas solo tienen sitio cuando no hay nadie que sepa usarlas, {when}",
    ),
    (
        "the machines that can are taken by other orders, {when}",
        "les machines qui le peuvent sont prises par d'autres commandes, {when}",
        "die Maschinen, die es können, sind von anderen Bestellungen belegt, {when}",
        "las máquinas que pueden están ocupadas por otros pedidos, {when}",
    ),
    (
        "making it costs more than {price}, the price of leaving it out",
        "le faire coûte plus que {price}, le prix de le laisser de côté",
        "es zu machen kostet mehr als {price}, den Preis, es auszulassen",
        "hacerlo cuesta más que {price}, el precio de dejarlo fuera",
    ),
)
LEFT_OUT: Final[Mapping[str, Mapping[str, str]]] = {
    told[0]: dict(zip(LANGUAGES, told, strict=True))
    for told in (*_SENTENCES, *REMEDIES)
}
