"""The Q method (RFC 1143): every state and message, and two sides that change their minds without ever looping."""

from hypothesis import given
from hypothesis import strategies as st
from twisted.trial.unittest import SynchronousTestCase

from occwserv.telnet.options import Side, ours, theirs

from .examples import examples

WILL, WONT, DO, DONT = b"\xff\xfb\x01", b"\xff\xfc\x01", b"\xff\xfd\x01", b"\xff\xfe\x01"

# What happens one after the other -> what is said to each, and whether it is agreed on at the end.
CASES = (
    ("+", [WILL], False),
    ("+y", [WILL, b""], True),
    ("+n", [WILL, b""], False),
    ("+y-", [WILL, b"", WONT], False),
    ("+y-n", [WILL, b"", WONT, b""], False),
    ("+y-+n", [WILL, b"", WONT, b"", WILL], False),
    ("+y-+-n", [WILL, b"", WONT, b"", b"", b""], False),
    ("+y-y", [WILL, b"", WONT, b""], False),
    ("+y-+y", [WILL, b"", WONT, b"", b""], True),
    ("+-y", [WILL, b"", WONT], False),
    ("+-yn", [WILL, b"", WONT, b""], False),
    ("+-n", [WILL, b"", b""], False),
    ("+-+y", [WILL, b"", b"", b""], True),
    ("++y+", [WILL, b"", b"", b""], True),
    ("-n", [b"", b""], False),
    ("y", [WONT], False),
    ("yyy", [WONT] * 3, False),
    ("+yyyy", [WILL, b"", b"", b"", b""], True),
    ("+ynnn", [WILL, b"", WONT, b"", b""], False),
)  # fmt: skip


def act(side: Side, what: str) -> bytes:
    """We want it (+) or no more (-); the client agrees (y) or refuses (n)."""
    return side.ask(1, what == "+") if what in "+-" else side.hear(1, what == "y")


class Peers:
    """One who offers an option and one who is offered it, with what is on its way between them."""

    def __init__(self) -> None:
        self.offering, self.offered = ours({1}), theirs({1})
        self.to_offered: list[bytes] = []
        self.to_offering: list[bytes] = []
        self.said = 0

    def note(self, queue: list[bytes], said: bytes) -> None:
        if said:
            queue.append(said)
            self.said += 1

    def step(self, what: str) -> None:
        if what in "Aa":
            self.note(self.to_offered, self.offering.ask(1, what == "A"))
        elif what in "Bb":
            self.note(self.to_offering, self.offered.ask(1, what == "B"))
        elif what == "1" and self.to_offered:
            self.note(self.to_offering, self.offered.hear(1, self.to_offered.pop(0) == WILL))
        elif what == "2" and self.to_offering:
            self.note(self.to_offered, self.offering.hear(1, self.to_offering.pop(0) == DO))


class OptionTests(SynchronousTestCase):
    def test_what_is_said(self) -> None:
        for steps, expected, agreed in CASES:
            side = ours()
            self.assertEqual(([act(side, step) for step in steps], side.has(1)), (expected, agreed), steps)

    def test_what_is_welcome_is_agreed_to(self) -> None:
        side = theirs({1})
        self.assertEqual((side.hear(1, True), side.hear(1, True), side.has(1)), (DO, b"", True))
        self.assertEqual((side.hear(2, True), side.hear(2, False), side.has(2)), (b"\xff\xfe\x02", b"", False))

    @given(st.text(alphabet="AaBb1122", max_size=40))
    @examples(500)
    def test_two_sides_come_to_rest_and_mean_the_same(self, steps: str) -> None:
        peers = Peers()
        for step in steps:
            peers.step(step)
        asked = sum(step in "AaBb" for step in steps)
        for _ in range(2 * asked + 4):
            peers.step("1")
            peers.step("2")
        self.assertEqual((peers.to_offered, peers.to_offering), ([], []))
        self.assertEqual(peers.offering.has(1), peers.offered.has(1))
        self.assertLessEqual(peers.said, 2 * asked + 2)
