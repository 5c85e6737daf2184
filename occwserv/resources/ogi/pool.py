"""Adapter. A module whose instances are worker processes: what one process can not contain, several do.

A request goes to a worker that is idle, or waits for one. A worker that takes too long is killed with its group; one
that has answered enough, is old, or has grown large is let go when it is idle, and another one started.

    process_pool    `ogi.workers` processes, each with one request at a time
    sequential      one process, one request at a time: what it does is never done twice at once
    forking         a process for each request
"""

import os
import signal
import socket
from collections import deque
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING, Any

import msgspec
from twisted.internet.defer import Deferred
from twisted.internet.protocol import Factory
from twisted.python.failure import Failure

from ...connection import Connection
from ...http.answer import Answer
from ...http.errors import HTTPError, Unavailable
from ...net.outlet import ClientGone
from .faults import Faults
from .link import Link
from .module import facts_of

if TYPE_CHECKING:
    from .farm import Farm

PAGE = os.sysconf("SC_PAGE_SIZE")
BIRTH = 30
"""Seconds that a new worker may take to come up."""


class PooledWorker:
    """A worker process, as the server sees it."""

    def __init__(self, pool: "Pool", number: int) -> None:
        self.name = f"{pool.name}.{number}"
        self.module = pool
        self.answers = 0
        self.held: dict[Connection, None] = {}  # the one at most that it has
        self.since = 0.0  # when it was given that
        self.started = pool.farm.now()
        self.pid = 0  # not known yet
        self._pool = pool
        self._retired = False
        ours, theirs = socket.socketpair()
        with theirs:
            pool.farm.nursery().start(pool.name, msgspec.json.encode(pool.farm.settings), theirs)
        self._link = Link(self._received, self._lost)
        with ours:
            factory = Factory.forProtocol(lambda: self._link)
            pool.farm.reactor.adoptStreamConnection(ours.fileno(), socket.AF_UNIX, factory)

    def __str__(self) -> str:
        state = "finishing" if self._retired else "busy" if self.held else "idle"
        return f"{self.name}: process {self.pid}, {state}, {self.answers} answers"

    @property
    def idle(self) -> bool:
        """Whether it has nothing to do, and may be given something."""
        return not self.held and not self._retired

    def give(self, core: Connection) -> None:
        """Give it a request."""
        request = core.request
        self.held[core] = None
        self.since = self._pool.farm.now()
        number = self.answers
        core.when_gone(lambda: self._link.say("gone", number))
        head = (request.line, request.method, request.target.raw, request.minor)
        form = self._pool.farm.forms.pop(core, None)
        read = [] if form is None else [form, b""]
        self._link.say("request", self.answers, head, request.fields, request.length, core.client.address, read)

    def check(self, now: float) -> None:
        """The clock."""
        settings = self._pool.farm.settings
        core = next(iter(self.held), None)
        patience = settings.answer if self.pid else max(settings.answer, BIRTH)
        if core is not None and not core.begun and now - self.since > patience:
            self._pool.late(self, core)
        elif core is None and (
            self.answers >= settings.recycle or now - self.started > settings.age or self._bytes() > settings.large
        ):
            self.retire()

    def retire(self) -> None:
        """It gets nothing more, and ends when it has answered."""
        self._retired = True
        if not self.held:
            self._link.say("close")

    def kill(self) -> None:
        """End it now, with all that it started."""
        self._retired = True
        if self.pid:
            with suppress(ProcessLookupError, PermissionError):
                os.killpg(self.pid, signal.SIGKILL)
        elif self._link.transport is not None:
            self._link.transport.loseConnection()

    def _bytes(self) -> int:
        """What it has in memory."""
        try:
            return int(Path(f"/proc/{self.pid}/statm").read_text().split()[1]) * PAGE
        except (OSError, IndexError, ValueError):
            return 0

    def _received(self, message: list[Any]) -> None:
        what, number, *rest = message
        if what == "born":
            (self.pid,) = rest
            self.since = self._pool.farm.now()  # until now it could not begin
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
            self.done()

    def done(self) -> None:
        """It has answered."""
        self.held.clear()
        self.answers += 1
        if self._retired:
            self._link.say("close")
        self._pool.free(self)

    def _reply(self, core: Connection, status: int, fields: list, body: bytes) -> None:
        core.reply(Answer(status, _pairs(fields), (body,)))

    def _begin(self, core: Connection, status: int, fields: list, length: int | None) -> None:
        core.begin(status, _pairs(fields), length)

    def _write(self, core: Connection, data: bytes) -> None:
        number = self.answers
        core.write(data).addCallbacks(lambda _: self._link.say("room", number), lambda _: None)

    def _end(self, core: Connection) -> None:
        core.end()

    def _fail(self, core: Connection, status: int, why: str, fields: list, close: bool) -> None:
        if status >= 500:
            self._pool.failed(why)
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
        """The process has ended."""
        for core in list(self.held):
            self.held.clear()
            if not core.home:
                core.fail(self._pool.incident(self, "its process ended without an answer"))
        self._pool.gone(self)


