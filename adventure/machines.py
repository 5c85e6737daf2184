"""Process. Active objects: doors, lifts and trains, dispensers, levers that belong together.

Each listens on a mailbox and on time, and tells rooms by their `control`, which never makes it wait.
"""

from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, field
from typing import Any

from occwserv.csp import After, Buffer, Channel, Ending, Receiver, Sender, alt, ends

from .acting import Turn
from .changes import Announce, Answer, Dispense, DoorIs, Join, Part, Together
from .messages import Place
from .room import UNBOUNDED
from .values import Thing, capital, copy_of, listed


class Machine:
    """What all have: a name, and a mailbox. It outlives its process, as a room does."""

    def __init__(self, key: str, name: str, now: Callable[[], float]) -> None:
        self.key, self.name, self.now = key, name, now
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

    def __init__(
        self, key: str, name: str, now: Callable[[], float], sides: list[Channel], key_thing: str, mode: str,
        closes: float,
    ) -> None:  # fmt: skip
        super().__init__(key, name, now)
        self.sides, self.key_thing, self.mode, self.closes = sides, key_thing, mode, closes
        self.relocks = mode == "locked"

    def time_is_over(self) -> None:
        self.become("locked" if self.relocks else "closed", f"{self._capital} falls shut.")

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


@dataclass
class Stop:
    """Where a vehicle stops: a room, and the way that leads from it into the vehicle."""

    place: Place
    control: Channel
    way: str


class Vehicle(Machine):
    """A room that moves: what moves is the wiring. A lift goes where a button says, a train to the next stop.

    :param way: the way out of it. :param ride: seconds between two stops. :param rest: seconds at a stop.
    :param buttons: which things call it to which stop; a train has none.
    """

    def __init__(
        self, key: str, name: str, now: Callable[[], float], car: Place, control: Channel, way: str,
        stops: list[Stop], ride: float, rest: float, buttons: dict[str, int],
    ) -> None:  # fmt: skip
        super().__init__(key, name, now)
        self.car, self.control, self.way, self.stops = car, control, way, stops
        self.ride, self.rest, self.buttons = ride, rest, buttons
        self.at: int = 0
        self.riding = False
        self.calls: list[int] = []

    def begin(self) -> None:
        """Stand at the first stop."""
        self._open_doors("")
        if not self.buttons:
            self.after(self.rest)

    def turned(self, turn: Turn) -> None:
        wanted = self.buttons.get(turn.deed, 0)
        if wanted == self.at and not self.riding:
            text = "Its doors are open already."
        else:
            text = "A light goes on."
            if wanted not in self.calls:
                self.calls.append(wanted)
            if self.due is None:
                self.after(self.rest)
        post(turn.control, Answer(turn.body, text, f"{turn.name} presses a button.", turn.done))

    def time_is_over(self) -> None:
        if self.riding:
            self.riding = False
            self._open_doors(f"{self.name} arrives.")
            if self.calls or not self.buttons:
                self.after(self.rest)
            return
        self.at, stop = self._next(), self.stops[self.at]
        self.riding = True
        self.after(self.ride)
        text = f"{self.name} leaves."
        post(self.control, Part(self.way, stop.place.key, "The doors close, and you feel it move."))
        post(stop.control, Part(stop.way, self.car.key, text))

    def _next(self) -> int:
        return self.calls.pop(0) if self.buttons else (self.at + 1) % len(self.stops)

    def _open_doors(self, text: str) -> None:
        standing = [number for number, stop in enumerate(self.stops) if not stop.control.ended]
        if not standing:  # all rooms were removed
            return
        if self.at not in standing:
            self.at = standing[0]
        stop = self.stops[self.at]
        post(self.control, Join(self.way, stop.place, text and f"It stops at {stop.place.name}. The doors open."))
        post(stop.control, Join(stop.way, self.car, text))


class Dispenser(Machine):
    """Hands out things, one every few seconds."""

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
    control: Channel = field(repr=False)


class Levers(Machine):
    """Levers that must be pulled by different players within some seconds; then a door opens."""

    def __init__(self, key: str, name: str, levers: list[str], now: Callable[[], float], seconds: float) -> None:
        super().__init__(key, name, now)
        self.levers, self.seconds = levers, seconds
        self.door: Sender | None = None
        self.text = ""
        self.held: dict[str, Held] = {}

    def turned(self, turn: Turn) -> None:
        limit = self.now() - self.seconds
        self.held = {
            lever: held for lever, held in self.held.items() if held.moment >= limit and held.body != turn.body
        }
        self.held[turn.deed] = Held(turn.body, turn.name, self.now(), turn.control)
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
        self.reached: Sender | None = None

    def turned(self, turn: Turn) -> None:
        message = Together(self.key, turn.body, self.needs, self.points, self.alone, self.text, self.reached, turn.done)
        post(turn.control, message)
