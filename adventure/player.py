"""Process. A player: reads what is written, does what he can himself, and asks the room or the hall for the rest."""

from contextlib import suppress
from typing import Any

from occwserv.csp import Buffer, Channel, Ending, Mobile, sleep

from . import verbs
from .language import Puzzled, help_on, parse
from .messages import Done, Protect
from .mind import Mind
from .values import ROLES, told_time

SHORTEST = 6  # characters of a password


class Card:
    """What the hall knows of a player: his name, his role, and how to tell him something. Not where he is."""

    __slots__ = ("idle_since", "name", "number", "player", "role", "told_by")

    def __init__(self, number: int, name: str, role: str, player: "Player", now: float) -> None:
        self.number, self.name, self.role, self.player = number, name, role, player
        self.told_by = ""
        self.idle_since = now

    def told(self) -> dict[str, Any]:
        """What a world of other code is told of him, beside what is kept."""
        names = ("name", "number", "role", "told_by", "idle_since")
        body = self.player.mine
        return {name: getattr(self, name) for name in names} | {"follows": body.follows, "linked": body.linked}


class Player(Mind):
    """A player's process, and what his door has of it: `play` a line, read `heard`.

    :param rate: lines a second that are taken; twice as many at once. :param digest: makes a salt, and what is kept of
        a password.
    """

    def __init__(self, hall: Any, plan: Any, now: Any, rate: float, digest: Any, outbox: Any = None) -> None:
        super().__init__(outbox=outbox)
        self.rate, self.digest = rate, digest
        self.hall, self.plan, self.now = hall, plan, now
        self.lines = Channel("lines of a player")
        self.card: Any = None
        self.over = False
        self.allowance, self.at = 2 * rate, now()

    async def play(self, line: str) -> None:
        """One line; returns when all it led to was told. Who has left is told nothing."""
        reply: Channel = Buffer(1)
        with suppress(Ending):
            await self.lines.send((line, reply))
            await reply.receive()

    async def run(self) -> None:
        """Do line after line, until he leaves."""
        try:
            while not self.over:
                line, reply = await self.lines.receive()
                if isinstance(line, str):
                    self.card.idle_since = self.now()
                try:
                    await self._do(line)
                except Puzzled as puzzled:
                    self.hear(str(puzzled), "puzzled")
                finally:
                    reply.send_now(None)
        finally:
            self.lines.abandon()  # who waits to give a line waits no longer, also when the world ends
            if self.over:
                self.heard.close()

    async def _do(self, line: str | bool) -> None:
        if isinstance(line, bool):
            await self.ask(parse("away" if line else "back", INNER))  # type: ignore[arg-type]
            return
        await self._not_too_fast()
        command = parse(line, verbs.VERBS, self.card.role)
        if command is None:
            return
        verb = command.verb
        if ROLES.index(self.card.role) < ROLES.index(verb.role):
            raise Puzzled(f"That is for {'an' if verb.role == 'operator' else 'a'} {verb.role} to do.")
        if verb.where == "room":
            await self.ask(command)
        elif verb.name == "password":
            await self._protect(command.text)
        elif verb.where == "self":
            await self._by_himself(verb.name, command.text)
        elif verb.where == "plan":
            await self._of(self.plan, (await self._here(), command))
        else:
            changed = await self._of(self.hall, (self.card, command))
            if changed == "renamed":
                await self.ask(command)

    async def _here(self) -> str:
        """The key of the room he is in: only that room knows."""
        return await self.ask(parse("where_am_i", INNER))  # type: ignore[arg-type]

    async def _of(self, whom: Channel, question: tuple) -> Any:
        reply: Channel = Buffer(1)
        await whom.send((*question, Done(reply)))
        answer = await reply.receive()
        for text in answer if isinstance(answer, list) else ():
            self.hear(text)
        return answer

    async def _by_himself(self, verb: str, text: str) -> None:
        if verb == "help":
            for line in help_on(text, verbs.VERBS, self.card.role):
                self.hear(line, "help")
        elif verb == "time":
            self.hear(told_time(self.now()), "time")
        elif verb == "code":
            self.hear(self._code(), "code")
        elif verb == "wait":
            self.hear("Time passes.")
            await sleep(1)
        else:
            await self.leave()

    async def _protect(self, password: str) -> None:
        """Set the password of his name. What is made of it takes long, so others do it, and he rests afterwards."""
        if len(password) < SHORTEST:
            raise Puzzled(f"A password has at least {SHORTEST} characters.")
        salt, digest = await self.digest(password)
        reply: Channel = Buffer(1)
        await self.hall.send(Protect(self.card, salt, digest, Done(reply)))
        for text in await reply.receive():
            self.hear(text)
        self.allowance = min(self.allowance, 0.0)

    def _code(self) -> str:
        """What is told of a code for another door, by those who know the doors."""
        code = getattr(self.heard, "code", None)
        if code is None:
            return "There is no other door."
        return f"Write `link {code()}` at another door within ten minutes: you are the same there."

    async def be_away(self, away: bool) -> None:
        """His door tells that it has lost him, or has him again: others see that."""
        with suppress(Ending):
            await self.lines.send((away, Buffer(1)))

    async def leave(self, text: str = "leaves.") -> None:
        """Take the body out of the world; the hall keeps it."""
        self.over = True
        answer = await self.ask(parse(f"step_out {text}", INNER))  # type: ignore[arg-type]
        await self._of(self.hall, (self.card, answer.value if isinstance(answer, Mobile) else None))
        self.hear("Good-bye. Come back soon.", "over")

    async def _not_too_fast(self) -> None:
        """A bucket of lines: whoever writes faster waits, and nobody else does."""
        now = self.now()
        self.allowance = min(2 * self.rate, self.allowance + (now - self.at) * self.rate)
        self.at = now
        if self.allowance < 1:
            await sleep((1 - self.allowance) / self.rate)
        self.allowance -= 1


INNER = {name: verbs.Verb(name, "", "") for name in ("where_am_i", "step_out", "away", "back")}
"""What only the player's own process asks of a room."""
