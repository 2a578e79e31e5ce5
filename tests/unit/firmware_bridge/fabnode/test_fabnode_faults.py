"""What a bad line, a reset, a power cut and a spoilt EEPROM must not break."""

import os
from pathlib import Path
from uuid import UUID

import pytest

from firmware_bridge.clock import WallClock
from firmware_bridge.commission import Commission, commission
from firmware_bridge.dialects import fabnode
from firmware_bridge.drivers.fabnode_talk import FabnodeTalk
from firmware_bridge.errors import CommandRefusedError, NoAnswerError
from firmware_bridge.facts import Patience
from firmware_bridge.link import Link
from firmware_bridge.simulators.avr_node import AvrNode
from firmware_bridge.sketches.build import ARDUINO, build_sketch

NODE_UUID = UUID("0f0e0d0c-0b0a-4908-8706-050403020100")
JOB = "11111111-2222-4333-8444-555555555555"
OPTIBOOT = ARDUINO / "bootloaders/optiboot/optiboot_atmega328.hex"
COPY_BYTES = 128  # as in the sketch's identity.cpp


def test_event_is_repeated_until_acknowledged(node: AvrNode) -> None:
    with Link(node.port, 115_200) as link:
        heard = _events(link, count=3)
        assert [event.kind for event in heard] == ["idle"] * 3
        assert len({(event.boot, event.sequence) for event in heard}) == 1
        wrong = fabnode.Event(
            boot=heard[0].boot, sequence=99, kind="idle", age_s=0, pieces=0
        )
        link.write(fabnode.acknowledge(1, wrong))
        assert _events(link, count=2)[-1].sequence == heard[0].sequence
        link.write(fabnode.acknowledge(2, heard[0]))
        node.press_done()
        sequences = [event.sequence for event in _events(link, count=4)]
        assert set(sequences[2:]) == {heard[0].sequence + 1}


def test_noise_both_ways_loses_nothing_and_doubles_nothing(
    node: AvrNode, listener
) -> None:
    listener.events.clear()
    node.do("noise 8 20240229")  # of 1000 bytes, damaged or lost
    assert listener.ask(lambda r: fabnode.arm(r, JOB, 5)) == fabnode.Ok()
    node.current(amperes=2.0)
    node.count_pieces(5, each_ms=50)
    listener.until_event("started")
    node.press_done()
    ended = listener.until_event("ended")
    node.current(amperes=0)
    listener.until_event("idle")
    node.do("noise 0 1")
    listener.for_s(0.8)
    state = listener.ask_state()
    assert (ended.why, ended.pieces, ended.job) == ("done", 5, JOB)
    assert (state.pieces, state.unread, state.missed) == (5, 0, 0)
    for kind in ("running", "started", "ended", "idle"):
        assert listener.kinds().count(kind) == 1
    sequences = [event.sequence for event in listener.events]
    assert sequences == list(range(sequences[0], sequences[0] + len(sequences)))
    assert listener.damaged_count > 0
    assert state.bad > 0


def test_damaged_command_is_never_obeyed(node: AvrNode, listener) -> None:
    for garbled_count in (1, 2, 3, 40):
        node.do(f"garble {garbled_count}")
        node.stat()  # answered: the fault is in place
        listener.link.write(fabnode.arm(7, JOB, 1))
        listener.for_s(0.15)
    plausible = fabnode.arm(7, JOB, 1).replace(b" 1*", b" 9*")
    listener.link.write(plausible)  # only the checksum tells that this isn't meant
    listener.for_s(0.15)
    state = listener.ask_state()
    assert state.job is None
    assert state.bad > 0


def test_lost_line_end_costs_no_second_line(node: AvrNode, listener) -> None:
    cut = fabnode.status(1)[:-6]
    listener.link.write(cut + fabnode.arm(2, JOB, 1))
    listener.for_s(0.2)
    job = listener.ask_state().job
    assert job is not None
    assert job.id == JOB


def test_reset_keeps_uuid_job_and_unread_events(node: AvrNode, listener) -> None:
    assert listener.ask(lambda r: fabnode.arm(r, JOB, 3)) == fabnode.Ok()
    boot = listener.ask_hello().boot
    node.current(amperes=2.0)
    listener.until_event("started")
    node.count_pieces(2)
    listener.for_s(0.5)
    node.do("rdrop 100000")  # nothing reaches the host any more
    node.press_done()
    listener.for_s(1.2)
    node.reset()
    node.do("rdrop 0")
    ended = listener.until_event("ended")
    hello = listener.ask_hello()
    assert (ended.why, ended.pieces, ended.boot) == ("done", 2, boot)
    assert (hello.uuid, hello.boot, hello.memory_kept) == (NODE_UUID, boot, True)
    assert listener.kinds().count("ended") == 1


def test_a_reset_in_mid_change_keeps_the_job(eeprom: Path) -> None:
    # A heartbeat takes milliseconds to go out, just after its second was counted.
    with (
        AvrNode(eeprom=eeprom, resets_on_open=False, speed=0.5) as node,
        Link(node.port, 115_200) as link,
    ):
        talk = FabnodeTalk(link, wall=WallClock(), patience=Patience(answer_s=5))
        while not any(event.kind == "idle" for event in talk.events):
            talk.listen(0.1)
        talk.order(lambda request: fabnode.arm(request, JOB, 3))
        for _ in range(3):
            _until_begun(node.port, b"@h")
            node.reset()
            assert talk.ask_hello().memory_kept
        job = talk.ask_state().job
        assert job is not None
        assert (job.id, job.phase) == (JOB, "armed")


