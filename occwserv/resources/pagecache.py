"""Pure. Which pages are kept in memory: pages compete for it (the paper, 2.2).

A table knows at most twice as many pages as may be cached. Each has a count, raised by a hit, reduced as time goes
by, never below 1: so age alone evicts nobody. The upper half of the table is cached. The lower half, with as many
places as pages are cached, competes: a page there takes the place of a cached one as soon as its count is the higher.

Time goes by, by the paper's rule, when a clock says so. By the rule "demand" it does when a page that competes finds
no cached page down at the count 1: ageing keeps pace with the load (docs/decisions/004-the-page-cache.md).

Pages have sizes, which the paper leaves out. A page weighs four times its count less 3, and wins room only from pages
that weigh less *together*, and are few: a big page can not push out many small ones. None is larger than `largest`.

Each step costs the same however many pages there are. Ageing adds one to `_age`, which is taken from every rung when
it is looked at. Hits of cached pages are noted on the page, and counted when somebody decides something.
"""

from collections import OrderedDict
from collections.abc import Callable, Hashable, Iterator
from dataclasses import dataclass
from heapq import heappop, heappush
from typing import Any

HIGHEST = 7  # where counts end by the rule "demand"; by the paper's, at the number of pages that may be cached
FEW = 24  # pages that one can push out; with the count 7 it could not outweigh more


@dataclass(slots=True, eq=False)
class Entry:
    """A page of the table: `size` is in bytes, `content` what the owner keeps of it while it is cached.

    `noted` hits are not in the count yet; `rung` is the count plus what the age of the table was when it was reached.
    """

    key: Hashable
    size: int
    content: Any = None
    cached: bool = False
    noted: int = 0
    rung: int = 0


class Ladder:
    """Pages by their count, and among those of one count by when they came to it: the lowest one first.

    The rungs are ordered dictionaries: a plain one keeps gaps at its front where others left, and to find its first
    member means to walk over them.
    """

    def __init__(self) -> None:
        self._floor = 1
        self._rungs: dict[int, OrderedDict[Hashable, Entry]] = {}
        self._heights: list[int] = []  # a heap of all rungs; one that is empty goes when it comes to the top
        self._count = self.bytes = 0

    def __len__(self) -> int:
        return self._count

    def add(self, entry: Entry, last: bool = True) -> None:
        """Take a page in, behind or before all others of its count."""
        height = max(entry.rung, self._floor)
        if height not in self._rungs:
            self._rungs[height] = OrderedDict()
            heappush(self._heights, height)
        self._rungs[height][entry.key] = entry
        if not last:
            self._rungs[height].move_to_end(entry.key, last=False)
        self._count += 1
        self.bytes += entry.size

    def remove(self, entry: Entry) -> None:
        """Let a page go."""
        del self._rungs[max(entry.rung, self._floor)][entry.key]
        self._count -= 1
        self.bytes -= entry.size

    def raise_floor(self, floor: int) -> None:
        """From now on nobody stands lower than `floor`."""
        self._floor = floor
        bottom: OrderedDict[Hashable, Entry] = OrderedDict()
        while self._heights and self._heights[0] <= floor:
            rung = self._rungs.pop(heappop(self._heights))
            if bottom:
                bottom.update(rung)  # those who come down stand behind those who were down already
            else:
                bottom = rung
        self._rungs[floor] = bottom
        heappush(self._heights, floor)

    def lowest(self) -> Entry:
        """The page with the lowest count, and of these the one that has had it longest."""
        while not self._rungs[self._heights[0]]:
            del self._rungs[heappop(self._heights)]
        return next(iter(self._rungs[self._heights[0]].values()))

    def upwards(self) -> Iterator[Entry]:
        """All pages, the lowest first."""
        return (entry for height in sorted(self._rungs) for entry in self._rungs[height].values())


