"""Pure. What players and rooms send each other, and what a room has of its neighbours."""

from contextlib import suppress
from typing import Any, NamedTuple

from occwserv.csp import Channel, Ending, Sender

from .language import Command
from .values import Body, Thing

ELSEWHERE = "elsewhere"
DONE = "done"


class Place(NamedTuple):
    """A room as its neighbours have it: the end of its mailbox, and what people call it."""

    key: str
    name: str
    mailbox: Sender


class Exit:
    """A way out. `door` is the name of a door in it, `mode` how that door is: open, closed or locked."""

    __slots__ = ("device", "door", "key_thing", "mode", "to")

    def __init__(self, to: Place) -> None:
        self.to = to
        self.door = self.device = self.key_thing = ""
        self.mode = "open"


class Done:
    """The answer to a request, on its way; whoever deals with it last gives it. Giving it twice does nothing."""

    __slots__ = ("_reply",)

    def __init__(self, reply: Channel | None = None) -> None:
        self._reply = reply

    def give(self, answer: Any = DONE) -> None:
        reply, self._reply = self._reply, None
        if reply is not None:
            with suppress(Ending):
                reply.send_now(answer)


class Request(NamedTuple):
    """What a player wants of the room he is in."""

    number: int
    command: Command
    done: Done


class Crossing(NamedTuple):
    """A body on its way. `back` is where it came from; none if it can not go back."""

    body: Body
    way: str
    back: Place | None
    done: Done
    refused: str = ""
    arrives: str = ""  # how others see it come
    leads: tuple[int, ...] = ()  # whom it has followed in this step: two who follow each other go round only once

    def act(self, room: Any) -> None:
        room.meet(self)


class Landed(NamedTuple):
    """The answer to a crossing: the body is in the other room."""

    number: int
    name: str
    way: str
    leads: tuple[int, ...]

    def act(self, room: Any) -> None:
        room.left(self)


class Falls(NamedTuple):
    """A thing comes to lie here."""

    thing: Thing

    def act(self, room: Any) -> None:
        room.things.append(self.thing)
        room.changed()


class Enter(NamedTuple):
    """A player wants to enter."""

    player: Any
    name: str
    digest: bytes  # of the password that he said
    done: Done


class Protect(NamedTuple):
    """A player protects his name by a password."""

    card: Any
    salt: bytes
    digest: bytes
    done: Done
