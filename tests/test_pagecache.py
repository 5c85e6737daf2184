"""Which pages are kept: the paper's rules one by one, what sizes add to them, and that none of it costs more with
more pages. In between anything may happen in any order, beside a model that is slow and plain.
"""

import pickle
import sys
from collections.abc import Callable
from dataclasses import dataclass

from hypothesis import given
from hypothesis import strategies as st
from twisted.trial.unittest import SynchronousTestCase

from occwserv.resources.pagecache import FEW, HIGHEST, Entry, Ladder, PageCache

from .examples import examples

ROOM = 1 << 30
MANY = examples(600)
RULES = ("demand", "paper")


def missed(cache: PageCache, *keys: str, size: int = 1) -> list[str]:
    """Ask for pages that are not cached, in this order; returns those that are now."""
    return [key for key in keys if cache.missed(key, size) is not None]


def hit(cache: PageCache, *keys: str) -> None:
    """Ask for pages that are cached."""
    for key in keys:
        cache.hit(entry(cache, key))


def entry(cache: PageCache, key: str) -> Entry:
    found = cache.get(key)
    assert found is not None, key
    return found


def counts(cache: PageCache, cached: bool = True) -> dict[str, int]:
    """The counts of one half of the table, the highest first."""
    return {key: count for key, count, _, upper in cache.rows() if upper is cached}


def small_pages(pages: int, rule: str = "demand", **bounds: int) -> PageCache:
    """A cache full of pages of one byte, each asked for once: "0", "1", ..."""
    cache = PageCache(pages, **{"bytes": pages, "largest": pages, **bounds}, rule=rule)
    missed(cache, *map(str, range(pages)))
    return cache


