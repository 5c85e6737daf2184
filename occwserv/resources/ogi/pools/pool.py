"""Adapter. A module whose instances are workers: what one process can not contain, or wait for, several do.

A request goes to a worker that is idle, or waits for one. A worker that takes too long is killed with its group; one
that has answered enough, is old, or has grown large is let go when it is idle, and another one started.

    process_pool    `ogi.workers` processes, each with one request at a time
    sequential      one process, one request at a time: what it does is never done twice at once
    forking         a process for each request
    thread_pool     `ogi.workers` threads, each with one request at a time; one that takes too long can not be killed,
                    and is left to itself
"""

from collections import deque
from pathlib import Path
from threading import Thread

from twisted.logger import Logger

from ....connection import Connection
from ....http.errors import HTTPError, Unavailable
from ..entrance import Entrance, facts_of
from ..faults import told
from ..roles import Farm
from ..state import Remembered
from .hands import PooledWorker, ProcessWorker, ThreadWorker


class Pool(Entrance):
    """A module with workers; the farm sees no difference to any other module.

    :param model: "process_pool", "sequential", "forking" or "thread_pool".
    :param state: what it remembers, if its workers share it with the server.
    """

    log = Logger("occwserv.ogi")

    def __init__(self, farm: Farm, model: str, name: str, path: Path, place: str, state: Remembered | None) -> None:
        super().__init__(farm, name, path, place)
        self.workers: list[PooledWorker] = []
        self.states = {} if state is None else {state.path: state}
        self._worker = ThreadWorker if model == "thread_pool" else ProcessWorker
        self._size = {"sequential": 1, "forking": farm.settings.handlers}.get(model, farm.settings.workers)
        self._once = model == "forking"
        self._waiting: deque[Connection] = deque()
        self._facts = facts_of(path)
        self._abandoned: list[Thread] = []
        self._closing = False

    def check(self, now: float) -> None:
        """The clock: workers are looked after; when the file has changed, others take their place."""
        super().check(now)
        before, self._facts = self._facts, facts_of(self.path)
        exchange = before is not None and before != self._facts and self._changed()
        for worker in list(self.workers):
            worker.check(now)
            if exchange:
                worker.retire()
        limit = now - self.farm.settings.answer
        while self._waiting and self._waiting[0].entered < limit:
            core = self._waiting.popleft()
            if not core.home:
                core.fail(Unavailable(f"all workers of {self.name} are busy"))
            self.left(core)
        self._go_on()

    def free(self, worker: PooledWorker) -> None:
        """A worker has answered."""
        if self._once or (self._closing and not self._waiting):
            worker.retire()
        self._go_on()

    def late(self, worker: PooledWorker, core: Connection) -> None:
        """A worker has taken too long."""
        worker.kill()
        worker.held.clear()
        what = (
            "its client has left, and it works on" if core.begun else f"no answer within {self.farm.settings.answer} s"
        )
        if isinstance(worker, ThreadWorker):
            self._abandoned.append(worker.thread)
            what += f"; its thread is left to itself, one of {self.stuck} (ogi.abandoned: {self._most_stuck})"
        error = self.incident(worker, what, 504)
        if not core.home:
            core.fail(error)
        self.left(core)

    @property
    def stuck(self) -> int:
        """Threads that were left to themselves, and have not ended since."""
        self._abandoned = [thread for thread in self._abandoned if thread.is_alive()]
        return len(self._abandoned)

    @property
    def _most_stuck(self) -> int:
        return self.farm.settings.abandoned

    def gone(self, worker: PooledWorker) -> None:
        """A worker has ended."""
        if worker in self.workers:
            self.workers.remove(worker)
            self.restarts += 1
        self._go_on()

    def incident(self, worker: PooledWorker, what: str, status: int = 500) -> HTTPError:
        """Something went wrong with a worker."""
        return self.farm.incident(worker, None, what, status)

    def close(self) -> None:
        """No more requests will come: workers end when they have answered."""
        self._closing = True
        for worker in self.workers:
            worker.retire()

    @property
    def over(self) -> bool:
        """Whether there is nothing left to look after."""
        return not self.workers and not self._waiting and not self.sessions.inside

    def kill(self) -> None:
        """The server has ended."""
        for worker in list(self.workers):
            worker.kill()

    def _give(self, core: Connection) -> None:
        self.may_begin()
        if self._abandoned and self.stuck >= self._most_stuck:
            raise Unavailable(f"{self.stuck} threads of {self.name} are stuck, and no more are started", 5)
        if len(self._waiting) >= self.farm.settings.queue:
            raise self.full()
        self._waiting.append(core)
        self._go_on()

    def _look(self) -> None:
        """The file is looked at by `check`."""

    def _changed(self) -> bool:
        """The file has changed. False: it does not compile; the workers there are go on with what they have loaded."""
        self.faults.forgive()
        try:
            compile(self.path.read_bytes(), str(self.path), "exec", dont_inherit=True)
        except OSError:
            pass  # whoever wants to load it is told why that is not possible
        except Exception as error:  # one that is nested deeply may be a `RecursionError` or a `MemoryError`
            self.broken = told(error)
            self.log.error("{path} can not be used, the old one stays: {error}", path=self.path, error=self.broken)
            return False
        self.broken = ""
        return True

    def _go_on(self) -> None:
        while self._waiting:
            if self._waiting[0].home:
                self.left(self._waiting.popleft())
                continue
            worker = next((worker for worker in self.workers if worker.idle), None)
            if worker is None:
                if len(self.workers) >= self._size or (self._abandoned and self.stuck >= self._most_stuck):
                    return
                worker = self._new()
                if worker is None:
                    return
            worker.give(self._waiting.popleft())

    def _new(self) -> PooledWorker | None:
        self.loads += 1
        try:
            worker = self._worker(self, self.loads)
        except (OSError, RuntimeError) as error:  # Python says RuntimeError when the system has no thread left
            core = self._waiting.popleft()
            core.fail(Unavailable(f"no worker can be started: {error}"))
            self.left(core)
            return None
        self.workers.append(worker)
        return worker
