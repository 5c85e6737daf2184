"""Process. The builders' table: it changes the world while people walk in it, and takes back what it changed.

It has the ends by which rooms are told, and asks the rooms how they are; it does not know who is in them. It waits for
rooms, and rooms wait for nobody. Every change gives the change that takes it back.

A room is removed in three steps, so that nobody can be on his way into it: all rooms take out the ways that lead to it,
and say so; by then every crossing to it lies in its mailbox, which it empties before it hears that it is to close; then
it hands its people over to the start, with its things, and ends.
"""

import re
from collections.abc import Awaitable, Callable
from typing import Any

from occwserv.csp import Buffer, Channel, sleep
from occwserv.csp.process import Outside

from .changes import Act, Join, Part
from .language import DIRECTION_OF, Command, Puzzled, find
from .making import joined
from .messages import Done, Falls
from .plans import BotPlan
from .room import Room
from .values import Thing, capital
from .verbs import DIRECTIONS, OPPOSITE

UNDONE = 20  # changes of a builder that can be taken back
MOST_ROOMS = 20_000
TRIES = 20
Undo = Callable[[], Awaitable[str]]
Ways = list[tuple[str, str, str, str]]  # from which room, by which direction, to which one, through which door


def key_of(name: str) -> str:
    return re.sub(r"\W+", "_", name.lower()).strip("_")[:40]