class EitherRule:
    """What holds however time goes by."""

    rule: str

    def cache(self, pages: int) -> PageCache:
        return PageCache(pages, ROOM, ROOM, rule=self.rule)

    def test_a_new_page_is_cached_while_there_is_room(self) -> None:
        cache = self.cache(2)
        self.assertEqual(missed(cache, "a", "b"), ["a", "b"])
        self.assertEqual((counts(cache), counts(cache, cached=False)), ({"b": 1, "a": 1}, {}))

    def test_a_new_page_competes_when_there_is_no_room(self) -> None:
        cache = self.cache(2)
        self.assertEqual(missed(cache, "a", "b", "c"), ["a", "b"])
        self.assertEqual(counts(cache, cached=False), {"c": 1})

    def test_a_page_wins_as_soon_as_its_count_is_the_higher(self) -> None:
        cache = self.cache(2)
        missed(cache, "a", "b", "c")
        self.assertEqual(missed(cache, "c"), ["c"])
        self.assertEqual(counts(cache), {"c": 2, "b": 1})
        self.assertEqual(counts(cache, cached=False), {"a": 1}, "of those with the lowest count, it had it longest")

    def test_a_page_does_not_win_when_its_count_is_equal(self) -> None:
        cache = self.cache(2)
        missed(cache, "a", "b")
        hit(cache, "a", "b")
        self.assertEqual(missed(cache, "c", "c"), [])
        self.assertEqual(set(counts(cache)), {"a", "b"})
        self.assertEqual(counts(cache)["a"], counts(cache, cached=False)["c"])

    def test_hits_keep_a_page(self) -> None:
        cache = self.cache(2)
        missed(cache, "a", "b")
        hit(cache, "a")
        missed(cache, "c", "c")
        self.assertEqual(set(counts(cache)), {"c", "a"}, "b was the older one of the two that were not hit")

    def test_a_page_that_lost_its_place_keeps_its_count(self) -> None:
        cache = self.cache(2)
        missed(cache, "a", "b", "c", "c")
        self.assertEqual(missed(cache, "a"), ["a"], "its count is 2, that of b 1")

    def test_counts_end(self) -> None:
        for pages in (3, 20):
            cache = self.cache(pages)
            missed(cache, "a")
            hit(cache, *"a" * 1000)
            self.assertEqual(counts(cache), {"a": HIGHEST if self.rule == "demand" else pages})

    def test_the_count_of_a_competing_page_ends_as_well(self) -> None:
        cache = PageCache(100, 100, 100, rule=self.rule)
        missed(cache, *map(str, range(100)))
        missed(cache, *["big"] * 1000, size=90)
        self.assertEqual(counts(cache, cached=False), {"big": HIGHEST if self.rule == "demand" else 100})

    def test_age_alone_evicts_nobody(self) -> None:
        cache = self.cache(4)
        missed(cache, *"abcdefgh")
        hit(cache, *"aabc")
        for _ in range(1000):
            cache.age()
        self.assertEqual((set(counts(cache)), set(counts(cache, cached=False))), (set("abcd"), set("efgh")))
        self.assertLessEqual(min(counts(cache).values()), 1)

    def test_no_count_is_below_1(self) -> None:
        cache = self.cache(4)
        missed(cache, *"abcdefghef", "g", "g")
        for _ in range(5):
            cache.age()
            self.assertEqual(min(count for _, count, *_ in cache.rows()), 1)

    def test_the_table_is_twice_the_cache_and_forgets_who_competes_longest(self) -> None:
        cache = self.cache(3)
        missed(cache, *"abcdefgh")
        self.assertEqual(list(counts(cache)), ["c", "b", "a"])
        self.assertEqual(list(counts(cache, cached=False)), ["h", "g", "f"])
        self.assertIsNone(cache.get("d"))

    def test_a_competing_page_with_a_higher_count_is_not_forgotten_for_newcomers(self) -> None:
        cache = PageCache(3, 3, 3, rule=self.rule)
        missed(cache, *"abc")
        hit(cache, *"ab")
        self.assertEqual(missed(cache, "big", "big", size=3), [])
        missed(cache, *"efghijk")
        self.assertEqual(counts(cache, cached=False), {"big": 2, "k": 1, "j": 1})

    def test_pages_asked_for_once_push_out_nobody(self) -> None:
        cache = self.cache(10)
        missed(cache, *"abcdefghij")
        missed(cache, *map(str, range(1000)))
        self.assertEqual(set(counts(cache)), set("abcdefghij"))

    def test_a_page_sent_to_two_at_once_is_counted_twice_and_cached_once(self) -> None:
        cache = self.cache(2)
        self.assertIsNotNone(cache.missed("a", 1))
        self.assertIsNone(cache.missed("a", 1))
        self.assertEqual(counts(cache), {"a": 2})
        self.assertEqual(cache.figures(), {"cached": 1, "competing": 0, "bytes": 1})

    def test_a_cache_for_no_pages_knows_none(self) -> None:
        cache = self.cache(0)
        self.assertEqual(missed(cache, *"aaab"), [])
        cache.age()
        self.assertEqual(cache.rows(), [])


class PaperRuleTests(EitherRule, SynchronousTestCase):
    """Time goes by when the clock says so."""

    rule = "paper"

    def test_the_clock_reduces_all_counts(self) -> None:
        cache = self.cache(5)
        missed(cache, *"abcdefgh")
        hit(cache, *"aaaab")
        missed(cache, "h")
        cache.age()
        self.assertEqual(counts(cache), {"a": 4, "h": 1, "b": 1, "e": 1, "d": 1})

    def test_those_who_come_down_stand_behind_those_who_were_down(self) -> None:
        cache = self.cache(3)
        missed(cache, *"abc")
        hit(cache, "a")
        cache.age()
        self.assertEqual(list(counts(cache)), ["a", "c", "b"])

    def test_time_does_not_go_by_otherwise(self) -> None:
        cache = self.cache(2)
        missed(cache, "a", "b")
        hit(cache, *"aabb")
        missed(cache, "c", "c")
        self.assertEqual((counts(cache), counts(cache, cached=False)), ({"b": 2, "a": 2}, {"c": 2}))


