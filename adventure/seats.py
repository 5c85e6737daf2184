"""Process. Seats: each is one door's hold on one character. A character may sit at several doors; each hears and plays.

What is here stays when the code of the world is loaded anew: doors keep their seats, and seats keep their characters,
whatever world those are in by now.
"""

from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import asynccontextmanager
from random import Random
from typing import Any

from occwserv.csp import After, Buffer, OverwritingBuffer, Process, Scheduler, alt, sleep

ROOM = 200  # lines that wait for a door
GRACE = 90.0  # seconds without any door until a character is seen to be away
PATIENCE = 600.0  # and until it leaves
IDLE = 3600.0  # seconds without a line until it leaves, though a door has it
LOOK = 5.0
CODE_LASTS = 600.0
LONGEST = 5.0  # seconds that a line may take which is being played when the world is to be made anew
LETTERS = "ABCDEFGHJKLMNPQRSTUVWXYZ23456789"  # of codes: none looks like another one


class Refused(Exception):
    """Somebody may not enter; the text tells the player why."""


class Seat:
    """One door's hold on one character.

    `door` names the door, `whom` tells by what that door knows its client again: a session, an address, an account.
    `heard` has what the character hears, as `Heard(kind, text, who)`; when nobody reads it the oldest is lost, and
    counted in `heard.missed`. It ends when the character has left.
    """

    __slots__ = ("_character", "door", "gone_since", "heard", "whom")

    def __init__(self, character: "Character", door: str, whom: str) -> None:
        self._character, self.door, self.whom = character, door, whom
        self.heard = OverwritingBuffer(ROOM, f"heard at the {door} door")
        self.gone_since: float | None = None

    @property
    def name(self) -> str:
        """The character's name, as it is now."""
        return self.card.name

    @property
    def card(self) -> Any:
        """What the hall has of the character: `name`, `role`, `number`, `idle_since`."""
        return self._character.player.card

    @property
    def over(self) -> bool:
        """Whether the character has left, or this seat was given up."""
        return self not in self._character.seats

    async def play(self, line: str) -> None:
        """One line; returns when all it led to was told. Nothing happens when the character has left."""
        await self._character.play(line)

    def let_go(self) -> None:
        """The client is gone, or may be. The seat hears on, for who comes back; without any other door the character
        is seen to be away after `GRACE`, and leaves after `PATIENCE`. Letting go again begins to count anew."""
        self.gone_since = self._character.seats_of_all.now()

    def take_up(self) -> None:
        """The client is back."""
        self.gone_since = None

    def code(self) -> str:
        """A fresh code, by which another door gets a seat at this character: good once, for ten minutes."""
        return self._character.code()

    def state(self) -> dict[str, Any]:
        """What is known without asking anybody: `name`, `role`, `score`, `purse`, `room` (its key), `room_name`, and
        `exits` (the keys of the rooms they lead to, by their directions)."""
        player, room = self._character.player, self._character.room
        name, ways = player.mine.seen.get(room, ("", {}))
        return {
            "name": player.card.name, "role": player.card.role, "score": player.mine.score, "purse": player.mine.purse,
            "room": room, "room_name": name, "exits": dict(ways),
        }  # fmt: skip


class Character:
    """A character as its doors have it. It takes the place of the outbox of its body: all seats hear what that hears.

    Lines wait for their `turn`, and the one whose turn it is has the `stage` while it is played: so who wants the stage
    for something else waits for one line alone.
    """

    __slots__ = ("away", "player", "room", "seats", "seats_of_all", "stage", "turn")

    def __init__(self, seats_of_all: "Seats") -> None:
        self.seats_of_all = seats_of_all
        self.seats: list[Seat] = []
        self.player: Any = None
        self.room = ""
        self.away = False
        self.turn, self.stage = Buffer(1, "turns of a character"), Buffer(1, "stage of a character")
        self.turn.send_now(None)
        self.stage.send_now(None)

    def seat(self, door: str, whom: str) -> Seat:
        """One seat more."""
        made = Seat(self, door, whom)
        self.seats.append(made)
        return made

    def send_now(self, heard: Any) -> None:
        """It hears something."""
        if heard.kind == "room":
            self.room = heard.who
        for seat in self.seats:
            seat.heard.send_now(heard)

    def close(self) -> None:
        """It has left, and will hear nothing more."""
        seats, self.seats = self.seats, []
        for seat in seats:
            seat.heard.close()

    def give_up(self, seat: Seat) -> None:
        """One seat less."""
        self.seats.remove(seat)
        seat.heard.close()

    async def play(self, line: str) -> None:
        await self.turn.receive()
        try:
            await self.stage.receive()
            try:
                await self.player.play(line)
            finally:
                self.stage.send_now(None)
        finally:
            self.turn.send_now(None)

    def code(self) -> str:
        return self.seats_of_all.code_for(self)

    def gone(self, now: float) -> float:
        """For how many seconds no door has had it."""
        return min((0.0 if seat.gone_since is None else now - seat.gone_since for seat in self.seats), default=0.0)


