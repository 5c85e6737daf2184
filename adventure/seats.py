"""Process. All seats at one world: who may have which, and what becomes of characters that no door has.

It stays when the code of the world is loaded anew, and moves the characters from world to world.
"""

from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import asynccontextmanager
from math import ceil
from random import Random
from typing import Any

from occwserv.csp import After, Buffer, Process, Scheduler, alt, let_others, sleep
from occwserv.csp.process import Outside

from .limits import USUAL, Attempts, Limits
from .seat import Character, Refused, Seat

LOOK = 5.0
AT_ONCE = 50  # characters that are looked at before others have their turn
CODE_LASTS = 600.0
LONGEST = 5.0  # seconds that a line may take which is being played when the world is to be made anew
LETTERS = "ABCDEFGHJKLMNPQRSTUVWXYZ23456789"  # of codes: none looks like another one


class Seats(Outside):
    """All seats at one world.

    :param now: seconds. :param secret: what codes are made by.
    """

    def __init__(
        self, world: Any, scheduler: Scheduler, now: Callable[[], float], secret: Random, limits: Limits = USUAL
    ) -> None:
        self.limits, self._attempts = limits, Attempts(limits)
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

    async def enter(self, name: str, password: str = "", door: str = "web", whom: str = "", address: str = "") -> Seat:
        """Have a character enter; or have one more seat at it, if it is in the world and belongs to who asks.

        It does with the password; without one only at the door that has let it go, for the same `whom`. Who comes
        back to the door that let him go gets his old seat, with all it has heard.

        :param address: where he comes from: wrong passwords are counted by it.
        :raise Refused: he may not.
        """
        key = name.lower()
        proof = await self._proof(key, password, address)
        character = self._named(key)
        if character is None:
            return await self._begin(name, proof, door, whom)
        problem = self.world.hall.accounts.problem(key, proof)
        if problem:
            raise Refused(problem)
        known = self.has_password(name)
        for seat in character.seats:
            if seat.gone_since is not None and seat.door == door and (known or (whom and seat.whom == whom)):
                seat.whom = whom
                seat.take_up()
                return seat
        if not known:
            raise Refused(f'{name} is playing now. If that is you, write "code" there, and link with that code here.')
        return await self._join(character, door, whom)

    async def _proof(self, name: str, password: str, address: str) -> bytes:
        """What proves that somebody knows the password of a name: made from what he says, after a while if many were
        wrong."""
        if not password or not self.has_password(name):
            return b""
        wait = self._attempts.wait(name, address, self.now())
        if wait > 0:
            raise Refused(f"Too many wrong passwords for {name.capitalize()}; try again in {ceil(wait)} s.")
        self._attempts.begin(name, address, self.now())
        proof = await self.world.prove(name, password)
        if not self.world.hall.accounts.problem(name, proof):
            self._attempts.right(name, address)
        return proof

    async def _begin(self, name: str, proof: bytes, door: str, whom: str) -> Seat:
        await self._entering.receive()
        try:
            character = Character(self)
            seat = character.seat(door, whom)
            character.player = self.world.player(character)
            await self.world.admit(name, proof, character.player)
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
        world.hall.heed(self.limits)

    def heed(self, limits: Limits) -> None:
        """Go on under other limits."""
        self.limits = self._attempts.limits = limits
        self.world.hall.heed(limits)

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
            for number, character in enumerate(self.characters()):
                if number % AT_ONCE == 0:
                    await let_others()
                gone = character.gone(now)
                if gone > self.limits.leave or self.world.now() - character.player.card.idle_since > self.limits.silent:
                    self.keep(character.play("quit"), "leaves")
                    continue
                if (gone > self.limits.away) != character.away:
                    character.away = not character.away
                    self.keep(character.player.be_away(character.away), "away")
                for seat in list(character.seats):
                    if seat.gone_since is not None and now - seat.gone_since > self.limits.leave:
                        character.give_up(seat)

    def end(self) -> None:
        """End the world; no seat hears anything more."""
        for process in list(self._processes):
            process.kill()
        characters = list(self.characters())
        self.world.end()
        for character in characters:
            character.close()