class DemandRuleTests(EitherRule, SynchronousTestCase):
    """Time goes by when a page that competes finds no cached page down at the count 1."""

    rule = "demand"

    def test_time_goes_by_when_nobody_is_down(self) -> None:
        cache = self.cache(5)
        missed(cache, *"abcde")
        hit(cache, *"aaabbccddee")
        missed(cache, "f", "f")
        self.assertEqual(counts(cache), {"a": 3, "e": 2, "d": 2, "c": 2, "b": 2})
        self.assertEqual(counts(cache, cached=False), {"f": 1})

    def test_time_stands_still_while_somebody_is_down(self) -> None:
        cache = self.cache(3)
        missed(cache, *"abc")
        hit(cache, *"aabb")
        self.assertEqual(missed(cache, "d", "d"), ["d"])
        self.assertEqual(counts(cache), {"b": 3, "a": 3, "d": 2})

    def test_a_page_asked_for_once_makes_nobody_older(self) -> None:
        cache = self.cache(2)
        missed(cache, *"ab")
        hit(cache, *"aabb")
        missed(cache, *"cdefghijklm")
        self.assertEqual(counts(cache), {"b": 3, "a": 3})

    def test_nobody_grows_older_while_there_is_room(self) -> None:
        cache = self.cache(3)
        missed(cache, *"ab")
        hit(cache, *"aabb")
        missed(cache, "c")
        self.assertEqual(counts(cache), {"b": 3, "a": 3, "c": 1})

    def test_the_clock_makes_nobody_older(self) -> None:
        cache = self.cache(3)
        missed(cache, "a")
        hit(cache, *"aa")
        cache.age()
        self.assertEqual(counts(cache), {"a": 3})

    def test_what_was_liked_long_ago_goes_soon(self) -> None:
        cache = self.cache(10)
        missed(cache, *"abcdefghij")
        hit(cache, *"abcdefghij" * 1000)
        rounds = 0
        while set(counts(cache)) & set("abcdefghij"):
            missed(cache, *(key for key in "0123456789" if not entry_is_cached(cache, key)))
            rounds += 1
        self.assertLess(rounds, 10)


def entry_is_cached(cache: PageCache, key: str) -> bool:
    found = cache.get(key)
    return found is not None and found.cached


