"""Adapter. A worker: a farm of its own for one module, whose connections come over a link, in a process or a thread.

The module runs in it as it would in the server, with the same containment. What that can not contain (memory, a crash
of the interpreter) ends the process alone.
"""

import os
import resource
import signal
import socket
from collections.abc import Mapping
from functools import partial
from pathlib import Path
from typing import Any

import msgspec
from twisted.internet import selectreactor
from twisted.internet.main import installReactor
from twisted.logger import LogEvent, LogLevel, eventAsText, globalLogBeginner

from ....http.errors import HTTPError
from ....http.head import Request
from ....http.target import parse_target
from ....settings import Ogi as OgiSettings
from ..farm import Farm
from ..pools.link import Link
from ..state import Remembered
from .relayed import Relayed

TICK = 0.5

LONGEST = 100_000
"""Characters of one thing that is logged: the server waits while it writes them."""


class Worker:
    """A farm at the end of a link.

    :param name: what its incidents are called by.
    :param states: what its module remembers, if that is not its own affair: then it is in a thread.
    """

    def __init__(
        self, reactor: Any, settings: OgiSettings, name: str, states: Mapping[Path, Remembered] | None = None
    ) -> None:
        self._reactor = reactor
        # What takes too long is dealt with by the server; it is not this farm that answers it.
        own = msgspec.structs.replace(settings, models={}, answer=86400)
        self._farm = Farm(reactor, own, worker=name, states=states)
        self._open: dict[int, Relayed] = {}
        self._ending = False
        self.link = Link(self._received, self._lost, at_once=True)
        self._farm.failed = partial(self.link.say, "failed", 0)
        self._tick()

    def join(self, descriptor: int) -> None:
        """Take up this end of the link."""
        self._reactor.adoptStreamConnection(descriptor, socket.AF_UNIX, _Once(self.link))
        os.close(descriptor)

    def log(self, event: LogEvent) -> None:
        """Have the server log what is logged here."""
        level, system = event.get("log_level", LogLevel.info), event.get("log_namespace", "ogi")
        if self._reactor.running:  # and does not say that it has ended
            text = eventAsText(event, includeTimestamp=False, includeSystem=False)
            self._farm.in_reactor(self.link.say, "logged", 0, level.name, system, text[:LONGEST])  # threads log, too

    def _received(self, message: list[Any]) -> None:
        what, *rest = message
        if what == "request":
            self._request(*rest)
        elif what == "close":
            self._ending = True
            self._farm.stop()
            self._end_if_done()
        elif rest[0] in self._open:
            self._open[rest[0]].told(what, *rest[1:])
            self._farm.scheduler.run()

    def _request(self, number: int, head: list, fields: dict, length: int | None, address: str, form: list) -> None:
        line, method, target, minor = head
        request = Request(line, method, parse_target(method, target), minor, fields, length, True, False)
        now = self._reactor.seconds()
        relayed = Relayed(self.link, number, request, address, form, now, self._over)
        self._open[number] = relayed
        try:
            self._farm.serve(relayed)
        except HTTPError as error:
            relayed.fail(error)

    def _over(self, number: int) -> None:
        self._open.pop(number, None)
        self._end_if_done()

    def _end_if_done(self) -> None:
        if self._ending and not self._open:
            self._farm.close()
            self.link.transport.loseConnection()

    def _lost(self) -> None:
        """The server is gone, or does not need this process any more."""
        if self._reactor.running:
            self._reactor.stop()
        else:  # it never came so far
            self._reactor.callWhenRunning(self._reactor.stop)

    def _tick(self) -> None:
        self._farm.tick(TICK)
        self._reactor.callLater(TICK, self._tick)


def main(name: str, settings: bytes, descriptor: int) -> None:
    """Be a worker until the link ends."""
    reactor = selectreactor.SelectReactor()
    installReactor(reactor)
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    chosen = msgspec.json.decode(settings, type=OgiSettings)
    if chosen.memory:
        resource.setrlimit(resource.RLIMIT_AS, (chosen.memory, chosen.memory))
    worker = Worker(reactor, chosen, f"{name}-{os.getpid()}")
    worker.join(descriptor)
    # Not to the standard error: a server that is a daemon has none.
    globalLogBeginner.beginLoggingTo([worker.log], redirectStandardIO=False)
    worker.link.say("born", 0, os.getpid())
    reactor.run(installSignalHandlers=False)


class _Once:
    """A factory for the one link."""

    def __init__(self, link: Link) -> None:
        self._link = link

    def doStart(self) -> None: ...
    def doStop(self) -> None: ...
    def buildProtocol(self, address: object) -> Link:
        return self._link