class Pool:
    """A module with workers; the farm sees no difference to any other module.

    :param model: "process_pool", "sequential" or "forking".
    """

    def __init__(self, farm: "Farm", model: str, name: str, path: Path, place: str) -> None:
        self.farm = farm
        self.name = name
        self.path = path
        self.place = place
        self.faults = Faults(farm.settings.faults, farm.settings.window)
        self.broken = ""
        self.loads = self.restarts = 0
        self.workers: list[PooledWorker] = []
        self._size = {"sequential": 1, "forking": farm.settings.handlers}.get(model, farm.settings.workers)
        self._once = model == "forking"
        self._waiting: deque[Connection] = deque()
        self._facts: tuple[int, int, int] | None = None

    def take(self, core: Connection) -> None:
        """Answer a request.

        :raise HTTPError: that is not possible now.
        """
        wait = self.faults.wait(self.farm.now())
        if wait > 0:
            raise Unavailable(f"{self.name} has failed too often, and rests", int(wait) + 1)
        if len(self._waiting) >= self.farm.settings.queue:
            raise Unavailable(f"too many requests wait for {self.name}")
        self._waiting.append(core)
        self._go_on()

    def check(self, now: float) -> None:
        """The clock: workers are looked after; when the file has changed, others take their place."""
        before, self._facts = self._facts, facts_of(self.path)
        for worker in list(self.workers):
            worker.check(now)
            if before != self._facts and before is not None:
                worker.retire()
        limit = now - self.farm.settings.answer
        while self._waiting and self._waiting[0].routed < limit:
            core = self._waiting.popleft()
            if not core.home:
                core.fail(Unavailable(f"all workers of {self.name} are busy"))

    def left(self, core: Connection) -> None:
        """A request that could not be answered: nothing is kept of it here."""

    def free(self, worker: PooledWorker) -> None:
        """A worker has answered."""
        if self._once:
            worker.retire()
        self._go_on()

    def late(self, worker: PooledWorker, core: Connection) -> None:
        """A worker has taken too long."""
        worker.held.clear()
        worker.kill()
        core.fail(self.incident(worker, f"no answer within {self.farm.settings.answer} s", 504))

    def gone(self, worker: PooledWorker) -> None:
        """A worker has ended."""
        if worker in self.workers:
            self.workers.remove(worker)
            self.restarts += 1
        self._go_on()

    def incident(self, worker: PooledWorker, what: str, status: int = 500) -> HTTPError:
        """Something went wrong with a worker."""
        return self.farm.incident(worker, None, what, status)

    def failed(self, what: str) -> None:
        """It has failed."""
        self.faults.happened(self.farm.now(), what)

    def close(self) -> None:
        """The server ends."""
        for worker in self.workers:
            worker.retire()

    def kill(self) -> None:
        """The server has ended."""
        for worker in list(self.workers):
            worker.kill()

    def _go_on(self) -> None:
        while self._waiting:
            if self._waiting[0].home:
                self._waiting.popleft()
                continue
            worker = next((worker for worker in self.workers if worker.idle), None)
            if worker is None:
                if len(self.workers) >= self._size:
                    return
                worker = self._new()
                if worker is None:
                    return
            worker.give(self._waiting.popleft())

    def _new(self) -> PooledWorker | None:
        self.loads += 1
        try:
            worker = PooledWorker(self, self.loads)
        except OSError as error:
            core = self._waiting.popleft()
            core.fail(Unavailable(f"no worker can be started: {error}"))
            return None
        self.workers.append(worker)
        return worker


def _pairs(fields: list) -> list[tuple[bytes, bytes]]:
    return [(name, value) for name, value in fields]