class SizeTests(SynchronousTestCase):
    """Pages have sizes, which the paper leaves out."""

    def test_a_page_above_the_largest_size_is_not_known(self) -> None:
        cache = PageCache(10, 100, 5)
        self.assertEqual(missed(cache, "a", "a", "a", size=6), [])
        self.assertEqual(cache.rows(), [])
        self.assertEqual(missed(cache, "a", size=5), ["a"])

    def test_no_page_is_larger_than_the_cache(self) -> None:
        cache = PageCache(10, 100, 1000)
        self.assertEqual(missed(cache, "a", size=101), [])
        self.assertEqual(missed(cache, "b", size=100), ["b"])

    def test_bytes_are_a_bound_as_pages_are(self) -> None:
        cache = PageCache(10, 100, 100)
        self.assertEqual(missed(cache, "a", "b", "c", size=40), ["a", "b"])
        self.assertEqual(cache.figures(), {"cached": 2, "competing": 1, "bytes": 80})
        self.assertEqual(missed(cache, "d", size=20), ["d"], "this one finds room")

    def test_empty_pages_need_a_place_but_no_bytes(self) -> None:
        cache = PageCache(2, 1, 1)
        self.assertEqual(missed(cache, "a", "b", "c", size=0), ["a", "b"])

    def test_a_page_wins_room_from_pages_that_weigh_less_together(self) -> None:
        for rule in RULES:
            cache = small_pages(10, rule)
            self.assertEqual(missed(cache, "big", "big", size=4), ["big"], "its weight is 5, that of 4 others 4")
            self.assertEqual(set(counts(cache)), {"big", *"456789"})
            self.assertEqual(set(counts(cache, cached=False)), set("0123"))

    def test_it_wins_no_room_from_as_many_as_weigh_the_same(self) -> None:
        for rule in RULES:
            cache = small_pages(10, rule)
            self.assertEqual(missed(cache, "big", "big", size=5), [], "its weight is 5, that of 5 others 5")
            self.assertEqual(missed(cache, "big", size=5), ["big"])

    def test_pages_that_were_hit_weigh_more(self) -> None:
        for rule in RULES:
            cache = small_pages(10, rule)
            hit(cache, *"12345678")
            self.assertEqual(missed(cache, "big", "big", "big", size=4), [], "two weigh 1 and two weigh 5: 12 to 9")
            self.assertEqual(missed(cache, "big", size=4), ["big"], "12 to 13")

    def test_one_big_page_can_not_push_out_many_small_ones(self) -> None:
        for rule in RULES:
            cache = small_pages(100, rule)
            before = set(counts(cache))
            self.assertEqual(missed(cache, *["big"] * 1000, size=FEW + 1), [])
            self.assertEqual(set(counts(cache)), before)
            self.assertEqual(missed(cache, *["other"] * 6, size=FEW), [], "it would weigh more only with the next")
            self.assertEqual(missed(cache, "other", size=FEW), ["other"])

    def test_one_that_does_not_win_leaves_the_others_in_their_order(self) -> None:
        for rule in RULES:
            cache = small_pages(50, rule)
            hit(cache, "10", "20")
            before = list(counts(cache).items())
            missed(cache, *["big"] * 9, size=40)
            self.assertEqual(list(counts(cache).items()), before)

    def test_when_fewer_pages_are_cached_fewer_compete(self) -> None:
        cache = small_pages(20)
        missed(cache, *map(str, range(20, 40)))
        self.assertEqual(cache.figures(), {"cached": 20, "competing": 20, "bytes": 20})
        missed(cache, *["big"] * 4, size=12)
        self.assertEqual(cache.figures()["cached"], 9)
        missed(cache, *map(str, range(40, 80)))
        self.assertEqual(cache.figures(), {"cached": 9, "competing": 9, "bytes": 20})

    def test_a_page_that_competes_with_another_size_than_before_is_known_by_its_new_one(self) -> None:
        cache = small_pages(4)
        missed(cache, "a", size=4)
        self.assertEqual(missed(cache, "a", size=2), ["a"])
        self.assertEqual(entry(cache, "a").size, 2)
        self.assertEqual(cache.figures()["bytes"], 4)


