"""Pure. Which process runs now."""

from collections import deque
from collections.abc import Callable
from contextvars import ContextVar
from typing import Any


class Running:
    """Of one thread: which process runs now, None outside of all, and in which thread that is, 0 before any did.

    `forgotten`: what is to be done there, said by other threads.
    """

    __slots__ = ("forgotten", "process", "thread")

    def __init__(self) -> None:
        self.process: Any = None  # the `Process`
        self.thread = 0
        self.forgotten: deque[Callable[[], object]] = deque()


# A thread that has said so with `own_processes` has a `Running` of its own; all others share this one. It is asked for
# at every communication: a context variable is the quickest way to what belongs to a thread (40 ns a communication).
_SHARED = Running()
_running: ContextVar[Running] = ContextVar("running", default=_SHARED)
here = _running.get


def own_processes() -> None:
    """Let this thread have schedulers and processes of its own. What is made in it must not meet those of others:
    channels are not locked."""
    _running.set(Running())


class _Now:
    """What runs in this thread."""

    __slots__ = ()

    @property
    def process(self) -> Any:
        return here().process


running = _Now()
