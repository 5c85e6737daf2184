"""Adapter. A worker: a farm of its own for one module, whose connections come over a link, in a process or a thread.

The module runs in it as it would in the server, with the same containment. What that can not contain (memory, a crash
of the interpreter) ends the process alone.
"""

import os
import resource
import signal
import socket
from collections.abc import Callable, Mapping
from functools import partial
from pathlib import Path
from typing import Any

import msgspec
from twisted.internet import selectreactor
from twisted.internet.defer import Deferred, fail, succeed
from twisted.internet.main import installReactor
from twisted.logger import LogEvent, LogLevel, eventAsText, globalLogBeginner

from ....connection import Misuse
from ....http.answer import Pairs
from ....http.errors import HTTPError
from ....http.head import Request
from ....http.target import parse_target
from ....line import Line
from ....net.outlet import ClientGone
from ....settings import Ogi as OgiSettings
from ..farm import Farm
from ..state import Remembered
from .link import Link

TICK = 0.5

LONGEST = 100_000
"""Characters of one thing that is logged: the server waits while it writes them."""


class Asker:
    """The client of a connection, as far as it is known here."""

    def __init__(self, address: str) -> None:
        self.address = address


class Relayed:
    """A connection whose client is in the server's hands: what is done with it is said over the link.

    It stands for a `Connection` (`connection.py`) wherever the farm uses one.
    """

    def __init__(
        self, link: Link, number: int, request: Request, address: str, form: list[bytes], now: float, over: Callable
    ) -> None:
        self.request = request
        self.client = Asker(address)
        self.routed = self.entered = now
        self.home = self.begun = False
        self.holder = "ogi"
        self.giver: Line | None = None
        self._link = link
        self._number = number
        self._over = over
        self._form = form
        self._reading: Deferred | None = None
        self._writing: list[Deferred] = []
        self._gone = False
        self._left: Callable[[], None] | None = None

    def answer(self, status: int, fields: Pairs, body: bytes, giver: Line) -> None:
        """A whole answer."""
        self._check(False)
        self.giver = giver
        self._finish("reply", status, fields, body)

    def begin(self, status: int, fields: Any = (), length: int | None = None) -> None:
        """The beginning of an answer in pieces."""
        self._check(False)
        self.begun = True
        self._link.say("begin", self._number, status, list(fields), length)

    def write(self, data: bytes) -> Deferred:
        """A piece of it."""
        self._check(True)
        if self._gone:
            return fail(ClientGone())
        self._link.say("write", self._number, data)
        taken: Deferred = Deferred()
        self._writing.append(taken)
        return taken

    def end(self) -> None:
        """The end of it."""
        self._check(True)
        self._finish("end")

    def fail(self, error: HTTPError) -> None:
        """The error page."""
        if self.home:
            self._check(False)
        self._finish("fail", error.status, error.why, list(error.fields), error.close)

    def abort(self, why: str) -> None:
        """Cut the client off."""
        if self.home:
            self._check(False)
        self._finish("abort", why)

    def read(self) -> Deferred:
        """The next piece of the body."""
        if self._form:
            return succeed(self._form.pop(0))
        wanted: Deferred = Deferred()
        self._reading = wanted
        self._link.say("read", self._number)
        return wanted

    def when_gone(self, callback: Callable[[], None]) -> None:
        """Called when the client has left."""
        self._left = callback
        if self._gone:
            callback()

    def told(self, what: str, *rest: Any) -> None:
        """The server has said something about it."""
        if what == "room":
            if self._writing:
                self._writing.pop(0).callback(None)
        elif what == "gone":
            self._gone = True
            for waiting in [*self._writing, *([self._reading] if self._reading else [])]:
                waiting.errback(ClientGone())
            self._writing, self._reading = [], None
            if self._left is not None and not self.home:
                self._left()
        elif self._reading is not None:
            reading, self._reading = self._reading, None
            if what == "refused":
                reading.errback(HTTPError(rest[0], rest[1], close=True))
            else:
                reading.callback(rest[0])

    def misused(self, error: Misuse) -> None:
        """Have it counted and told that the module used the connection after it had given it away."""
        self._link.say("misused", self._number, str(error))

    def _check(self, begun: bool) -> None:
        if self.home or self.begun is not begun:
            raise Misuse(f"ogi used the connection of {self.request.line!r}, which was given away or is not that far")

    def _finish(self, what: str, *rest: Any) -> None:
        self.begun = self.home = True
        self._link.say(what, self._number, *rest)
        self._over(self._number)


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
