"""Designations of standard parts in names: 'ISO 4762', 'M3x10', '608ZZ', 'NEMA 17'.

A designation is a fact, as the standard spells it; that a name is like another decides
nothing. Only standards of parts that are sold ready are here: ISO 2768 is none.
"""

import re
from dataclasses import dataclass
from typing import Final
from unicodedata import normalize

_NUMBERS: Final = {
    "ISO": "15 104 606 1207 1234 1479 1481 1482 1483 1580 2009 2010 2338 2339 2340 2341 "
    "3601 4014 4016 4017 4018 4026 4027 4028 4029 4032 4033 4034 4035 4036 4161 4762 "
    "4766 7040 7041 7042 7043 7045 7046 7047 7048 7049 7050 7051 7089 7090 7091 7092 "
    "7093 7094 7380 7434 7435 7436 8673 8674 8675 8676 8733 8734 8735 8736 8737 8739 "
    "8740 8741 8742 8743 8744 8745 8746 8747 8748 8750 8752 8765 10511 10512 10513 "
    "10642 10669 10673 13337 14579 14580 14581 14583 14584 14585 14586 14587 15071 "
    "15072 15480 15481 15482 15483 15973 15977 15979 15983 17662",
    "DIN": "1 7 71 84 85 93 94 95 96 97 125 126 127 128 137 172 179 186 188 261 315 316 "
    "404 417 427 432 433 434 435 436 438 439 440 462 463 464 465 466 467 471 472 478 "
    "479 480 508 525 529 546 547 548 551 553 555 557 558 561 562 564 571 580 582 601 603 "
    "604 605 607 608 609 610 625 628 653 660 661 662 674 703 705 711 720 787 835 906 908 "
    "909 910 911 912 913 914 915 916 917 920 921 922 923 924 925 927 928 929 931 933 934 "
    "935 936 937 938 939 940 948 949 960 961 963 964 965 966 967 970 971 972 975 976 979 "
    "980 981 982 983 984 985 986 988 1052 1440 1441 1443 1444 1445 1470 1471 1472 1473 "
    "1474 1475 1476 1477 1480 1481 1587 2093 3760 3771 6303 6304 6311 6319 6325 6330 6331 "
    "6332 6334 6340 6379 6796 6797 6798 6799 6885 6888 6899 6900 6901 6902 6903 6904 6905 "
    "6907 6908 6912 6913 6914 6915 6916 6921 6922 6923 6924 6925 6926 6927 7337 7338 7339 "
    "7340 7341 7343 7344 7346 7349 7500 7504 7505 7513 7516 7603 7604 7962 7964 7965 7967 "
    "7968 7969 7970 7971 7972 7973 7975 7976 7977 7978 7979 7980 7981 7982 7983 7984 7985 "
    "7987 7989 7990 7991 7993 7995 7996 7997 7999 9021 9045 9250 11023 11024 71412 71752",
    "EN": "1661 1662 1663 1664 1665 1666 1667 14399",
    "JIS": "B1101 B1111 B1174 B1175 B1176 B1177 B1180 B1181 B1194 B1251 B1256 B1354 B1355 "
    "B1521 B2401 B2804 B2805",
    "GB": "5 6 41 54 56 58 65 67 68 69 70 70.1 70.2 70.3 71 73 75 77 78 79 80 91 93 95 96 "
    "97 97.1 97.2 117 118 119 119.1 119.2 120 120.1 276 818 819 819.1 845 846 848 854 858 "
    "859 861 862 879 882 889 889.1 893 893.1 894 894.1 896 923 1096 3452.1 5782 5783 6170 "
    "6171 6172 6172.1 6173 6175 6177 6182 6184 12615 12617 12618",
}
_KNOWN: Final = {
    f"{body} {number}" for body, row in _NUMBERS.items() for number in row.split()
}
_KIND_WORDS: Final = (
    # en · de · fr · es: what these parts are called, alone or at the head of a name
    "screw screws bolt bolts nut nuts locknut washer washers stud rivet dowel circlip "
    "bearing bearings setscrew grubscrew capscrew shcs bhcs fhcs "
    "schraube schrauben zylinderschraube senkschraube sechskantschraube "
    "linsenkopfschraube linsenschraube innensechskantschraube flachkopfschraube "
    "schlossschraube gewindestift gewindestange madenschraube mutter muttern "
    "sechskantmutter vierkantmutter hutmutter scheibe scheiben unterlegscheibe federring "
    "zylinderstift passstift spannstift niet sicherungsring lager kugellager "
    "rillenkugellager linearlager wälzlager "
    "vis écrou écrous ecrou ecrous rondelle rondelles boulon boulons goujon goupille rivet "
    "circlips roulement roulements "
    "tornillo tornillos tuerca tuercas arandela arandelas perno pernos pasador remache "
    "rodamiento rodamientos"
)
_KINDS: Final = frozenset(_KIND_WORDS.split())
_QUALITY_WORDS: Final = (
    "hex hexagon hexagonal head flat countersunk csk pan cheese round raised oval truss "
    "thin thick style type class product grade nyloc nylock nylon flanged slotted torx "
    "recess recessed phillips pozidriv metric threaded full fully partially partial coarse "
    "fine sealed shielded miniature stainless steel zinc plated black oxide galvanized "
    "galvanised brass iso din ansi asme jis simplified with and stepper motor bygh form typ "
    "stahl edelstahl verzinkt schwarz innensechskant sechskant schrittmotor mit "
    "festigkeitsklasse chc fhc bhc nhx "
    "tête tete cylindrique hexagonale fraisée fraisee bombée bombee six pans creux acier "
    "inox zingué moteur pas avec billes "
    "cabeza cilíndrica cilindrica avellanada allen acero inoxidable paso con "
    "bolas"
)
_QUALITIES: Final = frozenset(_QUALITY_WORDS.split())
# Of these words the first alone would be a thing for the part: a cap, a flange.
_PHRASES = re.compile(
    r"\b(?:CAP (?=SCREW|BOLT)|SOCKET (?=HEAD|CAP|SET|SCREW|BUTTON)|BUTTON (?=HEAD)"
    r"|FLANGE (?=NUT|BOLT|SCREW)|NYLON INSERT|(?:NON METALLIC )?INSERT (?=LOCK|NUT)"
    r"|WING (?=NUT|SCREW)|LOCK(?:ING)? (?=NUT|WASHER)|(?:SET|GRUB|MACHINE) (?=SCREW)"
    r"|(?:SPRING|SPLIT) (?=WASHER)|DEEP GROOVE|SINGLE ROW|(?:BALL|LINEAR) (?=BEARING)"
    r"|(?:HEX|TORX|CROSS) DRIVE|CROSS (?=HEAD|RECESS)|(?:TAPER|DOWEL|SPRING|ROLL|COTTER|"
    r"PARALLEL|CYLINDRICAL) PIN\b|(?:RETAINING|SNAP) RING\b|STEP (?=MOTOR))"
)
_BODY: Final = r"(?:DIN|EN|ISO|ANSI|ASME|JIS|GB)"
_STANDARD = re.compile(
    rf"(?<![A-Z0-9])(?:{_BODY}[\s/_.-]*)*({_BODY})(?:/?T)?[\s_.-]*"
    r"(B[\s_.-]?18(?:\.\d+)*M?|[A-Z]?[\s_.-]?\d+(?:\.\d)?)(?!\d)"
)
_SIZE_NUMBERS: Final = (
    "1 1.2 1.4 1.6 2 2.5 3 3.5 4 5 6 7 8 10 12 14 16 18 20 22 24 27 30 33 36 39 42 48"
)
_SIZES: Final = frozenset(_SIZE_NUMBERS.split())
_SIZE = re.compile(
    r"(?<![A-Z0-9])M(\d{1,2}(?:[.,]\d)?)((?:\s*[X×*]\s*\d+(?:[.,]\d+)?){0,2})(?![A-Z0-9])"
)
_UNIFIED = re.compile(
    r"(?<![A-Z0-9./])(?:#?\d{1,2}|\d/\d{1,2})\s?-\s?\d{2}\s?UN(?:C|F|EF)?(?![A-Z])"
    r"|(?<![A-Z0-9])B18(?:\.\d+)+M?(?![A-Z0-9])"  # of ASME, as some CAD names its parts
)
_BEARING = re.compile(
    r"(?<![A-Z0-9])(?:F?(?:6\d{2,3}|MR\d{2,3}|7\d{3})[\s_-]?(?:ZZ|2Z|2RS[1H]?|DDU?|LLU)"
    r"|LM[EFK]?\d{1,2}L?UU|SCS?\d{1,2}L?UU)(?![A-Z0-9])"
)
_MOTOR = re.compile(r"(?<![A-Z0-9])NEMA[\s_-]?(8|11|14|17|23|24|34|42)(?!\d)")
_NUMBERED = re.compile(r"(?<![A-Z0-9])6\d{2,3}(?![A-Z0-9])")  # a bearing, if called one


