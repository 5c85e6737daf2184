"""Answers that come too late, and modules that fail too often."""

import tracemalloc

from twisted.trial.unittest import SynchronousTestCase

from occwserv.resources.ogi.faults import Faults

from .ogi_stage import OgiTestCase

LATE = """
    from occwserv.csp import Channel

    log = []

    async def ogimain(ogi):
        await ogi.persist()
        async for c in ogi:
            if c.path_info == "/block":
                await ogi.sleep(1000)
            ogi.fork(globals()[c.path_info[1:]](ogi, c))

    async def text(ogi, c):
        await ogi.sleep(12)
        await c.text("late")
        log.append("went on")

    async def stream(ogi, c):
        await ogi.sleep(12)
        async with c.stream("text/plain") as out:
            await out.write("late")
        log.append("went on")

    async def feed(ogi, c):
        await ogi.sleep(12)
        async with c.events() as feed:
            log.append(f"open {feed.open}")
            await c.closed
            log.append("closed")
            await feed.send("late")
        log.append("went on")

    async def body(ogi, c):
        await ogi.sleep(12)
        await c.body()

    async def told(ogi, c):
        await c.json(log)
"""
GATHER = """
    held = []

    async def ogimain(ogi):
        await ogi.persist()
        async for c in ogi:
            held.append(c)
            while c.query == "all" and held:
                await held.pop().text("all")
"""
FAIL = """
    async def ogimain(ogi):
        await ogi.persist()
        async for c in ogi:
            if c.query == "fail":
                raise RuntimeError("asked to")
            await c.text("well")
"""
START = """
    async def ogimain(ogi):
        raise RuntimeError("at once")
"""
LOUD = """
    class Loud(Exception):
        def __str__(self):
            raise RuntimeError("not even that")

    async def ogimain(ogi):
        c = await ogi.receive()
        raise Loud if c.query else RuntimeError("x" * 100_000)
"""


class FaultsTests(SynchronousTestCase):
    """The count of one module."""

    def test_so_many_within_the_window(self) -> None:
        faults = Faults(3, 60)
        for now, wait in ((0, 0), (10, 0), (59, 1), (61, 9), (200, 0), (201, 0), (202, 58)):
            faults.happened(now, "fault")
            self.assertEqual(faults.wait(now), wait, now)
        self.assertEqual(faults.total, 7)
        faults.forgive()
        self.assertEqual(faults.wait(202), 0)

    def test_what_counts_no_more_takes_no_memory(self) -> None:
        faults = Faults(1_000_000, 60)
        tracemalloc.start()
        self.addCleanup(tracemalloc.stop)
        for now in range(10_000):
            faults.happened(now + 0.5, "fault")
        self.assertLess(tracemalloc.get_traced_memory()[0], 10_000)


class LateTests(OgiTestCase):
    """504, and then nothing the module does changes anything."""

    modules = {"late": LATE, "gather": GATHER}
    ogi = {"answer": 10}

    def test_late_answers_change_nothing(self) -> None:
        expected: list[str] = []
        for what, log in (
            ("text", ["went on"]),
            ("stream", ["went on"]),
            ("feed", ["open False", "closed", "went on"]),
            ("body", []),
        ):
            client = self.ask(f"/ogi/late/{what}")
            self.wait(11)
            self.assertIn("no answer within 10.0 s", self.incident(client.answer(), 504))
            self.wait(5)
            expected += log
            self.assertEqual(self.json("/ogi/late/told"), expected, what)
            self.assertEqual(client.sees(), b"")
            self.assertEqual(self.server.figures()["faults"], {"lost": 0, "twice": 0, "crashed": 0})

    def test_one_that_lets_the_next_in_who_answers_all(self) -> None:
        for cookie in ((), (b"Cookie: ogi=" + b"a" * 32,)):
            first, second = self.ask("/ogi/gather", *cookie), self.ask("/ogi/gather")
            third = self.ask("/ogi/gather?all", *cookie, client=None if cookie else first)
            self.wait(11)
            self.assertEqual([client.answer().status for client in (first, second, third)], [504, 504, 200])
            self.assertEqual(self.server.figures()["faults"], {"lost": 0, "twice": 0, "crashed": 0})

    def test_a_clock_that_is_set_makes_nobody_late_nor_lets_anybody_wait_longer(self) -> None:
        for by in (3600, -3600):
            client = self.ask("/ogi/late/text")
            self.listener.site.now = lambda by=by: self.reactor.seconds() + by
            other = self.ask("/ogi/late/text")
            self.wait(9)
            self.assertEqual((client.sees(), other.sees()), (b"", b""))
            self.wait(2)
            self.assertEqual((client.answer().status, other.answer().status), (504, 504))
            self.wait(5)

    def test_children_that_are_late_do_not_end_an_instance_that_waits_for_requests(self) -> None:
        clients = [self.ask("/ogi/late/text") for _ in range(3)]
        self.wait(11)
        self.assertEqual([client.answer().status for client in clients], [504] * 3)
        self.assertEqual(self.text("/ogi/late/told"), "[]")
        self.wait(5)
        self.assertEqual(self.json("/ogi/late/told"), ["went on"] * 3)

    def test_an_instance_that_is_held_up_is_replaced(self) -> None:
        first, second = self.ask("/ogi/late/block"), self.ask("/ogi/late/told")
        self.wait(11)
        self.assertEqual((first.answer().status, second.answer().status), (504, 504))
        third = self.ask("/ogi/late/told")
        self.wait(11)
        self.assertEqual(third.answer().status, 504)
        self.assertEqual(self.text("/ogi/late/told"), "[]")


class RestTests(OgiTestCase):
    """Five faults in a minute, and a module is not started again for a while."""

    modules = {"fail": FAIL, "start": START, "loud": LOUD}

    def test_it_rests_and_recovers(self) -> None:
        for _ in range(5):
            self.assertEqual(self.text("/ogi/fail"), "well")
            self.incident(self.get("/ogi/fail?fail"))
            self.wait(1)
        answer = self.get("/ogi/fail")
        self.assertEqual((answer.status, answer["retry-after"]), (503, "56"))
        self.assertIn("rests for 5", self.text("/ogi/"))
        self.wait(55)
        self.assertEqual(self.text("/ogi/fail"), "well")
        self.incident(self.get("/ogi/fail?fail"))
        self.assertEqual(self.get("/ogi/fail").status, 503)
        self.assertEqual(self.figures()["faults"], 6)

    def test_a_change_of_its_file_ends_the_rest(self) -> None:
        for _ in range(5):
            self.get("/ogi/fail?fail")
        self.assertEqual(self.get("/ogi/fail").status, 503)
        self.write("fail", FAIL + "\n    # mended\n")
        self.look()
        self.assertEqual(self.text("/ogi/fail"), "well")

    def test_one_that_fails_before_it_receives_is_not_tried_again_for_the_same_request(self) -> None:
        for _ in range(5):
            self.assertIn("RuntimeError: at once", self.incident(self.get("/ogi/start")))
        self.assertEqual(self.get("/ogi/start").status, 503)
        self.assertEqual(self.figures()["faults"], 5)

    def test_errors_that_say_very_much_or_nothing(self) -> None:
        self.assertLess(len(self.incident(self.get("/ogi/loud")).splitlines()[0]), 400)
        self.assertIn("Loud: it can not say what it is", self.incident(self.get("/ogi/loud?1")))
        self.assertLess(len(self.text("/ogi/")), 20_000)
