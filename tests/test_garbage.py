"""The collector of rings at the server's pace: what it looks at, not how long that takes."""

import gc
from weakref import ref

from twisted.internet.task import Clock
from twisted.trial.unittest import SynchronousTestCase

from occwserv.garbage import GIVEN, GROWTH, PACE, YOUNG, Collector, held


class Ring:
    """Something that only the collector frees."""

    def __init__(self) -> None:
        self.itself = self


class CollectorTests(SynchronousTestCase):
    def setUp(self) -> None:
        self.before = gc.get_threshold()
        self.held = [100, 1000]
        self.worked = 0.0
        self.looks: list[int] = []
        self.clock = Clock()
        self.freed = 0  # bytes, and not given back
        self.given: list[int] = []
        self.collector = Collector(self.clock, lambda: tuple(self.held), lambda: self.worked, self.give_back)
        self.collector.start()
        gc.callbacks.append(self.looked)
        self.addCleanup(gc.callbacks.remove, self.looked)

    def tearDown(self) -> None:
        self.collector.stop()
        self.assertEqual((gc.get_threshold(), gc.get_freeze_count(), self.clock.calls), (self.before, 0, []))

    def give_back(self, left: int) -> None:
        self.given.append(self.freed)
        self.held[1] -= self.freed
        self.freed = 0

    def looked(self, phase: str, about: dict) -> None:
        if phase == "stop":
            self.looks.append(about["generation"])

    def test_a_ring_is_freed_soon(self) -> None:
        ring = ref(Ring())
        kept = [[] for _ in range(2 * YOUNG)]
        self.assertIsNone(ring())
        self.assertLess(len(gc.get_objects()), len(kept), "what is left is put aside")

    def test_only_what_is_new_is_looked_at_however_much_there_is(self) -> None:
        kept = [[] for _ in range(50 * YOUNG)]
        self.assertEqual((set(self.looks), len(kept)), ({0}, 50 * YOUNG))

    def test_what_is_freed_at_once_needs_no_look(self) -> None:
        for _ in range(50 * YOUNG):
            _ = []
        self.assertLessEqual(len(self.looks), 1)

    def test_what_takes_the_place_of_others_is_put_aside_without_a_look(self) -> None:
        kept = [[] for _ in range(10 * YOUNG)]
        gc.collect(0)
        self.looks.clear()
        for number in range(len(kept)):
            kept[number] = []
        self.assertGreaterEqual(len(gc.get_objects()), len(kept) - YOUNG)
        self.clock.advance(PACE)
        self.assertLess(len(gc.get_objects()), YOUNG)
        self.assertEqual(self.looks, [])

    def test_a_ring_that_was_put_aside_is_freed_when_there_is_much_more(self) -> None:
        for which, busy in ((0, False), (1, False), (0, True), (1, True)):
            kept = Ring()
            ring = ref(kept)
            self.clock.advance(PACE)
            del kept
            self.looks.clear()
            enough = int(self.held[which] * GROWTH[busy])
            for self.held[which], freed in ((enough - 1, False), (enough, True)):
                self.worked += PACE / 2 if busy else PACE / 20
                self.clock.advance(PACE)
                self.assertEqual(ring() is None, freed, self.held)
            self.clock.advance(PACE)
            self.assertEqual(self.looks.count(2), 1, "the next is due when it has grown as much again")

    def test_what_was_freed_is_given_back_and_leads_to_no_look(self) -> None:
        self.given.clear()
        for _ in range(2 * GIVEN):
            self.held[1], self.freed = 5000, 4000
            self.clock.advance(PACE)
        self.assertEqual((self.given, self.looks.count(2)), ([4000, 4000], 0))
        self.held[1], self.freed = 5000, 2000
        self.clock.advance(PACE)
        self.assertEqual((self.given[-2:], self.looks.count(2)), ([2000, 0], 1))

    def test_what_there_is(self) -> None:
        things, size = held()
        kept = [[] for _ in range(10_000)]
        self.assertGreaterEqual(held()[0], things + len(kept))
        self.assertGreater(size, 1 << 20)
