"""How a heater warms up and cools down, as a straight line in time."""

from dataclasses import dataclass

AMBIENT_C = 22.0


@dataclass(slots=True, kw_only=True)
class Heater:
    """A nozzle or a bed. Rates in °C per board second."""

    rise_c_per_s: float
    fall_c_per_s: float
    target_c: float = 0.0
    _value_c: float = AMBIENT_C
    _at_s: float = 0.0

    def at(self, now_s: float) -> float:
        """The temperature at a moment, °C."""
        goal_c = max(self.target_c, AMBIENT_C)
        passed_s = max(0.0, now_s - self._at_s)
        if goal_c > self._value_c:
            return min(goal_c, self._value_c + passed_s * self.rise_c_per_s)
        return max(goal_c, self._value_c - passed_s * self.fall_c_per_s)

    def set(self, target_c: float, now_s: float) -> None:
        """A new target, 0 for off."""
        self._value_c, self._at_s = self.at(now_s), now_s
        self.target_c = target_c

    def is_there(self, now_s: float) -> bool:
        """Whether the target is reached from below; cooling is not waited for."""
        return self.at(now_s) >= self.target_c - 1.001

    def there_at_s(self, now_s: float) -> float:
        """When the target will be reached from below."""
        missing_c = max(0.0, self.target_c - 1.0 - self.at(now_s))
        return now_s + missing_c / self.rise_c_per_s


def nozzle() -> Heater:
    """A usual hot end: 200 °C in little more than a minute."""
    return Heater(rise_c_per_s=2.5, fall_c_per_s=0.8)


def bed() -> Heater:
    """A usual heated bed."""
    return Heater(rise_c_per_s=0.8, fall_c_per_s=0.1)
