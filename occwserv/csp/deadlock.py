"""Pure. Finds processes that wait for each other alone, so that nothing outside can ever wake them.

A waiting process can be woken by whoever can reach what it waits for. If a channel is referred to by nobody but waiting
processes, and those can be woken by nobody but each other, all of them wait for ever. It is what a garbage collector
asks, of the small heap that the waiting ones can reach: whatever is referred to more often than from within that heap
is alive, and whatever it refers to is, too. Nothing has to be declared for it, and what is not understood counts as
alive: so a stuck process may be missed, but none is accused wrongly.
"""

import gc
from collections import OrderedDict
from collections.abc import Callable, Iterator
from sys import getrefcount
from types import CodeType, FunctionType, ModuleType
from typing import Any
from weakref import getweakrefcount

from .channel import Channel
from .process import Outside, Process, Runner
from .waiting import Foreign, Sleeping, TimeLimit

PAUSE = 0.4
"""Seconds between two looks. Who has not moved from one to the next is looked at."""

MOST = 1000
"""Objects of one look at one process: what has so many relations is taken for alive."""

WORK = 4000
"""Objects of one look at all: each costs some microseconds."""

SLICE = 100
"""Objects that are looked at without a pause: nobody is to wait for long."""

PASSED = 5
"""Processes that are passed over in the time that an object takes, to see which have moved."""

GAP = 0.01
"""Seconds between two slices."""

AGAIN = 600
"""Objects of one look at those who were found alive before: whoever was to wake them may have ended since."""

_OUTSIDE = (ModuleType, CodeType, type, Outside)


class Watch:
    """Looks after the processes of a scheduler.

    :param stuck: told of the processes of each deadlock, once.
    """

    def __init__(self, scheduler: Runner, stuck: Callable[[list[Process]], object]) -> None:
        self._scheduler = scheduler
        self._stuck = stuck
        self.armed = False
        self._seen: dict[Process, int] = {}  # who waited at the last look, and after how many turns
        self._later: dict[Process, None] = {}  # who is to be examined at the next look, if he has not moved until then
        self._steps: Iterator[int] = iter(())  # what is left of this one
        # Who was found alive, and after how many turns of all; the longest ago first.
        self._alive: OrderedDict[Process, int] = OrderedDict()
        self._found: dict[Process, int] = {}  # who was told of, and after how many turns
        self.objects = 0  # looked at in the last look

    def arm(self) -> None:
        """Processes have gone on, and now none does: look in a while. Not to be said while it is `armed`."""
        self.armed = True
        self._scheduler.call_after(PAUSE, self._look)

    def _look(self) -> None:
        self.objects = 0
        self._steps = self._look_in_steps()
        self._go_on()

    def _go_on(self) -> None:
        """Take some steps. Between two slices others have their turn."""
        end = self.objects + SLICE
        for objects in self._steps:
            self.objects += objects
            if self.objects >= end:
                self._scheduler.call_after(GAP, self._go_on)
                return
        self.armed = False
        if self._later or self._oldest() is not None:
            self.arm()

    def _look_in_steps(self) -> Iterator[int]:
        """See who has not moved since the last time, and examine them; after each step, what it took, in objects."""
        seen, self._seen = self._seen, {}
        resting, self._later = self._later, {}
        self._found = {process: turns for process, turns in self._found.items() if _rests(process, self._found)}
        for number, process in enumerate(list(self._scheduler.processes)):
            if _may_be_stuck(process):
                self._seen[process] = process.turns
                if seen.get(process) != process.turns:
                    self._later[process] = None
            if number % PASSED == 0:
                yield 1
        if len(self._alive) > 2 * len(self._seen):
            self._alive = OrderedDict((process, at) for process, at in self._alive.items() if process in self._seen)
        end = self.objects + WORK
        for number, process in enumerate(resting):
            if self.objects >= end:
                self._later[process] = None
                if number % PASSED == 0:
                    yield 1
            elif process not in self._later:  # else it has moved
                yield self._examine(process)
        end = self.objects + AGAIN
        while self.objects < end and (process := self._oldest()) is not None:
            yield self._examine(process)

    def _oldest(self) -> Process | None:
        """Who was found alive the longest ago, before somebody else went on."""
        while self._alive:
            process, at = next(iter(self._alive.items()))
            if at == self._scheduler.turns:
                return None
            if process.waits is not None:
                return process
            self._alive.popitem(last=False)  # it goes on, or has ended: it is none of them any more
        return None

    def _examine(self, process: Process) -> int:
        """Look at a process, if it still has not moved.

        :return: how many objects that took.
        """
        self._alive.pop(process, None)
        if process in self._found or not _rests(process, self._seen):
            return 0
        found, objects = stuck_with(process)
        found = [other for other in found if other not in self._found]
        if found:
            self._found.update((other, other.turns) for other in found)
            self._stuck(found)
        else:
            self._alive[process] = self._scheduler.turns
        return objects


