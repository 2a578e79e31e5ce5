"""Question and answer with a fabnode: asked until answered, events taken once."""

from collections import deque
from collections.abc import Callable

from firmware_bridge.clock import Clock
from firmware_bridge.dialects import fabnode
from firmware_bridge.dialects.fabnode_frame import SEQUENCE_MAX
from firmware_bridge.errors import CommandRefusedError, NoAnswerError
from firmware_bridge.facts import MachineState, Patience, Status
from firmware_bridge.link import Link

_ASK_AGAIN_S = 0.25  # a damaged question or answer shows by silence only
_EVENTS_HELD_MAX = 64

type Content = fabnode.Hello | fabnode.State | fabnode.Ok | fabnode.Refused

_STATE_OF: dict[fabnode.Activity, MachineState] = {
    "idle": MachineState.IDLE,
    "running": MachineState.RUNNING,
    "unknown": MachineState.UNKNOWN,
}


class FabnodeTalk:
    """One board's conversation. Used by one thread at a time, except `status`."""

    def __init__(self, link: Link, *, wall: Clock, patience: Patience) -> None:
        self.link = link
        self.wall = wall
        self.patience = patience
        self.hello: fabnode.Hello | None = None
        self.state: fabnode.State | None = None
        self.status = Status(state=MachineState.UNKNOWN)
        self.events: deque[fabnode.Event] = deque(maxlen=_EVENTS_HELD_MAX)
        self.damaged_count = 0  # lines from the board that weren't intact
        self._inbox = fabnode.EventInbox()
        self._request = 0

    def ask(self, command_of: Callable[[int], bytes]) -> Content:
        """Send a command until it's answered; a repeat changes nothing on the board.

        Errors: NoAnswerError after `Patience.answer_s`, LinkLostError.
        """
        self._request = self._request % SEQUENCE_MAX + 1
        command = command_of(self._request)
        until_s = self.wall.monotonic_s() + self.patience.answer_s
        while (now_s := self.wall.monotonic_s()) < until_s:
            self.link.write(command)
            again_s = min(now_s + _ASK_AGAIN_S, until_s)
            while (left_s := again_s - self.wall.monotonic_s()) > 0:
                reply = self.listen(left_s)
                if isinstance(reply, fabnode.Answer) and reply.request == self._request:
                    return reply.content
        raise NoAnswerError(
            f"{self.link.port}: the board did not answer "
            f"in {self.patience.answer_s:g} s"
        )

    def order(self, command_of: Callable[[int], bytes]) -> None:
        """Ask for something to be done. Errors: as `ask`; CommandRefusedError."""
        content = self.ask(command_of)
        if isinstance(content, fabnode.Refused):
            raise CommandRefusedError(f"{self.link.port}: {content.text}")

    def ask_hello(self) -> fabnode.Hello:
        """Who the board is. Errors: as `ask`."""
        content = self.ask(fabnode.hello)
        if not isinstance(content, fabnode.Hello):
            raise NoAnswerError(f"{self.link.port}: the board did not say who it is")
        return content

    def ask_state(self) -> fabnode.State:
        """How the board stands. Errors: as `ask`."""
        content = self.ask(fabnode.status)
        if not isinstance(content, fabnode.State):
            raise NoAnswerError(f"{self.link.port}: the board did not say its state")
        return content

    def listen(self, timeout_s: float) -> fabnode.Reply | None:
        """The next line, with what it says already noted; None: silence.

        Errors: LinkLostError.
        """
        line = self.link.read_line(timeout_s)
        if line is None:
            return None
        reply = fabnode.parse(line)
        self._note(reply)
        return reply

    def _note(self, reply: fabnode.Reply) -> None:
        match reply:
            case fabnode.Heartbeat(state=state):
                self._note_state(state)
            case fabnode.Answer(content=fabnode.State() as state):
                self._note_state(state)
            case fabnode.Banner(hello=hello):
                self.hello = hello
            case fabnode.Answer(content=fabnode.Hello() as hello):
                self.hello = hello
            case fabnode.Event():
                self.link.write(fabnode.acknowledge(0, reply))
                if self._inbox.is_new(reply):
                    self.events.append(reply)
            case fabnode.Unknown():
                self.damaged_count += 1
            case _:
                pass

    def _note_state(self, state: fabnode.State) -> None:
        self.state = state
        hello = self.hello
        paused = state.paused and state.job is not None
        alarm = None
        if hello is not None and not hello.is_adopted:
            alarm = f"the board's identity is {hello.identity}: commission it"
        elif state.fault:
            alarm = "somebody pressed 'fault'; press 'done' at the machine to clear it"
        self.status = Status(
            state=MachineState.ALARM
            if alarm
            else MachineState.PAUSED
            if paused
            else _STATE_OF[state.activity],
            alarm=alarm,
            note=_note_of(state),
            temperatures_c={}
            if state.celsius is None
            else {"chamber": float(state.celsius)},
            pieces=state.job.made if state.job else None,
            current_a=state.rms_mv / hello.mv_per_a
            if hello and hello.mv_per_a
            else None,
        )


def _note_of(state: fabnode.State) -> str | None:
    """What a person far away should know; in tens of degrees, or it were always news."""
    notes = []
    if state.called:
        notes.append("somebody at the machine asks for help")
    if state.is_heat_broken:
        notes.append("the thermocouple can't be read")
    if state.celsius is not None:
        notes.append(f"about {round(state.celsius, -1)} °C")
    return "; ".join(notes) or None
