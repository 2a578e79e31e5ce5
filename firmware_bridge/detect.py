"""Which firmware answers on a port, and at which baud rate."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

from firmware_bridge.clock import Clock, WallClock
from firmware_bridge.dialects import fabnode, grbl, marlin, reprap
from firmware_bridge.dialects.dialect import Dialect
from firmware_bridge.errors import UnknownFirmwareError, WrongRateError
from firmware_bridge.facts import DialectName, Patience
from firmware_bridge.link import Link, Port, ports

DIALECTS: tuple[Dialect, ...] = (grbl, marlin, reprap, fabnode)

# Whose programs a firmware takes: who asks for one of these gets either.
_PROGRAMS_OF: dict[DialectName, DialectName] = {"reprap": "marlin"}

# Of some older builds and 32-bit boards: tried where noise says that a board is there.
_RARE_BAUDS = (500_000, 1_000_000, 38_400, 19_200, 9_600)

_LINES_PER_QUESTION_MAX = 200
_HEARD_BYTES_MAX = 2_000
_QUOTED_LETTERS = 60
_READABLE = bytes(range(32, 127)) + b"\t\r\n"
_NOISE_SHARE = 0.2

# A port that is closed for a moment drops DTR, so the board starts afresh.
_BETWEEN_RATES_S = 0.2


@dataclass(frozen=True, slots=True, kw_only=True)
class Found:
    """What answers on a port."""

    port: str
    dialect: DialectName
    baud: int


def list_ports() -> list[Port]:
    """The serial ports of this computer, sorted by path."""
    return ports()


def detect(
    port: str, *, patience: Patience | None = None, wall: Clock | None = None
) -> Found:
    """Ask the port in every dialect at every usual rate. Most boards reset.

    Errors: UnknownFirmwareError, LinkBusyError, LinkLostError.
    """
    link, dialect = open_recognised(port, patience=patience, wall=wall)
    with link:
        return Found(port=port, dialect=dialect, baud=link.baud)


def open_recognised(
    port: str,
    *,
    dialect: DialectName | None = None,
    baud: int | None = None,
    patience: Patience | None = None,
    wall: Clock | None = None,
) -> tuple[Link, DialectName]:
    """An open link on which a firmware was recognised; the caller closes it.

    `dialect` and `baud` narrow the search. Errors: as `detect`, and WrongRateError
    where a board answers at another rate than `baud`.
    """
    patience, wall = patience or Patience(), wall or WallClock()
    wanted = [
        known
        for known in DIALECTS
        if dialect in (None, known.NAME, _PROGRAMS_OF.get(known.NAME))
    ]
    tried = [baud] if baud is not None else list(_bauds(wanted))
    search = _Search(port, wanted, patience, wall)
    if port.startswith("socket://"):  # the rate is set at its other end alone
        found = search.at(tried[:1])
    else:
        found = search.at(tried)
        if found is None and search.hears_noise:
            usual = list(_bauds(DIALECTS))
            found = search.at(
                rate for rate in (*usual, *_RARE_BAUDS) if rate not in tried
            )
    if found is None:
        raise UnknownFirmwareError(search.words())
    link, name = found
    if baud in (None, link.baud):
        return found
    link.close()
    raise WrongRateError(
        f"{port}: a {name} board answers at {link.baud} baud, and it is set to "
        f"{baud}. Write {link.baud} instead, or leave the rate out: then it is found"
    )


def _bauds(dialects: Sequence[Dialect]) -> Iterator[int]:
    """Every rate once, those that most dialects try first in front."""
    longest = max((len(known.BAUDS) for known in dialects), default=0)
    seen: set[int] = set()
    for place in range(longest):
        for known in dialects:
            if place < len(known.BAUDS) and known.BAUDS[place] not in seen:
                seen.add(known.BAUDS[place])
                yield known.BAUDS[place]


class _Search:
    """One port, asked at one rate after another; what was heard is kept for people."""

    def __init__(
        self, port: str, wanted: Sequence[Dialect], patience: Patience, wall: Clock
    ) -> None:
        self._port = port
        self._wanted = wanted
        self._patience = patience
        self._wall = wall
        self._rates: list[int] = []
        self._heard = b""  # at the present rate
        self._text = b""  # what came at some rate and can be read
        self._noise = False

    def at(self, rates: Iterable[int]) -> tuple[Link, DialectName] | None:
        """The first rate at which it is recognised. Errors: see `open_recognised`."""
        for rate in rates:
            self._rates.append(rate)
            self._heard = b""
            link = Link(self._port, rate, wall=self._wall)
            try:
                name = self._recognise(link)
            except BaseException:
                link.close()
                raise
            if name is not None:
                return link, name
            link.close()
            self._judge()
            self._wall.sleep(_BETWEEN_RATES_S)
        return None

    @property
    def hears_noise(self) -> bool:
        """Whether something came, at no rate as text."""
        return self._noise and not self._text

    def words(self) -> str:
        """Why nothing was recognised, and what to do."""
        rates = ", ".join(str(rate) for rate in self._rates)
        names = ", ".join(known.NAME for known in self._wanted)
        asked = f"asked in {names} at {rates} baud"
        if not self._noise and not self._text:
            return (
                f"{self._port}: nothing answers ({asked}). Is the machine on, and is "
                "this its port?"
            )
        if self.hears_noise:
            return (
                f"{self._port}: something answers that can't be read ({asked}). Its "
                "rate is another one, or the cable is bad: look the rate up in the "
                "machine's papers and set it, then try another cable"
            )
        said = self._text.decode("ascii", "replace").strip().split("\n")[0]
        return (
            f"{self._port}: it answers, and says nothing that is known here ({asked}): "
            f"{said[:_QUOTED_LETTERS]!r}. Is this its port, and its firmware?"
        )

    def _recognise(self, link: Link) -> DialectName | None:
        name = self._listen(link, self._patience.boot_s)
        for known in self._wanted:
            if name is not None:
                return name
            link.write(known.PROBE)
            name = self._listen(link, self._patience.answer_s)
        if name is None:
            self._keep(link.unfinished)
        return name

    def _listen(self, link: Link, timeout_s: float) -> DialectName | None:
        until_s = self._wall.monotonic_s() + timeout_s
        for _ in range(_LINES_PER_QUESTION_MAX):
            line = link.read_line(until_s - self._wall.monotonic_s())
            if line is None:
                return None
            for known in self._wanted:
                if known.recognises(line):
                    return known.NAME
            self._keep(line + b"\n")
        return None

    def _judge(self) -> None:
        """Text or noise? At a wrong rate about 0.6 of the bytes are no text."""
        unreadable = self._heard.translate(None, _READABLE)
        if len(unreadable) > _NOISE_SHARE * len(self._heard):
            self._noise = True
        else:
            self._text = self._text or self._heard

    def _keep(self, octets: bytes) -> None:
        self._heard = (self._heard + octets)[:_HEARD_BYTES_MAX]
