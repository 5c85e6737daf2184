"""Process. The world: makes its processes and joins them, and afterwards only minds that they live.

A room, a machine or a bot whose process dies is begun anew with what it was: with all who are in it.
"""

from collections.abc import Awaitable, Callable
from random import Random
from typing import Any

from occwserv.csp import Buffer, Channel, Mobile, Process, Scheduler, sleep
from occwserv.csp.process import Outside

from .accounts import digest_of
from .acting import ACTING
from .bots import KINDS, Bot
from .building import Building
from .changes import Announce
from .hall import Enter, Hall
from .handling import HANDLING
from .keeping import keep, picture, restore, restore_body, restore_lives, rows_of, write_all
from .limits import USUAL, Limits
from .looking import LOOKING
from .machines import Machine
from .making import make, thing_of
from .marks import Marks
from .messages import Crossing, Done
from .plans import BotPlan, WorldPlan
from .player import Card, Player
from .room import Room
from .seat import Refused
from .store import Kept, Rows, Store, read
from .values import SECONDS_OF_A_DAY, Body, Thing, hour_at
from .vehicles import Vehicle

ACTS = {**LOOKING, **ACTING, **HANDLING}
RESTS = 0.1  # seconds until what has died begins anew


async def at_once(act: Callable, *args: Any) -> Any:
    """As a thread does it, but here and now."""
    return act(*args)


