"""Pure. Barriers: a number of processes wait for each other, and go on together."""

from collections.abc import Iterator
from types import coroutine

from .current import here
from .process import Process


class Barrier:
    """Where `enrolled` processes meet, again and again.

    :param name: for people.
    """

    __slots__ = ("_waiting", "enrolled", "name", "rounds")

    def __init__(self, enrolled: int, name: str = "") -> None:
        self.enrolled = enrolled
        self.name = name
        self.rounds = 0  # how often all have met
        self._waiting: dict[Process, None] = {}

    @coroutine
    def sync(self) -> Iterator[None]:
        """Wait until all who are enrolled have come."""
        me = here().process
        self._waiting[me] = None
        me.communications += 1
        if len(self._waiting) < self.enrolled:
            me.waits = self
            yield
        else:
            del self._waiting[me]
            self._go()

    def enrol(self) -> None:
        """One more takes part."""
        self.enrolled += 1

    def resign(self) -> None:
        """One takes part no more: those who wait may have waited for him alone."""
        if not self.enrolled:
            raise ValueError(f"nobody is left to resign from {self.name or 'the barrier'}")
        self.enrolled -= 1
        if self._waiting and len(self._waiting) >= self.enrolled:
            self._go()

    def withdraw(self, process: Process) -> bool:
        """A process waits no more; it is still enrolled."""
        self._waiting.pop(process, None)
        return True

    def describe(self, process: Process) -> str:
        """What whoever waits here waits for."""
        return f"at {self.name or 'a barrier'} for {self.enrolled - len(self._waiting)} more"

    def _go(self) -> None:
        self.rounds += 1
        waiting, self._waiting = self._waiting, {}
        for process in waiting:
            process.scheduler.wake(process)
