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
3DP          |         | 3D_printing | Q229367 | 3D printing, 3D print, 3D printer, additive manufacturing | impression 3D, imprimante 3D, fabrication additive | 3D-Druck, 3D-Drucker, additive Fertigung | impresión 3D, impresora 3D, fabricación aditiva
3DP-FDM      | 3DP     | Fused_filament_fabrication, Fused_deposition_modeling | | FDM, FFF, fused filament fabrication, fused deposition modeling, fused deposition modelling, FDM printing, FDM 3D printing | dépôt de fil fondu, dépôt de matière fondue, impression FDM | Schmelzschichtung, FDM-Druck | modelado por deposición fundida, fabricación con filamento fundido
3DP-VAT      | 3DP     | Vat_polymerization | | vat photopolymerization, vat photopolymerisation, vat polymerization, resin printing, resin 3D printing | photopolymérisation en cuve, impression résine | Harzdruck, badbasierte Photopolymerisation | fotopolimerización en tanque, impresión con resina
3DP-SLA      | 3DP-VAT | Stereolithography | | SLA, stereolithography, SLA printing, SLA 3D printing | stéréolithographie | Stereolithografie, Stereolithographie | estereolitografía
3DP-MSLA     | 3DP-SLA | | | MSLA, masked stereolithography, LCD printing, LCD 3D printing | stéréolithographie masquée | maskierte Stereolithografie | estereolitografía enmascarada
3DP-DLP      | 3DP-VAT | | | DLP, digital light processing, DLP printing, DLP 3D printing | traitement numérique de la lumière | digitale Lichtverarbeitung | procesamiento digital de luz
3DP-SLS      | 3DP     | Selective_laser_sintering | | SLS, selective laser sintering, SLS printing, SLS 3D printing | frittage sélectif par laser | selektives Lasersintern, Lasersintern | sinterizado selectivo por láser
3DP-SLM      | 3DP     | Selective_laser_melting, Direct_metal_laser_sintering | | SLM, selective laser melting, DMLS, direct metal laser sintering, laser powder bed fusion of metal | fusion sélective par laser | selektives Laserschmelzen | fusión selectiva por láser
3DP-MJF      | 3DP     | Multi_Jet_Fusion | | MJF, multi jet fusion | | |
3DP-BIN      | 3DP     | Powder_bed_and_inkjet_head_3D_printing | | binder jetting, colour jet printing, CJP | projection de liant | Binder-Jetting | inyección de aglutinante
3DP-MJT      | 3DP     | | | material jetting, PolyJet | projection de matière | Material-Jetting | inyección de material
3DP-CLY      | 3DP     | | | clay 3D printing, ceramic paste printing | impression 3D céramique, impression 3D argile | keramischer 3D-Druck, Ton-3D-Druck | impresión 3D de arcilla
MAC          |         | Machining, Subtractive_manufacturing | | machining, subtractive manufacturing | usinage | spanende Fertigung, Zerspanung | mecanizado
MAC-PRE      | MAC     | | | precision machining | usinage de précision | Präzisionsbearbeitung | mecanizado de precisión
MIL          | MAC     | Milling_(machining) | | milling, milling machine | fraisage, fraiseuse | Fräsen, Fräsmaschine | fresado, fresadora
TUR          | MAC     | Turning, Lathe, Metal_lathe | | turning, lathe | tournage, tour | Drehen, Drehmaschine, Drehbank | torneado, torno
TUR-WOO      | TUR     | Woodturning | | woodturning, wood turning, wood lathe | tournage sur bois, tour à bois | Drechseln, Drechselbank | torneado de madera, torno para madera
CNC          | MAC     | Numerical_control, Computer_numerical_control | | CNC, CNC machining, computer numerical control | commande numérique, usinage CNC, usinage à commande numérique | CNC-Bearbeitung, CNC-Fertigung | mecanizado CNC, control numérico
CNC-MIL      | CNC, MIL | CNC_mill | | CNC milling, CNC mill, milling machine with CNC | fraisage CNC, fraiseuse CNC, fraisage numérique | CNC-Fräsen, CNC-Fräse | fresado CNC, fresadora CNC
CNC-MIL-3AX  | CNC-MIL | | | 3-axis CNC milling, three-axis milling, 3-axis milling | fraisage 3 axes | 3-Achs-Fräsen | fresado de 3 ejes
CNC-MIL-5AX  | CNC-MIL | | | 5-axis CNC milling, five-axis milling, 5-axis milling | fraisage 5 axes | 5-Achs-Fräsen | fresado de 5 ejes
CNC-TUR      | CNC, TUR | CNC_lathe | | CNC turning, CNC lathe | tournage CNC, tour CNC | CNC-Drehen, CNC-Drehmaschine | torneado CNC, torno CNC
CNC-ROU      | CNC     | CNC_router, CNC_wood_router | | CNC routing, CNC router | défonceuse CNC, défonçage CNC | CNC-Oberfräse, CNC-Portalfräse | router CNC, fresadora router CNC
DRI          | MAC     | Drilling | | drilling, drill press | perçage, perceuse à colonne | Bohren, Ständerbohrmaschine | taladrado, taladro de columna
GRI          | MAC     | Grinding_(abrasive_cutting) | | grinding | rectification, meulage | Schleifen | rectificado, amolado
EDM          | MAC     | Electrical_discharge_machining | | EDM, electrical discharge machining, spark erosion | électroérosion, usinage par électroérosion | Funkenerosion, Erodieren | electroerosión
EDM-WIR      | EDM     | | | wire EDM, wire erosion | électroérosion à fil, découpe par fil | Drahterodieren | electroerosión por hilo
LAS          |         | Laser_beam_machining | | laser, laser processing, laser beam machining | travail au laser | Laserbearbeitung | procesado por láser
LAS-CUT      | LAS     | Laser_cutting, Laser_cutter | | laser cutting, laser cut, laser cutter, lasercut | découpe laser, découpeuse laser, découpe au laser | Laserschneiden, Lasercutter, Laserschneider | corte láser, cortadora láser, corte por láser
LAS-ENG      | LAS     | Laser_engraving | | laser engraving, laser engraver, laser marking | gravure laser, graveuse laser | Lasergravur, Lasergravieren, Lasergravierer | grabado láser, grabadora láser
CUT          |         | Cutting | | cutting | découpe | Schneiden, Trennen | corte
CUT-VIN      | CUT     | Vinyl_cutter, Cutting_plotter | | vinyl cutting, vinyl cutter, knife plotting, knife cutting, cutting plotter | découpe vinyle, découpeuse vinyle, plotter de découpe | Folienschneiden, Schneideplotter, Schneidplotter, Folienplotter | corte de vinilo, cortadora de vinilo, plóter de corte
CUT-PLA      | CUT     | Plasma_cutting, Plasma_cutter | | plasma cutting, plasma cutter, plasma cut, CNC plasma, CNC plasma cutting | découpe plasma, découpeuse plasma | Plasmaschneiden, Plasmaschneider | corte por plasma, cortadora de plasma
CUT-WAT      | CUT     | Water_jet_cutter, Water_jet_cutting | | water jet cutting, waterjet cutting, water jet, waterjet, water jet cutter | découpe jet d'eau, découpe au jet d'eau | Wasserstrahlschneiden | corte por chorro de agua
CUT-OXY      | CUT     | | | oxy-fuel cutting, flame cutting | oxycoupage | Brennschneiden, Autogenschneiden | oxicorte
CUT-SAW      | CUT     | Saw, Sawing | | sawing, saw, band saw, bandsaw, table saw | sciage, scie | Sägen, Säge | aserrado, sierra
CUT-SHE      | CUT     | Shearing_(manufacturing) | | shearing, guillotine shear | cisaillage | Scherschneiden, Abscheren | cizallado
CUT-WIR      | CUT     | Hot-wire_foam_cutter | | hot wire cutting, hot-wire foam cutting, foam cutting | découpe au fil chaud | Heißdrahtschneiden | corte con hilo caliente
CUT-DIE      | CUT     | Die_cutting_(web) | | die cutting | découpe à l'emporte-pièce | Stanzen | troquelado
CIR          |         | Electronic_circuit | | electronic circuitry, electronic circuit, circuitry | circuit électronique | elektronische Schaltung | circuito electrónico
PCB          |         | Printed_circuit_board | | PCB, printed circuit board, circuit board | circuit imprimé | Leiterplatte, Platine | placa de circuito impreso, circuito impreso
PCB-FAB      | PCB     | | | PCB fabrication, PCB manufacturing, circuit board fabrication | fabrication de circuits imprimés | Leiterplattenfertigung, Leiterplattenherstellung | fabricación de circuitos impresos
PCB-FAB-MIL  | PCB-FAB | | | PCB milling, circuit board milling | gravure anglaise, fraisage de circuits imprimés | Leiterplattenfräsen, Isolationsfräsen | fresado de circuitos impresos
PCB-FAB-ETC  | PCB-FAB | | | PCB etching, circuit board etching | gravure chimique de circuits imprimés | Leiterplattenätzen | grabado químico de circuitos impresos
ASM          |         | Assembly_line | | assembly, assembling | assemblage, montage | Montage, Zusammenbau | ensamblaje, montaje
MEC          | ASM     | | | mechanical assembly | assemblage mécanique | mechanische Montage | ensamblaje mecánico
ASM-ELE      | ASM     | Electronics_manufacturing | | electronics assembly, electronic assembly, electronics manufacturing | assemblage électronique | Elektronikmontage, Elektronikfertigung | ensamblaje electrónico
PCB-ASM      | ASM-ELE | | | PCB assembly, PCBA, circuit board assembly | assemblage de circuits imprimés | Leiterplattenbestückung | ensamblaje de circuitos impresos
PCB-ASM-SMT  | PCB-ASM | Surface-mount_technology | | SMT, SMD assembly, surface-mount technology, surface mount assembly, pick and place | montage en surface | Oberflächenmontage, SMD-Bestückung | montaje superficial
PCB-ASM-THT  | PCB-ASM | Through-hole_technology | | THT, through-hole assembly, through-hole technology | montage traversant | Durchsteckmontage | montaje de orificio pasante
WEL          |         | Welding | | welding, weld | soudage, soudure à l'arc ou au gaz | Schweißen | soldadura por fusión, soldeo
WEL-ARC      | WEL     | Arc_welding | | arc welding | soudage à l'arc | Lichtbogenschweißen | soldadura por arco
WEL-MIG      | WEL-ARC | Gas_metal_arc_welding | | MIG welding, MAG welding, MIG, GMAW, gas metal arc welding | soudage MIG, soudage MAG | MIG-Schweißen, MAG-Schweißen, Metallschutzgasschweißen | soldadura MIG, soldadura MAG
WEL-TIG      | WEL-ARC | Gas_tungsten_arc_welding | | TIG welding, TIG, GTAW, gas tungsten arc welding | soudage TIG | WIG-Schweißen, Wolfram-Inertgasschweißen | soldadura TIG
WEL-MMA      | WEL-ARC | Shielded_metal_arc_welding | | stick welding, MMA welding, SMAW, shielded metal arc welding | soudage à l'électrode enrobée | Elektrodenschweißen, Lichtbogenhandschweißen | soldadura con electrodo revestido
WEL-GAS      | WEL     | Oxy-fuel_welding_and_cutting | | oxy-fuel welding, gas welding | soudage oxyacétylénique | Gasschweißen, Autogenschweißen | soldadura oxiacetilénica
WEL-SPO      | WEL     | Spot_welding | | spot welding, resistance spot welding | soudage par points | Punktschweißen | soldadura por puntos
BRA          |         | Brazing | | brazing, silver brazing, torch brazing | brasage fort | Hartlöten | soldadura fuerte
SOL          |         | Soldering | | soldering, solder | brasage tendre | Weichlöten | soldadura blanda, soldadura con estaño
GLU          |         | Adhesive_bonding | | gluing, adhesive bonding | collage | Kleben | encolado, unión adhesiva
RIV          |         | Rivet | | riveting | rivetage | Nieten | remachado
FRM-SHT      |         | Sheet_metal, Sheet_metal_forming | | sheet metal forming, sheet metal, sheet metal working | tôlerie, formage de tôle | Blechumformung, Blechbearbeitung | conformado de chapa
FRM-BEN      |         | Bending_(metalworking) | | bending | pliage, cintrage | Biegen, Abkanten | plegado, doblado
FRM-FOR      |         | Forging | | forging, blacksmithing | forgeage, forge | Schmieden | forja
FRM-THE      |         | Thermoforming | | thermoforming | thermoformage | Thermoformen, Warmformen | termoformado
FRM-VAC      | FRM-THE | Vacuum_forming | | vacuum forming | formage sous vide, thermoformage sous vide | Vakuumtiefziehen | moldeo al vacío, termoformado al vacío
FRM-EXT      |         | Extrusion | | extrusion | extrusion de profilés | Extrusion von Profilen | extrusión
MOL-INJ      |         | Injection_moulding, Injection_molding | | injection moulding, injection molding | moulage par injection, injection plastique | Spritzgießen, Spritzguss | moldeo por inyección
CAS          |         | Casting | | casting | fonderie, coulée | Gießen | fundición, colada
CAS-SIL      | CAS     | | | silicone mould casting, resin casting | coulée de résine | Gießharzguss, Harzguss | colada de resina
HEA          |         | Heat_treating, Heat_treatment | | heat treatment, heat treating | traitement thermique | Wärmebehandlung | tratamiento térmico
HEA-ANN      | HEA     | Annealing_(materials_science), Annealing_(metallurgy) | | annealing | recuit | Glühen | recocido
HEA-QUE      | HEA     | Quenching | | quenching | trempe | Abschrecken | temple
HEA-TEM      | HEA     | Tempering_(metallurgy) | | tempering | revenu | Anlassen | revenido
KIL          |         | Kiln | | kiln firing, firing, ceramic firing | cuisson céramique | Keramikbrand, Brennen | cocción cerámica
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
TEX-SEW      | TEX     | Sewing, Sewing_machine | | sewing, sewing machine | couture, machine à coudre | Nähen, Nähmaschine | costura, máquina de coser
TEX-EMB      | TEX     | Machine_embroidery, Embroidery | | embroidery, machine embroidery, embroidery machine | broderie, brodeuse | Sticken, Stickmaschine | bordado, bordadora
TEX-KNI      | TEX     | Knitting, Knitting_machine | | knitting, knitting machine | tricot, tricotage, tricoteuse | Stricken, Strickmaschine | tejido de punto, tricotado
TEX-WEA      | TEX     | Weaving | | weaving | tissage | Weben | tejeduría
PLT          |         | Plotter | | pen plotting, pen plotter | traceur à stylo | Stiftplotter | trazador de pluma
PRN          |         | Printing | | graphic printing | impression graphique | grafischer Druck | impresión gráfica
PRN-SCR      | PRN     | Screen_printing | | screen printing, silkscreen, silk screen printing | sérigraphie | Siebdruck | serigrafía
PRN-SUB      | PRN     | Dye-sublimation_printing | | sublimation printing, dye sublimation | sublimation, impression par sublimation | Sublimationsdruck | sublimación
SCN-3D       |         | 3D_scanning, 3D_scanner | | 3D scanning, 3D scanner | numérisation 3D, scanner 3D | 3D-Scannen, 3D-Scan | escaneado 3D, escáner 3D
INS          |         | Inspection | | inspection | contrôle dimensionnel | Prüfen | inspección
TST          |         | Test_method | | testing, quality control | essai, contrôle qualité | Testen, Qualitätskontrolle | ensayo, control de calidad
PAK          |         | Packaging | | packaging, packing | emballage, conditionnement | Verpacken, Verpackung | embalaje, empaquetado
"""
# fmt: on
