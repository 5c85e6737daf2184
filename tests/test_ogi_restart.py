"""A handler that ends makes room at once for whoever waited for it, or asks next."""

from .ogi_stage import OgiTestCase
from .sockets import request

FAIL = """
    async def ogimain(ogi):
        await ogi.persist()
        async for c in ogi:
            if c.query == "fail":
                await ogi.sleep(1)
                raise RuntimeError("asked to")
            if c.query == "never":
                await ogi.sleep(1000)
            await c.text(c.query)
"""
ONCE = """
    async def ogimain(ogi):
        c = await ogi.receive()
        if c.query == "never":
            await ogi.sleep(1000)
        await c.text(c.query)
"""
CHILDREN = """
    async def ogimain(ogi):
        await ogi.persist()
        for _ in range(3):
            ogi.fork(never(ogi, await ogi.receive()))
        await ogi.sleep(1000)

    async def never(ogi, c):
        if c.query == "never":
            await ogi.sleep(1000)
        await c.text("next")
"""
SESSION = b"Cookie: ogi=" + b"a" * 32


class RoomTests(OgiTestCase):
    """503 is for those for whom there is no room."""

    modules = {"fail": FAIL, "once": ONCE}
    ogi = {"handlers": 1, "queue": 2, "answer": 10, "faults": 100}

    def test_those_who_waited_for_an_instance_that_failed(self) -> None:
        first, second, third = (self.ask(f"/ogi/fail?{kind}") for kind in ("fail", "two", "three"))
        self.wait(2)
        self.incident(first.answer())
        self.assertEqual([client.answer().body for client in (second, third)], [b"two", b"three"])

    def test_those_who_waited_for_an_instance_that_was_held_up(self) -> None:
        first = [self.ask("/ogi/fail?never")]
        self.wait(1)
        first.append(self.ask("/ogi/fail?two"))
        self.wait(5)
        third = self.ask("/ogi/fail?three")
        self.wait(6)
        for client in first:
            self.incident(client.answer(), 504)
        self.assertEqual(third.answer().body, b"three")

    def test_whoever_asks_ahead_of_an_answer_that_is_late(self) -> None:
        client = self.connect().send(request(b"/ogi/once?never") + request(b"/ogi/once?next"))
        self.wait(11)
        self.incident(client.answer(), 504)
        self.assertEqual(client.answer().body, b"next")

    def test_those_who_are_late_together_are_told_so_whoever_asks_ahead(self) -> None:
        self.write("fail", CHILDREN)
        first = self.ask("/ogi/fail?never")
        self.wait(5)
        others = [self.connect().send(request(b"/ogi/fail?never") + request(b"/ogi/once?next")) for _ in range(2)]
        self.wait(11)
        for client in (first, *others):
            self.incident(client.answer(), 504)
        self.assertEqual([client.answer().body for client in others], [b"next"] * 2)

    def test_the_children_of_an_instance_that_failed_are_about_to_end(self) -> None:
        forks = "await ogi.persist()\n        ogi.fork(ogi.sleep(1000))"
        self.write("fail", FAIL.replace("await ogi.persist()", forks))
        self.test_those_who_waited_for_an_instance_that_failed()


class SessionTests(OgiTestCase):
    """A request that was let in has its place, however many wait behind it."""

    modules = {"fail": FAIL}
    ogi = {"queue": 2, "faults": 100}

    def test_one_whose_session_has_as_many_more_as_may_wait(self) -> None:
        held, first = self.ask("/ogi/fail?fail"), self.ask("/ogi/fail?first", SESSION)
        others = [self.ask(f"/ogi/fail?{number}", SESSION) for number in range(2)]
        self.wait(2)
        self.incident(held.answer())
        self.assertEqual([client.answer().body for client in (first, *others)], [b"first", b"0", b"1"])
