"""Pure. What is moved about in the world: things, bodies, and what a body hears.

A thing is in exactly one place: in a room, in a body's hands, or in another thing. A body is in exactly one room, or in
the one message that carries it from a room to the next. It holds the player's end of a channel for what he hears; the
room that has the body has that end, and knows nothing else of the player: not through which door he came.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field, fields
from typing import Any, NamedTuple

from occwserv.csp import Ending

ROLES = ("player", "builder", "operator")
MOST_CARRIED = 12
MOST_NESTED = 12  # things, each in the next
SECONDS_OF_A_DAY = 1440.0  # an hour of the world is a minute of the clock
MORNING = 8  # the hour at which the clock begins


class Heard(NamedTuple):
    """One line for a player. `kind` and `who` are for bots and pages: what it is about, and who did it."""

    kind: str
    text: str
    who: str = ""


@dataclass(slots=True, eq=False)
class Thing:
    """A passive object. One with a `device` is the handle of an active one: using it tells that process."""

    key: str
    name: str
    text: str = ""
    fixed: bool = False
    edible: str = ""  # what is told who eats it
    wearable: bool = False
    light: bool = False
    use: str = ""  # what is told who uses it
    holds: int = 0  # things that may be put into it
    open: bool = True
    key_thing: str = ""  # the thing that locks and unlocks it
    locked: bool = False
    price: int = 0
    device: str = ""
    inside: "list[Thing]" = field(default_factory=list)
    worn: bool = False

    @property
    def all(self) -> "Iterator[Thing]":
        """It, and all that is in it."""
        yield self
        for thing in self.inside:
            yield from thing.all

    @property
    def nested(self) -> int:
        """How many things are in each other here, with itself: 1 when it is empty."""
        return 1 + max((thing.nested for thing in self.inside), default=0)

    @property
    def the(self) -> str:
        """Its name when it is known which one it is."""
        article, _, rest = self.name.partition(" ")
        return f"the {rest}" if article in ("a", "an", "some") else self.name


class Body:
    """A player or a bot as a room has it.

    `outbox` takes what it hears; `place` takes the end of the room it is in, the newest alone. `key` is by what it is
    kept; `at` the key of the room it is in, or on its way to.
    """

    __slots__ = (
        "at", "bot", "follows", "honours", "key", "linked", "name", "number", "outbox", "place", "purse", "score",
        "seen", "text", "things",
    )  # fmt: skip

    def __init__(self, number: int, name: str, outbox: Any, place: Any, text: str = "", bot: str = "") -> None:
        self.number = number
        self.name = name
        self.key = name.lower()
        self.at = ""
        self.outbox = outbox
        self.place = place
        self.text = text
        self.bot = bot  # its kind, if it is one
        self.things: list[Thing] = []
        self.score = 0
        self.purse = 10
        self.seen: dict[str, tuple[str, dict[str, str]]] = {}  # rooms: their names, and where their ways lead
        self.follows: int | None = None
        self.linked = True
        self.honours: set[str] = set()  # what it has reached

    def hear(self, text: str, kind: str = "", who: str = "") -> None:
        """Tell it something. Never waits: an outbox that is full loses its oldest line, and counts it."""
        self.take(Heard(kind, text, who))

    def take(self, heard: Heard) -> None:
        """As `hear`, of what many hear."""
        try:  # done for everyone who hears anything: `suppress` would take longer than all else here
            self.outbox.send_now(heard)
        except Ending:
            return  # the player has left, and the body is about to

    @property
    def has_light(self) -> bool:
        return any(thing.light for thing in self.things)

    def opens(self, key: str) -> bool:
        """Whether it carries a key."""
        return any(thing.key == key for thing in self.things)


def copy_of(thing: Thing, key: str) -> Thing:
    """Another thing like one, empty."""
    values = {each.name: getattr(thing, each.name) for each in fields(thing)}
    return Thing(**{**values, "key": key, "inside": [], "worn": False})


def capital(text: str) -> str:
    """A text as the beginning of a sentence."""
    return text[:1].upper() + text[1:]


def listed(names: Iterable[str]) -> str:
    """`a, b and c`."""
    *first, last = list(names) or ["nothing"]
    return f"{', '.join(first)} and {last}" if first else last


def hour_at(seconds: float) -> float:
    """The hour of the day, 0 to 24."""
    return (MORNING + seconds / SECONDS_OF_A_DAY * 24) % 24


def is_night(seconds: float) -> bool:
    return not 6 <= hour_at(seconds) < 20


def told_time(seconds: float) -> str:
    """The time for people."""
    hour = hour_at(seconds)
    day = int((MORNING + seconds / SECONDS_OF_A_DAY * 24) // 24) + 1
    parts = ((5, "deep in the night"), (8, "early in the morning"), (12, "in the morning"), (14, "about noon"))
    named = next((name for end, name in (*parts, (18, "in the afternoon"), (22, "in the evening")) if hour < end), "")
    return f"It is {int(hour)}:{int(hour % 1 * 60):02d}, {named or 'late at night'}, on day {day}."
