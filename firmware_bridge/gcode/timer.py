"""When a machine has taken in each line of a program, and when it is through."""

import math

from firmware_bridge.gcode.kinematics import Kinematics
from firmware_bridge.gcode.modal import Move
from firmware_bridge.gcode.motion import Four, Motion
from firmware_bridge.gcode.planner import Planner
from firmware_bridge.gcode.words import Word

_SPINDLE = frozenset({3.0, 4.0, 5.0})
_COOLANT = frozenset({7.0, 8.0, 9.0})
_GRBL_ENDS = frozenset({0.0, 1.0, 2.0, 30.0})
_CHORDS_PER_CORRECTION = 1e-4  # keeps a chord's height above what a float can tell


class Timer:
    """One program's reading, line by line, on one machine. GRBL: `modal_motion`."""

    def __init__(self, motion: Motion, *, modal_motion: bool) -> None:
        self._motion = motion
        self._grbl = modal_motion
        self._kinematics = Kinematics(motion, extrudes=not modal_motion)
        self._planner = Planner(motion.blocks, motion.rest_s)
        self._spindle = 5.0
        self._spindle_speed = 0.0
        self._coolant = 9.0
        self._heat_c = {"nozzle": motion.ambient_c, "bed": motion.ambient_c}
        self._wanted_c = dict(self._heat_c)
        self._heated_s = 0.0
        self._percent = 100.0
        self._wire_s = 0.0  # when the line is at the board, at the earliest
        self.taken_s = 0.0  # when the last line was answered

    def add(self, words: list[Word], move: Move | None, size_bytes: int) -> float:
        """One line; when the board answers it: as soon as its moves have room."""
        ready_s = self._arrive(size_bytes)
        if self._grbl:
            if self._syncs(words, move):
                ready_s = self._rest(ready_s)
        elif move is None:
            ready_s = self._obey(words, ready_s)
        if move is not None:
            ready_s = self._move(move, ready_s)
        self.taken_s = ready_s
        return ready_s

    def finish(self) -> float:
        """When all motion is over."""
        return self._planner.rest(self.taken_s)

    def _arrive(self, size_bytes: int) -> float:
        motion = self._motion
        rate = motion.line_bytes_per_s
        size_bytes += motion.line_overhead_bytes
        window_s = motion.window_bytes / rate
        self._wire_s = max(self._wire_s, self.taken_s - window_s) + size_bytes / rate
        return max(self._wire_s, self.taken_s + motion.line_s)

    def _rest(self, ready_s: float) -> float:
        self._kinematics.rest()
        return self._planner.rest(ready_s)

    # Motion

    def _move(self, move: Move, ready_s: float) -> float:
        if move.kind == "dwell":
            self._rest(ready_s)
            return self._planner.wait(move.duration_s)
        if move.kind == "home":
            self._rest(ready_s)
            return self._planner.wait(self._motion.home_s)
        speed = math.inf
        if move.kind != "rapid" or not self._grbl:  # Marlin's G0 has a feed
            feed = move.feed_mm_per_min
            speed = feed * self._percent / 6000.0 if feed else math.inf
        for way in self._ways(move):
            block = self._kinematics.block(way, speed)
            if block is not None:
                ready_s = self._planner.add(block, ready_s)
        return ready_s

    def _ways(self, move: Move) -> list[Four]:
        x, y, z = (
            0.0 if to is None else to - (home if start is None else start)
            for start, to, home in zip(
                move.start_mm, move.end_mm, self._motion.home_mm, strict=True
            )
        )
        if move.arc is None or move.machine_coordinates:
            return [(x, y, z, move.extruded_mm)]
        return self._chords(move, (x, y, z))

    def _chords(self, move: Move, whole: tuple[float, float, float]) -> list[Four]:
        if move.arc is None:
            return []
        a, b, c = move.plane
        radius_mm, length_mm = move.arc.radius_mm, abs(move.arc.sweep_rad)
        length_mm *= radius_mm
        chord_mm = self._motion.arc_chord_mm
        if chord_mm is None:  # GRBL: as far from the arc as $12 allows
            height = self._motion.arc_tolerance_mm
            square = height * (2.0 * radius_mm - height)
            chord_mm = 2.0 * math.sqrt(max(square, _CHORDS_PER_CORRECTION**2))
        count = max(1, math.floor(length_mm / chord_mm))
        ways: list[Four] = []
        before = move.arc.start
        for place in move.arc.chords(count):
            way = [0.0, 0.0, 0.0]
            way[a], way[b] = place[0] - before[0], place[1] - before[1]
            way[c] = whole[c] / count
            ways.append((way[0], way[1], way[2], move.extruded_mm / count))
            before = place
        return ways

    # Lines that wait

    def _syncs(self, words: list[Word], move: Move | None) -> bool:
        """Whether GRBL lets all motion end before this line (gcode.c, spindle_sync)."""
        waits = False
        for letter, value in words:
            if letter == "M" and value in _SPINDLE:
                waits = waits or value != self._spindle
                self._spindle = value or 5.0
            elif letter == "M" and value in _COOLANT:
                waits = waits or value != self._coolant
                self._coolant = value or 9.0
            elif letter == "M" and value in _GRBL_ENDS:
                waits = True
            elif letter == "S" and value is not None and value != self._spindle_speed:
                self._spindle_speed = value
                in_motion = move is not None and move.kind in ("line", "arc")
                turns = self._spindle != 5.0
                waits = waits or (turns and not (self._motion.laser and in_motion))
        return waits

    def _obey(self, words: list[Word], ready_s: float) -> float:
        """A line of Marlin that doesn't move: limits change, or something is awaited."""
        letter, code = words[0]
        if letter != "M" or code is None:
            return ready_s
        value_of = dict(words)
        if code in (104.0, 109.0, 140.0, 190.0):
            return self._heat(code, value_of, ready_s)
        if code in (18.0, 84.0, 400.0, 0.0, 1.0):
            return self._rest(ready_s)
        if code == 220.0:
            self._percent = value_of.get("S") or self._percent
        else:
            self._kinematics.limit(code, value_of)
        return ready_s

    def _heat(
        self, code: float, value_of: dict[str, float | None], ready_s: float
    ) -> float:
        self._warm_up(ready_s)
        heater = "nozzle" if code < 110 else "bed"
        asked_c = value_of.get("S") or value_of.get("R") or 0.0
        self._wanted_c[heater] = max(asked_c, self._motion.ambient_c)
        if code in (104.0, 140.0):
            return ready_s
        missing_c = self._wanted_c[heater] - self._heat_c[heater]
        wait_s = max(0.0, missing_c) / self._rate(heater)
        until_s = ready_s + wait_s
        self._warm_up(until_s)
        if self._planner.rest(ready_s) < until_s:  # what is queued moves meanwhile
            self._planner.wait(until_s - self._planner.rest(ready_s))
        self._kinematics.rest()
        return until_s

    def _warm_up(self, now_s: float) -> None:
        """Heaters rise on their own; cooling down is nobody's wait."""
        passed_s = max(0.0, now_s - self._heated_s)
        self._heated_s = max(self._heated_s, now_s)
        for heater, wanted_c in self._wanted_c.items():
            risen_c = self._heat_c[heater] + passed_s * self._rate(heater)
            self._heat_c[heater] = min(wanted_c, risen_c)

    def _rate(self, heater: str) -> float:
        motion = self._motion
        return motion.nozzle_c_per_s if heater == "nozzle" else motion.bed_c_per_s
