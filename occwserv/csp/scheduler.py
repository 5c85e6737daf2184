"""Pure. Runs processes: one queue of those that can go on, drained a bounded while at a time.

Nobody is ever resumed from inside somebody else's `send`: he is put into the queue, because a chain of relays would
else grow Python's stack with every relay.

The scheduler has no loop of its own. When there is something to do it asks its clock (a reactor, or a `Clock` in tests)
to be called at once, works for at most a `budget` of seconds, and asks again, so that input and output have their turn.
"""

from _thread import get_ident
from collections import deque
from collections.abc import Callable, Coroutine
from contextvars import copy_context
from time import perf_counter
from typing import Any

from .current import here
from .deadlock import Watch
from .errors import Cancelled
from .process import Outside, Process, Waitable, let_go
from .timers import Clock, Timers
from .waiting import Foreign

BUDGET = 0.002
"""Seconds of work after which the clock's other business has its turn."""

STEPS = range(64)
"""Steps between two looks at the time: a look costs about as much as a communication."""


class Scheduler(Outside):
    """Runs processes on a clock.

    :param report: told of every process that dies of an exception; nobody else is touched by it.
    :param soon: has a function called at once by the clock's loop; its `callLater` by default.
    :param stuck: told of every set of processes found that wait for each other alone (`deadlock.py`).
    """

    def __init__(
        self,
        clock: Clock,
        report: Callable[[Process], object] | None = None,
        soon: Callable[[Callable[[], object]], object] | None = None,
        stuck: Callable[[list[Process]], object] | None = None,
        budget: float = BUDGET,
    ) -> None:
        self.running = here()
        self._context = copy_context()
        self._clock = clock
        self.processes: dict[Process, None] = {}
        self.turns = 0  # at work: whoever looks twice and finds the same number knows that no process has gone on
        self._ready: deque[Process] = deque()
        self.report = report or self._raise_in_clock
        self._soon = soon or self._at_once
        self._budget = budget
        self._asked = False  # whoever is woken need not ask: there is work under way, or it will be
        self._working = False
        self._rests = False  # its time was used up, and the clock's other business has its turn
        self._timers = Timers(clock, self.run)
        self.call_after = self._timers.call_after
        self._watch = Watch(self, stuck) if stuck is not None else None

    def spawn(self, routine: Coroutine, name: str = "", parent: Process | None = None) -> Process:
        """Start a process. It begins when the scheduler comes to it, not at once.

        :param name: for people; that of the coroutine's function by default.
        :param parent: for people; the process that runs now by default.
        """
        process = Process(self, routine, name or routine.__name__, parent or here().process)
        self.processes[process] = None
        self.wake(process)
        return process

    def wake(self, process: Process) -> None:
        """What a process waited for has come."""
        process.waits = None
        self._ready.append(process)
        if not self._asked:
            self._asked = True
            self._soon(self.run)

    def resume(self, process: Process) -> None:
        """As `wake`, for the clock's other business: where nobody is at work, the process goes on at once.

        In which thread need not be noted: the process waits, and so `run` has been here before.
        """
        running = self.running
        if self._asked or running.process is not None or running.forgotten or running is not here():
            self.wake(process)
            if not self._rests:
                self.run()
            return
        process.waits = None
        self._asked = self._working = True
        self.turns += 1
        try:
            self._step(process)
        finally:
            running.process = None
            self._asked = self._working = False
            if self._ready or running.forgotten:
                self.run()
            elif self._watch is not None and not self._watch.armed:
                self._watch.arm()

    def hold(self, process: Process, rendezvous: Waitable) -> None:
        """A process that was woken just now waits on after all."""
        self._ready.pop()
        process.waits = rendezvous

    def work(self, act: Callable[..., object], *args: Any) -> None:
        """Do something that wakes processes, and let them work at once: the clock need not be asked."""
        asked, self._asked = self._asked, True
        try:
            act(*args)
        finally:
            self._asked = asked
            if not self._rests:
                self.run()

    def run(self) -> None:
        """Work on what there is, for a bounded while. Does nothing inside a process, or where it is at work already."""
        running = self.running
        if running is not here():  # called by somebody who has brought the context of another thread
            self._context.run(self.run)
            return
        if running.process is not None or self._working:
            return
        ready, deadline = self._ready, 0.0
        self._asked = self._working = bool(ready or running.forgotten)
        if not self._asked:
            return
        self.turns += 1
        running.thread = get_ident()
        try:
            while ready or running.forgotten:
                for _ in STEPS:
                    if not ready:
                        break
                    self._step(ready.popleft())
                if running.forgotten:
                    self._close_forgotten()
                if ready:  # most often all is done by now, and the time of no interest
                    now = perf_counter()
                    deadline = deadline or now + self._budget
                    if now > deadline:
                        break
        finally:
            running.process = None
            self._working = False
            self._asked = bool(ready)
            if ready:
                self._rest()
            elif self._watch is not None and not self._watch.armed:
                self._watch.arm()

    def _rest(self) -> None:
        """Go on when the clock's other business has had its turn: once, however often there was work meanwhile."""
        if not self._rests:
            self._rests = True
            self._soon(self._go_on)

    def _go_on(self) -> None:
        self._rests = False
        self.run()

    def _step(self, process: Process) -> None:
        """Let one process go on until it waits."""
        self.running.process = process
        process.turns += 1
        try:
            awaited = process.step(None) if process.error is None else process.routine.throw(process.take_error())
        except StopIteration as end:
            self._end(process, end.value, None)
        except Cancelled:
            self._end(process, None, None)
        except BaseException as error:
            self._end(process, None, error)
        else:
            if awaited is not None:
                Foreign(awaited, process)
            elif process.waits is None:  # a bare yield, as asyncio's `sleep(0)`: it waits for its turn
                self.wake(process)
            if process.pending:
                self._interrupt(process)

    def _interrupt(self, process: Process) -> None:
        """It was to be interrupted as soon as it waits, and now it does."""
        if process.waits is not None and process.waits.withdraw(process):
            process.error = process.next_pending()
            self.wake(process)

    def _end(self, process: Process, result: Any, failure: BaseException | None) -> None:
        self.running.process = None
        del self.processes[process]
        if failure is not None and failure.__traceback__ is not None:
            failure.__traceback__ = failure.__traceback__.tb_next  # else it would hold the process that holds it
        process.end(result, failure)
        if failure is None:
            return
        try:
            if not process.observed:
                self.report(process)
        finally:
            let_go(failure)

    def _close_forgotten(self) -> None:
        """Close the ends that nobody has any more."""
        running = self.running
        running.process = None
        while running.forgotten:
            running.forgotten.popleft()()

    def _at_once(self, act: Callable[[], object]) -> None:
        self._clock.callLater(0, act)

    def _raise_in_clock(self, process: Process) -> None:
        """What becomes of a failure when nobody asked to be told: whoever runs the clock gets to see it."""

        def fail() -> None:
            assert process.failure is not None
            raise process.failure

        self._soon(fail)
