"""Adapter. Outputs of programs that are left alone until they end.

Most programs write little, and end at once. To read the first bytes when they come, and the end a moment later, wakes
the server twice, in the middle of the program's work, and finds the caches of the processor full of other things each
time. A pipe whose writers have gone hangs up, though, and `epoll` tells so even when nothing else is asked of it: all
that was written is taken then, in one go. Whoever writes on is read as it comes, after a moment.
"""

import select
from typing import Protocol

PATIENCE = 0.004
"""Seconds for which an output is left alone; twice that at most."""


class Quiet(Protocol):
    """An output that is left alone."""

    def fileno(self) -> int: ...

    def ended(self) -> None:
        """Nobody will write any more."""

    def lasts(self) -> None:
        """It has been left alone long enough."""


class Endings:
    """Waits for the ends of outputs.

    :param reactor: if it is not one on a loop of asyncio's, nothing is waited for here.
    """

    def __init__(self, reactor) -> None:
        self._loop = getattr(reactor, "_asyncioEventloop", None)
        self._epoll: select.epoll | None = None
        self._young: dict[int, Quiet] = {}  # since the last sweep, by their descriptors
        self._old: dict[int, Quiet] = {}
        self._sweeping = False

    def watch(self, output: Quiet) -> bool:
        """Leave an output alone. False: that is not possible here."""
        if self._loop is None or not hasattr(select, "epoll"):
            return False
        if self._epoll is None:
            self._epoll = select.epoll()
            self._loop.add_reader(self._epoll.fileno(), self._look)
        descriptor = output.fileno()
        self._epoll.register(descriptor, 0)  # the hang-up is told in any case
        self._young[descriptor] = output
        if not self._sweeping:
            self._sweeping = True
            self._loop.call_later(PATIENCE, self._sweep)
        return True

    def forget(self, output: Quiet) -> None:
        """Wait for it no more: it is still open."""
        self._take(output.fileno())

    def close(self) -> None:
        """Wait for nobody any more."""
        if self._epoll is not None:
            self._loop.remove_reader(self._epoll.fileno())
            self._epoll.close()
            self._epoll = None
        self._young.clear()
        self._old.clear()

    def _look(self) -> None:
        for descriptor, _ in self._epoll.poll(0):
            output = self._take(descriptor)
            if output is not None:  # else the one before it has closed it
                output.ended()

    def _take(self, descriptor: int) -> Quiet | None:
        output = self._young.pop(descriptor, None) or self._old.pop(descriptor, None)
        if output is not None:
            self._epoll.unregister(descriptor)
        return output

    def _sweep(self) -> None:
        """Those that were there at the last sweep have had their time."""
        for descriptor in list(self._old):
            output = self._take(descriptor)
            if output is not None:
                output.lasts()
        self._old, self._young = self._young, {}
        self._sweeping = bool(self._old)
        if self._sweeping:
            self._loop.call_later(PATIENCE, self._sweep)
