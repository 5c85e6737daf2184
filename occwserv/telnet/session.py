"""Process. One client at the telnet door: who it is, then line after line, and all that its character hears.

Two processes for each client. The one plays: it reads a line, plays it, and reads the next when that is done. The other
hears: it waits until the client takes more, takes all that waits in the seat's buffer, and writes it at once. A client
that does not read is told of less, and of how much it missed; it holds nobody.

What one line leads to leaves in one piece, with the prompt behind it. A client that has never said a telnet command is
told plain lines alone, without a prompt: such a one is a script, or `nc`.
"""

import re
from collections.abc import Callable, Iterable
from typing import Any, Protocol

from ..csp import Cancelled, EndOfChannel, Process, Scheduler, let_others, sleep
from ..settings import Telnet
from . import mud
from .codes import MSSP
from .machine import Machine
from .text import END, prompt, write

TURNS = 6
"""Turns of the others that what is heard waits for the end of the line that led to it."""

PENALTY = 1.0
"""Seconds that a wrong password or code takes."""

_HTTP = re.compile(r"[A-Z]+ \S+ HTTP/\d")
_LINK = re.compile(r"link\s+(\S+)", re.IGNORECASE)


class Refused(Exception):
    """The client is not let in; the text tells it why."""


class Link(Protocol):
    """The client as its session has it."""

    machine: Machine
    address: str

    async def line(self) -> str:
        """The next line. :raise EndOfChannel: there will be none."""

    async def writable(self) -> None:
        """Wait until it takes more."""

    def flush(self) -> None:
        """Send what the machine has for it."""

    def end(self) -> None:
        """Send that, and close."""


