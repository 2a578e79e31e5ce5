"""`fabcommons demo`: a whole region as real processes, played until told to end."""

import contextlib
import os
import tempfile
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Annotated
from zoneinfo import ZoneInfo

import httpx
import typer
from rich.console import Console
from rich.live import Live

from orchestrator.doors.mqtt.broker import free_port
from orchestrator.entry.demo import labs, processes
from orchestrator.entry.demo.client import http_client
from orchestrator.entry.demo.players import Play, playing
from orchestrator.entry.demo.report import (
    are_over,
    idle_machines,
    reasons_of,
    standing,
    table_of,
)
from orchestrator.entry.demo.seed import (
    Cast,
    Seeding,
    seed,
    seed_commons,
    write_logins,
)
from orchestrator.entry.demo.shops import wishes
from orchestrator.entry.demo.world import World, helsinki
from orchestrator.entry.ledger_command import export_all, origin_of
from orchestrator.entry.node import Store, open_store
from orchestrator.entry.settings import Settings
from orchestrator.foundation.clock import WallClock
from orchestrator.ledger.verify import BrokenError, verify
from orchestrator.members.logins import hashed

READY_WAIT_S = 60
LABS_WAIT_S = 90
ONCE_WAIT_S = 900  # of the wall
WATCH_S = 0.5
TABLE_WIDTH = 170
PASSWORD = "open-region-demo"  # noqa: S105 - of a play, printed for whoever looks
console = Console()


def demo_command(
    *,
    once: Annotated[
        bool, typer.Option("--once", help="Place the orders, show what became, end.")
    ] = False,
    orders: Annotated[int, typer.Option(min=1, help="How many with --once.")] = 20,
    factor: Annotated[
        float, typer.Option(min=1, max=200, help="How many times as fast as the wall.")
    ] = 60.0,
    port: Annotated[int, typer.Option(help="Of the pages; 0: any free one.")] = 0,
    home: Annotated[
        Path | None, typer.Option(help="Keep the region here; else it is thrown away.")
    ] = None,
    database: Annotated[
        str | None, typer.Option(help="A SQLAlchemy URL; else SQLite in the home.")
    ] = None,
    export: Annotated[
        Path, typer.Option(help="Where --once leaves a copy of the ledger.")
    ] = Path("artefacts/demo-ledger.jsonl"),
    draw: Annotated[int, typer.Option("--seed", help="Of what is ordered.")] = 1,
) -> None:
    """Watch a region in central Helsinki make and deliver real orders."""
    with contextlib.ExitStack() as stack:
        folder = stack.enter_context(_home(home))
        settings = Settings(
            home=folder / "node",
            database_url=database,
            port=port or free_port(),
            clock_factor=factor,
            clock_origin=WallClock().now(),
            demo=True,
        )
        play = stack.enter_context(_running(folder, settings))
        console.print(f"The region is at [bold]{play.url}[/bold]")
        console.print(f"Its people sign in there with the password {PASSWORD}")
        wanted = wishes(play.cast.shops, play.cast.version_of, seed=draw)
        with playing(play, wanted, orders if once else None):
            in_time = _watch(play, orders if once else None)
        if once:
            whole = _close(play, export)
            raise typer.Exit(0 if in_time and whole else 1)


@contextlib.contextmanager
def _home(given: Path | None) -> Iterator[Path]:
    if given is not None:
        given.mkdir(parents=True, exist_ok=True)
        yield given.resolve()
        return
    with tempfile.TemporaryDirectory(prefix="fabcommons-demo-") as folder:
        Path(folder).chmod(0o711)  # the broker's user passes through
        yield Path(folder)


@contextlib.contextmanager
def _running(folder: Path, settings: Settings) -> Iterator[Play]:
    world = helsinki()
    environment = {**os.environ, **settings.environment()}
    with contextlib.ExitStack() as stack:
        console.print("Making the region: people, designs, labs …")
        store = open_store(settings)
        stack.callback(store.engine.dispose)
        cast = _seeded(store, world)
        server = ("orchestrator.entry", "serve", "--quiet")
        log = settings.home / "server.log"
        stack.enter_context(processes.running(server, log=log, environment=environment))
        url = f"http://{settings.host}:{settings.port}"
        http = stack.enter_context(http_client(url))
        _wait_until_ready(http, log)
        stack.enter_context(labs.running(folder / "labs", world, cast, settings, url))
        _wait_until_at_work(store, world)
        yield Play(store=store, cast=cast, world=world, url=url, http=http)


def _seeded(store: Store, world: World) -> Cast:
    with store.sessions.begin() as session:
        at = Seeding(
            session=session,
            files=store.files,
            now=store.clock.now(),
            zone=store.settings.zone,
            password_hash=hashed(PASSWORD),
        )
        cast = seed(at, world)
        others = seed_commons(at, cast, store.network_key)
    write_logins(cast, others, PASSWORD, store.settings.home / "cast.json")
    return cast


def _wait_until_ready(http: httpx.Client, log: Path) -> None:
    pause = threading.Event()
    for _ in range(READY_WAIT_S * 5):
        with contextlib.suppress(httpx.TransportError):
            if http.get("/health/ready").is_success:
                return
        pause.wait(0.2)
    console.print(f"The server did not start; it said:\n{log.read_text()[-2000:]}")
    raise typer.Exit(1)


def _wait_until_at_work(store: Store, world: World) -> None:
    """Labs open when every machine is homed and free."""
    wanted = sum(len(lab.machines) for lab in world.labs)
    pause = threading.Event()
    with console.status("Labs are starting") as status:
        for _ in range(LABS_WAIT_S * 2):
            with store.readers() as session:
                idle = idle_machines(session)
            if idle >= wanted:
                break
            status.update(f"Labs are starting: {idle} of {wanted} machines are free")
            pause.wait(0.5)
    console.print(f"{idle} of {wanted} machines are at work")


def _watch(play: Play, count: int | None) -> bool:
    """Show how it stands until all is over (True), time is up, or Ctrl-C."""
    zone = ZoneInfo(play.store.settings.zone)
    pause = threading.Event()
    waited_s = 0.0
    with Live(console=console, refresh_per_second=2) as live:
        while count is None or waited_s < ONCE_WAIT_S:
            with play.store.readers() as session:
                live.update(standing(session, play.store.clock.now(), zone))
                placed = list(play.placed)
                if len(placed) == count and are_over(session, placed):
                    return True
            try:
                pause.wait(WATCH_S)
            except KeyboardInterrupt:
                return count is None
            waited_s += WATCH_S
    console.print(f"Not all orders came to their end within {ONCE_WAIT_S} s.")
    return False


def _close(play: Play, copy: Path) -> bool:
    """Print the table, take the ledger along, and check the copy."""
    store = play.store
    with store.readers() as session:
        table = table_of(session, play.placed, ZoneInfo(store.settings.zone))
    Console(width=max(console.width, TABLE_WIDTH)).print(table)
    for reason in reasons_of(play.placed):
        console.print(f"refused {reason}")
    copy.parent.mkdir(parents=True, exist_ok=True)
    export_all(
        store.sessions,
        copy,
        origin=origin_of(store.settings.region),
        key=store.network_key,
        clock=store.clock,
    )
    try:
        whole = verify(copy)
    except BrokenError as broken:
        console.print(f"ledger BROKEN: {broken}")
        return False
    console.print(f"ledger whole: {whole.entry_count} entries, in {copy}")
    return True