class PageCache:
    """The table.

    :param pages: how many pages are cached at most; as many again compete.
    :param bytes: how many bytes the cached ones have at most, together.
    :param largest: how many bytes a cached page has at most.
    :param evicted: called with the content of a page that lost its place.
    :param rule: when time goes by, "demand" or "paper".
    """

    def __init__(
        self, pages: int, bytes: int, largest: int, evicted: Callable[..., Any] = lambda _: None, rule: str = "demand"
    ) -> None:
        self._by_clock = rule == "paper"
        self._highest = pages if self._by_clock else HIGHEST
        self._evicted = evicted
        self._pages, self._bytes = pages, bytes
        self._largest = min(largest, bytes)
        self._age = 0
        self._entries: dict[Hashable, Entry] = {}
        self._cached, self._competing = Ladder(), Ladder()
        self._touched: list[Entry] = []

    def get(self, key: Hashable) -> Entry | None:
        """What the table knows of a page."""
        return self._entries.get(key)

    def hit(self, entry: Entry) -> None:
        """A cached page was sent."""
        if not entry.noted:
            self._touched.append(entry)
        entry.noted += 1

    def missed(self, key: Hashable, size: int) -> Entry | None:
        """A page that was not cached was sent.

        :return: its entry if it has won a place by that; the owner then puts the content there.
        """
        entry = self._entries.get(key)
        if entry is not None and entry.cached:
            self.hit(entry)  # it was on its way to two clients at once, and has won its place by the other one
            return None
        if size > self._largest or not self._pages:
            return None
        if entry is None:
            entry = self._entries[key] = Entry(key, size, rung=self._age + 1)
        else:
            self._competing.remove(entry)
            entry.size = size
            entry.rung = self._raised(entry, 1)
        if not self._win(entry):
            self._compete(entry)
        return entry if entry.cached else None

    def count(self, entry: Entry) -> int:
        """The count of a page, at least 1."""
        return max(entry.rung - self._age, 1)

    def resize(self, entry: Entry, size: int) -> bool:
        """A cached page has changed. If it has grown, it wins room from others, or goes on competing.

        :return: whether it is still cached.
        """
        if size > self._largest:
            self.drop(entry)
        if entry.cached:
            self.settle()
            self._cached.remove(entry)
            entry.size = size
            if not self._win(entry):
                self._compete(entry)
        return entry.cached

    def drop(self, entry: Entry) -> None:
        """Forget a page: it is gone, or can not be cached any more."""
        if self._entries.get(entry.key) is entry:
            del self._entries[entry.key]
            (self._cached if entry.cached else self._competing).remove(entry)
            self._part(entry)

    def age(self) -> None:
        """A second has gone by: its hits are counted. By the paper's rule every count above 1 is reduced by 1."""
        self.settle()
        if self._by_clock:
            self._grow_older()

    def settle(self) -> None:
        """Count the hits that were noted."""
        touched, self._touched = self._touched, []
        for entry in touched:
            if entry.noted and entry.cached:
                self._count_hits(entry)
            entry.noted = 0

    def rows(self) -> list[tuple[Hashable, int, int, bool]]:
        """Key, count, bytes and whether it is cached, of every page, the highest count first; cached ones first."""
        self.settle()
        entries = [*self._competing.upwards(), *self._cached.upwards()]
        return [(entry.key, self.count(entry), entry.size, entry.cached) for entry in reversed(entries)]

    def figures(self) -> dict[str, int]:
        """How full the table is."""
        return {"cached": len(self._cached), "competing": len(self._competing), "bytes": self._cached.bytes}

    def _raised(self, entry: Entry, by: int) -> int:
        return self._age + min(self.count(entry) + by, self._highest)

    def _weight(self, entry: Entry) -> int:
        return 4 * self.count(entry) - 3

    def _grow_older(self) -> None:
        self._age += 1
        for ladder in (self._cached, self._competing):
            ladder.raise_floor(self._age + 1)

    def _has_room(self, entry: Entry) -> bool:
        return len(self._cached) < self._pages and self._cached.bytes + entry.size <= self._bytes

    def _win(self, entry: Entry) -> bool:
        """Give a page a place among the cached ones, if there is room or its count earns it."""
        losers: list[Entry] = []
        if not self._has_room(entry):
            if self.count(entry) == 1:
                return False
            if not self._by_clock and self.count(self._lowest()) > 1:
                self._grow_older()
            rest = self._weight(entry)
            while not self._has_room(entry):
                other = self._lowest()
                rest -= self._weight(other)
                if rest <= 0 or len(losers) == FEW:
                    for loser in reversed(losers):
                        self._cached.add(loser, last=False)
                    return False
                self._cached.remove(other)
                losers.append(other)
        self._cached.add(entry)
        entry.cached = True
        for loser in losers:
            self._compete(loser)
        return True

    def _lowest(self) -> Entry:
        """The cached page with the lowest count, when the hits of those who might be that are counted."""
        while True:
            entry = self._cached.lowest()
            if not entry.noted:
                return entry
            self._count_hits(entry)

    def _count_hits(self, entry: Entry) -> None:
        noted, entry.noted = entry.noted, 0
        self._cached.remove(entry)
        entry.rung = self._raised(entry, noted)
        self._cached.add(entry)

    def _compete(self, entry: Entry) -> None:
        self._part(entry)
        for _ in range(2):  # when fewer pages are cached than were, the half shrinks, but not at one blow
            if len(self._competing) and len(self._competing) >= len(self._cached):
                last = self._competing.lowest()
                self._competing.remove(last)
                del self._entries[last.key]
        self._competing.add(entry)

    def _part(self, entry: Entry) -> None:
        """A page is not cached any more: its content goes."""
        entry.cached = False
        content, entry.content = entry.content, None
        if content is not None:
            self._evicted(content)