def _rests(process: Process, seen: dict[Process, int]) -> bool:
    """Whether a process waits, as it did when it was seen."""
    return process.waits is not None and seen.get(process) == process.turns


def _may_be_stuck(process: Process) -> bool:
    """Whether a process waits for others. (A function of its own, so that no name refers to what is waited for when
    that is examined: it would be taken for alive.)"""
    waits = process.waits
    return waits is not None and type(waits) is not Sleeping and type(waits) is not Foreign


def stuck_with(process: Process) -> tuple[list[Process], int]:
    """The processes that are stuck together with one; none if it may still be woken. And how many objects that took."""
    reached = _reach(process)
    if reached is None:
        return [], MOST
    return _judge(process, *reached), len(reached[0])


def _refers_to(thing: Any) -> list[Any]:
    """What a thing refers to, as far as that is of interest."""
    if isinstance(thing, Process) and _can_move(thing):
        return []
    # Of a function only what it closes over: behind its globals lies everything.
    others = (thing.__closure__,) if isinstance(thing, FunctionType) else gc.get_referents(thing)
    parent = thing.parent if isinstance(thing, Process) else None  # for people: it is no way to wake anybody
    return [other for other in others if gc.is_tracked(other) and other is not parent and not _is_outside(other)]


def _is_outside(thing: Any) -> bool:
    """Whether the search does not go on at a thing."""
    return isinstance(thing, _OUTSIDE) or (type(thing) is FunctionType and thing.__closure__ is None)


def _references(heap: dict[int, Any]) -> dict[int, int]:
    """How often each thing of a heap is referred to, this heap and this function included."""
    return {key: getrefcount(thing) for key, thing in heap.items()}


_OURS = _references({0: object()})[0]  # a thing that nobody else refers to: it is not the same in every Python


def _can_move(process: Process) -> bool:
    """Whether something that is not a process will wake it."""
    return process.waits is None or isinstance(process.waits, (Sleeping, Foreign))


def _reach(process: Process) -> tuple[dict[int, Any], dict[int, list[int]]] | None:
    """All that a waiting process can reach, by its identity, and what of it each thing refers to, as often as it does;
    None when that is too much."""
    heap: dict[int, Any] = {}
    links: dict[int, list[int]] = {}
    to_do: list[Any] = [process]
    while to_do:
        thing = to_do.pop()
        key = id(thing)
        if key in heap:
            continue
        heap[key] = thing
        if len(heap) > MOST:
            return None
        others = _refers_to(thing)
        links[key] = [*map(id, others)]
        to_do += others
    return heap, links


def _judge(process: Process, heap: dict[int, Any], links: dict[int, list[int]]) -> list[Process]:
    """Who of a heap can never be woken."""
    inside = dict.fromkeys(heap, 0)
    for keys in links.values():
        for key in keys:
            inside[key] += 1
    references = _references(heap)
    alive = []
    for key, thing in heap.items():
        if isinstance(thing, Process):
            if _can_move(thing):
                alive.append(key)
        elif references[key] - _OURS > inside[key] or (isinstance(thing, Channel) and getweakrefcount(thing)):
            alive.append(key)
    woken = _spread(alive, heap, links)
    waiting = [thing for thing in heap.values() if isinstance(thing, Process) and id(thing) not in woken]
    return waiting if process in waiting else []


def _spread(alive: list[int], heap: dict[int, Any], links: dict[int, list[int]]) -> set[int]:
    """All that is alive: what living things refer to, and the processes that wait for living things.

    That a process is referred to does not wake it; that what it waits for is, may.
    """
    waiting: dict[int, list[int]] = {}
    for key, thing in heap.items():
        if isinstance(thing, Process):
            waiting.setdefault(id(thing.waits), []).append(key)
        elif isinstance(thing, TimeLimit):  # alive while its timer is: that will end the waiting
            waiting.setdefault(key, []).append(id(thing.process))
    reached: set[int] = set()
    while alive:
        key = alive.pop()
        if key not in reached:
            reached.add(key)
            alive += [other for other in links[key] if not isinstance(heap[other], Process)]
            alive += waiting.get(key, ())
    return reached
