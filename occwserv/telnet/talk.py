"""Process. What is said to a client and asked of it, at the pace that it may keep."""

from collections.abc import Callable, Sequence
from typing import Any, Protocol

from ..csp import Scheduler, sleep
from ..settings import Telnet
from .machine import Machine
from .text import END, Heard, page, prompt, write


class Link(Protocol):
    """The client itself."""

    machine: Machine
    address: str
    rules: Telnet

    async def line(self) -> str:
        """The next line. :raise EndOfChannel: there will be none."""

    @property
    def full(self) -> bool:
        """Whether it takes nothing more for now."""

    async def writable(self) -> None:
        """Wait until it takes more."""

    def flush(self) -> None:
        """Send what the machine has for it."""

    def end(self) -> None:
        """Send that, and close."""


class House(Protocol):
    """What all clients of a door have in common.

    `refused`: what the game raises for those who may not enter. `started`: seconds of the epoch.
    """

    scheduler: Scheduler
    now: Callable[[], float]
    refused: type[Exception]
    started: float

    def entered(self, link: Any) -> None:
        """A client has become a player."""


class Talk:
    """One client. `at_prompt`: what it was sent last is a prompt, and it has not written anything since."""

    __slots__ = ("_allowance", "_at", "_now", "at_prompt", "link")

    def __init__(self, link: Link, now: Callable[[], float]) -> None:
        self.link, self._now = link, now
        self._allowance, self._at = 2.0 * link.rules.rate, now()
        self.at_prompt = False

    def leave_prompt(self) -> None:
        """What is said next stands in a line of its own."""
        if self.at_prompt:
            self.link.machine.put(END)
            self.at_prompt = False

    def say(self, text: str, kind: str = "") -> None:
        """Something that the door says."""
        self.leave_prompt()
        self.link.machine.put(write(text, kind, self.link.machine.style))

    def tell(self, lines: Sequence[Heard], missed: int, ends: bool) -> None:
        """What its character hears.

        :param missed: lines before them that it was not told. :param ends: it is its turn then.
        """
        machine = self.link.machine
        style, mark = machine.style, machine.mark if ends else None
        machine.put(page(tuple(lines), missed, style, self.at_prompt, mark))
        self.at_prompt = mark is not None and not style.quiet

    async def ask(self, question: str) -> str:
        """The answer to a question. A client that speaks telnet is prompted by it; a script is not asked."""
        machine = self.link.machine
        if machine.speaks:
            machine.put(prompt(question, machine.style) + machine.mark)
            self.at_prompt = True
        return await self.line()

    async def ask_hidden(self, question: str) -> str:
        """The answer to a question, not shown by the client while it is written."""
        machine = self.link.machine
        if not machine.speaks:
            self.say(question)
        machine.hide_typing(True)
        try:
            return await self.ask(question)
        finally:
            machine.hide_typing(False)
            if machine.speaks:
                machine.put(END)  # the one that the client has not shown

    async def line(self) -> str:
        """The next line. A bucket of lines: whoever writes faster is read more slowly.

        :raise EndOfChannel: there will be none.
        """
        self.link.flush()
        line = await self.link.line()
        self.at_prompt = False
        now, rate = self._now(), self.link.rules.rate
        self._allowance = min(2.0 * rate, self._allowance + (now - self._at) * rate)
        self._at = now
        if self._allowance < 1:
            await sleep((1 - self._allowance) / rate)
        self._allowance -= 1
        return line
