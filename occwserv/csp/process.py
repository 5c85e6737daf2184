"""Pure. A process: a coroutine that runs until it waits, and goes on when what it waits for has come.

It waits on a channel, which then holds it; for a Deferred or a future of somebody else, which calls back; for a time;
or for another process. Cancelling it never loses a value: a process that waits withdraws what it offered and is raised
`Cancelled` there; one whose exchange has taken place already first gets what was exchanged, and is raised `Cancelled`
where it waits the next time.
"""

import gc
from collections.abc import Callable, Collection, Coroutine, Iterator
from types import coroutine
from typing import Any, Protocol

from .current import here
from .errors import Cancelled


class Waitable(Protocol):
    """What a process waits for."""

    def withdraw(self, process: "Process") -> bool:
        """The process wants to wait no more. False: it has to, because what it offered is under way."""

    def describe(self, process: "Process") -> str:
        """What is waited for, for people."""


class Runner(Protocol):
    """Who runs processes: a `Scheduler`."""

    processes: Collection["Process"]
    turns: int

    def wake(self, process: "Process") -> None: ...
    def call_after(self, seconds: float, call: Callable[[], object]) -> Any: ...


class Outside:
    """A base for what processes refer to and do not own: the search for deadlocks does not go on behind it."""

    __slots__ = ()


class Process:
    """A coroutine on its way.

    `waits` is what it waits for, None while it runs or could. `value` carries what is exchanged, `error` what will be
    raised in it. `turns` counts how often it went on, `communications` those that it was waiting for or began.
    `result` is what it returned, `failure` what it died of.
    """

    __slots__ = (
        "__weakref__", "_cancelled", "_ended", "communications", "dice", "done", "error", "failure", "killed", "limit",
        "name", "observed", "parent", "pending", "result", "routine", "scheduler", "step", "turns", "value", "waits",
    )  # fmt: skip

    def __init__(self, scheduler: Runner, routine: Coroutine, name: str, parent: "Process | None") -> None:
        self.scheduler = scheduler
        self.name = name
        self.parent = parent
        self.routine: Coroutine | None = routine
        self.step: Callable | None = routine.send
        self.waits: Waitable | None = None
        self.value: Any = None
        self.error: BaseException | None = None
        self.pending: tuple[BaseException, ...] = ()  # to be raised where it waits from now on, one after the other
        self.limit: Any = None  # the innermost time limit of those that it is in
        self.failure: BaseException | None = None
        self.observed = False  # somebody else sees to its failure: it is not reported
        self.result: Any = None
        self.turns = self.communications = 0
        self.dice = 1  # where its next fair alternation begins to look
        self.done = self.killed = False
        self._cancelled = False
        self._ended: list[Callable[[Process], object]] | None = None

    def __repr__(self) -> str:
        return f"<process {self.path}: {self.state}>"

    @property
    def path(self) -> str:
        """Its name behind those of its parents."""
        names, process = [self.name], self.parent
        while process is not None:
            names.append(process.name)
            process = process.parent
        return "/".join(reversed(names))

    @property
    def state(self) -> str:
        """What it is doing, for people."""
        if self.done:
            return "has ended" if self.failure is None else f"died of {self.failure!r}"
        return "runs" if self.waits is None else f"waits {self.waits.describe(self)}"

    def cancel(self) -> None:
        """Have `Cancelled` raised where it waits, or will wait next. Only once: it may clean up in peace."""
        if not self.done and not self._cancelled:
            self._cancelled = True
            self.interrupt(Cancelled())

    def kill(self) -> None:
        """As `cancel`, and again wherever it waits from now on: it can only end."""
        self._cancelled = True
        if not self.done and not self.killed:
            self.killed = True
            self.interrupt(Cancelled())
            self.pending = self.pending or (Cancelled(),)

    def interrupt(self, error: BaseException) -> None:
        """Have something raised in it where it waits, or will wait next."""
        if self.waits is not None and self.waits.withdraw(self):
            self.error = error
            self.scheduler.wake(self)
        else:
            self.pending += (error,)

    @property
    def cancelled(self) -> bool:
        """Whether it was told to end, and may have been told so already."""
        return self._cancelled

    def next_pending(self) -> BaseException:
        """What is to be raised in it now."""
        first, *rest = self.pending
        self.pending = (*rest,) or ((Cancelled(),) if self.killed else ())
        return first

    def take_error(self) -> BaseException:
        """What is raised in it now. Held nowhere else: an error refers to the frames that it goes through."""
        error, self.error = self.error, None
        assert error is not None
        return error

    def when_ended(self, act: Callable[["Process"], object]) -> None:
        """Have something called when it has ended, at once if it has."""
        if self.done:
            act(self)
        else:
            self._ended = [*(self._ended or ()), act]

    def left_by(self, act: Callable[["Process"], object]) -> None:
        """Take back what was said to `when_ended`."""
        self._ended = [other for other in self._ended or () if other != act]

    async def join(self) -> Any:
        """Wait until it has ended, in whatever way.

        :return: what it returned.
        """
        await Joining(self).over()
        return self.result

    def end(self, result: Any, failure: BaseException | None) -> None:
        """The scheduler: its coroutine is over."""
        self.done = True
        self.result = result
        self.failure = failure
        self.waits = self.value = self.step = self.routine = None
        self.pending = ()
        while self.parent is not None and self.parent.done:  # whoever hands on to his child makes no endless chain
            self.parent = self.parent.parent
        ended, self._ended = self._ended, None
        for act in ended or ():
            act(self)

    # What it is to a channel on which it waits: an offer.

    @property
    def process(self) -> "Process":
        """Whose offer it is."""
        return self

    def accept(self, channel: Any, value: Any) -> bool:
        """Somebody has come: take the value. What it offered was taken from `value` before."""
        self.value = value
        self.communications += 1
        self.scheduler.wake(self)
        return False

    def taken(self, channel: Any) -> Any:
        """Somebody has come, and takes what it offers."""
        self.communications += 1
        self.scheduler.wake(self)
        return self.value

    def engage(self, channel: Any, rendezvous: Waitable) -> Any:
        """As `taken`, by an extended rendezvous: the process waits on until that is over."""
        self.communications += 1
        self.waits = rendezvous
        return self.value

    def give_up(self, channel: Any, error: BaseException) -> None:
        """The channel has ended."""
        self.error = error
        self.scheduler.wake(self)


