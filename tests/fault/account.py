"""What all runs with a fault came to, as one table for each fault and one that closes."""

from collections import Counter
from dataclasses import dataclass, field

UNSEEN = "unseen"  # altered on GRBL's line, and over between two looks at the board
ENDS = ("completed", "interrupted", "unknown")
WRONGS = {  # as the judges say it, and how it is printed
    "false done": "false completed",
    "false broken": "false interrupted",
    "stall": "stall over 5 s",
    "double start": "double start",
    "unarmed start": "unarmed start",
    "other": "other",
    UNSEEN: "unseen",
}

type Kind = tuple[str, str]  # fault and dialect


@dataclass
class Account:
    """Counts of runs, by fault and dialect."""

    ends: dict[Kind, Counter[str]] = field(default_factory=dict)
    wrongs: dict[Kind, Counter[str]] = field(default_factory=dict)

    def add(self, fault: str, dialect: str, end: str, wrong: tuple[str, ...]) -> None:
        """One run: how it was told to have ended, and what is wrong with that."""
        kind = fault, dialect
        self.ends.setdefault(kind, Counter())[end] += 1
        found = Counter(what.split(":")[0] for what in wrong)
        self.wrongs.setdefault(kind, Counter()).update(found)

    def __str__(self) -> str:
        heads = ["fault", "dialect", "runs", *ENDS, *WRONGS.values()]
        rows = [[*kind, *self._row([kind])] for kind in self.ends]
        for dialect in dict.fromkeys(dialect for _, dialect in self.ends):
            kinds = [kind for kind in self.ends if kind[1] == dialect]
            rows.append(["all", dialect, *self._row(kinds)])
        rows.append(["all", "all", *self._row(list(self.ends))])
        table = [heads, *([str(cell) for cell in row] for row in rows)]
        widths = [max(map(len, column)) for column in zip(*table, strict=True)]
        return "\n".join(
            "  ".join(
                cell.ljust(width) if place < 2 else cell.rjust(width)
                for place, (cell, width) in enumerate(zip(row, widths, strict=True))
            )
            for row in table
        )

    def _row(self, kinds: list[Kind]) -> list[int]:
        ends = sum((self.ends[kind] for kind in kinds), Counter[str]())
        wrongs = sum((self.wrongs[kind] for kind in kinds), Counter[str]())
        counts = [ends[end] for end in ENDS] + [wrongs[wrong] for wrong in WRONGS]
        return [ends.total(), *counts]
