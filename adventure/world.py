"""Process. The world: makes its processes and joins them, and afterwards only minds that they live.

A room, a machine or a bot whose process dies is begun anew with what it was: with all who are in it.
"""

from collections.abc import Callable
from random import Random
from typing import Any

from occwserv.csp import Buffer, Channel, Mobile, Process, Scheduler, sleep

from .accounts import Accounts
from .acting import ACTING
from .bots import KINDS, Bot
from .building import Building
from .changes import Announce, Join, Wire
from .hall import Enter, Hall
from .handling import HANDLING
from .keeping import Store, keep, picture, restore, restore_players
from .looking import LOOKING
from .machines import Dispenser, Door, Finale, Levers, Machine, Stop, Vehicle
from .messages import Crossing, Done
from .plans import BotPlan, DevicePlan, ThingPlan, WorldPlan
from .player import Card, Player
from .room import Room
from .seats import Refused
from .values import SECONDS_OF_A_DAY, Body, Thing, hour_at

ACTS = {**LOOKING, **ACTING, **HANDLING}
RESTS = 0.1  # seconds until what has died begins anew


class World:
    """All of it.

    :param scheduler: runs its processes. :param now: seconds. :param chance: what bots decide by.
    :param report: told of what died, and is begun anew. :param store: keeps what happens, and what has happened.
    :param secret: what passwords are salted by; `chance` by default.
    """

    def __init__(
        self, plan: WorldPlan, scheduler: Scheduler, now: Callable[[], float], chance: Random,
        report: Callable[[str, BaseException], object] | None = None, store: Store | None = None,
        secret: Random | None = None,
    ) -> None:  # fmt: skip
        if store is not None:
            restore(plan, store)
        self.plan, self.scheduler, self.now, self.chance = plan, scheduler, now, chance
        self._report = report or (lambda name, failure: None)
        self.rooms: dict[str, Room] = {}
        self.machines: dict[str, Machine] = {}
        self.bots: list[Bot] = []
        self.hall = Hall(Accounts(lambda: (secret or chance).randbytes(16)), now, self._admit)
        self.building = Channel("questions to the builders")
        self.acts = ACTS
        self.changing = False  # a room is being removed: what was in it is on its way
        self.kinds = KINDS
        self._ended = False
        self._processes: dict[Process, None] = {}
        self.store = store
        self._build()
        if store is not None:
            restore_players(self, store)
            self.keep(lambda: keep(self, store), "keeper")

    def _build(self) -> None:
        for key, room in self.plan.rooms.items():
            made = self.rooms[key] = Room(key, room.name, room.text, self.now, ACTS)
            made.night, made.outdoors, made.dark = room.night, room.outdoors, room.dark
            made.things = [self.thing(thing) for thing in room.things]
        self._join()
        for key, machine in self.plan.machines.items():
            self._add_machine(key, machine)
        self._wire()
        for room in self.rooms.values():
            self.keep(room.run, f"room {room.key}")
        for machine in self.machines.values():
            if isinstance(machine, Vehicle):
                machine.begin()
            self.keep(machine.run, f"machine {machine.key}")
        self.keep(self.hall.run, "hall")
        self.builder = Building(self)
        self.keep(self.builder.run, "building")
        self.keep(self._sky, "sky")
        for bot in self.plan.bots:
            self.add_bot(bot, self.rooms.get(bot.room) or self.rooms[self.plan.start])

    def _join(self) -> None:
        """Give each room the ends of its neighbours, and make the doors between them."""
        for key, room in self.plan.rooms.items():
            for way, exit in room.exits.items():
                door = self.plan.doors.get(exit.door)
                if door is not None:
                    made = self.machines.setdefault(
                        exit.door, Door(exit.door, door.name, self.now, [], door.key, door.mode, door.closes)
                    )
                    made.sides.append(self.rooms[key].control)  # type: ignore[attr-defined]
                said = (door.name, exit.door, door.key, door.mode) if door is not None else ("", "", "", "open")
                Join(way, self.rooms[exit.to].place(), "", said).act(self.rooms[key])

    def thing(self, key: str) -> Thing:
        plan: ThingPlan = self.plan.things[key]
        thing = Thing(
            key, plan.name, plan.text, plan.fixed, plan.edible, plan.wearable, plan.light, plan.use, plan.holds,
            not (plan.closed or plan.locked), plan.key, plan.locked, plan.price, plan.device,
        )  # fmt: skip
        thing.inside = [self.thing(each) for each in plan.things]
        return thing

    def _add_machine(self, key: str, plan: DevicePlan) -> None:
        made: Machine
        if plan.kind in ("lift", "train"):
            car = self.rooms[plan.room]
            car.moves = True
            standing = [stop for stop in plan.stops if stop.room in self.rooms]
            stops = [Stop(self.rooms[s.room].place(), self.rooms[s.room].control, s.way) for s in standing]
            buttons = {stop.button: number for number, stop in enumerate(standing) if stop.button}
            buttons |= {s.button + "_inside": n for n, s in enumerate(standing) if s.button}
            made = Vehicle(
                key, plan.name, self.now, car.place(), car.control, plan.way, stops, plan.ride, plan.rest, buttons
            )
        elif plan.kind == "dispenser":
            made = Dispenser(key, plan.name, self.thing(plan.thing), self.now, plan.pause, plan.text)
        elif plan.kind == "levers":
            made = Levers(key, plan.name, plan.levers, self.now, plan.seconds)
            made.text = plan.text
            made.door = self.machines[plan.door].sender.share() if plan.door in self.machines else None
        else:
            made = Finale(key, plan.name, self.now, plan.needs, plan.points, plan.alone, plan.text)
        self.machines[key] = made

    def _wire(self) -> None:
        """Give each room the ends of the machines that are used there."""
        for room in self.rooms.values():
            used = {exit.device for exit in room.exits.values()} | {thing.device for thing in room.all_things()}
            for key in used - {""}:
                Wire(key, self.machines[key].sender).act(room)

    def keep(self, run: Callable[[], Any], name: str) -> None:
        """Run a process, and run it again if it dies."""
        process = self.scheduler.spawn(run(), name)
        process.observed = True
        self._processes[process] = None

        def ended(process: Process) -> None:
            self._processes.pop(process, None)
            if process.failure is not None and not self._ended:
                self._report(name, process.failure)
                self.scheduler.call_after(RESTS, lambda: None if self._ended else self.keep(run, name))

        process.when_ended(ended)

    def save(self) -> None:
        """Write now what has happened since the last time."""
        if self.store is not None and not self._ended and (rows := picture(self)) is not None:
            self.store.save(rows)

    def end(self) -> None:
        """End all processes, and write what they have come to."""
        self.save()
        self._ended = True
        for process in list(self._processes):
            process.kill()

    async def _sky(self) -> None:
        """Tell those under the sky that day or night begins."""
        while True:
            hour = hour_at(self.now())
            until = min((at - hour) % 24 or 24 for at in (6, 20))
            await sleep(until / 24 * SECONDS_OF_A_DAY + 0.001)
            night = not 6 <= hour_at(self.now()) < 20
            text = "The sun goes down, and lamps are lit." if night else "The sun comes up over the sea."
            for room in self.rooms.values():
                room.control.send_now(Announce(text, "dusk" if night else "dawn", True))

    def open_room(self, room: Room) -> None:
        """Have a new room live."""
        self.rooms[room.key] = room
        self.keep(room.run, f"room {room.key}")

    def add_bot(self, plan: BotPlan, room: Room) -> Bot:
        """Have a bot live."""
        bot = KINDS[plan.kind](plan, self.chance, self.now)
        body = bot.body(self.hall.number(), plan.name, plan.text, plan.kind)
        self.hall.reserved |= {plan.name.lower(), *plan.name.lower().split()}
        self.bots.append(bot)
        room.mailbox.send_now(Mobile(Crossing(body, "", None, Done())))
        self.keep(bot.run, f"bot {plan.name}")
        return bot

    # Doors to the world: a browser, a terminal, whatever there may be.

    def player(self, outbox: Any = None) -> Player:
        """Somebody who may enter.

        :param outbox: takes what he hears; a buffer of his own by default.
        """
        return Player(self.hall.asked, self.building, self.now, outbox)

    async def enter(self, name: str, password: str = "", player: Player | None = None) -> Player:
        """Have a player enter, where he left.

        :raise Refused: he may not.
        """
        player = player or self.player()
        reply: Channel = Buffer(1)
        await self.hall.asked.send(Enter(player, name, password, Done(reply)))
        card = await reply.receive()
        if not isinstance(card, Card):
            raise Refused(card[0])
        process = self.scheduler.spawn(player.run(), f"player {card.name}")
        process.observed = True
        self._processes[process] = None
        process.when_ended(self._left)
        return player

    def _left(self, process: Process) -> None:
        self._processes.pop(process, None)
        if process.failure is not None:
            self._report(process.name, process.failure)

    def _admit(self, kept: tuple[Body, str] | None, card: Card) -> None:
        """The hall lets somebody in."""
        player = card.player
        body = player.body(card.number, card.name)
        start = self.plan.start
        if kept is not None:
            old, start = kept
            body.things, body.score, body.purse = old.things, old.score, old.purse
            body.seen, body.honours, body.text = old.seen, old.honours, old.text
        else:
            player.hear(self.plan.welcome, "welcome")
        room = self.rooms.get(start) or self.rooms[self.plan.start]
        room.mailbox.send_now(Mobile(Crossing(body, "", None, Done())))