def test_power_cut_is_told_by_the_boot_number(node: AvrNode, listener) -> None:
    before = listener.ask_hello()
    listener.ask(lambda r: fabnode.arm(r, JOB, 3))
    node.power_cycle()
    listener.for_s(0.3)
    after = listener.ask_hello()
    assert (after.uuid, after.boot) == (NODE_UUID, before.boot + 1)
    assert not after.memory_kept
    assert after.reset_cause & 1
    assert listener.ask_state().job is None


def test_watchdog_frees_a_wedged_program_with_its_job(node: AvrNode, listener) -> None:
    listener.ask(lambda r: fabnode.arm(r, JOB, 3))
    boot = listener.ask_hello().boot
    node.do("wedge")
    listener.until(lambda talk: talk.hello.reset_cause & 8)
    assert (listener.hello.boot, listener.hello.memory_kept) == (boot, True)
    assert listener.ask_state().job.phase == "armed"


def test_hang_is_told_although_the_boot_loader_hides_the_cause(eeprom: Path) -> None:
    node = AvrNode(
        eeprom=eeprom,
        image=build_sketch().elf,
        boot_loader=OPTIBOOT,
        resets_on_open=False,
        speed=6.0,
    )
    with node, Link(node.port, 115_200) as link:
        talk = FabnodeTalk(link, wall=WallClock(), patience=Patience(answer_s=10))
        assert not talk.ask_hello().reset_cause & 8
        node.do("hang")
        node.wait(2.5)
        hello = talk.ask_hello()
        assert (hello.reset_cause, hello.memory_kept) == (8, True)
        node.reset()
        node.wait(2.5)
        hello = talk.ask_hello()
        assert (hello.reset_cause, hello.memory_kept) == (0, True)


def test_frozen_board_does_not_answer_and_comes_back(node: AvrNode, listener) -> None:
    node.do("freeze")
    node.stat()
    with pytest.raises(NoAnswerError):
        FabnodeTalk(
            listener.link, wall=WallClock(), patience=Patience(answer_s=0.4)
        ).ask_state()
    node.do("thaw")
    assert listener.ask_hello().uuid == NODE_UUID


def test_one_spoilt_copy_is_mended_with_a_fresh_boot_number(eeprom: Path) -> None:
    octets = bytearray(eeprom.read_bytes())
    boots = [
        int.from_bytes(octets[at + 4 : at + 6], "little") for at in (0, COPY_BYTES)
    ]
    for spoilt in (0, COPY_BYTES):
        damaged = octets.copy()
        damaged[spoilt + 10] ^= 0x04
        eeprom.write_bytes(damaged)
        hello = _hello(eeprom)
        assert (hello.identity, hello.uuid) == ("mended", NODE_UUID)
        assert hello.boot > max(boots)
        assert _hello(eeprom).identity == "ok"


def test_corrupt_eeprom_is_found_and_nothing_in_it_believed(eeprom: Path) -> None:
    octets = bytearray(eeprom.read_bytes())
    octets[10] ^= 0x04
    octets[COPY_BYTES + 10] ^= 0x04
    eeprom.write_bytes(octets)
    hello = _hello(eeprom)
    assert hello.identity == "corrupt"
    assert hello.uuid.int == 0
    with AvrNode(eeprom=eeprom, resets_on_open=False, speed=6.0) as node:
        with Link(node.port, 115_200) as link:
            talk = _talk(link)
            refused = talk.ask(lambda r: fabnode.arm(r, JOB, 1))
        assert refused == fabnode.Refused("identity")
        identity, status = commission(node.port, Commission(uuid=NODE_UUID, boot=50))
        assert identity.uuid == str(NODE_UUID)
        assert status.alarm is None
        other = UUID(int=7)
        with pytest.raises(CommandRefusedError, match="another identity"):
            commission(node.port, Commission(uuid=other))
    assert _hello(eeprom).boot == 51


def test_queue_overflows_with_a_count_and_keeps_the_jobs_end(
    node: AvrNode, listener
) -> None:
    listener.ask(lambda r: fabnode.arm(r, JOB, 1))
    node.do("drop 1000000000")  # the host's acknowledgements are lost
    node.do("pin D3 1")
    for _ in range(7):  # each press and its clearing are two events
        node.press_fault(duration_ms=650)
        listener.for_s(0.75)
        node.press_done(duration_ms=650)
        listener.for_s(0.75)
    node.do("drop 0")
    ended = listener.until_event("ended")
    listener.until(lambda talk: talk.ask_state().unread == 0)
    assert (ended.job, ended.why) == (JOB, "fault")
    assert listener.ask_state().missed > 0


def _talk(link: Link) -> FabnodeTalk:
    return FabnodeTalk(link, wall=WallClock(), patience=Patience())


def _hello(eeprom: Path) -> fabnode.Hello:
    with (
        AvrNode(eeprom=eeprom, resets_on_open=False, speed=6.0) as node,
        Link(node.port, 115_200) as link,
    ):
        return _talk(link).ask_hello()


def _events(link: Link, *, count: int) -> list[fabnode.Event]:
    """The next events as they come in, repeats and all, not acknowledged."""
    heard: list[fabnode.Event] = []
    for _ in range(200):
        line = link.read_line(5.0)
        reply = None if line is None else fabnode.parse(line)
        if isinstance(reply, fabnode.Event):
            heard.append(reply)
        if len(heard) == count:
            return heard
    raise AssertionError(f"only {len(heard)} events came")


def _until_begun(port: str, words: bytes) -> None:
    """Read the line beside its owner until a line that begins so is on its way."""
    heard = b""
    handle = os.open(port, os.O_RDONLY | os.O_NOCTTY)
    try:
        while words not in heard:
            heard += os.read(handle, 1)
    finally:
        os.close(handle)
