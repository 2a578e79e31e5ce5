"""Whatever people and devices do, and in whatever order it is heard: I1 to I6 hold."""

import os
import random
import shutil
import tempfile
from contextlib import suppress
from dataclasses import replace
from datetime import timedelta
from functools import cache
from itertools import count
from pathlib import Path
from types import SimpleNamespace

from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    initialize,
    invariant,
    rule,
)
from sqlalchemy import select

from orchestrator.dispatch.commands import StartJob
from orchestrator.dispatch.facts import Fact
from orchestrator.dispatch.recovery import recover
from orchestrator.dispatch.referee import Promised, breaches
from orchestrator.dispatch.rows import ActRow, JobRow
from orchestrator.dispatch.verdict import judge
from orchestrator.dispatch.way_on import make_anew, refuse_order
from orchestrator.dispatch.witness import Witness
from orchestrator.foundation import ids
from orchestrator.foundation.database import Base, engine_of, readers, writers
from orchestrator.foundation.errors import FabcommonsError
from orchestrator.ledger.checkpoint import sign_checkpoint
from orchestrator.ledger.rows import EntryRow
from orchestrator.ledger.sequencer import sequence
from orchestrator.orders.life import cancel, held_order
from tests.unit.orchestrator.region import Region, TurnedClock, a_region

SOAK = os.environ.get("FABCOMMONS_SOAK") == "1"
ORDERS_MAX = 4
PICKS = st.integers(0, 11)  # of whatever there is by then
EVENTS = (
    "armed",
    "started",
    "paused",
    "resumed",
    "completed",
    "failed",
    "interrupted",
    "cancelled",
    "unknown",
    "cleared",
)


@cache
def template() -> tuple[Path, Region]:
    """One region on disk that every example starts from a copy of."""
    folder = Path(tempfile.mkdtemp(prefix="fabcommons-facts-"))
    path = folder / "template.db"
    engine = engine_of(f"sqlite:///{path}")
    Base.metadata.create_all(engine)
    region = a_region(writers(engine), readers(engine), folder / "files")
    region.publish_table()
    with engine.connect() as connection:
        connection.connection.driver_connection.execute(  # type: ignore[union-attr]
            "PRAGMA wal_checkpoint(TRUNCATE)"
        )
    engine.dispose()
    return path, region