class Building(Outside):
    """What builders do.

    :param world: of which it has the rooms and the bots, to add and to remove.
    """

    def __init__(self, world: Any) -> None:
        self.world = world
        self.rooms: dict[str, Room] = world.rooms
        self.asked: Channel = world.building
        self.done: list[Undo] = []
        self.made = 0

    async def run(self) -> None:
        """Serve builders, one after the other."""
        while True:
            here, command, done = await self.asked.receive()
            said = "That can not be done now."
            try:
                said = await self.change(here, command)
            except Puzzled as puzzled:
                said = str(puzzled)
            finally:
                done.give([said])

    async def change(self, here: str, command: Command) -> str:
        """Do what a builder says; returns what he is told."""
        verb = command.verb.name
        if verb == "undo":
            if not self.done:
                raise Puzzled("There is nothing to take back.")
            return f"Taken back: {await self.done.pop()()}"
        if here not in self.rooms:
            raise Puzzled("Where you stood is no more.")
        said, undo = await getattr(self, f"_{verb}")(self.rooms[here], command)
        self.done = [*self.done, undo][-UNDONE:] if undo is not None else self.done
        return said

    async def ask(self, room: Room, act: Callable[[Room], Any]) -> Any:
        """Have a room do something to itself, and wait for what that gives."""
        reply: Channel = Buffer(1)
        room.control.send_now(Act(act, Done(reply)))
        return await reply.receive()

    def room(self, words: str) -> Room:
        """The room that is meant, by its key or its name."""
        if words in self.rooms:
            return self.rooms[words]
        return find(words.lower().split(), list(self.rooms.values()))

    def _lives(self, room: Room) -> bool:
        return self.rooms.get(room.key) is room

    # Rooms and ways.

    async def _dig(self, here: Room, command: Command) -> tuple[str, Undo | None]:
        way, _, name = command.text.partition(" ")
        way = self._way(way)
        if not name:
            raise Puzzled("Dig which way, and what? Try: dig north the Rose Garden")
        if await self.ask(here, lambda room: way in room.exits):
            raise Puzzled(f"There is a way {way} already.")
        if len(self.rooms) >= MOST_ROOMS:
            raise Puzzled("The world is large enough.")
        room = self._new_room(name)
        self.world.open_room(room)
        await self._link_both(here, way, room)

        async def undo() -> str:
            return await self._close(room) if self._lives(room) else "nothing: it is gone"

        return f"You dig {way}: {room.name} ({room.key}).", undo

    def _new_room(self, name: str) -> Room:
        key = key_of(name) or "room"
        while key in self.rooms:
            self.made += 1
            key = f"{key_of(name) or 'room'}_{self.made}"
        text = f"{capital(name)}, not described yet."
        return Room(key, name, text, self.world.now, self.world.acts, self.world.marks)

    def _way(self, word: str) -> str:
        if word.lower() not in DIRECTION_OF:
            raise Puzzled(f'"{word}" is no direction. Directions are {", ".join(DIRECTIONS)}.')
        return DIRECTION_OF[word.lower()]

    async def _link_both(self, here: Room, way: str, there: Room) -> None:
        await self.ask(here, Join(way, there.place()).act)
        if not await self.ask(there, lambda room: OPPOSITE[way] in room.exits):
            await self.ask(there, Join(OPPOSITE[way], here.place()).act)

    async def _link(self, here: Room, command: Command) -> tuple[str, Undo | None]:
        word, _, name = command.text.partition(" ")
        way, there = self._way(word), self.room(name.removeprefix("to "))
        if await self.ask(here, lambda room: way in room.exits):
            raise Puzzled(f"There is a way {way} already.")
        await self.ask(here, Join(way, there.place()).act)

        async def undo() -> str:
            if self._lives(here):
                await self.ask(here, Part(way, there.key).act)
            return f"the way {way} from {here.name}"

        return f"{capital(way)} leads to {there.name} now.", undo

    async def _unlink(self, here: Room, command: Command) -> tuple[str, Undo | None]:
        way = self._way(command.text)
        exit = await self.ask(here, lambda room: room.cut(way))
        if exit is None:
            raise Puzzled(f"There is no way {way}.")

        async def undo() -> str:
            await self._rejoin([(here.key, way, exit.to.key, exit.device)])
            return f"the way {way} from {here.name} is back"

        return f"There is no way {way} any more.", undo

    async def _remove(self, here: Room, command: Command) -> tuple[str, Undo | None]:
        room = self.room(command.text) if command.text else here
        ways = await self._ways(room)
        said = await self._close(room)

        async def undo() -> str:
            again = Room(room.key, room.name, room.text, self.world.now, self.world.acts, self.world.marks)
            again.night, again.outdoors, again.dark = room.night, room.outdoors, room.dark
            again.devices = room.devices
            if room.key in self.rooms:
                return f"nothing: there is another {room.key}"
            self.world.open_room(again)
            await self._rejoin(ways)
            return f"{room.name} is back, and empty"

        return said, undo

    async def _rejoin(self, ways: Ways) -> None:
        """Have ways again, with their doors, where there are no others by now."""
        for key, way, to, door in ways:
            room, there = self.rooms.get(key), self.rooms.get(to)
            if room and there and not await self.ask(room, lambda each, way=way: way in each.exits):
                await self.ask(room, joined(self.world, room, way, there, door).act)

    async def _ways(self, room: Room) -> Ways:
        """All ways from a room and to it."""
        found: Ways = []
        for each in list(self.rooms.values()):
            exits = await self.ask(each, lambda each: [(way, x.to.key, x.device) for way, x in each.exits.items()])
            found += [(each.key, way, to, door) for way, to, door in exits if room.key in (each.key, to)]
        return found

    async def _close(self, room: Room) -> str:
        """Remove a room, in the three steps of above."""
        if room.key == self.world.plan.start:
            raise Puzzled("Newcomers arrive there: it can not be removed.")
        if room.moves:
            raise Puzzled("It moves: it can not be removed.")
        for other in list(self.rooms.values()):
            await self.ask(other, lambda each: each.forget(room.key))
        start = self.rooms[self.world.plan.start]
        self.world.changing = True
        self.world.close_room(room)
        reply: Channel = Buffer(1)
        room.control.send_now(Act(lambda each: each.close(start.place(), start.control, Done(reply))))
        await reply.receive()
        await self.ask(start, lambda each: None)  # by now it has taken in the things
        self.world.changing = False
        return f"{capital(room.name)} is no more."

    async def _move(self, here: Room, command: Command) -> tuple[str, Undo | None]:
        """Hang this room, with all who are in it, elsewhere: only the wiring changes."""
        name, _, word = command.text.removeprefix("to ").rpartition(" ")
        way, there = self._way(word), self.room(name)
        if there is here or here.key == self.world.plan.start or here.moves:
            raise Puzzled("That room can not be moved there.")
        if await self.ask(there, lambda room: way in room.exits):
            raise Puzzled(f"There is a way {way} from {there.name} already.")
        ways = await self._ways(here)
        await self._cut_loose(here)
        await self._link_both(there, way, here)

        async def undo() -> str:
            if not self._lives(here):
                return "nothing: it is gone"
            await self._cut_loose(here)
            await self._rejoin(ways)
            return f"{here.name} is where it was"

        return f"{capital(here.name)} lies {way} of {there.name} now.", undo

    async def _cut_loose(self, room: Room) -> None:
        for other in list(self.rooms.values()):
            await self.ask(other, lambda each: each.forget(room.key))
        await self.ask(room, lambda each: [each.cut(way) for way in list(each.exits)])

    # What is in a room.

    async def _describe(self, here: Room, command: Command) -> tuple[str, Undo | None]:
        if not command.text:
            raise Puzzled("How does it look here?")
        before = here.text
        here.describe(command.text)

        async def undo() -> str:
            here.describe(before)
            return f"{here.name} looks as before"

        return "It looks so now.", undo

    async def _create(self, here: Room, command: Command) -> tuple[str, Undo | None]:
        kind, _, name = command.text.partition(" ")
        if kind == "bot" and name:
            what, _, name = name.partition(" ")
            if what not in self.world.kinds or not name:
                raise Puzzled(f"Try: create bot KIND NAME; kinds are {', '.join(self.world.kinds)}.")
            bot = self.world.add_bot(BotPlan(name=name, kind=what, room=here.key), here)
            return f"{name} lives here now.", lambda: self._end_bot(self.world.bots.get(bot.key, bot))
        if not command.text:
            raise Puzzled("Create what? Try: create a blue cup")
        self.made += 1
        thing = Thing(f"{key_of(command.text)}_{self.made}_{int(self.world.now())}", command.text)
        await self.ask(here, Falls(thing).act)

        async def undo() -> str:
            found = await self._anywhere(lambda each: each.destroy(thing))
            return f"{thing.name} is gone" if found else f"nothing: {thing.name} is nowhere to be found"

        return f"There is {thing.name} here now.", undo

    async def _destroy(self, here: Room, command: Command) -> tuple[str, Undo | None]:
        found = find(command.words, [*here.things, *(b for b in self.world.bots.values() if b.number in here.bodies)])
        if not isinstance(found, Thing):
            plan, said = found.plan, await self._end_bot(found)

            async def again() -> str:
                self.world.add_bot(plan, self.rooms.get(here.key) or self.rooms[self.world.plan.start])
                return f"{plan.name} is back"

            return said, again
        await self.ask(here, lambda room: room.destroy(found))

        async def undo() -> str:
            room = self.rooms.get(here.key) or self.rooms[self.world.plan.start]
            await self.ask(room, Falls(found).act)
            return f"{found.name} is back"

        return f"{capital(found.the)} is no more.", undo

    async def _anywhere(self, act: Callable[[Room], bool]) -> bool:
        """Have the room that can do something do it. What walks may slip past, so it is tried again."""
        for _ in range(TRIES):
            for room in list(self.rooms.values()):
                if await self.ask(room, act):
                    return True
            await sleep(0.1)
        return False

    async def _end_bot(self, bot: Any) -> str:
        """End a bot; what it carried stays where it was."""
        bot.stopped = True
        await self._anywhere(lambda each: each.dismiss(bot.number))
        self.world.end_bot(bot)
        return f"{bot.name} is no more."
