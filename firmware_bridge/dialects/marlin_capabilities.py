"""What a Marlin board can do, by what it says of itself."""

from dataclasses import dataclass, field

from firmware_bridge.dialects import marlin
from firmware_bridge.space import Box, Point

# What a build says that was given none: no board's own.
_NOBODYS_UUIDS = (
    "cede2a2f-41a2-4748-9b12-c55c62f367ff",
    "00000000-0000-0000-0000-000000000000",
)


@dataclass(slots=True, kw_only=True)
class Capabilities:
    """What M115, M503 and M211 said, gathered reply by reply."""

    name: str = ""
    version: str = ""
    model: str | None = None
    uuid: str | None = None
    extruder_count: int = 0
    on: set[str] = field(default_factory=set)
    tells: bool = False  # whether there were `Cap:` lines: not before Marlin 1.1
    settings: dict[str, dict[str, float]] = field(default_factory=dict)
    box: Box | None = None

    def take(self, reply: marlin.Reply) -> None:
        """Learn from one reply; others are ignored."""
        match reply:
            case marlin.Firmware(field_of=field_of):
                name = field_of.get("FIRMWARE_NAME", "")
                name, _, rest = name.replace("_", " ", " " not in name).partition(" ")
                version = field_of.get("FIRMWARE_VERSION", rest)
                self.version = version.split(" (")[0].split(";")[0].rstrip(",")
                self.name = name.rstrip(",")
                self.model = field_of.get("MACHINE_TYPE")
                uuid = field_of.get("UUID")
                self.uuid = None if uuid in _NOBODYS_UUIDS else uuid
                count = field_of.get("EXTRUDER_COUNT", "0")
                self.extruder_count = int(count) if count.isdecimal() else 0
            case marlin.Capability(name=name, on=on):
                self.tells = True
                self.on |= {name} if on else set()
            case marlin.Setting(command=command, value_of=value_of):
                self.settings.setdefault(command, {}).update(value_of)
            case marlin.Endstops(box=box):
                self.box = box
            case marlin.Value(value=str(uuid)):
                self.uuid = uuid
            case _:
                pass

    @property
    def place_is_free(self) -> bool:
        """Whether M114 may be asked in a print: Marlin 1 stands still to answer it."""
        return self.tells and not self.version.startswith("1.")

    def axes(self, command: str, scale: float = 1.0) -> Point | None:
        """X, Y and Z of a setting (M201 mm/s², M203 mm/s, M92 steps/mm), or None."""
        value_of = self.settings.get(command, {})
        values = [value_of.get(axis, 0.0) * scale for axis in "XYZ"]
        if any(value <= 0 for value in values):
            return None
        return (values[0], values[1], values[2])
