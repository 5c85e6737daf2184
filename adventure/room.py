"""Process. A room: it has the bodies that are in it, and listens to its players, its neighbours, the builders and time.

How a body goes from room to room (there is nobody else who knows where it is):

1. Room A takes the body out of itself and moves it in a `Crossing` to the mailbox of its neighbour B. Only there it is.
2. B takes it in, tells its player's `place` the end of B, and sends A a `Landed`; or it refuses, and moves the same
   crossing back to A's mailbox, where the body was, and A takes it in again: that can not be refused.
3. A counts what is away. A room is removed only when nothing of it is away, nothing is in it, and nobody leads to it.

Why nothing stands still: a room sends to mailboxes and to outboxes alone, and neither ever makes it wait. Players wait
for rooms, rooms for nobody, so there can be no circle of waiting. A mailbox has no limit of its own, and needs none: of
each body there is one crossing at most, and one answer.
"""

from collections.abc import Callable, Iterator
from contextlib import suppress
from typing import Any

from occwserv.csp import Buffer, Channel, Ending, Mobile, Receiver, Sender, ends, pri_alt
from occwserv.csp.process import Outside

from .language import Puzzled
from .marks import Marks
from .messages import ELSEWHERE, Crossing, Done, Exit, Falls, Landed, Place, Request
from .values import Body, Heard, Thing, capital, is_night

UNBOUNDED = 1 << 40  # what a mailbox may hold: see above why it holds little
MOST_BODIES = 5000  # more than that are refused, but by the start


