"""Pure. Finds processes that wait for each other alone, so that nothing outside can ever wake them.

A waiting process can be woken by whoever can reach what it waits for. If a channel is referred to by nobody but waiting
processes, and those can be woken by nobody but each other, all of them wait for ever. It is what a garbage collector
asks, of the small heap that the waiting ones can reach: whatever is referred to more often than from within that heap
is alive, and whatever it refers to is, too. Nothing has to be declared for it, and what is not understood counts as
alive: so a stuck process may be missed, but none is accused wrongly.
"""

import gc
from collections.abc import Callable, Iterable
from sys import getrefcount
from types import CodeType, FunctionType, ModuleType
from typing import TYPE_CHECKING, Any

from .process import Outside, Process
from .waiting import Foreign, Sleeping

if TYPE_CHECKING:
    from .scheduler import Scheduler

PAUSE = 0.4
"""Seconds between two looks. Who has not moved from one to the next is looked at."""

MOST = 2000
"""Objects of one look at one process: what has so many relations is taken for alive."""

WORK = 6000
"""Objects of one look at all: about as many microseconds."""

_OUTSIDE = (ModuleType, FunctionType, CodeType, type, Outside)
_OURS = 3  # references to an object that come from looking at it: the table, the loop, the call


class Watch:
    """Looks after the processes of a scheduler.

    :param stuck: told of the processes of each deadlock, once.
    """

    def __init__(self, scheduler: "Scheduler", stuck: Callable[[list[Process]], object]) -> None:
        self._scheduler = scheduler
        self._stuck = stuck
        self._armed = False
        self._seen: dict[Process, int] = {}  # who waited at the last look, and after how many turns
        self._later: list[Process] = []  # who waits to be looked at

    def arm(self) -> None:
        """Processes have gone on, and now none does."""
        if not self._armed:
            self._armed = True
            self._scheduler.call_after(PAUSE, self._look)

    def _look(self) -> None:
        self._armed = False
        waiting = {
            process: process.turns
            for process in self._scheduler.processes
            if process.waits is not None and type(process.waits) not in (Sleeping, Foreign)
        }
        seen, self._seen = self._seen, waiting
        fresh = [process for process, turns in waiting.items() if turns != seen.get(process)]
        resting, self._later = self._later, fresh
        left = WORK
        for number, process in enumerate(resting):
            if left <= 0:
                self._later += resting[number:]
                break
            if waiting.get(process) == seen.get(process):  # it has not moved
                found, looked_at = stuck_with(process)
                left -= looked_at
                if found:
                    for other in found:
                        self._seen[other] = other.turns
                    self._later = [other for other in self._later if other not in found]
                    resting[number + 1 :] = [other for other in resting[number + 1 :] if other not in found]
                    self._stuck(found)
        if self._later:
            self.arm()


def stuck_with(process: Process) -> tuple[list[Process], int]:
    """The processes that are stuck together with one; none if it may still be woken. And how many objects that took."""
    heap = _reach(process)
    if heap is None:
        return [], MOST
    return (_judge(process, heap), len(heap))


def _refers_to(thing: Any) -> Iterable[Any]:
    """What a thing refers to, as far as that is of interest."""
    for other in gc.get_referents(thing):
        if gc.is_tracked(other) and not isinstance(other, _OUTSIDE):
            yield other


def _can_move(process: Process) -> bool:
    """Whether something that is not a process will wake it."""
    return process.waits is None or isinstance(process.waits, (Sleeping, Foreign))


def _reach(process: Process) -> dict[int, Any] | None:
    """All that a waiting process can reach, by its identity; None when that is too much."""
    heap: dict[int, Any] = {}
    to_do: list[Any] = [process]
    while to_do:
        thing = to_do.pop()
        if id(thing) in heap:
            continue
        heap[id(thing)] = thing
        if len(heap) > MOST:
            return None
        if not isinstance(thing, Process) or not _can_move(thing):
            to_do += _refers_to(thing)
    return heap


def _judge(process: Process, heap: dict[int, Any]) -> list[Process]:
    """Who of a heap can never be woken."""
    links = {key: _links(thing, heap) for key, thing in heap.items()}
    inside = dict.fromkeys(heap, 0)
    for keys in links.values():
        for key in keys:
            inside[key] += 1
    alive = []
    for key, thing in heap.items():
        if isinstance(thing, Process):
            if _can_move(thing):
                alive.append(key)
        elif getrefcount(thing) - _OURS > inside[key]:
            alive.append(key)
    woken = _spread(alive, heap, links)
    waiting = [thing for thing in heap.values() if isinstance(thing, Process) and id(thing) not in woken]
    return waiting if process in waiting else []


def _links(thing: Any, heap: dict[int, Any]) -> list[int]:
    """What of the heap a thing refers to, as often as it does."""
    if isinstance(thing, Process) and _can_move(thing):
        return []
    return [id(other) for other in _refers_to(thing) if id(other) in heap]


def _spread(alive: list[int], heap: dict[int, Any], links: dict[int, list[int]]) -> set[int]:
    """All that is alive: what living things refer to, and the processes that wait for living things.

    That a process is referred to does not wake it; that what it waits for is, may.
    """
    waiting: dict[int, list[int]] = {}
    for key, thing in heap.items():
        if isinstance(thing, Process):
            waiting.setdefault(id(thing.waits), []).append(key)
    reached: set[int] = set()
    while alive:
        key = alive.pop()
        if key not in reached:
            reached.add(key)
            alive += [other for other in links[key] if not isinstance(heap[other], Process)]
            alive += waiting.get(key, ())
    return reached
