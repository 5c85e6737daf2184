"""Process. Active objects: doors, dispensers, levers that belong together (lifts and trains are in `vehicles.py`).

Each listens on a mailbox and on time, and tells rooms by their `control`, which never makes it wait.
"""

from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from typing import Any

from occwserv.csp import After, Buffer, Channel, Ending, Receiver, Sender, alt, ends
from occwserv.csp.process import Outside

from .acting import Turn
from .changes import Announce, Answer, Dispense, DoorIs, Together
from .marks import Marks
from .room import UNBOUNDED, Room
from .values import Thing, capital, copy_of, listed


class Machine(Outside):
    """What all have: a name, and a mailbox. It outlives its process, as a room does."""

    keeps: tuple[str, ...] = ()  # what else than `due` tells how it is

    def __init__(self, key: str, name: str, now: Callable[[], float]) -> None:
        self.key, self.name, self.now = key, name, now
        self.marks = Marks()
        self.due: float | None = None  # when time is over
        self.sender: Sender
        self.mailbox: Receiver
        self.sender, self.mailbox = ends(Buffer(UNBOUNDED, f"mailbox of {key}"))

    async def run(self) -> None:
        """Listen for ever."""
        while True:
            which, turn = await alt(self.mailbox, self.due is not None and After(self.due - self.now()))
            if which == 1:
                self.due = None
                self.time_is_over()
            elif isinstance(turn, Turn):
                self.turned(turn)
            else:
                self.forced(turn)
            self.marks.machine(self)

    def state(self) -> dict:
        """How it is now, for who keeps it."""
        return {name: getattr(self, name) for name in ("due", *self.keeps)}

    def restore(self, state: dict, rooms: Mapping[str, Room]) -> None:
        """Be as it was kept."""
        for name, value in state.items():
            setattr(self, name, value)

    def after(self, seconds: float) -> None:
        """Have `time_is_over` called then. What is done meanwhile does not put it off."""
        self.due = self.now() + seconds

    def turned(self, turn: Turn) -> None:
        """Somebody did something."""

    def forced(self, what: Any) -> None:
        """Another machine did."""

    def time_is_over(self) -> None:
        """It is the moment that was set by `after`."""


def post(control: Channel, message: Any) -> None:
    """Tell a room something. If it was removed, nobody is to be told."""
    with suppress(Ending):
        control.send_now(message)


class Door(Machine):
    """A door between two rooms: open, closed or locked, and closing by itself."""

    keeps = ("mode",)

    def __init__(self, key: str, name: str, now: Callable[[], float], key_thing: str, mode: str, closes: float) -> None:
        super().__init__(key, name, now)
        self.key_thing, self.mode, self.closes = key_thing, mode, closes
        self.relocks = mode == "locked"
        self.sides: list[Channel] = []

    def stand_in(self, room: Channel) -> None:
        """Be in a room, too. Rooms that were removed meanwhile are forgotten."""
        self.sides = [*(side for side in self.sides if not side.ended and side is not room), room]

    def time_is_over(self) -> None:
        self.become("locked" if self.relocks else "closed", f"{self._capital} falls shut.")

    def restore(self, state: dict, rooms: Mapping[str, Room]) -> None:
        super().restore(state, rooms)
        for exit in [exit for room in rooms.values() for exit in room.exits.values() if exit.device == self.key]:
            exit.mode = self.mode

    def become(self, mode: str, text: str) -> None:
        self._set(mode)
        for side in self.sides:
            post(side, DoorIs(self.key, mode, text))

    def _set(self, mode: str) -> None:
        self.mode = mode
        self.due = self.now() + self.closes if mode == "open" and self.closes else None

    @property
    def _capital(self) -> str:
        return capital(self.name)

    def forced(self, what: Any) -> None:
        self.become(what, f"{self._capital} {'opens' if what == 'open' else 'closes'}.")

    def turned(self, turn: Turn) -> None:
        mode, why = self._judged(turn)
        if why:
            post(turn.control, Answer(turn.body, why, "", turn.done))
            return
        self._set(mode)
        for side in self.sides:
            seen = {"open": "opens", "closed": "closes", "locked": "clicks"}[mode]
            post(side, DoorIs(self.key, mode, "" if side is turn.control else f"{self._capital} {seen}."))
        deed = turn.deed
        post(turn.control, Answer(
            turn.body, f"You {deed} {self.name}.", f"{turn.name} {deed}s {self.name}.", turn.done,
        ))  # fmt: skip

    def _judged(self, turn: Turn) -> tuple[str, str]:
        """How the door is afterwards, or why that is not possible."""
        if turn.deed in ("lock", "unlock"):
            wanted = "locked" if turn.deed == "lock" else "closed"
            if not self.key_thing:
                return "", f"{self._capital} has no lock that a key would fit."
            if not turn.has_key:
                return "", "You do not have the key."
            if (self.mode == "locked") == (turn.deed == "lock"):
                return "", f"{self._capital} is {'locked' if self.mode == 'locked' else 'not locked'}."
            return wanted, ""
        if self.mode == "locked":
            return "", f"{self._capital} is locked."
        wanted = "open" if turn.deed == "open" else "closed"
        return (wanted, "") if wanted != self.mode else ("", f"{self._capital} is {wanted} already.")