class ChangeTests(SynchronousTestCase):
    """Pages change their size, and go."""

    def setUp(self) -> None:
        self.gone: list[str] = []
        self.cache = PageCache(4, 10, 8, self.gone.append)

    def put(self, key: str, size: int) -> Entry:
        found = self.cache.missed(key, size)
        assert found is not None
        found.content = f"content of {key}"
        return found

    def test_a_page_may_change_its_size_where_there_is_room(self) -> None:
        page = self.put("a", 3)
        for size in (3, 8, 0, 5):
            self.assertTrue(self.cache.resize(page, size))
            self.assertEqual((page.size, self.cache.figures()["bytes"]), (size, size))
        self.assertEqual((page.content, self.gone), ("content of a", []))

    def test_a_page_that_grows_pushes_out_what_weighs_less(self) -> None:
        self.put("a", 3)
        page = self.put("b", 3)
        self.put("c", 3)
        self.cache.hit(page)
        self.assertTrue(self.cache.resize(page, 6))
        self.assertEqual((set(counts(self.cache)), page.content), ({"b", "c"}, "content of b"))
        self.assertEqual(self.gone, ["content of a"])
        self.assertEqual(self.cache.figures(), {"cached": 2, "competing": 1, "bytes": 9})

    def test_a_page_that_grows_and_weighs_too_little_competes_with_its_count(self) -> None:
        others = [self.put("a", 3), self.put("b", 3)]
        page = self.put("c", 3)
        for other in others:
            self.cache.hit(other)
        self.assertFalse(self.cache.resize(page, 6))
        self.assertEqual((page.cached, page.content, self.gone), (False, None, ["content of c"]))
        self.assertEqual(counts(self.cache, cached=False), {"c": 1})
        self.assertEqual(self.cache.figures(), {"cached": 2, "competing": 1, "bytes": 6})

    def test_a_page_that_becomes_too_large_is_forgotten(self) -> None:
        page = self.put("a", 3)
        self.assertFalse(self.cache.resize(page, 9))
        self.assertEqual((self.cache.rows(), self.cache.get("a"), self.gone), ([], None, ["content of a"]))

    def test_the_size_of_a_page_that_is_not_cached_is_not_counted(self) -> None:
        self.put("a", 8)
        self.cache.missed("b", 5)
        self.assertFalse(self.cache.resize(entry(self.cache, "b"), 1))
        self.assertEqual(self.cache.figures(), {"cached": 1, "competing": 1, "bytes": 8})

    def test_a_dropped_page_is_forgotten_wherever_it_stood(self) -> None:
        self.put("a", 8)
        self.cache.missed("b", 8)
        self.cache.drop(entry(self.cache, "b"))
        self.assertEqual(self.gone, [])
        self.cache.drop(entry(self.cache, "a"))
        self.assertEqual((self.cache.rows(), self.gone), ([], ["content of a"]))
        self.assertEqual(self.cache.figures(), {"cached": 0, "competing": 0, "bytes": 0})

    def test_a_page_is_dropped_once(self) -> None:
        page = self.put("a", 3)
        self.cache.drop(page)
        self.put("a", 5)
        self.cache.drop(page)
        self.assertFalse(self.cache.resize(page, 1))
        self.assertEqual(self.cache.figures(), {"cached": 1, "competing": 0, "bytes": 5})
        self.assertEqual(self.gone, ["content of a"])

    def test_the_owner_is_told_of_each_content_that_lost_its_place(self) -> None:
        for key in "abcd":
            self.put(key, 2)
        self.cache.missed("e", 2)
        self.put("e", 2)
        self.assertEqual(self.gone, ["content of a"])
        entry(self.cache, "b").content = None
        self.cache.missed("f", 2)
        self.put("f", 2)
        self.assertEqual(self.gone, ["content of a"], "of b there was nothing")


class HitTests(SynchronousTestCase):
    """Hits are noted, and counted later."""

    def test_hits_are_counted_when_they_are_settled(self) -> None:
        cache = small_pages(10)
        page = entry(cache, "3")
        for _ in range(3):
            cache.hit(page)
        self.assertEqual(cache.count(page), 1)
        cache.settle()
        self.assertEqual(cache.count(page), 4)
        cache.settle()
        self.assertEqual(cache.count(page), 4)

    def test_hits_are_counted_before_anything_is_decided(self) -> None:
        cache = small_pages(1)
        cache.missed("a", 1)
        hit(cache, "0")
        self.assertEqual(missed(cache, "a"), [])

    def test_hits_are_counted_before_time_goes_by(self) -> None:
        cache = small_pages(3, "paper")
        hit(cache, *"00000")
        cache.age()
        self.assertEqual(counts(cache)["0"], 2, "and not 3, the highest count of three pages")

    def test_hits_of_a_page_that_went_meanwhile_are_lost(self) -> None:
        cache = small_pages(2)
        page = entry(cache, "0")
        cache.hit(page)
        cache.drop(page)
        cache.settle()
        missed(cache, "0")
        self.assertEqual(counts(cache), {"0": 1, "1": 1})

    def test_hits_of_a_page_that_is_not_cached_any_more_do_not_count(self) -> None:
        cache = small_pages(1)
        page = entry(cache, "0")
        missed(cache, "a", "a")
        cache.hit(page)
        self.assertEqual((counts(cache), counts(cache, cached=False)), ({"a": 2}, {"0": 1}))

    def test_rows_are_ordered_by_half_then_count_then_age(self) -> None:
        cache = PageCache(3, 100, 100)
        missed(cache, "a", "b", size=7)
        missed(cache, "c", "d", "e", "f", size=8)
        hit(cache, "b", "c", "b")
        self.assertEqual(
            [(key, count, size) for key, count, size, _ in cache.rows()],
            [("b", 3, 7), ("c", 2, 8), ("a", 1, 7), ("f", 1, 8), ("e", 1, 8), ("d", 1, 8)],
        )
        self.assertEqual([cached for *_, cached in cache.rows()], [True] * 3 + [False] * 3)