class World(Outside):
    """All of it.

    :param scheduler: runs its processes. :param now: seconds. :param chance: what bots decide by.
    :param report: told of what died, and is begun anew. :param store: keeps what happens, and what has happened.
    :param secret: what passwords are salted by; `chance` by default. :param apart: has something done that takes long,
        by a thread. :param kept: what the world begins as; what the store says by default. :param limits: of players.
    """

    def __init__(
        self, plan: WorldPlan, scheduler: Scheduler, now: Callable[[], float], chance: Random,
        report: Callable[[str, BaseException], object] | None = None, store: Store | None = None,
        secret: Random | None = None, apart: Callable[..., Awaitable] = at_once, kept: Kept | None = None,
        limits: Limits = USUAL,
    ) -> None:  # fmt: skip
        kept = read(store.rows()) if kept is None and store is not None else kept or {}
        restore(plan, kept)
        past = kept.get("world", {}).get("world", {"time": now(), "numbers": 0, "made": 0})
        ahead = past["time"] - now()
        self.now: Callable[[], float] = (lambda: now() + ahead) if ahead else now
        self.plan, self.scheduler, self.chance, self.store = plan, scheduler, chance, store
        self.report = report or (lambda name, failure: None)
        self.apart, self._secret = apart, secret or chance
        self.marks = Marks(store is not None)
        self.acts = ACTS
        self.rooms: dict[str, Room] = {}
        self.machines: dict[str, Machine] = {}
        self.bots: dict[str, Bot] = {}
        self.hall = Hall(limits, self.now, self._admit, self.marks)
        self.hall.numbers = past["numbers"]
        self.building = Channel("questions to the builders")
        self.changing = False  # a room is being removed: what was in it is on its way
        self.kinds = KINDS
        self.builder = Building(self)
        self.builder.made = past["made"]
        self._ended = False
        self._processes: dict[Process, None] = {}
        try:
            make(self)
            restore_lives(self, kept)
            self._begin()
        except BaseException:
            self.stop()
            raise
        if store is not None:
            if "room" not in kept:
                self.save()
            self.keep(lambda: keep(self, store), "keeper")

    def _begin(self) -> None:
        """Have all live."""
        for room in self.rooms.values():
            self.keep(room.run, f"room {room.key}")
        for machine in self.machines.values():
            machine.marks = self.marks
            if isinstance(machine, Vehicle):
                machine.begin()
            self.keep(machine.run, f"machine {machine.key}")
        self.keep(self.hall.run, "hall")
        self.keep(self.builder.run, "building")
        self.keep(self._sky, "sky")
        for bot in self.plan.bots:
            self.add_bot(bot, self._room(bot.room))

    def thing(self, key: str) -> Thing:
        """A thing as the plan has it."""
        return thing_of(self.plan, key)

    def keep(self, run: Callable[[], Any], name: str) -> None:
        """Run a process, and run it again if it dies."""
        process = self.scheduler.spawn(run(), name)
        process.observed = True
        self._processes[process] = None

        def ended(process: Process) -> None:
            self._processes.pop(process, None)
            if process.failure is not None and not self._ended:
                self.report(name, process.failure)
                self.scheduler.call_after(RESTS, lambda: None if self._ended else self.keep(run, name))

        process.when_ended(ended)

    @property
    def moving(self) -> set[str]:
        """The rooms that move."""
        return {machine.car.key for machine in self.machines.values() if isinstance(machine, Vehicle)}

    def save(self) -> None:
        """Write now how everything is."""
        if self.store is not None and not self._ended and not self.changing:
            write_all(self, self.store)

    def picture(self) -> Rows:
        """Everything as it is now, for a world of other code. What was not written yet is written."""
        if self.store is not None:
            self.store.save(self.store.stamp(), rows_of(self, self.marks), self.marks.gone)
            self.marks.take()
        return picture(self)

    def end(self) -> None:
        """Write what the world has come to, and end it."""
        self.save()
        self.stop()

    def stop(self) -> None:
        """End all processes."""
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
        self.marks.room(room)
        self.keep(room.run, f"room {room.key}")

    def close_room(self, room: Room) -> None:
        """A room is no part of the world any more. It ends by itself."""
        del self.rooms[room.key]
        self.marks.is_gone("room", room.key)

    def add_bot(self, plan: BotPlan, room: Room) -> Bot:
        """Have a bot live."""
        key, number = plan.name.lower(), 1
        while key in self.bots:
            number += 1
            key = f"{plan.name.lower()} {number}"
        bot, body = self._new_bot(key, plan, self.hall.number())
        body.at = room.key
        self.marks.bot(bot)
        self.marks.body(body)
        room.mailbox.send_now(Mobile(Crossing(body, "", None, Done())))
        self.keep(bot.run, f"bot {plan.name}")
        return bot

    def restore_bot(self, key: str, plan: BotPlan, row: dict, mind: dict) -> None:
        """Have a bot go on where it was, and about what it was."""
        bot, body = self._new_bot(key, plan, row["number"])
        restore_body(self, body, row)
        bot.restore(mind)
        room = self._room(body.at)
        room.take_in(body)
        room.acts["look"](room, body, None, None)
        self.keep(bot.run, f"bot {plan.name}")

    def _new_bot(self, key: str, plan: BotPlan, number: int) -> tuple[Bot, Body]:
        bot = self.bots[key] = KINDS.get(plan.kind, Bot)(plan, self.chance, self.now)
        body = bot.body(number, plan.name, plan.text, plan.kind)
        bot.key = body.key = key
        bot.marks = self.marks
        self.hall.reserve(bot.name.lower() for bot in self.bots.values())
        return bot, body

    def end_bot(self, bot: Bot) -> None:
        """A bot is no more."""
        if self.bots.pop(bot.key, None) is not None:
            self.hall.reserve(bot.name.lower() for bot in self.bots.values())
            for kind in ("bot", "bot body", "bot mind"):
                self.marks.is_gone(kind, bot.key)

    def _room(self, key: str) -> Room:
        """A room; where newcomers arrive, if it is not there any more."""
        return self.rooms.get(key) or self.rooms[self.plan.start]

    # Doors to the world: a browser, a terminal, whatever there may be.

    def player(self, outbox: Any = None) -> Player:
        """Somebody who may enter.

        :param outbox: takes what he hears; a buffer of his own by default.
        """
        return Player(self.hall.asked, self.building, self.now, self.hall.limits.rate, self._digest, outbox)

    async def _digest(self, password: str) -> tuple[bytes, bytes]:
        """A fresh salt, and what is kept of a password."""
        salt = self._secret.randbytes(16)
        return salt, await self.apart(digest_of, password, salt)

    async def prove(self, name: str, password: str) -> bytes:
        """By what the hall is shown that somebody knows the password of a name. Nothing if there is nothing to show."""
        salt = self.hall.accounts.salt(name.lower())
        return await self.apart(digest_of, password, salt) if salt and password else b""

    async def enter(self, name: str, password: str = "") -> Player:
        """Have a player enter, where he left.

        :raise Refused: he may not.
        """
        return await self.admit(name, await self.prove(name, password), self.player())

    async def admit(self, name: str, proof: bytes, player: Player) -> Player:
        """As `enter`, of who has proved that he knows the password.

        :raise Refused: he may not.
        """
        reply: Channel = Buffer(1)
        await self.hall.asked.send(Enter(player, name, proof, Done(reply)))
        card = await reply.receive()
        if not isinstance(card, Card):
            raise Refused(card[0])
        self._live(player)
        return player

    def resume(self, told: dict[str, Any], outbox: Any) -> Player:
        """Have somebody play on who was in the world of a picture.

        :param told: what his card told.
        """
        player = self.player(outbox)
        card = player.card = Card(told["number"], told["name"], told["role"], player, told["idle_since"])
        card.told_by = told["told_by"]
        self.hall.cards[card.name.lower()] = card
        body = self._embody(self.hall.kept.pop(card.name.lower()), card)
        body.follows, body.linked = told["follows"], told["linked"]
        self._room(body.at).take_in(body)
        self._live(player)
        return player

    def _live(self, player: Player) -> None:
        process = self.scheduler.spawn(player.run(), f"player {player.card.name}")
        process.observed = True
        self._processes[process] = None
        process.when_ended(self._left)

    def _left(self, process: Process) -> None:
        self._processes.pop(process, None)
        if process.failure is not None:
            self.report(process.name, process.failure)

    def _admit(self, kept: Body | None, card: Card) -> None:
        """The hall lets somebody in."""
        body = self._embody(kept, card)
        if kept is None:
            card.player.hear(self.plan.welcome, "welcome")
        room = self._room(body.at)
        body.at = room.key
        self.marks.body(body)
        self.marks.view(body)
        room.mailbox.send_now(Mobile(Crossing(body, "", None, Done())))

    def _embody(self, kept: Body | None, card: Card) -> Body:
        body = card.player.body(card.number, card.name)
        if kept is not None:
            for name in ("at", "things", "score", "purse", "seen", "honours", "text"):
                setattr(body, name, getattr(kept, name))
        return body