class Room(Outside):
    """What a room is. It outlives its process: if that dies, another goes on with it, and with all who are in it.

    :param now: the seconds of the world's clock. :param act: what the verbs do, by their names. :param marks: of what
        changes.
    """

    __slots__ = (
        "_entrance", "_requests", "acts", "away", "bodies", "closing", "control", "dark", "devices", "exits", "key",
        "mailbox", "marks", "moves", "name", "neighbours", "night", "now", "outdoors", "refuge", "text", "things",
    )  # fmt: skip

    def __init__(self, key: str, name: str, text: str, now: Callable[[], float], acts: dict, marks: Marks) -> None:
        self.key, self.name, self.text = key, name, text
        self.night = ""
        self.outdoors = self.dark = self.moves = False
        self.now, self.acts, self.marks = now, acts, marks
        self.exits: dict[str, Exit] = {}
        self.things: list[Thing] = []
        self.bodies: dict[int, Body] = {}
        self.devices: dict[str, Sender] = {}
        self.away = 0
        self.closing: Done | None = None
        self._entrance: Sender
        self._requests: Receiver
        self._entrance, self._requests = ends(Channel(f"requests of {key}"))
        self.mailbox, self.neighbours = ends(Buffer(UNBOUNDED, f"neighbours of {key}"))
        self.control = Buffer(UNBOUNDED, f"control of {key}")
        self.refuge: Any = None

    def place(self) -> Place:
        """An end for a neighbour."""
        return Place(self.key, self.name, self.mailbox.share())

    async def run(self) -> None:
        """Serve, until it is removed."""
        while True:
            which, message = await pri_alt(self.neighbours, self.control, self._requests)
            if which == 0:
                message.value.act(self)
            elif which == 1:
                message.act(self)
            else:
                self.serve(message)
            if self.closing is not None and self._empty():
                break
        for each in (self._requests, self.neighbours, self._entrance, self.mailbox):
            each.close()
        self.control.abandon()
        self.closing.give()

    def _empty(self) -> bool:
        """Whether a room that closes may end: who came back meanwhile goes to the refuge, too."""
        for body in list(self.bodies.values()):
            self.send_to_refuge(body)
        return not self.away and not self.control.held

    def serve(self, request: Request) -> None:
        """Do what a player wants."""
        body = self.bodies.get(request.number)
        if body is None:
            request.done.give(ELSEWHERE)  # it was moved meanwhile, and is told where to
            return
        later = None
        try:
            later = self.acts[request.command.verb.name](self, body, request.command, request.done)
        except Puzzled as puzzled:
            body.hear(str(puzzled), "puzzled")
        finally:
            if not later:
                request.done.give()

    # Bodies come and go.

    def send_away(self, body: Body, way: str, done: Done, leads: tuple[int, ...] = ()) -> None:
        """Move a body to a neighbour."""
        to = self.exits[way].to
        del self.bodies[body.number]
        try:
            to.mailbox.send_now(Mobile(Crossing(body, way, self.place(), done, "", "", leads)))
        except Ending:
            self.bodies[body.number] = body
            body.hear("There is nothing there any more.")
            done.give()
        else:
            self.away += 1
            body.at = to.key
            self.marks.body(body)

    def meet(self, crossing: Crossing) -> None:
        """A body comes, or comes back."""
        body, back = crossing.body, crossing.back
        if crossing.refused:
            self.away -= 1
        else:
            why = self._refusal(crossing) if back is not None else ""
            if why and back is not None:
                with suppress(Ending):
                    back.mailbox.send_now(Mobile(crossing._replace(refused=why)))
                return
        self.take_in(body)
        if crossing.refused:
            body.hear(crossing.refused)
        else:
            if back is not None:
                back.mailbox.send_now(Mobile(Landed(body.number, body.name, crossing.way, crossing.leads)))
            self.tell(Heard("came", crossing.arrives or f"{body.name} arrives.", body.name), body)
            self.acts["look"](self, body, None, None)
        crossing.done.give()

    def take_in(self, body: Body) -> None:
        """Have a body, and tell it so."""
        self.bodies[body.number] = body
        body.at = self.key
        self.marks.body(body)
        with suppress(Ending):
            body.place.send_now(self._entrance.share())
        view = (self.name, {way: exit.to.key for way, exit in self.exits.items()})
        if not body.bot and body.seen.get(self.key) != view:
            body.seen[self.key] = view
            self.marks.view(body)

    def changed(self, *bodies: Body) -> None:
        """Something is not as it was: in this room, and on some who are in it."""
        self.marks.room(self, *bodies)

    def _refusal(self, crossing: Crossing) -> str:
        assert crossing.back is not None
        if self.closing is not None:
            return "The way is being closed."
        if len(self.bodies) >= MOST_BODIES:
            return f"{capital(self.name)} is full to the doors."
        if self.moves and all(exit.to.key != crossing.back.key for exit in self.exits.values()):
            return f"{capital(self.name)} has just gone."
        return ""

    def left(self, landed: Landed) -> None:
        """A body that went from here is in the other room; whoever follows it goes, too."""
        self.away -= 1
        self.tell(Heard("left", f"{landed.name} goes {landed.way}.", landed.name))
        leads = (*landed.leads, landed.number)
        for body in [body for body in self.bodies.values() if body.follows == landed.number]:
            if body.number not in leads and self.passable(landed.way):
                body.hear(f"You follow {landed.name}.")
                self.send_away(body, landed.way, Done(), leads)

    def passable(self, way: str) -> bool:
        return way in self.exits and self.exits[way].mode == "open"

    # What builders do to it; its own process does it.

    def forget(self, key: str) -> None:
        """Take out all ways to a room."""
        if any(exit.to.key == key for exit in self.exits.values()):
            self.exits = {way: exit for way, exit in self.exits.items() if exit.to.key != key}
            self.changed()

    def cut(self, way: str) -> Exit | None:
        """Take out a way; that way, if there was one."""
        self.changed()
        return self.exits.pop(way, None)

    def describe(self, text: str) -> None:
        """Look like that from now on."""
        self.text = text
        self.changed()

    def close(self, refuge: Place, ground: Channel, done: Done) -> None:
        """Hand over all that is here, and end when nothing is away any more. Nobody leads here by now."""
        self.closing = done
        self.refuge = refuge
        for thing in self.things:
            ground.send_now(Falls(thing))
        self.things = []
        for body in list(self.bodies.values()):
            self.send_to_refuge(body)

    def send_to_refuge(self, body: Body) -> None:
        """Where a body goes that can not stay. It can not be refused there."""
        del self.bodies[body.number]
        body.hear(f"{capital(self.name)} fades around you.")
        self.refuge.mailbox.send_now(Mobile(Crossing(body, "", None, Done())))
        body.at = self.refuge.key
        self.marks.body(body)

    def destroy(self, thing: Thing) -> bool:
        """A thing is no more, whoever has it. False: it is not here."""
        held = (self.things, *(body.things for body in self.bodies.values()))
        for place in (*held, *(box.inside for box in self.all_things())):
            if thing in place:
                place.remove(thing)
                self.changed(*self.bodies.values())
                return True
        return False

    def dismiss(self, number: int) -> bool:
        """A body is no more; what it carried stays. False: it is not here."""
        body = self.bodies.pop(number, None)
        if body is None:
            return False
        self.things += body.things
        self.changed()
        body.place.close()
        self.tell(Heard("left", f"{body.name} is no more.", body.name))
        return True

    # What is seen and heard.

    def tell(self, heard: Heard, *but: Body) -> None:
        """Tell all who are here, but for some."""
        for body in self.bodies.values():
            if body not in but:
                body.take(heard)

    def others(self, body: Body) -> list[Body]:
        return [other for other in self.bodies.values() if other is not body]

    def lit(self) -> bool:
        """Whether there is light: of the day, of the room, or of a lamp."""
        dark = self.dark or (self.outdoors and not self.night and is_night(self.now()))
        if not dark:
            return True
        return any(thing.light for thing in self.things) or any(body.has_light for body in self.bodies.values())

    def all_things(self) -> Iterator[Thing]:
        """All that is here, whoever has it."""
        for thing in (*self.things, *(thing for body in self.bodies.values() for thing in body.things)):
            yield from thing.all
