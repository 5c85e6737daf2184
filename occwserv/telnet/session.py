"""Process. One client at the telnet door, from the greeting to the end: line after line, and all its character hears.

Two processes for each client. The one plays: it reads a line, plays it, and reads the next when that is done. The other
hears: it waits until the client takes more, takes all that waits in the seat's buffer, and writes it at once. A client
that does not read is told of less, and of how much it missed; it holds nobody.

What one line leads to leaves in one piece, with the prompt behind it. A client that has never said a telnet command is
told plain lines alone, without a prompt: such a one is a script, or `nc`.
"""

from collections.abc import Sequence
from typing import Any

from ..csp import EndOfChannel, Process, let_others
from . import mud
from .admission import admit
from .codes import MSSP
from .talk import House, Link, Talk

TURNS = 6
"""Turns of the others that what is heard waits for the end of the line that led to it."""


class Session:
    """One client.

    :param game: with its `plan` and its `seats`.
    """

    __slots__ = ("_game", "_hearing", "_house", "_link", "_owed", "_playing", "_seat", "_talk", "_told")

    def __init__(self, link: Link, house: House, game: Any) -> None:
        self._link, self._house, self._game = link, house, game
        self._talk = Talk(link, house.now)
        self._playing = False  # a line is being played
        self._owed = True  # the client waits for a prompt
        self._hearing: Process | None = None
        self._seat: Any = None
        self._told: dict | None = None  # what its program was told of the character

    async def run(self) -> None:
        """From the greeting to the end."""
        talk = self._talk
        try:
            seat = self._seat = await admit(talk, self._house, self._game)
            self._house.entered(self._link)
            self._hearing = self._house.scheduler.spawn(self._hear(seat), f"hears for {seat.name}")
            if seat.heard.count:  # it was here before: first it is told what it missed
                talk.say(f"Welcome back, {seat.name}.")
                await self._play(seat, "look")
            while True:
                await self._play(seat, await talk.line())
        except EndOfChannel:
            pass  # the client is gone, or has said all it wants to
        except self._house.refused as refused:
            talk.say(str(refused))
        finally:
            self.lost()
            self._link.end()

    def lost(self) -> None:
        """The client is gone: its character may be taken up again, by another session even now."""
        if self._hearing is not None:
            self._hearing.cancel()
        seat, self._seat = self._seat, None
        if seat is not None and not seat.over:
            seat.let_go()

    def say(self, text: str) -> None:
        """Something that the door says."""
        self._talk.say(text)

    def wanted(self, option: int) -> None:
        """The client's program wants to be told something."""
        if option == MSSP:
            name, players = self._game.plan.name, self._game.seats.players
            about = {"NAME": name, "PLAYERS": players, "UPTIME": int(self._house.started), "CODEBASE": "occwserv"}
            self._link.machine.put(mud.mssp(about))
        elif self._seat is not None:
            self._told = None
            self._tell_state(True)

    async def _play(self, seat: Any, line: str) -> None:
        self._playing = self._owed = True
        try:
            await seat.play(line)
        finally:
            self._playing = False
        await let_others()
        if self._owed and not seat.over:  # nothing was heard at last: else it came with that
            self._owed = False
            self._talk.tell((), 0, True)
            self._link.flush()

    async def _hear(self, seat: Any) -> None:
        heard = seat.heard
        try:
            while True:
                if self._link.full:
                    await self._link.writable()
                lines = [await heard.receive()]
                if self._playing:
                    await self._end_of_line()
                while heard.held:
                    lines.append(heard.receive_now())
                missed, heard.missed = heard.missed, 0
                self._tell(lines, missed)
        except EndOfChannel:
            pass  # the character has left
        finally:
            self._link.end()

    async def _end_of_line(self) -> None:
        """Wait until the line that is played is over, if that is soon."""
        for _ in range(TURNS):
            await let_others()
            if not self._playing:
                break

    def _tell(self, lines: Sequence[Any], missed: int) -> None:
        machine = self._link.machine
        if machine.packages:
            self._tell_program(lines)
        ends = not self._playing and (self._owed or not machine.style.quiet) and lines[-1].kind != "over"
        if ends:
            self._owed = False
        self._talk.tell(lines, missed, ends)
        self._link.flush()

    def _tell_program(self, lines: Sequence[Any]) -> None:
        """By GMCP: who said what, and what has become of the character by that; a room before what is said in it."""
        moved = False
        for kind, text, who in lines:
            if kind == "room" and not moved:
                moved = True
                self._tell_state(True)
            elif kind in mud.CHANNELS:
                said = {"channel": mud.CHANNELS[kind], "talker": who, "text": text}
                self._link.machine.tell("Comm.Channel.Text", said)
        if not moved:
            self._tell_state(False)

    def _tell_state(self, moved: bool) -> None:
        """By GMCP: where the character is, if it has moved, and how it is, if that has changed."""
        if self._seat is None:
            return
        machine, state = self._link.machine, self._seat.state()
        if self._told is None:
            machine.tell("Char.Name", {"name": state["name"], "fullname": state["name"]})
        status = mud.status(state)
        if status != self._told:
            self._told = status
            machine.tell("Char.Status", status)
        if moved:
            machine.tell("Room.Info", mud.room_info(state))