class Dispenser(Machine):
    """Hands out things, one every few seconds."""

    keeps = ("made", "ready_at")

    def __init__(self, key: str, name: str, thing: Thing, now: Callable[[], float], pause: float, text: str) -> None:
        super().__init__(key, name, now)
        self.thing, self.pause, self.text = thing, pause, text
        self.made, self.ready_at = 0, 0.0

    def turned(self, turn: Turn) -> None:
        if self.now() < self.ready_at:
            post(turn.control, Answer(turn.body, "It hums, and nothing comes. Wait a moment.", "", turn.done))
            return
        self.ready_at = self.now() + self.pause
        self.made += 1
        thing = copy_of(self.thing, f"{self.thing.key}_{self.made}_{int(self.now())}")
        post(turn.control, Dispense(thing, turn.body, self.text, turn.done))


@dataclass
class Held:
    """A lever that somebody pulled."""

    body: int
    name: str
    moment: float
    room: str
    control: Channel = field(repr=False)


class Levers(Machine):
    """Levers that must be pulled by different players within some seconds; then a door opens."""

    def __init__(self, key: str, name: str, levers: list[str], now: Callable[[], float], seconds: float) -> None:
        super().__init__(key, name, now)
        self.levers, self.seconds = levers, seconds
        self.door: Sender | None = None
        self.text = ""
        self.held: dict[str, Held] = {}

    def state(self) -> dict:
        held = {key: [each.body, each.name, each.moment, each.room] for key, each in self.held.items()}
        return {"due": self.due, "held": held}

    def restore(self, state: dict, rooms: Mapping[str, Room]) -> None:
        self.held = {
            lever: Held(body, name, moment, room, rooms[room].control)
            for lever, (body, name, moment, room) in state["held"].items() if room in rooms
        }  # fmt: skip

    def turned(self, turn: Turn) -> None:
        limit = self.now() - self.seconds
        self.held = {
            lever: held for lever, held in self.held.items() if held.moment >= limit and held.body != turn.body
        }
        self.held[turn.deed] = Held(turn.body, turn.name, self.now(), turn.room, turn.control)
        missing = len(self.levers) - len(self.held)
        if missing:
            text = f"It goes down, and begins to creep back. Somewhere {missing} more must be waiting for a hand."
            post(turn.control, Answer(turn.body, text, f"{turn.name} pulls a lever.", turn.done))
            return
        text = self.text.replace("NAMES", listed(held.name for held in self.held.values()))
        for control in {id(held.control): held.control for held in self.held.values()}.values():
            post(control, Announce(text, "goal"))
        self.held.clear()
        if self.door is not None:
            self.door.send_now("open")
        turn.done.give()


class Finale(Machine):
    """What so many players must do together in one room."""

    def __init__(
        self, key: str, name: str, now: Callable[[], float], needs: int, points: int, alone: str, text: str
    ) -> None:
        super().__init__(key, name, now)
        self.needs, self.points, self.alone, self.text = needs, points, alone, text

    def turned(self, turn: Turn) -> None:
        message = Together(self.key, turn.body, self.needs, self.points, self.alone, self.text, turn.done)
        post(turn.control, message)
