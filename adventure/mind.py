"""Process. What players and bots have in common: a body somewhere, an ear, and the end of the room they are in."""

from contextlib import suppress
from typing import Any

from occwserv.csp import After, Buffer, Ending, OverwritingBuffer, Send, alt, pri_alt

from .language import Command, parse
from .messages import DONE, ELSEWHERE, Done, Request
from .values import Body, Heard

PATIENCE = 10.0  # seconds; rooms answer at once, and machines do, but one may have failed
ROOM_OF_AN_OUTBOX = 200


class Mind:
    """Who has a body.

    `heard` is what it hears; when nobody reads that, the oldest is lost, and counted in `heard.missed`.
    """

    def __init__(self, room: int = ROOM_OF_AN_OUTBOX, outbox: Any = None) -> None:
        self.heard = OverwritingBuffer(room) if outbox is None else outbox
        self.places = OverwritingBuffer(1)
        self.replies = Buffer(1)
        self.room: Any = None  # the end of the room's requests

    def body(self, number: int, name: str, text: str = "", bot: str = "") -> Body:
        """A new body, with ends of its own."""
        self.number = number
        self.mine = Body(number, name, self.heard, self.places, text, bot)
        return self.mine

    async def ask(self, command: Command) -> Any:
        """Have the room do something; wait until it is done.

        The room may let the body go to another one at any time, or be removed: then the other is asked.
        """
        while True:
            if self.room is None:
                self.room = await self.places.receive()
            self.replies.held.clear()
            request = Request(self.number, command, Done(self.replies))
            try:
                which, value = await pri_alt(self.places, Send(self.room, request))
            except Ending:
                self.room = None
                continue
            if which == 0:
                self.room = value
                continue
            which, answer = await alt(self.replies, After(PATIENCE))
            if which == 1:
                self.replies = Buffer(1)  # what comes too late goes nowhere
                self.hear("Nothing happens.")
                return DONE
            if answer is not ELSEWHERE:
                return answer
            self.room = None

    async def do(self, line: str) -> None:
        """As `ask`, of what is written."""
        command = parse(line)
        if command is not None:
            await self.ask(command)

    def hear(self, text: str, kind: str = "") -> None:
        """Something that no room says."""
        with suppress(Ending):
            self.heard.send_now(Heard(kind, text))
