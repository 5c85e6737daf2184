"""Process. Lifts and trains: rooms that move."""

from collections.abc import Callable
from dataclasses import dataclass

from occwserv.csp import Channel

from .acting import Turn
from .changes import Answer, Join, Part
from .machines import Machine, post
from .messages import Place


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

    keeps = ("at", "riding", "calls")

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
        """Stand at a stop, or be on the way as it was kept."""
        self.at %= len(self.stops) or 1
        self.calls = [stop for stop in self.calls if stop < len(self.stops)]
        if not self.riding:
            self._open_doors("")
        if self.due is None and (self.riding or self.calls or not self.buttons):
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
