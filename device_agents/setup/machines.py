"""One machine's settings, from a script's words or from what a person answers."""

import re
import secrets
from typing import Any

from device_agents.contract.messages import MachineKind
from device_agents.errors import SettingsError
from device_agents.settings import Machine
from device_agents.setup.catalogue import HAND_WORK, KINDS, PROCESSES, Proposal
from device_agents.setup.questions import Questions

FORM = (
    "NAME,KIND,PORT[,PROCESS][,envelope=XxYxZ][,nozzle=C][,bed=C][,spindle=S]"
    "[,material=CODE][,unattended=yes]"
)
_KEYS = ("envelope", "nozzle", "bed", "spindle", "material", "unattended")


def machine_from(text: str) -> Machine:
    """Read FORM. Errors: SettingsError, ValidationError."""
    parts = text.split(",")
    plain = [part for part in parts if "=" not in part]
    keyed = dict(part.split("=", 1) for part in parts if "=" in part)
    unknown = sorted(set(keyed) - set(_KEYS))
    if len(plain) not in (3, 4) or plain[1] not in PROCESSES or unknown:
        raise SettingsError(
            f"machine {text!r}: expected {FORM}, KIND one of {list(PROCESSES)}"
        )
    try:
        envelope = read_sizes(keyed["envelope"]) if "envelope" in keyed else None
        numbers = {
            key: read_number(keyed[key])
            for key in ("nozzle", "bed", "spindle")
            if key in keyed
        }
        unattended = read_yes(keyed.get("unattended", "no"))
    except ValueError as error:
        raise SettingsError(f"machine {text!r}: {error}") from error
    return _machine(
        plain[0],
        plain[1],
        plain[2],
        process=plain[3] if plain[3:] else None,
        envelope_mm=envelope,
        nozzle_max_c=numbers.get("nozzle"),
        bed_max_c=numbers.get("bed"),
        spindle_max=numbers.get("spindle"),
        material=keyed.get("material", ""),
        unattended=unattended,
    )


def ask_machine(
    questions: Questions, port: str, proposal: Proposal, *, settled: dict[str, Any]
) -> Machine:
    """Ask what can't be probed. `settled`: what the probing fixed, such as the baud."""
    name = questions.text(
        "  What do people call it?",
        flag="--machine",
        read=read_name,
        proposed=proposal.name,
    )
    kind = questions.chosen(
        "  What is it?", KINDS, flag="--machine", proposed=proposal.kind
    )
    process = None
    if kind == "other":
        process = questions.chosen(
            "  Which work does it do?", HAND_WORK, flag="--machine", proposed="TEX-SEW"
        )
    room_and_limits: dict[str, Any] = {"envelope_mm": None}
    if kind != "other":
        room_and_limits = _ask_limits(questions, kind, proposal)
    material = questions.text(
        "  Which material is in it now? “-” for none",
        flag="--machine",
        read=read_material,
        proposed=proposal.material or "-",
    )
    unattended = questions.agreed(
        "  May it work while nobody is in the room?",
        flag="--machine",
        proposed=proposal.unattended,
    )
    return _machine(
        name,
        kind,
        port,
        process=process,
        material=material,
        unattended=unattended,
        **room_and_limits,
        **settled,
    )


def _ask_limits(questions: Questions, kind: str, proposal: Proposal) -> dict[str, Any]:
    """Envelope and limits of a machine that takes programs, as `_machine` wants them."""
    asked: list[tuple[str, str, float]] = []
    if kind == "fdm-printer":
        hottest = "  How hot may its {} get at most, in degrees Celsius?"
        asked += [
            ("nozzle_max_c", hottest.format("nozzle"), proposal.nozzle_max_c or 240),
            ("bed_max_c", hottest.format("bed"), proposal.bed_max_c or 80),
        ]
    if kind in ("cnc-mill", "laser-cutter"):
        words = "  The highest spindle speed or laser power (S) that a job may ask for?"
        asked.append(("spindle_max", words, proposal.spindle_max or 1000))
    answers: dict[str, Any] = {"envelope_mm": None}
    if proposal.envelope_mm is not None:  # else the firmware tells it
        answers["envelope_mm"] = questions.text(
            "  How far can it move, X Y Z in mm?",
            flag="--machine",
            read=read_sizes,
            proposed=" ".join(f"{size:g}" for size in proposal.envelope_mm),
        )
    for key, words, proposed in asked:
        answers[key] = questions.text(
            words, flag="--machine", read=read_number, proposed=f"{proposed:g}"
        )
    return answers


def read_name(text: str) -> str:
    """ValueError for what is no name."""
    if not 1 <= len(text) <= 80 or not text.isprintable():
        raise ValueError("a name has 1 to 80 letters")
    return text


def read_number(text: str) -> float:
    """A number of zero or more. ValueError."""
    if not re.fullmatch(r"\d{1,6}(?:[.]\d{1,3})?", text):
        raise ValueError(f"{text!r} is not a number such as 240")
    return float(text)


def read_sizes(text: str) -> tuple[float, float, float]:
    """`220 220 250`, or with x between them. ValueError."""
    parts = re.split(r"[\sx×,]+", text.strip().removesuffix("mm").strip())
    if len(parts) != 3:
        raise ValueError("three numbers are needed, such as 220 220 250")
    x, y, z = (read_number(part) for part in parts)
    return x, y, z


def read_material(text: str) -> str:
    """A material's code; '' for none. ValueError."""
    if text == "-":
        return ""
    if not 1 <= len(text) <= 80 or not text.isascii() or not text.isprintable():
        raise ValueError("a material is a short word such as PLA or plywood-4mm")
    return text


def read_yes(text: str) -> bool:
    """ValueError for what is neither yes nor no."""
    if text not in ("yes", "no"):
        raise ValueError(f"expected yes or no, got {text!r}")
    return text == "yes"


def _machine(
    name: str,
    kind: MachineKind | str,
    port: str,
    *,
    envelope_mm: tuple[float, float, float] | None,
    material: str,
    unattended: bool,
    process: str | None = None,
    nozzle_max_c: float | None = None,
    bed_max_c: float | None = None,
    spindle_max: float | None = None,
    **settled: Any,
) -> Machine:
    sizes = dict(zip(("x_mm", "y_mm", "z_mm"), envelope_mm or (), strict=False))
    limits = {
        "nozzle_max_c": nozzle_max_c or None,
        "bed_max_c": bed_max_c or None,
        "spindle_max": spindle_max or None,
    }
    return Machine.model_validate(
        {
            "machine_id": id_of(name),
            "name": name,
            "machine_kind": kind,
            "port": port,
            "processes": (process or PROCESSES[kind],),
            "envelope": sizes or None,
            "materials": ({"code": material},) if material else (),
            "unattended": unattended,
            "limits": {key: value for key, value in limits.items() if value},
            **settled,
        }
    )


def id_of(name: str) -> str:
    """A machine's id: readable, and no other lab's although it says "laser" as well."""
    plain = re.sub(r"[^a-z0-9]+", "-", name.lower()).strip("-")[:40].strip("-")
    return f"{plain or 'machine'}-{secrets.token_hex(3)}"
