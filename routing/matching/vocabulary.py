"""The process vocabulary as data: one line a process, in the order of the tree.

Columns: code, parents, Wikipedia articles (English titles), Wikidata item, then names in
English, French, German and Spanish, the usual one first. Codes without a dash that TsDC
has (3DP, ASM, CIR, CNC, LAS, MEC, PCB, WEL) are TsDC's; all others are ours. No name
stands twice: one that means two processes belongs to what both are, or to neither.
"""

from typing import Final

LANGUAGES: Final = ("en", "fr", "de", "es")

# fmt: off
TABLE: Final = """
3DP          |         | 3D_printing | Q229367 | 3D printing, 3D print, 3D printer, additive manufacturing, 3D printers, 3Dprinter, 3Dprinting, three D printing, delta 3D printer | impression 3D, imprimante 3D, fabrication additive, impression en 3D, imprimantes 3D | 3D-Druck, 3D-Drucker, additive Fertigung, 3D-Drucken, Drucken in 3D | impresión 3D, impresora 3D, fabricación aditiva, impresoras 3D, impresión en 3D
3DP-FDM      | 3DP     | Fused_filament_fabrication, Fused_deposition_modeling | | FDM, FFF, fused filament fabrication, fused deposition modeling, fused deposition modelling, FDM printing, FDM 3D printing, FFF printing, FDM printer, FDM 3D printer, FDM desktop 3D printer, fused deposition | dépôt de fil fondu, dépôt de matière fondue, impression FDM, imprimante FDM, impression par dépôt de fil | Schmelzschichtung, FDM-Druck, FDM-Drucker, FFF-Druck, Filamentdruck, Filamentdrucker | modelado por deposición fundida, fabricación con filamento fundido, impresora FDM, impresión FDM
3DP-VAT      | 3DP     | Vat_polymerization | | vat photopolymerization, vat photopolymerisation, vat polymerization, resin printing, resin 3D printing, resin printer, resin 3D printer | photopolymérisation en cuve, impression résine, imprimante résine, imprimante 3D résine, impression 3D résine | Harzdruck, badbasierte Photopolymerisation, Harzdrucker, Resin-Druck, Resin-Drucker | fotopolimerización en tanque, impresión con resina, impresora de resina, impresión 3D con resina
3DP-SLA      | 3DP-VAT | Stereolithography | | SLA, stereolithography, SLA printing, SLA 3D printing, stereolitography, SLA printer, SLA 3D printer | stéréolithographie, imprimante SLA | Stereolithografie, Stereolithographie, SLA-Druck, SLA-Drucker | estereolitografía, impresora SLA
3DP-MSLA     | 3DP-SLA | | | MSLA, masked stereolithography, LCD printing, LCD 3D printing | stéréolithographie masquée | maskierte Stereolithografie | estereolitografía enmascarada
3DP-DLP      | 3DP-VAT | | | DLP, digital light processing, DLP printing, DLP 3D printing, DLP printer, DLP 3D printer | traitement numérique de la lumière, imprimante DLP | digitale Lichtverarbeitung, DLP-Druck, DLP-Drucker | procesamiento digital de luz, impresora DLP
3DP-SLS      | 3DP     | Selective_laser_sintering | | SLS, selective laser sintering, SLS printing, SLS 3D printing, SLS printer, SLS 3D printer | frittage sélectif par laser, frittage laser, imprimante SLS | selektives Lasersintern, Lasersintern, SLS-Druck, SLS-Drucker | sinterizado selectivo por láser, sinterizado láser, impresora SLS
3DP-SLM      | 3DP     | Selective_laser_melting, Direct_metal_laser_sintering | | SLM, selective laser melting, DMLS, direct metal laser sintering, laser powder bed fusion of metal | fusion sélective par laser | selektives Laserschmelzen | fusión selectiva por láser
3DP-MJF      | 3DP     | Multi_Jet_Fusion | | MJF, multi jet fusion | fusion multi-jets | Multi-Jet-Fusion | fusión multichorro
3DP-BIN      | 3DP     | Powder_bed_and_inkjet_head_3D_printing | | binder jetting, colour jet printing, CJP, binder jet, binderjet | projection de liant, jet de liant | Binder-Jetting | inyección de aglutinante
3DP-MJT      | 3DP     | | | material jetting, PolyJet | projection de matière | Material-Jetting | inyección de material
3DP-CLY      | 3DP     | | | clay 3D printing, ceramic paste printing | impression 3D céramique, impression 3D argile | keramischer 3D-Druck, Ton-3D-Druck | impresión 3D de arcilla
MAC          |         | Machining, Subtractive_manufacturing | | machining, subtractive manufacturing | usinage | spanende Fertigung, Zerspanung | mecanizado
MAC-PRE      | MAC     | | | precision machining | usinage de précision | Präzisionsbearbeitung | mecanizado de precisión
MIL          | MAC     | Milling_(machining) | | milling, milling machine, mill, milling machines, manual milling, manual milling machine | fraisage, fraiseuse, fraiseuse manuelle, fraiseuse conventionnelle | Fräsen, Fräsmaschine, Fräse, konventionelles Fräsen | fresado, fresadora, fresadora manual, fresadora convencional
MIL-PRE      | MIL, MAC-PRE | | | precision milling, precision mill | fraisage de précision, fraiseuse de précision | Präzisionsfräsen, Präzisionsfräse | fresado de precisión, fresadora de precisión
TUR          | MAC     | Turning, Lathe, Metal_lathe | | turning, lathe, lathe machine, manual lathe, metal lathe | tournage, tour, tour à métaux, tour conventionnel | Drehen, Drehmaschine, Drehbank, Metalldrehbank, Drehmaschinen | torneado, torno, torno para metal, torno mecánico, torno manual
TUR-WOO      | TUR     | Woodturning | | woodturning, wood turning, wood lathe | tournage sur bois, tour à bois, tour bois | Drechseln, Drechselbank, Holzdrehbank, Drechselmaschine | torneado de madera, torno para madera, torno de madera
CNC          | MAC     | Numerical_control, Computer_numerical_control | | CNC, CNC machining, computer numerical control, CNC machine, desktop CNC | commande numérique, usinage CNC, usinage à commande numérique, machine CNC, machine à commande numérique | CNC-Bearbeitung, CNC-Fertigung, CNC-Maschine | mecanizado CNC, control numérico, máquina CNC
CNC-MIL      | CNC, MIL | CNC_mill | | CNC milling, CNC mill, milling machine with CNC, CNC milling machine, milling CNC, CNC carving | fraisage CNC, fraiseuse CNC, fraisage numérique, fraiseuse numérique, fraiseuse à commande numérique, fraisage à commande numérique | CNC-Fräsen, CNC-Fräse, CNC-Fräsmaschine, CNC-gesteuerte Fräse | fresado CNC, fresadora CNC, fresadora de control numérico, máquina fresadora CNC
CNC-MIL-3AX  | CNC-MIL | | | 3-axis CNC milling, three-axis milling, 3-axis milling, 3-axis mill | fraisage 3 axes, fraiseuse 3 axes | 3-Achs-Fräsen, 3-Achs-Fräse | fresado de 3 ejes, fresadora de 3 ejes
CNC-MIL-5AX  | CNC-MIL-3AX | | | 5-axis CNC milling, five-axis milling, 5-axis milling, 5-axis mill | fraisage 5 axes, fraiseuse 5 axes | 5-Achs-Fräsen, 5-Achs-Fräse | fresado de 5 ejes, fresadora de 5 ejes
CNC-MIL-PRE  | CNC-MIL, MIL-PRE | | | precision CNC milling | fraisage CNC de précision | CNC-Präzisionsfräsen | fresado CNC de precisión
CNC-TUR      | CNC, TUR | CNC_lathe | | CNC turning, CNC lathe, lathe CNC | tournage CNC, tour CNC, tour numérique, tour à commande numérique | CNC-Drehen, CNC-Drehmaschine, CNC-Drehbank | torneado CNC, torno CNC, torno de control numérico
CNC-TUR-WOO  | CNC-TUR, TUR-WOO | | | CNC woodturning, CNC wood lathe, wood lathe CNC machine | tour à bois CNC | CNC-Drechseln, CNC-Drechselbank | torno CNC para madera
CNC-ROU      | CNC-MIL-3AX | CNC_router, CNC_wood_router | | CNC routing, CNC router, CNC routers, CNC wood router, CNC wood routing | défonceuse CNC, défonçage CNC, défonceuse numérique, défonceuse à commande numérique | CNC-Oberfräse, CNC-Portalfräse, CNC-Oberfräsen, CNC-Holzfräse, Portalfräse | router CNC, fresadora router CNC, ruteado CNC, ruteadora CNC, fresadora CNC para madera
DRI          | MAC     | Drilling | | drilling, drill press, drill, drilling machine, pillar drill | perçage, perceuse à colonne, perceuse | Bohren, Ständerbohrmaschine, Bohrmaschine, Tischbohrmaschine, Säulenbohrmaschine | taladrado, taladro de columna, taladradora, taladro
GRI          | MAC     | Grinding_(abrasive_cutting) | | grinding | rectification, meulage | Schleifen | rectificado, amolado
EDM          | MAC     | Electrical_discharge_machining | | EDM, electrical discharge machining, spark erosion | électroérosion, usinage par électroérosion | Funkenerosion, Erodieren | electroerosión
EDM-WIR      | EDM     | | | wire EDM, wire erosion | électroérosion à fil, découpe par fil | Drahterodieren | electroerosión por hilo
LAS          |         | Laser_beam_machining | | laser, laser processing, laser beam machining | travail au laser | Laserbearbeitung | procesado por láser
LAS-CUT      | LAS     | Laser_cutting, Laser_cutter | | laser cutting, laser cut, laser cutter, lasercut, laser cutting machine, CO2 laser cutter, CO2 laser cutting, laser cutters | découpe laser, découpeuse laser, découpe au laser, découpeur laser, coupe laser, découpe par laser | Laserschneiden, Lasercutter, Laserschneider, Laserschnitt, Lasercutten, Laserschneidemaschine, CO2-Lasercutter | corte láser, cortadora láser, corte por láser, cortador láser, máquina de corte láser
LAS-ENG      | LAS     | Laser_engraving | | laser engraving, laser engraver, laser marking, laser engraving machine, fiber engraving, fiber laser engraving, fibre laser engraving | gravure laser, graveuse laser, gravure au laser, marquage laser | Lasergravur, Lasergravieren, Lasergravierer, Lasermarkieren, Lasergravurmaschine | grabado láser, grabadora láser, marcado láser, grabado con láser
LAS-CUT-ENG  | LAS-CUT, LAS-ENG | | | laser cutting and engraving, laser engraving and cutting, laser engraving cutting, laser engraver cutter, laser engraver and cutter | découpe et gravure laser, gravure et découpe laser | Laserschneiden und -gravieren, Laserschneiden und Gravieren | corte y grabado láser, grabado y corte láser
CUT          |         | Cutting | | cutting | découpe | Schneiden, Trennen | corte
CUT-VIN      | CUT     | Vinyl_cutter, Cutting_plotter | | vinyl cutting, vinyl cutter, knife plotting, knife cutting, cutting plotter, vinyl cut, vinyl cutters, vinyl plotter, cutting ploter, vinyl cutter plotter | découpe vinyle, découpeuse vinyle, plotter de découpe, traceur de découpe, découpe de vinyle, découpeuse de vinyle | Folienschneiden, Schneideplotter, Schneidplotter, Folienplotter, Vinylschneiden, Vinylcutter, Vinylschneider, Folienschneider, Folienplotten | corte de vinilo, cortadora de vinilo, plóter de corte, plotter de corte, cortadora vinilo, corte vinilo
CUT-PLA      | CUT     | Plasma_cutting, Plasma_cutter | | plasma cutting, plasma cutter, plasma cut, CNC plasma, CNC plasma cutting | découpe plasma, découpeuse plasma, découpe au plasma | Plasmaschneiden, Plasmaschneider, Plasmaschnitt | corte por plasma, cortadora de plasma, corte plasma
CUT-WAT      | CUT     | Water_jet_cutter, Water_jet_cutting | | water jet cutting, waterjet cutting, water jet, waterjet, water jet cutter, waterjet cutter | découpe jet d'eau, découpe au jet d'eau, découpeuse jet d'eau | Wasserstrahlschneiden, Wasserstrahlschneider, Wasserstrahl | corte por chorro de agua, corte con agua, cortadora por chorro de agua
CUT-OXY      | CUT     | | | oxy-fuel cutting, flame cutting | oxycoupage | Brennschneiden, Autogenschneiden | oxicorte
CUT-SAW      | CUT     | Saw, Sawing | | sawing, saw, band saw, bandsaw, table saw, miter saw, mitre saw, circular saw, jigsaw, scroll saw | sciage, scie, scie à ruban, scie circulaire, scie sauteuse, scie à onglet, scie à chantourner | Sägen, Säge, Bandsäge, Kreissäge, Tischkreissäge, Stichsäge, Kappsäge, Dekupiersäge | aserrado, sierra, sierra de cinta, sierra circular, sierra caladora, sierra de mesa
CUT-SHE      | CUT     | Shearing_(manufacturing) | | shearing, guillotine shear | cisaillage | Scherschneiden, Abscheren | cizallado
CUT-WIR      | CUT     | Hot-wire_foam_cutter | | hot wire cutting, hot-wire foam cutting, foam cutting, hot wire cutter, hotwire cutter, hotwire, hot wire, foam cutter, foamcutter, styrofoam cutter | découpe au fil chaud, fil chaud, découpeuse à fil chaud, découpe polystyrène | Heißdrahtschneiden, Heißdrahtschneider, Styroporschneiden, Styroporschneider | corte con hilo caliente, cortadora de hilo caliente, corte de poliestireno
CUT-DIE      | CUT     | Die_cutting_(web) | | die cutting | découpe à l'emporte-pièce | Stanzen | troquelado
CIR          |         | Electronic_circuit | | electronic circuitry, electronic circuit, circuitry | circuit électronique | elektronische Schaltung | circuito electrónico
PCB          |         | Printed_circuit_board | | PCB, printed circuit board, circuit board, circuit production, PCB production | circuit imprimé, production de circuits | Leiterplatte, Platine, Platinenherstellung | placa de circuito impreso, circuito impreso, producción de circuitos
PCB-FAB      | PCB     | | | PCB fabrication, PCB manufacturing, circuit board fabrication | fabrication de circuits imprimés | Leiterplattenfertigung, Leiterplattenherstellung | fabricación de circuitos impresos
PCB-FAB-MIL  | PCB-FAB | | | PCB milling, circuit board milling, PCB milling machine, PCB mill | gravure anglaise, fraisage de circuits imprimés, fraiseuse de circuits imprimés | Leiterplattenfräsen, Isolationsfräsen, Leiterplattenfräse, Platinenfräse | fresado de circuitos impresos, fresadora de circuitos impresos
PCB-FAB-ETC  | PCB-FAB | | | PCB etching, circuit board etching | gravure chimique de circuits imprimés | Leiterplattenätzen | grabado químico de circuitos impresos
ASM          |         | Assembly_line | | assembly, assembling | assemblage, montage | Montage, Zusammenbau | ensamblaje, montaje
MEC          | ASM     | | | mechanical assembly | assemblage mécanique | mechanische Montage | ensamblaje mecánico
ASM-ELE      | ASM     | Electronics_manufacturing | | electronics assembly, electronic assembly, electronics manufacturing | assemblage électronique | Elektronikmontage, Elektronikfertigung | ensamblaje electrónico
PCB-ASM      | ASM-ELE | | | PCB assembly, PCBA, circuit board assembly | assemblage de circuits imprimés | Leiterplattenbestückung | ensamblaje de circuitos impresos
PCB-ASM-SMT  | PCB-ASM | Surface-mount_technology | | SMT, SMD assembly, surface-mount technology, surface mount assembly, pick and place, SMD, SMT assembly, SMD placement, pick and place machine | montage en surface, pose de composants CMS, montage CMS | Oberflächenmontage, SMD-Bestückung, SMT-Bestückung, SMD-Bestücker | montaje superficial, montaje SMD
PCB-ASM-THT  | PCB-ASM | Through-hole_technology | | THT, through-hole assembly, through-hole technology, THT assembly | montage traversant, montage THT | Durchsteckmontage, THT-Bestückung | montaje de orificio pasante, montaje THT
WEL          |         | Welding | | welding, weld, welder, welding machine | soudage, soudure à l'arc ou au gaz | Schweißen, Schweißgerät, Schweißmaschine | soldadura por fusión, soldeo
WEL-ARC      | WEL     | Arc_welding | | arc welding, arc welder | soudage à l'arc, poste à souder à l'arc | Lichtbogenschweißen | soldadura por arco
WEL-MIG      | WEL-ARC | Gas_metal_arc_welding | | MIG welding, MAG welding, MIG, GMAW, gas metal arc welding | soudage MIG, soudage MAG | MIG-Schweißen, MAG-Schweißen, Metallschutzgasschweißen | soldadura MIG, soldadura MAG
WEL-TIG      | WEL-ARC | Gas_tungsten_arc_welding | | TIG welding, TIG, GTAW, gas tungsten arc welding | soudage TIG | WIG-Schweißen, Wolfram-Inertgasschweißen | soldadura TIG
WEL-MMA      | WEL-ARC | Shielded_metal_arc_welding | | stick welding, MMA welding, SMAW, shielded metal arc welding | soudage à l'électrode enrobée | Elektrodenschweißen, Lichtbogenhandschweißen | soldadura con electrodo revestido
WEL-GAS      | WEL     | Oxy-fuel_welding_and_cutting | | oxy-fuel welding, gas welding | soudage oxyacétylénique | Gasschweißen, Autogenschweißen | soldadura oxiacetilénica
WEL-SPO      | WEL     | Spot_welding | | spot welding, resistance spot welding | soudage par points | Punktschweißen | soldadura por puntos
BRA          |         | Brazing | | brazing, silver brazing, torch brazing | brasage fort | Hartlöten | soldadura fuerte
SOL          |         | Soldering | | soldering, solder, hand soldering, soldering iron, soldering station | brasage tendre, brasage à l'étain, fer à souder, soudure à l'étain | Weichlöten, Lötstation, Lötkolben, Handlöten | soldadura blanda, soldadura con estaño, cautín, soldadura de estaño
SOL-REF      | SOL     | Reflow_soldering | | reflow soldering, reflow oven, SMD soldering | brasage par refusion, four de refusion | Reflow-Löten, Reflowofen, SMD-Löten | soldadura por refusión, horno de refusión
GLU          |         | Adhesive_bonding | | gluing, adhesive bonding | collage | Kleben | encolado, unión adhesiva
RIV          |         | Rivet | | riveting | rivetage | Nieten | remachado
FRM-SHT      |         | Sheet_metal, Sheet_metal_forming | | sheet metal forming, sheet metal, sheet metal working | tôlerie, formage de tôle | Blechumformung, Blechbearbeitung | conformado de chapa
FRM-BEN      |         | Bending_(metalworking) | | bending, sheet bending, bending machine, press brake | pliage, cintrage, plieuse, plieuse à tôle, cintreuse | Biegen, Abkanten, Abkantbank, Biegemaschine | plegado, doblado, plegadora, dobladora
FRM-FOR      |         | Forging | | forging, blacksmithing | forgeage, forge | Schmieden | forja
FRM-THE      |         | Thermoforming | | thermoforming, thermoform, thermoformer | thermoformage, thermoformeuse | Thermoformen, Warmformen, Thermoformer | termoformado, termoformadora, termoformar
FRM-VAC      | FRM-THE | Vacuum_forming | | vacuum forming, vacuum former, vacuum forming machine | formage sous vide, thermoformage sous vide, formeuse sous vide | Vakuumtiefziehen, Vakuumformen, Vakuumformmaschine | moldeo al vacío, termoformado al vacío, formado al vacío
FRM-EXT      |         | Extrusion | | extrusion | extrusion de profilés | Extrusion von Profilen | extrusión
MOL-INJ      |         | Injection_moulding, Injection_molding | | injection moulding, injection molding | moulage par injection, injection plastique | Spritzgießen, Spritzguss | moldeo por inyección
CAS          |         | Casting | | casting | fonderie, coulée | Gießen | fundición, colada
CAS-SIL      | CAS     | | | silicone mould casting, resin casting | coulée de résine | Gießharzguss, Harzguss | colada de resina
HEA          |         | Heat_treating, Heat_treatment | | heat treatment, heat treating | traitement thermique | Wärmebehandlung | tratamiento térmico
HEA-ANN      | HEA     | Annealing_(materials_science), Annealing_(metallurgy) | | annealing | recuit | Glühen | recocido
HEA-QUE      | HEA     | Quenching | | quenching | trempe | Abschrecken | temple
HEA-TEM      | HEA     | Tempering_(metallurgy) | | tempering | revenu | Anlassen | revenido
KIL          |         | Kiln | | kiln firing, firing, ceramic firing, kiln, ceramic kiln, pottery kiln | cuisson céramique, four céramique, four à céramique | Keramikbrand, Brennen, Brennofen, Keramikofen, Keramikbrennofen | cocción cerámica, horno cerámico, horno de cerámica
FIN          |         | Surface_finishing | | surface finishing, surface treatment | traitement de surface, finition de surface | Oberflächenbehandlung | tratamiento de superficie, acabado superficial
FIN-POL      | FIN     | Polishing, Polishing_(metalworking) | | polishing | polissage | Polieren | pulido
FIN-SAN      | FIN     | Sanding | | sanding | ponçage | Schmirgeln | lijado
FIN-BLA      | FIN     | Abrasive_blasting, Sandblasting | | abrasive blasting, sandblasting | sablage | Sandstrahlen, Strahlen | chorreado con arena, granallado
FIN-DEB      | FIN     | Burr_(edge), Deburring | | deburring | ébavurage | Entgraten | desbarbado
FIN-COA      | FIN     | Coating | | coating | revêtement | Beschichten | recubrimiento
FIN-COA-PWD  | FIN-COA | Powder_coating | | powder coating | thermolaquage, peinture poudre | Pulverbeschichten, Pulverbeschichtung | pintura en polvo
FIN-PAI      | FIN     | Spray_painting | | painting, spray painting | peinture | Lackieren | pintado, pintura con pistola
FIN-ANO      | FIN     | Anodizing | | anodizing, anodising | anodisation | Eloxieren, Anodisieren | anodizado
FIN-PLA      | FIN     | Electroplating, Plating | | electroplating, plating | galvanoplastie | Galvanisieren, Galvanik | galvanoplastia, electrodeposición
POST         |         | | | post-processing, postprocessing | post-traitement | Nachbearbeitung | posprocesado
TEX          |         | Textile_manufacturing | | textile work, textile manufacturing | travail du textile | Textilverarbeitung | trabajo textil
TEX-SEW      | TEX     | Sewing, Sewing_machine | | sewing, sewing machine, sewing machines, digital sewing, digital sewing machine | couture, machine à coudre, machines à coudre, machine à coudre numérique | Nähen, Nähmaschine, Nähmaschinen | costura, máquina de coser, máquinas de coser, costura digital
TEX-EMB      | TEX     | Machine_embroidery, Embroidery | | embroidery, machine embroidery, embroidery machine, embroidery machines, digital embroidery, CNC embroidery | broderie, brodeuse, broderie numérique, brodeuse numérique | Sticken, Stickmaschine, Stickmaschinen, Maschinenstickerei | bordado, bordadora, máquina bordadora, bordado digital
TEX-KNI      | TEX     | Knitting, Knitting_machine | | knitting, knitting machine | tricot, tricotage, tricoteuse | Stricken, Strickmaschine | tejido de punto, tricotado
TEX-WEA      | TEX     | Weaving | | weaving, loom | tissage, métier à tisser | Weben, Webstuhl | tejeduría, telar
PLT          |         | Plotter | | pen plotting, pen plotter | traceur à stylo, table traçante à stylo | Stiftplotter, Zeichenplotter | trazador de pluma, plóter de pluma
PRN          |         | Printing | | graphic printing | impression graphique | grafischer Druck | impresión gráfica
PRN-SCR      | PRN     | Screen_printing | | screen printing, silkscreen, silk screen printing, silk screen | sérigraphie, impression sérigraphique | Siebdruck, Siebdruckanlage | serigrafía, impresión serigráfica
PRN-SUB      | PRN     | Dye-sublimation_printing | | sublimation printing, dye sublimation, sublimation | sublimation, impression par sublimation, imprimante à sublimation | Sublimationsdruck, Thermosublimationsdruck | sublimación, impresión por sublimación
PRN-HEA      | PRN     | Heat_press | | heat press, heat transfer printing, transfer press | presse à chaud, presse à transfert | Transferpresse, Transferdruck, Thermopresse | prensa térmica, plancha transfer, estampado por transferencia
PRN-TEX      | PRN     | Direct-to-garment_printing | | textile printing, textile printer, DTG, direct-to-garment printing | impression textile, imprimante textile | Textildruck, Textildrucker | impresión textil, impresora textil
SCN-3D       |         | 3D_scanning, 3D_scanner | | 3D scanning, 3D scanner, 3D scan, 3D scanners, 3Dscanner, 3Dscanning, three D scanning | numérisation 3D, scanner 3D, numériseur 3D, scan 3D | 3D-Scannen, 3D-Scan, 3D-Scanner, 3D-Scanning | escaneado 3D, escáner 3D, escaneo 3D, digitalización 3D
INS          |         | Inspection | | inspection | contrôle dimensionnel | Prüfen | inspección
TST          |         | Test_method | | testing, quality control | essai, contrôle qualité | Testen, Qualitätskontrolle | ensayo, control de calidad
PAK          |         | Packaging | | packaging, packing | emballage, conditionnement | Verpacken, Verpackung | embalaje, empaquetado
"""
# fmt: on
