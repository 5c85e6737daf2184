"""Adapter. A worker as the server sees it: who is given one request at a time over a link, and answers it there.

It is a process, or a thread of the server; what differs is how it is started, and what can be done when it is late.
"""

import ctypes
import os
import signal
import socket
from contextlib import suppress
from functools import partial
from math import inf
from pathlib import Path
from threading import Thread
from typing import Any

import msgspec
from twisted.internet.defer import Deferred
from twisted.internet.protocol import Factory
from twisted.logger import Logger, LogLevel
from twisted.python.failure import Failure

from ....connection import Connection, Misuse
from ....http.answer import Answer
from ....http.errors import HTTPError
from ....net.outlet import ClientGone
from ....roles import Keeper
from ..roles import Pool
from ..watchdog import Spinning
from .link import Link

PAGE = os.sysconf("SC_PAGE_SIZE")
BIRTH = 30
"""Seconds that a new worker may take to come up."""


class PooledWorker:
    """What a process and a thread have in common.

    :param number: for people.
    """

    kind = ""

    def __init__(self, pool: Pool, number: int) -> None:
        self.name = f"{pool.name}.{number}"
        self.module = pool
        self.answers = 0
        self.held: dict[Connection, None] = {}  # the one at most that it has
        self.since = 0.0  # when it was given that
        self._left = inf  # when the client of that left
        self.started = pool.farm.now()
        self.id = 0  # what the system calls it; not known yet
        self._keeper: Keeper | None = None  # who is told of a connection that it uses when it has answered
        self._pool = pool
        self._retired = False
        ours, theirs = socket.socketpair()
        with theirs:
            self._start(theirs)
        self._link = Link(self._received, self._lost)
        with ours:
            factory = Factory.forProtocol(lambda: self._link)
            pool.farm.reactor.adoptStreamConnection(ours.fileno(), socket.AF_UNIX, factory)

    def __str__(self) -> str:
        state = "finishing" if self._retired else "busy" if self.held else "idle"
        return f"{self.name}: {self.kind} {self.id}, {state}, {self.answers} answers"

    def _start(self, link: socket.socket) -> None:
        """Have it come up, with its end of the link."""
        raise NotImplementedError

    def kill(self) -> None:
        """End it now, as far as that is possible."""
        raise NotImplementedError

    def _bytes(self) -> int:
        """What it has in memory."""
        return 0

    @property
    def idle(self) -> bool:
        """Whether it has nothing to do, and may be given something."""
        return not self.held and not self._retired

    def give(self, core: Connection) -> None:
        """Give it a request."""
        request = core.request
        self.held[core] = None
        self.since = self._pool.farm.now()
        self._left = inf
        self._keeper = core.client.site.backend
        core.when_gone(partial(self._client_left, self.answers))
        head = (request.line, request.method, request.target.raw, request.minor)
        form = self._pool.farm.forms.pop(core, None)
        read = [] if form is None else [form, b""]
        self._link.say("request", self.answers, head, request.fields, request.length, core.client.address, read)

    def _client_left(self, number: int) -> None:
        self._left = self._pool.farm.now()
        self._link.say("gone", number)

    def check(self, now: float) -> None:
        """The clock. It may work on for its client; when that has left, it has as long to notice it."""
        settings = self._pool.farm.settings
        core = next(iter(self.held), None)
        patience = settings.answer if self.id else max(settings.answer, BIRTH)
        if core is not None and ((not core.begun and now - self.since > patience) or now - self._left > patience):
            self._pool.late(self, core)
        elif core is not None or self._pool.broken:
            return  # nobody could take its place with the file as it is
        elif self.answers >= settings.recycle or now - self.started > settings.age or self._bytes() > settings.large:
            self.retire()

    def retire(self) -> None:
        """It gets nothing more, and ends when it has answered."""
        self._retired = True
        if not self.held:
            self._link.say("close")

    def _received(self, message: list[Any]) -> None:
        what, number, *rest = message
        if what in ("born", "failed", "logged", "misused"):  # which are not of the request that it has
            getattr(self, f"_{what}")(*rest)
            return
        core = next(iter(self.held), None)
        if core is None or number != self.answers:
            return  # of one that was taken from it
        try:
            getattr(self, f"_{what}")(core, *rest)
        except Exception as error:
            if not core.home:
                core.fail(self._pool.incident(self, f"what it answered can not be sent: {error}"))
        if core.home:
            self._answered(core)

    def _born(self, number: int) -> None:
        self.id = number
        self.since = self._pool.farm.now()  # until now it could not begin

    def _failed(self, what: str) -> None:
        self._pool.failed(what)

    def _logged(self, level: str, system: str, text: str) -> None:
        Logger(system).emit(LogLevel.levelWithName(level), "{text}", text=text)

    def _misused(self, why: str) -> None:
        if self._keeper is not None:
            self._keeper.misused(Misuse(why))

    def _answered(self, core: Connection) -> None:
        self.held.clear()
        self.answers += 1
        if self._retired:
            self._link.say("close")
        self._pool.left(core)
        self._pool.free(self)

    def _reply(self, core: Connection, status: int, fields: list, body: bytes) -> None:
        core.reply(Answer(status, _pairs(fields), (body,)))

    def _begin(self, core: Connection, status: int, fields: list, length: int | None) -> None:
        core.begin(status, _pairs(fields), length)
        self._pool.left(core)  # the next of its session need not wait for the end of this one

    def _write(self, core: Connection, data: bytes) -> None:
        number = self.answers
        core.write(data).addCallbacks(lambda _: self._link.say("room", number), lambda _: None)

    def _end(self, core: Connection) -> None:
        core.end()

    def _fail(self, core: Connection, status: int, why: str, fields: list, close: bool) -> None:
        core.fail(HTTPError(status, why, _pairs(fields), close))

    def _abort(self, core: Connection, why: str) -> None:
        core.abort(why)

    def _read(self, core: Connection) -> None:
        number = self.answers
        reading: Deferred = core.read()

        def failed(failure: Failure) -> None:
            if isinstance(failure.value, HTTPError):
                self._link.say("refused", number, failure.value.status, failure.value.why)
            elif not failure.check(ClientGone):
                core.abort("the body can not be read")

        reading.addCallbacks(lambda piece: self._link.say("body", number, piece), failed)

    def _lost(self) -> None:
        """It has ended."""
        for core in list(self.held):
            self.held.clear()
            if not core.home:
                core.fail(self._pool.incident(self, f"its {self.kind} ended without an answer"))
            self._pool.left(core)
        self._pool.gone(self)


