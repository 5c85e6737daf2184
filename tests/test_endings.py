"""Outputs that are left alone until they end: on a real loop, with real pipes."""

import os
from asyncio import Future
from types import SimpleNamespace

import uvloop
from twisted.internet.task import Clock
from twisted.trial.unittest import SynchronousTestCase

from occwserv.net.endings import Endings


class Noted:
    """An output that notes what it is told."""

    def __init__(self, loop: uvloop.Loop) -> None:
        self._reading, self.writing = os.pipe()
        self.told: Future = loop.create_future()

    def fileno(self) -> int:
        return self._reading

    def ended(self) -> None:
        self.told.set_result(("ended", os.read(self._reading, 100)))

    def lasts(self) -> None:
        self.told.set_result(("lasts", os.read(self._reading, 100)))

    def write(self, data: bytes, end: bool) -> None:
        os.write(self.writing, data)
        if end:
            os.close(self.writing)

    def close(self) -> None:
        os.close(self._reading)


class EndingsTests(SynchronousTestCase):
    """Who is told what."""

    def setUp(self) -> None:
        self.loop = uvloop.new_event_loop()
        self.addCleanup(self.loop.close)
        self.endings = Endings(SimpleNamespace(_asyncioEventloop=self.loop))
        self.addCleanup(self.endings.close)

    def output(self) -> Noted:
        made = Noted(self.loop)
        self.addCleanup(made.close)
        self.assertTrue(self.endings.watch(made))
        return made

    def told(self, output: Noted) -> tuple[str, bytes]:
        return self.loop.run_until_complete(output.told)

    def test_all_comes_with_the_end(self) -> None:
        first, second = self.output(), self.output()
        first.write(b"a", end=False)
        first.write(b"b", end=True)
        second.write(b"c", end=True)
        self.assertEqual((self.told(first), self.told(second)), (("ended", b"ab"), ("ended", b"c")))

    def test_who_goes_on_is_read_after_a_moment(self) -> None:
        output, other = self.output(), self.output()
        self.addCleanup(os.close, output.writing)
        output.write(b"a", end=False)
        other.write(b"b", end=True)
        self.assertEqual((self.told(output), self.told(other)), (("lasts", b"a"), ("ended", b"b")))

    def test_who_is_forgotten_is_told_nothing(self) -> None:
        output, other = self.output(), self.output()
        self.endings.forget(output)
        self.endings.forget(output)
        output.write(b"a", end=True)
        other.write(b"b", end=True)
        self.assertEqual(self.told(other), ("ended", b"b"))
        self.assertFalse(output.told.done())

    def test_nobody_is_told_anything_after_the_end(self) -> None:
        output = self.output()
        self.endings.close()
        output.write(b"a", end=True)
        turn: Future = self.loop.create_future()
        self.loop.call_soon(turn.set_result, None)
        self.loop.run_until_complete(turn)
        self.assertFalse(output.told.done())

    def test_elsewhere_than_on_such_a_loop_nothing_is_left_alone(self) -> None:
        self.assertFalse(Endings(Clock()).watch(self.output()))