@dataclass(eq=False)
class Page:
    """A page of the model."""

    key: int
    size: int
    count: int = 1
    noted: int = 0


class Model:
    """The table as two lists, the lowest page first, searched and sorted wherever it is needed."""

    def __init__(self, pages: int, bytes: int, largest: int, rule: str) -> None:
        self.pages, self.bytes, self.largest, self.rule = pages, bytes, min(largest, bytes), rule
        self.highest = HIGHEST if rule == "demand" else pages
        self.cached: list[Page] = []
        self.competing: list[Page] = []
        self.touched: list[Page] = []

    def find(self, half: list[Page], key: int) -> Page | None:
        return next((page for page in half if page.key == key), None)

    def hit(self, page: Page) -> None:
        if page not in self.touched:
            self.touched.append(page)
        page.noted += 1

    def missed(self, key: int, size: int) -> None:
        if page := self.find(self.cached, key):
            self.hit(page)
        elif size <= self.largest and self.pages:
            page = self.find(self.competing, key)
            if page:
                self.competing.remove(page)
                page.size = size
                page.count = min(page.count + 1, self.highest)
            else:
                page = Page(key, size)
            self.place(page)

    def resize(self, page: Page, size: int) -> None:
        if size > self.largest:
            self.cached.remove(page)
        else:
            self.settle()
            self.cached.remove(page)
            page.size = size
            self.place(page)

    def drop(self, key: int) -> None:
        for half in (self.cached, self.competing):
            half[:] = [page for page in half if page.key != key]

    def age(self) -> None:
        self.settle()
        if self.rule == "paper":
            self.grow_older()

    def settle(self) -> None:
        for page in self.touched:
            if page in self.cached and page.noted:
                self.count_hits(page)
            page.noted = 0
        self.touched = []

    def count_hits(self, page: Page) -> None:
        self.cached.remove(page)
        page.count, page.noted = min(page.count + page.noted, self.highest), 0
        self.insert(self.cached, page)

    def lowest(self, losers: list[Page]) -> Page:
        """The lowest of those who stay, once the hits of whoever might be that are counted."""
        while (page := next(other for other in self.cached if other not in losers)).noted:
            self.count_hits(page)
        return page

    def grow_older(self, *others: Page) -> None:
        for page in (*self.cached, *self.competing, *others):
            page.count = max(page.count - 1, 1)

    def insert(self, half: list[Page], page: Page) -> None:
        half.append(page)
        half.sort(key=lambda other: other.count)

    def place(self, page: Page) -> None:
        losers = self.losers(page)
        if losers is None:
            self.compete(page)
            return
        self.cached = [other for other in self.cached if other not in losers]
        self.insert(self.cached, page)
        for other in losers:
            self.compete(other)

    def has_room(self, page: Page, losers: list[Page]) -> bool:
        staying = [other for other in self.cached if other not in losers]
        return len(staying) < self.pages and sum(other.size for other in staying) + page.size <= self.bytes

    def losers(self, page: Page) -> list[Page] | None:
        """Who goes for a page; None if it does not win."""
        losers: list[Page] = []
        if self.has_room(page, losers):
            return losers
        if page.count == 1:
            return None
        if self.rule == "demand" and self.lowest(losers).count > 1:
            self.grow_older(page)
        rest = 4 * page.count - 3
        while not self.has_room(page, losers):
            other = self.lowest(losers)
            rest -= 4 * other.count - 3
            if rest <= 0 or len(losers) == FEW:
                return None
            losers.append(other)
        return losers

    def compete(self, page: Page) -> None:
        for _ in range(2):
            if self.competing and len(self.competing) >= len(self.cached):
                del self.competing[0]
        self.insert(self.competing, page)

    def rows(self) -> list[tuple[int, int, int, bool]]:
        self.settle()
        return [
            (page.key, page.count, page.size, half is self.cached)
            for half in (self.cached, self.competing)
            for page in reversed(half)
        ]