class Facts(RuleBasedStateMachine):
    """Orders, plans, machines, couriers and their messages, without any order."""

    @initialize(labs=st.sampled_from((1, 2, 3)))
    def begin(self, labs: int) -> None:
        path, region = template()
        self.true_os, self.true_time = ids.os, ids.time  # type: ignore[attr-defined]
        chance, moments = random.Random(1), count(10**18, 10**6)
        # ids decide the order of rows: they must be the same when a case is replayed
        ids.os = SimpleNamespace(urandom=chance.randbytes)  # type: ignore[attr-defined]
        ids.time = SimpleNamespace(time_ns=lambda: next(moments))  # type: ignore[attr-defined]
        self.folder = Path(tempfile.mkdtemp(prefix="fabcommons-facts-"))
        shutil.copyfile(path, self.folder / "app.db")
        self.engine = engine_of(f"sqlite:///{self.folder / 'app.db'}")
        self.region = replace(
            region,
            sessions=writers(self.engine),
            reading=readers(self.engine),
            clock=TurnedClock(),
            numbers=count(1),
        )
        self.wholes: list[str] = []
        self.orders: list[str] = []  # those, and their parts
        self.commands: list[StartJob] = []
        self.facts: list[Fact] = []
        self.acts: set[str] = set()
        self.events: set[str] = set()
        if labs == 2:  # that it takes for what needs a printer, a laser and a plotter
            self.region.share_out()
        elif labs == 3:
            self.region.share_out_among_three()

    def teardown(self) -> None:
        ids.os, ids.time = self.true_os, self.true_time  # type: ignore[attr-defined]
        self.engine.dispose()
        shutil.rmtree(self.folder)

    def hear(self, fact: Fact) -> None:
        self.facts.append(fact)
        with suppress(FabcommonsError):  # the door sets it aside
            self.region.tell(fact)

    @rule(
        design=st.sampled_from(("clip", "clip-set", "box", "lamp", "table")),
        quantity=st.integers(1, 3),
    )
    def place(self, design: str, quantity: int) -> None:
        if len(self.wholes) == ORDERS_MAX:
            return
        with suppress(FabcommonsError):  # nobody can make it now
            order_id = self.region.order(design, quantity=quantity, hours=20)
            self.wholes.append(order_id)
            parts = self.region.parts(order_id)
            self.orders += [*(part.id for part in parts), order_id]

    @rule(seconds=st.sampled_from((10, 60, 600, 2_000)))
    def wait(self, seconds: int) -> None:
        self.region.clock.turn(seconds)

    @rule()
    def plan(self) -> None:
        self.region.plan()

    @rule()
    def send(self) -> None:
        self.region.clock.turn(30)
        commands = self.region.send()
        self.commands += [one for one in commands if isinstance(one, StartJob)]

    @rule(
        pick=PICKS,
        event=st.sampled_from(EVENTS),
        pieces_good=st.sampled_from((None, None, None, 0, 1, 2)),
    )
    def happen(self, pick: int, event: str, pieces_good: int | None) -> None:
        if not self.commands:
            return
        command = self.commands[pick % len(self.commands)]
        self.hear(self.region.happened(command, event, pieces_good=pieces_good))

    @rule(pick=PICKS)
    def work(self, pick: int) -> None:
        """What mostly happens: a job goes well from end to end."""
        if not self.commands:
            return
        command = self.commands[pick % len(self.commands)]
        for event in ("armed", "started", "completed", "cleared"):
            self.hear(self.region.happened(command, event))
        self.hear(self.region.state(command.machine_id, "idle"))

    @rule(pick=PICKS, verdict=st.sampled_from(("accepted", "refused", "expired")))
    def answer(self, pick: int, verdict: str) -> None:
        if not self.commands:
            return
        command = self.commands[pick % len(self.commands)]
        self.hear(self.region.accepted(command, verdict))

    @rule(pick=PICKS)
    def hear_again(self, pick: int) -> None:
        if self.facts:
            self.hear(self.facts[pick % len(self.facts)])

    @rule(
        lab=st.integers(0, 1),
        machine=st.integers(0, 2),
        state=st.sampled_from(("idle", "idle", "alarm", "running")),
    )
    def machine_says(self, lab: int, machine: int, state: str) -> None:
        name = self.region.labs[lab].machines[machine]
        self.hear(self.region.state(name, state))

    @rule(lab=st.integers(0, 1), dies=st.booleans())
    def live_or_die(self, lab: int, dies: bool) -> None:
        one = self.region.labs[lab]
        self.region.clock.turn(1)
        self.hear(self.region.death(one) if dies else self.region.birth(one))
        if not dies:
            for name in one.machines:
                self.hear(self.region.state(name, "idle"))

    @rule(
        pick=PICKS,
        kind=st.sampled_from(("picked-up", "delivered", "problem", "back", "out")),
        courier=st.integers(0, 1),
        is_right=st.booleans(),
    )
    def act(self, pick: int, kind: str, courier: int, is_right: bool) -> None:
        if not self.orders:
            return
        order = self.region.row(self.orders[pick % len(self.orders)])
        code = order.delivery_code if kind == "delivered" else order.pickup_code
        told: dict[str, str] = {}
        if kind == "out":
            told["load"] = "keep" if pick % 2 else "back"
        if kind == "problem":
            told["reason"] = "lost" if pick % 2 else "nobody-there"
        try:
            row = self.region.act(
                kind,
                None if kind == "out" else order.id,
                self.region.couriers[courier],
                code=code if is_right else "AAA-AAAA",
                **told,
            )
            self.acts.add(row.id)
        except FabcommonsError:
            pass  # the phone is told why

    @rule()
    def recover(self) -> None:
        recover(self.region.sessions, self.region.clock, self.region.key)

    @rule(pick=PICKS)
    def cancel(self, pick: int) -> None:
        if not self.orders:
            return
        try:
            with self.region.sessions.begin() as session:
                order = held_order(session, self.orders[pick % len(self.orders)])
                cancel(session, order, now=self.region.clock.at)
        except FabcommonsError:
            pass  # too late for that

    @rule(pick=PICKS, ends=st.booleans())
    def be_steward(self, pick: int, ends: bool) -> None:
        """Whatever keeps an order: it is made anew, or ended."""
        if not self.orders:
            return
        order_id = self.orders[pick % len(self.orders)]
        with suppress(FabcommonsError), self.region.sessions.begin() as session:
            now = self.region.clock.at
            if ends:
                refuse_order(session, order_id, why="So it is.", now=now)
            else:
                witness = Witness(key=self.region.key, now=now)
                make_anew(session, witness, order_id, why="Once more.")

    @rule(pick=PICKS)
    def carry(self, pick: int) -> None:
        """What mostly happens: what is made is fetched and handed over."""
        if not self.orders:
            return
        order = self.region.row(self.orders[pick % len(self.orders)])
        rider = self.region.couriers[pick % 2]
        for kind, code in (
            ("picked-up", order.pickup_code),
            ("delivered", order.delivery_code),
        ):
            with suppress(FabcommonsError):
                self.acts.add(self.region.act(kind, order.id, rider, code=code).id)

    @rule(pieces_good=st.integers(0, 2))
    def look_at_unknown_jobs(self, pieces_good: int) -> None:
        with self.region.reading() as session:
            unknown = session.scalars(
                select(JobRow.id).where(JobRow.state == "unknown")
            ).all()
        for job_id in unknown:
            try:
                with self.region.sessions.begin() as session:
                    judge(
                        session,
                        Witness(key=self.region.key, now=self.region.clock.at),
                        job_id,
                        agent_id="agent-operator",
                        pieces_good=pieces_good,
                    )
            except FabcommonsError:
                pass  # more than the job had

    @rule()
    def keep_the_ledger(self) -> None:
        with self.region.sessions.begin() as session:
            sequence(session)
            sign_checkpoint(
                session, origin="test", key=self.region.key, now=self.region.clock.at
            )

    @invariant()
    def nothing_is_broken(self) -> None:
        with self.region.reading() as session:
            found = breaches(
                session,
                promised=Promised(
                    orders=frozenset(self.orders),
                    acts=frozenset(self.acts),
                    events=frozenset(self.events),
                    jobs=frozenset(command.job_id for command in self.commands),
                ),
            )
            self.events |= set(session.scalars(select(EntryRow.id)))
            acts = set(session.scalars(select(ActRow.id)))
        assert found == []
        assert self.acts <= acts


Facts.TestCase.settings = settings(
    max_examples=200 if SOAK else 12,
    stateful_step_count=60 if SOAK else 25,
    deadline=timedelta(minutes=2),
    suppress_health_check=list(HealthCheck),
    print_blob=True,
)
TestFacts = Facts.TestCase
