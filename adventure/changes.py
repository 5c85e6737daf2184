"""Pure. What builders and machines tell a room by its `control`: each changes the room where its process can see it."""

from collections.abc import Callable
from typing import Any, NamedTuple

from occwserv.csp import Sender

from .messages import Done, Exit, Place
from .room import Room
from .values import Body, Heard, Thing


class Act(NamedTuple):
    """Whatever builders have a room do to itself; what that gives is the answer."""

    deed: Callable[[Room], Any]
    done: Done | None = None

    def act(self, room: Room) -> None:
        answer = self.deed(room)
        if self.done is not None:
            self.done.give(answer)


class Announce(NamedTuple):
    """Something that all who are here notice. With `outdoors` only under the sky."""

    text: str
    kind: str = "news"
    outdoors: bool = False

    def act(self, room: Room) -> None:
        if room.outdoors or not self.outdoors:
            room.tell(Heard(self.kind, self.text))


class Answer(NamedTuple):
    """What a machine says to who used it, and what the others see."""

    body: int
    text: str
    others: str = ""
    done: Done | None = None

    def act(self, room: Room) -> None:
        body = room.bodies.get(self.body)
        if body is not None:
            body.hear(self.text)
        if self.others:
            room.tell(Heard("did", self.others), body)
        if self.done is not None:
            self.done.give()


class Join(NamedTuple):
    """A way to another room is there from now on."""

    way: str
    place: Place
    text: str = ""
    door: tuple[str, str, str, str] = ("", "", "", "open")  # its name, its machine, its key, how it is

    def act(self, room: Room) -> None:
        exit = room.exits[self.way] = Exit(self.place._replace(mailbox=self.place.mailbox.share()))
        exit.door, exit.device, exit.key_thing, exit.mode = self.door
        room.changed()
        if self.text:
            room.tell(Heard("news", self.text))


class Part(NamedTuple):
    """A way is there no more; one that leads elsewhere by now stays."""

    way: str
    to: str
    text: str = ""

    def act(self, room: Room) -> None:
        exit = room.exits.get(self.way)
        if exit is not None and exit.to.key == self.to:
            del room.exits[self.way]
            room.changed()
            if self.text:
                room.tell(Heard("news", self.text))


class DoorIs(NamedTuple):
    """How a door is now. The room by which it was turned tells who did it."""

    device: str
    mode: str
    text: str

    def act(self, room: Room) -> None:
        for exit in room.exits.values():
            if exit.device == self.device and exit.mode != self.mode:
                exit.mode = self.mode
                if self.text:
                    room.tell(Heard("news", self.text))


class Wire(NamedTuple):
    """The room gets the end of a machine's mailbox."""

    device: str
    end: Sender

    def act(self, room: Room) -> None:
        room.devices[self.device] = self.end.share()


class Dispense(NamedTuple):
    """A machine hands out a thing. It falls to the ground when nobody takes it."""

    thing: Thing
    body: int
    text: str
    done: Done | None

    def act(self, room: Room) -> None:
        body = room.bodies.get(self.body)
        (room.things if body is None else body.things).append(self.thing)
        room.changed(*([] if body is None else [body]))
        Answer(self.body, self.text, f"{body.name if body else 'Somebody'} gets {self.thing.name}.", self.done).act(
            room
        )


class Together(NamedTuple):
    """What players do together in one room: so many must be here. Whoever does it for the first time gets points."""

    device: str
    body: int
    needs: int
    points: int
    alone: str
    text: str
    done: Done

    def act(self, room: Room) -> None:
        players = [body for body in room.bodies.values() if not body.bot]
        if len(players) < self.needs:
            Answer(self.body, self.alone, "", self.done).act(room)
            return
        room.tell(Heard("goal", self.text))
        new = [body for body in players if self.device not in body.honours]
        for body in new:
            body.honours.add(self.device)
            body.score += self.points
            body.hear(f"You have {self.points} points more.", "score")
        room.changed(*new)
        self.done.give()


class Leave(NamedTuple):
    """A player goes: his body is taken out and handed over by `to`."""

    number: int
    text: str
    to: Sender

    def act(self, room: Room) -> None:
        body: Body | None = room.bodies.pop(self.number, None)
        self.to.send_now(body)
        if body is not None and self.text:
            room.tell(Heard("left", f"{body.name} {self.text}", body.name))
