"""Pure. All timers of a scheduler in one heap, with one call of the clock's for the earliest of them."""

import heapq
from collections.abc import Callable
from typing import Any, Protocol

from .process import Outside

FEW = 64
"""Cancelled timers that may lie in the heap, however few others there are."""


class Clock(Protocol):
    """The part of a Twisted reactor, or of its `Clock`, that is needed."""

    def seconds(self) -> float: ...
    def callLater(self, delay: float, act: Callable[..., object], *args: object) -> Any: ...


class Timer:
    """Something that is done at a moment. Timers are ordered by their moment, and those of one by their making."""

    __slots__ = ("_timers", "act", "moment", "number")

    def __init__(self, timers: "Timers", moment: float, number: int, act: Callable[[], object]) -> None:
        self._timers = timers
        self.moment = moment
        self.number = number
        self.act: Callable[[], object] | None = act

    def __lt__(self, other: "Timer") -> bool:
        return (self.moment, self.number) < (other.moment, other.number)

    def cancel(self) -> None:
        """It is not to be done any more."""
        if self.act is not None:
            self.act = None
            self._timers.one_cancelled()


class Timers(Outside):
    """The heap.

    :param after: called whenever some timers were rung.
    """

    def __init__(self, clock: Clock, after: Callable[[], object]) -> None:
        self._clock = clock
        self._after = after
        self._heap: list[Timer] = []
        self._made = 0
        self._cancelled = 0  # of those in the heap
        self._alarm: Any = None
        self._alarm_at = 0.0

    def __len__(self) -> int:
        return len(self._heap) - self._cancelled

    def call_after(self, seconds: float, act: Callable[[], object]) -> Timer:
        """Have something done in a while."""
        self._made += 1
        timer = Timer(self, self._clock.seconds() + seconds, self._made, act)
        heapq.heappush(self._heap, timer)
        if self._alarm is None or timer.moment < self._alarm_at:
            self._set_alarm(timer.moment)
        return timer

    def one_cancelled(self) -> None:
        """Told by a timer. A loop that waits with a time limit makes and cancels one each time round."""
        self._cancelled += 1
        if self._cancelled > FEW + len(self._heap) // 2:
            self._heap = [timer for timer in self._heap if timer.act is not None]
            heapq.heapify(self._heap)
            self._cancelled = 0

    def _set_alarm(self, moment: float) -> None:
        if self._alarm is not None:
            self._alarm.cancel()
        self._alarm_at = moment
        self._alarm = self._clock.callLater(max(moment - self._clock.seconds(), 0), self._ring)

    def _ring(self) -> None:
        self._alarm = None
        now = self._clock.seconds()
        try:
            while self._heap and self._heap[0].moment <= now:
                timer = heapq.heappop(self._heap)
                act, timer.act = timer.act, None
                if act is None:
                    self._cancelled -= 1
                else:
                    act()
        finally:
            # What was done may have set an alarm for itself, later than that of others.
            if self._heap and (self._alarm is None or self._heap[0].moment < self._alarm_at):
                self._set_alarm(self._heap[0].moment)
            self._after()
