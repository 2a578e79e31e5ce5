"""Which layer of a board a file is: by its own attribute (X2), else by how it is called."""

import re
from typing import Final, Literal

type Role = Literal["copper", "mask", "legend", "paste", "outline", "other"]
type Side = Literal["top", "bottom", "inner", ""]

_FUNCTION: Final = re.compile(r"TF\.FileFunction,([^*%]*)")
_ROLE_OF: Final[dict[str, Role]] = {
    "Copper": "copper",
    "Soldermask": "mask",
    "Legend": "legend",
    "Paste": "paste",
    "Profile": "outline",
}
_SIDE_OF: Final[dict[str, Side]] = {"Top": "top", "Bot": "bottom", "Inr": "inner"}
# Endings of Protel, Altium, KiCad, Eagle and OrCAD
_NAMED: Final[dict[str, tuple[Role, Side]]] = {
    "gtl": ("copper", "top"),
    "cmp": ("copper", "top"),
    "top": ("copper", "top"),
    "gbl": ("copper", "bottom"),
    "sol": ("copper", "bottom"),
    "bot": ("copper", "bottom"),
    "gts": ("mask", "top"),
    "stc": ("mask", "top"),
    "smt": ("mask", "top"),
    "gbs": ("mask", "bottom"),
    "sts": ("mask", "bottom"),
    "smb": ("mask", "bottom"),
    "gto": ("legend", "top"),
    "plc": ("legend", "top"),
    "sst": ("legend", "top"),
    "gbo": ("legend", "bottom"),
    "pls": ("legend", "bottom"),
    "ssb": ("legend", "bottom"),
    "gtp": ("paste", "top"),
    "crc": ("paste", "top"),
    "spt": ("paste", "top"),
    "gbp": ("paste", "bottom"),
    "crs": ("paste", "bottom"),
    "spb": ("paste", "bottom"),
    "gko": ("outline", ""),
    "gm1": ("outline", ""),
    "gml": ("outline", ""),
    "dim": ("outline", ""),
    "mil": ("outline", ""),
}
_WORDS: Final[tuple[tuple[str, Role, Side], ...]] = (
    (r"edge.?cuts|outline|profile|board.?edge|contour", "outline", ""),
    (r"f[._]mask|mask.?top|top.?(solder)?.?(mask|stop)|soldermask.?top", "mask", "top"),
    (
        r"b[._]mask|mask.?bot|bot(tom)?.?(solder)?.?(mask|stop)|soldermask.?bot",
        "mask",
        "bottom",
    ),
    (r"f[._]silk|silk.?(screen)?.?top|top.?silk|topoverlay", "legend", "top"),
    (r"b[._]silk|silk.?(screen)?.?bot|bot(tom)?.?silk", "legend", "bottom"),
    (r"f[._]paste|paste.?top|top.?paste", "paste", "top"),
    (r"b[._]paste|paste.?bot|bot(tom)?.?paste", "paste", "bottom"),
    (r"in\d+[._]cu|inner", "copper", "inner"),
    (r"f[._]cu|top.?copper|copper.?top|top.?layer|[^a-z]top\.\w+$", "copper", "top"),
    (
        r"b[._]cu|bot(tom)?.?copper|copper.?bot|bottom.?layer|[^a-z]bottom\.\w+$",
        "copper",
        "bottom",
    ),
)


def layer_of(name: str, text: str) -> tuple[Role, Side]:
    """Its role and side; ("other", "") where neither attribute nor name tells."""
    words = function_of(text)
    if words:
        sides = [_SIDE_OF[word] for word in words if word in _SIDE_OF]
        return _ROLE_OF.get(words[0], "other"), sides[0] if sides else ""
    lower = name.lower()
    end = lower.rpartition(".")[2]
    if end in _NAMED:
        return _NAMED[end]
    if re.fullmatch(r"g\d+|gp\d+|g\d+l", end):
        return "copper", "inner"
    for pattern, role, side in _WORDS:
        if re.search(pattern, lower):
            return role, side
    return "other", ""


def function_of(text: str) -> list[str]:
    """The words of its attribute .FileFunction, as in Copper, L1, Top; none without it."""
    told = _FUNCTION.search(text)
    return [word.strip() for word in told[1].split(",")] if told else []
