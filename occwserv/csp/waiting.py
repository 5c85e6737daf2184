"""Pure. What a process can wait for besides channels and other processes: time, what others promise, nothing."""

from collections.abc import Iterator
from types import coroutine
from typing import Any

from .current import here
from .errors import Cancelled
from .process import Process
from .timers import Timer


class Sleeping:
    """Waiting for a moment."""

    __slots__ = ("_timer",)

    def __init__(self, timer: Timer) -> None:
        self._timer = timer

    def withdraw(self, process: Process) -> bool:
        self._timer.cancel()
        return True

    def describe(self, process: Process) -> str:
        return f"until {self._timer.moment:.3f}"


class Foreign:
    """Waiting for a Deferred, or for a future of asyncio's.

    They are told apart by what they can do, so that neither library is needed. Both give their result to the coroutine
    themselves when it goes on; here it is only woken.
    """

    __slots__ = ("_process", "_promise")

    def __init__(self, promise: Any, process: Process) -> None:
        self._promise = promise
        self._process: Process | None = process
        process.waits = self
        if hasattr(promise, "addBoth"):
            promise.addBoth(self._deferred)
        elif hasattr(promise, "add_done_callback"):
            promise._asyncio_future_blocking = False  # as asyncio's tasks do: it tells that it was awaited properly
            promise.add_done_callback(self._future)
        else:
            process.interrupt(TypeError(f"a process can not await {promise!r}"))

    def withdraw(self, process: Process) -> bool:
        self._process = None
        if hasattr(self._promise, "cancel"):
            try:
                self._promise.cancel()
            except Exception as error:  # is not the affair of who cancels the process
                process.pending += (error,)
        return True

    def describe(self, process: Process) -> str:
        return f"for {type(self._promise).__name__}"

    def _deferred(self, result: Any) -> Any:
        if self._process is None:
            return None  # the process waits no more: a failure, as that of having been cancelled, is of no interest
        self._wake()
        return result

    def _future(self, future: Any) -> None:
        self._wake()

    def _wake(self) -> None:
        process, self._process = self._process, None
        if process is not None:
            process.scheduler.wake(process)


class Stopped:
    """Waiting for nothing (occam's STOP)."""

    __slots__ = ()

    def withdraw(self, process: Process) -> bool:
        return True

    def describe(self, process: Process) -> str:
        return "for nothing: it has stopped"


@coroutine
def sleep(seconds: float) -> Iterator[None]:
    """Wait a while."""
    process = here().process
    scheduler = process.scheduler
    timer = scheduler.call_after(seconds, lambda: scheduler.wake(process))
    process.waits = Sleeping(timer)
    yield


@coroutine
def let_others() -> Iterator[None]:
    """Go to the end of the queue: long work is to do this now and then. It is also where a cancellation comes."""
    process = here().process
    if process.pending:
        raise process.next_pending()
    yield


@coroutine
def stop() -> Iterator[None]:
    """Wait for nothing, for ever: occam's STOP, for a process that can not go on."""
    here().process.waits = Stopped()
    yield


class TimeLimit:
    """`async with timeout(seconds):` raises `TimeoutError` in the block when it takes longer.

    An exchange that has taken place by then is not undone: the block then goes on to where it waits the next time.
    """

    __slots__ = ("_around", "_cancelled", "_expired", "_seconds", "_timer", "process")

    def __init__(self, seconds: float) -> None:
        self._seconds = seconds
        self._expired: Expired | None = None

    async def __aenter__(self) -> "TimeLimit":
        process = self.process = here().process
        self._cancelled = process.cancelled
        self._around, process.limit = process.limit, self
        self._timer = process.scheduler.call_after(self._seconds, self._expire)
        return self

    async def __aexit__(self, kind: Any, error: BaseException | None, trace: Any) -> None:
        self._timer.cancel()
        process, expired, self._expired = self.process, self._expired, None
        process.limit = around = self._around
        if expired is None:
            return
        # If it came too late for the block, it is over.
        process.pending = tuple(other for other in process.pending if other is not expired)
        if error is expired:
            if process.cancelled and not self._cancelled and not any(isinstance(o, Cancelled) for o in process.pending):
                raise Cancelled from None  # the block was cancelled first, and took too long to clean up
            while around is not None:
                if around._expired is not None and around._expired not in process.pending:
                    raise around._expired from None  # so was it here, when the time of one around it ran out, too
                around = around._around
            raise TimeoutError(f"it took longer than {self._seconds} s") from None

    def _expire(self) -> None:
        self._expired = Expired()
        self.process.interrupt(self._expired)


class Expired(BaseException):
    """What a time limit raises inside its own block: nobody else is to catch it."""


timeout = TimeLimit