class Both:
    """A cache and the model, to which the same is done."""

    def __init__(self, case: SynchronousTestCase, pages: int, bytes: int, largest: int, rule: str) -> None:
        self._case = case
        self._bounds = pages, bytes
        self._kept: list[int] = []
        self._cache = PageCache(pages, bytes, largest, self._evicted, rule)
        self._model = Model(pages, bytes, largest, rule)

    def missed(self, key: int, size: int) -> None:
        before = self._cache.get(key)
        was_cached = before is not None and before.cached
        won = self._cache.missed(key, size)
        self._model.missed(key, size)
        self._case.assertEqual(won is not None, not was_cached and bool(self._model.find(self._model.cached, key)))
        if won is not None:
            self._case.assertIs(won, self._cache.get(key))
            self._kept.append(key)
            won.content = key

    def hit(self, key: int, size: int) -> None:
        if page := self._model.find(self._model.cached, key):
            self._cache.hit(entry(self._cache, key))
            self._model.hit(page)

    def resize(self, key: int, size: int) -> None:
        if page := self._model.find(self._model.cached, key):
            stays = self._cache.resize(entry(self._cache, key), size)
            self._model.resize(page, size)
            self._case.assertEqual(stays, page in self._model.cached)

    def drop(self, key: int, size: int) -> None:
        if found := self._cache.get(key):
            self._cache.drop(found)
            self._cache.drop(found)
        self._model.drop(key)

    def age(self, key: int, size: int) -> None:
        self._cache.age()
        self._model.age()

    def look(self, key: int, size: int) -> None:
        self._case.assertEqual(self._cache.rows(), self._model.rows())

    def check(self) -> None:
        """What holds after every step, without counting the hits by looking."""
        cached = [page.key for page in self._model.cached]
        competing = [page.key for page in self._model.competing]
        self._case.assertEqual(sorted(self._kept), sorted(cached), "contents there, and pages cached")
        self._case.assertFalse(set(cached) & set(competing))
        self._case.assertLessEqual(len(competing), self._bounds[0])
        for key in range(KEYS):
            found = self._cache.get(key)
            self._case.assertEqual(found is not None, key in cached or key in competing)
            if found is not None:
                self._case.assertEqual((found.cached, found.content), (key in cached, key if key in cached else None))
        bytes = sum(entry(self._cache, key).size for key in cached)
        figures = {"cached": len(cached), "competing": len(competing), "bytes": bytes}
        self._case.assertEqual(self._cache.figures(), figures)
        self._bounds_hold()

    def _evicted(self, content: int) -> None:
        self._kept.remove(content)
        self._bounds_hold()

    def _bounds_hold(self) -> None:
        figures = self._cache.figures()
        self._case.assertLessEqual(figures["cached"], self._bounds[0])
        self._case.assertLessEqual(figures["bytes"], self._bounds[1])


KEYS = 12
SIZES = st.integers(0, 9)
STEPS = st.tuples(
    st.sampled_from([Both.missed] * 6 + [Both.hit] * 3 + [Both.resize, Both.drop, Both.age, Both.look]),
    st.integers(0, KEYS - 1),
    SIZES,
)


