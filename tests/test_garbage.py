"""The collector of rings at the server's pace. What it looks at is told by itself; how long that takes is not."""

import gc
from weakref import ref

from twisted.trial.unittest import SynchronousTestCase

from occwserv.garbage import YOUNG, Collector


class Thing:
    """Something that may be in a ring."""

    def __init__(self) -> None:
        self.itself: Thing | None = self


class CollectorTests(SynchronousTestCase):
    def setUp(self) -> None:
        self.before = gc.get_threshold()
        self.looks: list[int] = []
        self.collector = Collector(enough=5 * YOUNG)
        self.collector.start()
        gc.callbacks.append(self.looked)
        self.addCleanup(gc.callbacks.remove, self.looked)

    def tearDown(self) -> None:
        self.collector.stop()
        self.assertEqual((gc.get_threshold(), gc.get_freeze_count()), (self.before, 0))

    def looked(self, phase: str, about: dict) -> None:
        if phase == "stop":
            self.looks.append(about["generation"])

    def test_a_ring_is_freed_soon(self) -> None:
        thing = ref(Thing())
        kept = [[] for _ in range(2 * YOUNG)]
        self.assertIsNone(thing())
        self.assertLess(len(gc.get_objects()), len(kept), "what is left is put aside")

    def test_only_what_is_new_is_looked_at_however_much_there_is(self) -> None:
        kept = [[] for _ in range(50 * YOUNG)]
        self.assertEqual((set(self.looks), len(kept)), ({0}, 50 * YOUNG))

    def test_what_is_freed_at_once_needs_no_look(self) -> None:
        for _ in range(50 * YOUNG):
            _ = []
        self.assertLessEqual(len(self.looks), 1)

    def test_a_ring_that_was_put_aside_is_freed_when_much_was(self) -> None:
        old = Thing()
        thing = ref(old)
        kept = [[] for _ in range(2 * YOUNG)]
        del old
        self.collector.tick()
        self.assertIsNotNone(thing(), "it was needed when it was looked at")
        kept += [[] for _ in range(5 * YOUNG)]
        self.collector.tick()
        self.assertIsNone(thing())
        self.collector.tick()
        self.assertEqual((self.looks.count(2), len(kept)), (1, 7 * YOUNG))
