"""Process. A player on IRC: his lines go to the game one after the other; what he hears goes out when it is his turn.

    said to us -> lines -> play        heard -> (some milliseconds' worth, as few lines as possible) -> turn -> line

What he hears waits in his seat's overwriting buffer, so that the game never waits for IRC; what is lost there he is
told. Of what comes at once he gets the first lines, and the others when he writes `more`.
"""

from contextlib import suppress
from typing import Any

from occwserv.csp import Buffer, Ending, Scope, WouldBlock, sleep

from .names import Person
from .session import Session
from .text import clean, join

AHEAD = 20
"""Lines of his that wait for those before them."""

GATHER = 0.02
"""Seconds in which more may come that goes out together."""

REST = 200
"""Lines that are kept for `more`."""

MORE = 40
"""Bytes that are kept free for saying that there is more."""

SHORTEST = 60
"""Bytes of text that a line has at least, whatever a network says of the length of our name."""


class Player:
    """Somebody who plays. `seat` is his when the game has let him in, `process` what does all this; `gone`: he is."""

    def __init__(self, person: Person, session: Session) -> None:
        self.person, self.session = person, session
        self.seat: Any = None
        self.process: Any = None
        self.gone = False
        self._lines = Buffer(AHEAD, f"lines of {person.nick}")
        self._his = 0  # lines that wait, and are known to be his
        self._rest: list[str] = []
        self._dropped = 0
        self._missed = 0

    def take(self, text: str) -> None:
        """He has written a line. Who writes faster than the game plays loses some."""
        try:
            self._lines.send_now(text)
        except WouldBlock:
            self._dropped += 1
        except Ending:
            pass

    async def play(self) -> None:
        """Until the character has left."""
        async with Scope() as scope:
            acting = scope.fork(self._act(back=self.seat.heard.count > 0), "acts")
            with suppress(Ending):  # the character has left, or the connection is lost
                while True:
                    await self.tell(await self._gathered())
            acting.cancel()

    async def _act(self, back: bool) -> None:
        """Play what he writes. `back`: he was here before."""
        with suppress(Ending):
            if back:
                await self.tell([f"Welcome back, {self.seat.name}."])
                await self.seat.play("look")
            while True:
                line = await self._lines.receive()
                if not await self._is_his():
                    self.session.people.names.left(self.person.nick)  # and with it this process ends
                    return
                await self._do(line)

    async def _is_his(self) -> bool:
        """Whether a line is his. What the network answers is true of all lines that came before it was asked."""
        if self._his:
            self._his -= 1
            return True
        people = self.session.people
        if not people.uncertain(self.person):
            return True
        self._his = len(self._lines.held)
        return await people.still_there(self.person, self.session.network.lost)

    async def _do(self, line: str) -> None:
        if line.lower() == "more":
            await self.tell([], more=True)
        elif line.lower().startswith(("start ", "link ")):
            await self.tell([f"You are in the game as {self.seat.name} already. Write quit to leave."])
        else:
            await self.seat.play(line)
        if self._dropped and not self._lines.held:
            dropped, self._dropped = self._dropped, 0
            await self.tell([f"(That was too fast: {dropped} of your lines went unread.)"])

    async def _gathered(self) -> list[str]:
        """What he has heard: at least one line, and what comes right behind it."""
        heard = self.seat.heard
        texts = [(await heard.receive()).text]
        await sleep(GATHER)
        with suppress(Ending):
            while len(texts) < heard.room:
                texts.append(heard.receive_now().text)
        if heard.missed != self._missed:
            missed, self._missed = heard.missed - self._missed, heard.missed
            texts.insert(0, f"({missed} {'line' if missed == 1 else 'lines'} missed)")
        return texts

    async def tell(self, texts: list[str], more: bool = False) -> None:
        """Tell him something, or more of what he was not told yet."""
        most = self.session.network.lines
        if more:
            lines = self._rest or ["There is nothing more."]
        else:
            room = max(self.session.room(self.person.nick) - MORE, SHORTEST)
            lines = join([said for text in texts if (said := clean(text))], room)
        first, rest = lines[:most], lines[most:][:REST]
        if rest or more:
            self._rest = rest
        if rest:
            first[-1] += f" ({len(rest)} more {'line' if len(rest) == 1 else 'lines'}: write more)"
        for line in first:
            await self.session.turns.receive()
            self.session.tell(self.person.nick, line)
