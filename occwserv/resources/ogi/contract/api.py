"""Process. What a module sees of the server: `ogi`, which its `ogimain` is called with (docs/ogi.md)."""

from collections.abc import Coroutine, Iterator, MutableMapping
from types import coroutine
from typing import Any

from twisted.logger import Logger

from ....csp import EndOfChannel, Process, sleep
from ....csp.process import Outside
from ..roles import Handler
from .connection import OgiConnection


class Ogi(Outside):
    """The module's side of its handler.

    `name` is the module's; `options` what the settings say to it (`ogi.options`), names and texts; `state` a mapping
    that survives reload, crash and restart, as far as it can be written as JSON; `log` a Twisted logger; `reactor` what
    Twisted's endpoints want.
    """

    __slots__ = ("_handler", "log", "name", "options", "reactor", "state")

    def __init__(self, handler: Handler, name: str, state: MutableMapping[str, Any]) -> None:
        self._handler = handler
        self.name = name
        self.options = handler.settings.options.get(name, {})
        self.state = state
        self.reactor = handler.farm.reactor
        self.log = Logger(f"ogi.{name}")

    async def persist(self) -> None:
        """From now on all requests for the module come to this instance. Else it is for one."""
        self._handler.persist()

    async def receive(self) -> OgiConnection:
        """The next connection.

        :raise EndOfChannel: there will be no more: the instance is to finish what it holds, and return.
        """
        if self._handler.undecided:
            self._handler.single()
        return self._handler.received(await self._handler.requests.receive())

    def __aiter__(self) -> "Ogi":
        return self

    @coroutine
    def __anext__(self) -> Iterator[None]:
        handler = self._handler
        if handler.undecided:
            handler.single()
        try:
            return handler.received((yield from handler.requests.receive()))
        except EndOfChannel:
            raise StopAsyncIteration from None

    def fork(self, routine: Coroutine, name: str = "") -> Process:
        """Start a process beside this one. If it fails, it costs what it held."""
        return self._handler.fork(routine, name)

    async def sleep(self, seconds: float) -> None:
        """Wait a while."""
        await sleep(seconds)