@dataclass(frozen=True, slots=True, kw_only=True)
class Designation:
    """A standard part's designation in a name.

    `is_whole`: the name says nothing else but what such parts are called, so it is that
    part; else it may be something for it, a holder.
    """

    text: str
    is_whole: bool


def designation_in(name: str) -> Designation | None:
    """The first designation of a standard part in the name, a standard's number first."""
    text = normalize("NFKC", name).upper().replace("_", " ")
    found = _found(text)
    if not found:
        return None
    rest = text
    for start, end in sorted((each.span() for each in found), reverse=True):
        rest = f"{rest[:start]} {rest[end:]}"
    rest = _PHRASES.sub(" ", re.sub(r"[\W_]+", " ", rest))
    return Designation(
        text=_spelled(found[0]),
        is_whole=all(_says_nothing(word) for word in re.findall(r"\w+", rest)),
    )


def _found(text: str) -> list[re.Match[str]]:
    """What stands for a standard part; a thread without a length if such a part is named."""
    standards = [each for each in _STANDARD.finditer(text) if _is_known(each)]
    sizes = [each for each in _SIZE.finditer(text) if each[2] and _is_size(each)]
    more = (
        each
        for pattern in (_BEARING, _MOTOR, _UNIFIED)
        for each in pattern.finditer(text)
    )
    found = [*standards, *sizes, *more]
    words = {word.casefold() for word in re.findall(r"[^\W\d_]+", text)}
    if found or not words & _KINDS:
        return found
    bare = _SIZE.search(text) or _NUMBERED.search(text)
    return [bare] if bare is not None and _is_size(bare) else []


def _is_known(found: re.Match[str]) -> bool:
    body, number = found[1], re.sub(r"[\s_-]", "", found[2]).removeprefix(".")
    if body in {"ANSI", "ASME"}:
        return number.startswith("B18")
    return f"{body} {number}" in _KNOWN or f"{body} {number.split('.')[0]}" in _KNOWN


def _is_size(found: re.Match[str]) -> bool:
    """Whether a thread of this diameter is standard; bearings have none."""
    if found.re is _NUMBERED:
        return True
    return found[1].replace(",", ".") in _SIZES


def _spelled(found: re.Match[str]) -> str:
    """As people write it: 'ISO 4762', 'M3x10'."""
    if found.re is _STANDARD:
        return f"{found[1]} {re.sub(r'[\s_-]', '', found[2])}"
    if found.re is _SIZE:
        return re.sub(r"\s", "", found[0]).replace("X", "x")
    return found[0].strip()


def _says_nothing(word: str) -> bool:
    """A number, a finish, a word for such parts: nothing that makes another thing of it."""
    letters = "".join(sign for sign in word.casefold() if sign.isalpha())
    return len(letters) <= 2 or letters in _KINDS or letters in _QUALITIES