class Seats:
    """All seats at one world.

    :param now: seconds. :param secret: what codes are made by.
    """

    def __init__(self, world: Any, scheduler: Scheduler, now: Callable[[], float], secret: Random) -> None:
        self.world, self.scheduler, self.now, self._secret = world, scheduler, now, secret
        self._entering = Buffer(1, "the turn to enter")
        self._entering.send_now(None)
        self._codes: dict[str, tuple[Character, float]] = {}
        self._processes: dict[Process, None] = {}
        self.keep(self._look_after(), "seats")

    @property
    def players(self) -> int:
        """How many characters are in the world."""
        return len(self.world.hall.cards)

    def has_password(self, name: str) -> bool:
        """Whether a name is protected."""
        return self.world.hall.accounts.protected(name.lower())

    async def enter(self, name: str, password: str = "", door: str = "web", whom: str = "") -> Seat:
        """Have a character enter; or have one more seat at it, if it is in the world and belongs to who asks.

        It does with the password; without one only at the door that has let it go, for the same `whom`. Who comes
        back to the door that let him go gets his old seat, with all it has heard.

        :raise Refused: he may not.
        """
        character = self._named(name)
        if character is None:
            return await self._begin(name, password, door, whom)
        accounts, key = self.world.hall.accounts, name.lower()
        problem = accounts.problem(key, password)
        if problem:
            raise Refused(problem)
        known = accounts.protected(key)
        for seat in character.seats:
            if seat.gone_since is not None and seat.door == door and (known or (whom and seat.whom == whom)):
                seat.whom = whom
                seat.take_up()
                return seat
        if not known:
            raise Refused(f'{name} is playing now. If that is you, write "code" there, and link with that code here.')
        return await self._join(character, door, whom)

    async def _begin(self, name: str, password: str, door: str, whom: str) -> Seat:
        await self._entering.receive()
        try:
            character = Character(self)
            seat = character.seat(door, whom)
            character.player = self.world.player(character)
            await self.world.enter(name, password, character.player)
            return seat
        finally:
            self._entering.send_now(None)

    async def enter_by_code(self, code: str, door: str, whom: str = "") -> Seat:
        """A seat at the character for whom a code was made.

        :raise Refused: there is no such code.
        """
        character, until = self._codes.pop(code.strip().upper(), (None, 0.0))
        if character is None or not character.seats or until < self.now():
            raise Refused("That code is not good, or not any more: each is good once, for ten minutes.")
        return await self._join(character, door, whom)

    @asynccontextmanager
    async def pause(self) -> AsyncIterator[None]:
        """Nobody plays or enters meanwhile: whoever wants to waits. Lines that are being played end first; one that
        takes too long may be cut off."""
        await self._entering.receive()
        paused = []
        until = self.now() + LONGEST
        try:
            for character in list(self.characters()):
                which, _ = await alt(character.stage, After(max(until - self.now(), 0)))
                if which == 0:
                    paused.append(character)
            yield
        finally:
            for character in paused:
                character.stage.send_now(None)
            self._entering.send_now(None)

    def move(self, world: Any) -> None:
        """Have all characters go on in another world, made of a picture of theirs."""
        for card in self.world.hall.cards.values():
            character = card.player.heard
            character.player = world.resume(card.told(), character)
        self.world = world

    async def _join(self, character: Character, door: str, whom: str) -> Seat:
        """One more seat; what it hears first is where it is."""
        seat = character.seat(door, whom)
        character.player.hear(f"You are at the {door} door, too.", "news")
        await character.play("look")
        return seat

    def code_for(self, character: Character) -> str:
        """A fresh code; those before it are not good any more."""
        now = self.now()
        self._codes = {code: (whose, until) for code, (whose, until) in self._codes.items()
                       if until >= now and whose is not character}  # fmt: skip
        code = "".join(self._secret.choice(LETTERS) for _ in range(6))
        self._codes[code] = character, now + CODE_LASTS
        return code

    def keep(self, routine: Any, name: str) -> None:
        """Run a process for as long as there are seats."""
        process = self.scheduler.spawn(routine, name)
        self._processes[process] = None
        process.when_ended(lambda process: self._processes.pop(process, None))

    def _named(self, name: str) -> Character | None:
        card = self.world.hall.cards.get(name.lower())
        return None if card is None else card.player.heard

    def characters(self) -> Iterator[Character]:
        """All that are in the world by a door."""
        for card in list(self.world.hall.cards.values()):
            if isinstance(card.player.heard, Character):
                yield card.player.heard

    async def _look_after(self) -> None:
        """Characters that no door has are away, and leave after a while."""
        while True:
            await sleep(LOOK)
            now = self.now()
            for character in self.characters():
                gone = character.gone(now)
                if gone > PATIENCE or self.world.now() - character.player.card.idle_since > IDLE:
                    self.keep(character.play("quit"), "leaves")
                    continue
                if (gone > GRACE) != character.away:
                    character.away = not character.away
                    self.keep(character.player.be_away(character.away), "away")
                for seat in list(character.seats):
                    if seat.gone_since is not None and now - seat.gone_since > PATIENCE:
                        character.give_up(seat)

    def end(self) -> None:
        """End the world; no seat hears anything more."""
        for process in list(self._processes):
            process.kill()
        characters = list(self.characters())
        self.world.end()
        for character in characters:
            character.close()