class Session:
    """One client.

    :param game: gives the game. :param refused: what that raises for those who may not enter.
    :param entered: told when the client has become a player.
    """

    __slots__ = (
        "_allowance", "_at", "_at_prompt", "_entered", "_game", "_hearing", "_link", "_now", "_owed", "_playing",
        "_refused", "_rules", "_scheduler", "_told", "seat",
    )  # fmt: skip

    def __init__(
        self, link: Link, rules: Telnet, scheduler: Scheduler, now: Callable[[], float], game: Callable[[], Any],
        refused: type[Exception], entered: Callable[[], object],
    ) -> None:  # fmt: skip
        self._link, self._rules, self._scheduler, self._now = link, rules, scheduler, now
        self._game, self._refused, self._entered = game, refused, entered
        self._allowance, self._at = 2.0 * rules.rate, now()
        self._at_prompt = self._playing = self._owed = False
        self._hearing: Process | None = None
        self._told: dict | None = None  # of its state, by GMCP
        self.seat: Any = None

    async def run(self) -> None:
        """From the greeting to the end."""
        try:
            self.seat = await self._admit()
            self._entered()
            self._hearing = self._scheduler.spawn(self._hear(), f"hears for {self.seat.name}")
            await self._play()
        except EndOfChannel:
            pass  # the client is gone, or has said all it wants to
        except Refused as refused:
            self._say(str(refused))
        finally:
            self.lost()
            self._link.end()

    def lost(self) -> None:
        """The client is gone: its character may be taken up again."""
        if self._hearing is not None:
            self._hearing.cancel()
        if self.seat is not None and not self.seat.over and self.seat.gone_since is None:
            self.seat.let_go()

    def wanted(self, option: int) -> None:
        """The client's program wants to be told something."""
        machine = self._link.machine
        if option == MSSP:
            game = self._game()
            machine.put(mud.mssp({"NAME": game.plan.name, "PLAYERS": game.seats.players, "CODEBASE": "occwserv"}))
        elif self.seat is not None:
            self._told = None
            self._tell_program(True)

    def too_long(self) -> None:
        """A line was longer than allowed."""
        self._say(f"That line was too long: {self._rules.line} bytes are the most.")

    # Who it is.

    async def _admit(self) -> Any:
        game = self._game()
        self._say(game.plan.name, "room")
        self._say(game.plan.welcome)
        self._say("Write your name; or link and a code, if you play at another door already.")
        wrong = 0
        while wrong < self._rules.tries:
            name = (await self._ask("Name:")).strip()
            if _HTTP.match(name):
                raise Refused("This is not HTTP: write the name that you want to play by.")
            code = _LINK.fullmatch(name)
            try:
                if code is not None:
                    return await game.seats.enter_by_code(code[1], "telnet", self._link.address)
                if not game.seats.has_password(name):
                    if name:
                        return await game.seats.enter(name, "", "telnet", self._link.address)
                    continue
            except self._refused as refused:
                self._say(str(refused))
                if code is not None:
                    wrong += 1
                    await sleep(PENALTY)
                continue
            while wrong < self._rules.tries:
                password = await self._ask_hidden("Password:")
                try:
                    return await game.seats.enter(name, password, "telnet", self._link.address)
                except self._refused as refused:
                    wrong += 1
                    await sleep(PENALTY)
                    self._say(str(refused))
        raise Refused("Good-bye.")

    async def _ask(self, question: str) -> str:
        machine = self._link.machine
        if machine.speaks:
            machine.put(prompt(question, machine.style))
            machine.end_prompt()
        self._link.flush()
        line = await self._link.line()
        await self._pace()
        return line

    async def _ask_hidden(self, question: str) -> str:
        machine = self._link.machine
        if not machine.speaks:
            self._say(question)
        machine.hide_typing(True)
        try:
            return await self._ask(question)
        finally:
            machine.hide_typing(False)
            if machine.speaks:
                machine.put(END)  # the one that the client has not shown

    # What it plays.

    async def _play(self) -> None:
        while True:
            line = await self._link.line()
            self._at_prompt = False
            await self._pace()
            self._playing = True
            try:
                await self.seat.play(line)
            finally:
                self._playing = False
            self._owed = True
            await let_others()
            if self._owed:  # nothing was heard: else it came with that
                self._prompt()
                self._link.flush()

    async def _pace(self) -> None:
        """A bucket of lines: whoever writes faster is read more slowly."""
        now, rate = self._now(), self._rules.rate
        self._allowance = min(2.0 * rate, self._allowance + (now - self._at) * rate)
        self._at = now
        if self._allowance < 1:
            await sleep((1 - self._allowance) / rate)
        self._allowance -= 1

    # What it hears.

    async def _hear(self) -> None:
        heard = self.seat.heard
        try:
            while True:
                await self._link.writable()
                lines = [await heard.receive()]
                for _ in range(TURNS):
                    if not self._playing:
                        break
                    await let_others()
                while heard.held:
                    lines.append(heard.receive_now())
                missed, heard.missed = heard.missed, 0
                self._tell(lines, missed)
        except EndOfChannel:  # the character has left
            self._link.end()
        except Cancelled:
            raise

    def _tell(self, lines: Iterable[Any], missed: int) -> None:
        machine = self._link.machine
        style, put = machine.style, machine.put
        if self._at_prompt:
            put(END)
            self._at_prompt = False
        if missed:
            put(write(f"({missed} line{'' if missed == 1 else 's'} missed)", "missed", style))
        moved = False
        for kind, text, who in lines:
            if kind == "welcome":
                continue  # it was the greeting
            if kind == "room":
                moved = True
                if not style.quiet:
                    put(END)
            put(write(text, kind, style))
            if kind in mud.CHANNELS:
                machine.tell("Comm.Channel.Text", {"channel": mud.CHANNELS[kind], "talker": who, "text": text})
        if machine.supports:
            self._tell_program(moved)
        if not self._playing and not (style.quiet and not self._owed):
            self._prompt()
        self._link.flush()

    def _tell_program(self, moved: bool) -> None:
        """By GMCP: where the character is, if it has moved, and how it is, if that has changed."""
        machine, state = self._link.machine, self.seat.state()
        if self._told is None:
            machine.tell("Char.Name", {"name": state["name"], "fullname": state["name"]})
        status = mud.status(state)
        if status != self._told:
            self._told = status
            machine.tell("Char.Status", status)
        if moved:
            machine.tell("Room.Info", mud.room_info(state))

    def _prompt(self) -> None:
        self._owed = False
        machine = self._link.machine
        if not machine.speaks:
            return
        if not machine.style.quiet:
            machine.put(prompt(">", machine.style))
            self._at_prompt = True
        machine.end_prompt()

    def _say(self, text: str, kind: str = "") -> None:
        """Something that the door says."""
        machine = self._link.machine
        if self._at_prompt:
            machine.put(END)
            self._at_prompt = False
        machine.put(write(text, kind, machine.style))
        self._link.flush()