class Joining:
    """Waiting for the end of some processes."""

    __slots__ = ("_left", "_waiting")

    def __init__(self, *processes: Process) -> None:
        self._left = {process: None for process in processes if not process.done}
        self._waiting: Process | None = None

    @coroutine
    def over(self) -> Iterator[None]:
        """Wait until all have ended."""
        if self._left:
            me = self._waiting = here().process
            for process in self._left:
                process.when_ended(self._one_less)
            me.waits = self
            yield

    @property
    def awaited(self) -> list[Process]:
        """Those that have not ended."""
        return list(self._left)

    def _one_less(self, process: Process) -> None:
        del self._left[process]
        if not self._left and self._waiting is not None:
            self._waiting.scheduler.wake(self._waiting)

    def withdraw(self, process: Process) -> bool:
        self._waiting = None
        for other in self._left:
            other.left_by(self._one_less)
        return True

    def describe(self, process: Process) -> str:
        names = ", ".join(other.path for other in self.awaited[:3])
        return f"for the end of {names}{' and others' if len(self._left) > 3 else ''}"


def let_go(failure: BaseException) -> None:
    """Empty the frames that a process died in. The failure refers to them, and somebody may keep it for long.

    What they hold would else not be closed: the other processes of a `par` would wait for a dead one's channel. A
    frame that is not over refers to nothing as far as the collector can see; such a one is somebody else's, to whom
    the failure came before, and is left as it is.
    """
    errors: list[BaseException | None] = [failure]
    seen: set[int] = set()
    while errors:
        error = errors.pop()
        if error is None or id(error) in seen:
            continue
        seen.add(id(error))
        errors += [error.__context__, error.__cause__]
        trace = error.__traceback__
        while trace is not None:
            if gc.get_referents(trace.tb_frame):
                trace.tb_frame.clear()
            trace = trace.tb_next
