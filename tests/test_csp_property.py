"""What holds of processes whatever they do to each other: nothing is lost, nothing comes twice, nobody is woken twice,
and what was moved without being sent is still its owner's. The crowd is that of `soak_csp.py`, in small, and what it
does is chosen so that a failure can be told in few words.
"""

import random

from hypothesis import given
from hypothesis import strategies as st
from twisted.trial.unittest import SynchronousTestCase

from .examples import examples
from .soak_csp import Crowd


class PropertyTests(SynchronousTestCase):
    """A crowd in small, again and again."""

    @examples(60)
    @given(st.integers(0, 1 << 30), st.integers(20, 400))
    def test_nothing_is_lost_and_nothing_comes_twice(self, seed: int, operations: int) -> None:
        chance = random.Random(seed)
        book = Crowd(lambda below: int(chance.random() * below), watched=False).run(operations)
        self.assertEqual(book.faults, [])

    @examples(150)
    @given(st.binary(min_size=30, max_size=300))
    def test_whatever_is_chosen(self, choices: bytes) -> None:
        place = 0

        def pick(below: int) -> int:
            nonlocal place
            place += 1
            return (choices[place % len(choices)] + place // len(choices)) % below

        self.assertEqual(Crowd(pick, watched=False).run(200).faults, [])

    def test_a_crowd_that_can_be_woken_from_outside_is_not_accused(self) -> None:
        state = 1

        def pick(below: int) -> int:
            nonlocal state
            state = (state * 69069 + 1) & 0xFFFFFFFF
            return (state >> 8) % below

        book = Crowd(pick).run(500)
        self.assertEqual(book.faults, [])
        self.assertGreater(len(book.given), 50)