class ProcessWorker(PooledWorker):
    """A process, forked by the nursery."""

    kind = "process"

    def _start(self, link: socket.socket) -> None:
        farm = self._pool.farm
        farm.nursery().start(self._pool.name, msgspec.json.encode(farm.settings), link)

    def kill(self) -> None:
        """End it now, with all that it started."""
        self._retired = True
        if self.id:
            with suppress(ProcessLookupError, PermissionError):
                os.killpg(self.id, signal.SIGKILL)
        elif self._link.transport is not None:
            self._link.transport.loseConnection()

    def _bytes(self) -> int:
        try:
            return int(Path(f"/proc/{self.id}/statm").read_text().split()[1]) * PAGE
        except (OSError, IndexError, ValueError):
            return 0


class ThreadWorker(PooledWorker):
    """A thread of the server. Nobody can end a thread from without: one that is stuck is left to itself."""

    kind = "thread"

    def _start(self, link: socket.socket) -> None:
        own = os.dup(link.fileno())
        what = self.name, self._pool.farm.settings, own, self._pool.states
        # A daemon: one that is stuck does not keep the server from ending.
        self.thread = Thread(target=self._pool.farm.serve_in_thread, args=what, name=self.name, daemon=True)
        try:
            self.thread.start()
        except RuntimeError:
            os.close(own)
            raise

    def kill(self) -> None:
        """Let go of it. If it runs Python it is interrupted, and else ends when what it is stuck in does."""
        self._retired = True
        if self._link.transport is not None:
            self._link.transport.abortConnection()
        if self.held and self.thread.ident is not None:
            interrupt = ctypes.pythonapi.PyThreadState_SetAsyncExc
            interrupt(ctypes.c_ulong(self.thread.ident), ctypes.py_object(Spinning))


def _pairs(fields: list) -> list[tuple[bytes, bytes]]:
    return [(name, value) for name, value in fields]