class PropertyTests(SynchronousTestCase):
    """Whatever happens, in whatever order."""

    @MANY
    @given(st.lists(STEPS, max_size=80), st.integers(0, 6), st.integers(0, 24), SIZES, st.sampled_from(RULES))
    def test_the_table_does_what_the_model_does(
        self, steps: list[tuple[Callable[..., None], int, int]], pages: int, bytes: int, largest: int, rule: str
    ) -> None:
        both = Both(self, pages, bytes, largest, rule)
        for step, key, size in steps:
            step(both, key, size)
            both.check()
        both.look(0, 0)

    @examples(100)
    @given(st.lists(STEPS, min_size=100, max_size=200), st.integers(2, 6), st.sampled_from(RULES))
    def test_so_it_does_for_long(
        self, steps: list[tuple[Callable[..., None], int, int]], pages: int, rule: str
    ) -> None:
        both = Both(self, pages, 12, 9, rule)
        for step, key, size in steps:
            step(both, key, size)
        both.check()
        both.look(0, 0)


def steps_of(do: Callable[[], object]) -> int:
    """How many functions are called, Python's own among them."""
    calls = 0

    def count(frame: object, event: str, argument: object) -> None:
        nonlocal calls
        calls += event in ("call", "c_call")

    sys.setprofile(count)
    try:
        do()
    finally:
        sys.setprofile(None)
    return calls


class CostTests(SynchronousTestCase):
    """Nothing takes longer when there are more pages. Calls are counted, not seconds."""

    def test_each_step_costs_the_same_with_100_000_pages_as_with_1_000(self) -> None:
        for rule in RULES:
            few, many = self.dearest(1_000, rule), self.dearest(100_000, rule)
            for kind, calls in many.items():
                self.assertLessEqual(calls, few[kind] * 1.5 + 5, f"{kind}, {rule}: {few[kind]} and {calls}")
                self.assertLess(calls, 1100, kind)

    def dearest(self, pages: int, rule: str) -> dict[str, int]:
        """The calls of the dearest step of each kind, in a table that is full and has many different counts."""
        cache = PageCache(pages, 10 * pages, 10 * pages, rule=rule)
        for key in range(2 * pages):
            cache.missed(key, 10)
        for key in range(pages):
            page = cache.get(key)
            assert page is not None
            for _ in range(key * 7919 % 600):
                cache.hit(page)
        cache.age()
        dearest: dict[str, int] = {}

        def measured(kind: str, do: Callable[[], object]) -> None:
            dearest[kind] = max(dearest.get(kind, 0), steps_of(do))

        for turn in range(600):
            known, fresh = pages + turn * 31 % pages, 2 * pages + turn
            somebody = cache.get(turn * 7 % pages)
            if somebody is not None and somebody.cached:
                measured("hit", lambda page=somebody: cache.hit(page))
            measured("a new page", lambda key=fresh: cache.missed(key, 10))
            measured("a competing page", lambda key=known: cache.missed(key, 10))
            measured("the same again", lambda key=known: cache.missed(key, 10))
            measured("a big page", lambda: cache.missed("big", 230))
            if turn % 20 == 0:
                measured("the clock", cache.age)
            if somebody is not None and turn % 3 == 0:
                measured("a change", lambda page=somebody: cache.resize(page, 10 + page.size % 7))
            elif somebody is not None:
                measured("an end", lambda page=somebody: cache.drop(page))
        return dearest

    def test_a_ladder_keeps_no_more_than_its_pages(self) -> None:
        ladder, page = Ladder(), Entry("a", 1)
        stays = Entry("b", 1)
        ladder.add(stays)
        for turn in range(1000):
            page.rung = turn % 7
            ladder.add(page)
            ladder.remove(page)
        self.assertEqual(len(ladder), 1)
        self.assertLess(len(pickle.dumps(ladder)), 2000)
