"""A connection is moved and not shared; and what becomes of it when its holder fails."""

from .ogi_stage import OgiTestCase

MOVES = """
    from occwserv.csp import Buffer, Channel, ends, let_others

    desk = Channel("desk")
    kept = []

    async def ogimain(ogi):
        await ogi.persist()
        ogi.fork(clerk(), "clerk")
        async for c in ogi:
            ogi.fork(globals()[c.path_info[1:]](ogi, c), c.path_info[1:])
            del c

    async def clerk():
        async for c in desk:
            await c.text("by the clerk")

    async def sent(ogi, c):
        await desk.send(c)

    async def sent_and_used(ogi, c):
        await desk.send(c)  # here
        try:
            await c.text("again")
        except Exception as error:
            kept.append(f"{type(error).__name__}: {error}")

    async def told(ogi, c):
        await c.json(kept)

    async def given(ogi, c):
        other = c.give()
        try:
            c.method
        except Exception as error:
            kept.append(f"{type(error).__name__}: {error}")
        other.set_cookie("a", "1")
        third = other.give()
        await third.text(repr(c)[:20] + repr(third))

    async def answered_and_used(ogi, c):
        await c.text("once")
        for act in (c.text, c.html, c.json, c.redirect):
            try:
                await act("x")
            except Exception as error:
                kept.append(f"{type(error).__name__}: {error}")
        for make in (c.stream, c.events):
            try:
                async with make(*("text/x",) if make == c.stream else ()):
                    pass
            except Exception as error:
                kept.append(f"{type(error).__name__}: {error}")
        try:
            c.set_cookie("a", "1")
        except Exception as error:
            kept.append(f"{type(error).__name__}: {error}")

    async def begun_and_used(ogi, c):
        async with c.stream("text/plain") as out:
            await out.write("a")
            try:
                await c.text("b")
            except Exception as error:
                kept.append(f"{type(error).__name__}: {error}")
            await out.write("c")

    async def fails(ogi, c):
        raise KeyError("in a fork")

    async def returns(ogi, c):
        pass

    async def cancelled(ogi, c):
        child = ogi.fork(waits(ogi, c))
        del c
        await let_others()
        child.cancel()

    async def waits(ogi, c):
        await ogi.sleep(100)

    async def grandchild(ogi, c):
        ogi.fork(fails(ogi, c), "grandchild")

    async def keep(ogi, c):
        kept.append(c)
        await ogi.sleep(100)

    async def buffered(ogi, c):
        buffer = Buffer(1)
        await buffer.send(c)
        del c
        raise KeyError("with a connection in a buffer")
"""
TOGETHER = """
    held = []

    async def ogimain(ogi):
        await ogi.persist()
        async for c in ogi:
            if c.query == "fail":
                raise RuntimeError("all of us")
            if c.query == "end":
                await c.text("ended")
                return
            ogi.fork(wait(ogi, c)) if c.query == "child" else held.append(c)

    async def wait(ogi, c):
        await ogi.sleep(2)
        await c.text("by a child")
"""


class MoveTests(OgiTestCase):
    """Who has a connection."""

    modules = {"moves": MOVES, "together": TOGETHER}
    ogi = {"faults": 100}

    def told(self) -> list[str]:
        return self.json("/ogi/moves/told")

    def line(self, text: str) -> str:
        lines = (self.folder / "ogi" / "moves.py").read_text().splitlines()
        return rf"at {self.folder}/ogi/moves\.py:{lines.index(text) + 1}$"

    def test_over_a_channel(self) -> None:
        self.assertEqual(self.text("/ogi/moves/sent"), "by the clerk")
        self.assertEqual(self.figures()["faults"], 0)

    def test_using_it_after_it_was_sent_names_the_line_that_sent_it(self) -> None:
        self.assertEqual(self.text("/ogi/moves/sent_and_used"), "by the clerk")
        (error,) = self.told()
        self.assertRegex(error, "Moved: .*" + self.line("    await desk.send(c)  # here"))

    def test_giving_it_away_by_hand(self) -> None:
        answer = self.get("/ogi/moves/given")
        self.assertEqual(answer.body, b"<connection given aw<connection b'GET /ogi/moves/given HTTP/1.1'>")
        self.assertIn("set-cookie", answer)
        self.assertRegex(self.told()[0], "Moved: .*" + self.line("    other = c.give()"))

    def test_using_it_after_answering_names_the_line_that_answered(self) -> None:
        self.assertEqual(self.text("/ogi/moves/answered_and_used"), "once")
        errors = self.told()
        for error in errors[:6]:
            self.assertRegex(
                error, "Misuse: the connection was answered already, " + self.line('    await c.text("once")')
            )
        self.assertRegex(errors[6], "Misuse: a cookie goes with the answer, which was begun at ")
        self.assertEqual(self.server.figures()["faults"]["twice"], 6)

    def test_using_it_beside_a_stream(self) -> None:
        self.assertEqual(self.text("/ogi/moves/begun_and_used"), "ac")
        self.assertRegex(self.told()[0], "Misuse: .*" + self.line('    async with c.stream("text/plain") as out:'))

    def test_a_process_that_fails_costs_what_it_held(self) -> None:
        for kind in ("fails", "grandchild"):
            self.assertIn("KeyError: 'in a fork'", self.incident(self.get(f"/ogi/moves/{kind}")))
        self.assertIn("KeyError", self.incident(self.get("/ogi/moves/buffered")))
        self.assertEqual(self.text("/ogi/moves/sent"), "by the clerk")
        self.assertEqual(self.figures()["handlers"]["busy"], 1)

    def test_a_process_that_forgets_or_is_cancelled(self) -> None:
        for kind in ("returns", "cancelled"):
            self.assertIn("forgotten", self.incident(self.get(f"/ogi/moves/{kind}")))

    def test_an_instance_that_fails_costs_all_it_held(self) -> None:
        clients = [self.ask(f"/ogi/together?{who}") for who in ("child", "list", "child", "fail")]
        incidents = {client.answer()["incident"] for client in clients}
        self.assertEqual(len(incidents), 1)
        self.assertEqual(self.figures()["processes"], 0)
        self.assertEqual(self.figures()["faults"], 1)

    def test_an_instance_that_ends_lets_its_children_finish(self) -> None:
        child, listed = self.ask("/ogi/together?child"), self.ask("/ogi/together?list")
        self.assertEqual(self.text("/ogi/together?end"), "ended")
        self.assertEqual((child.sees(), listed.sees()), (b"", b""))
        self.wait(2)
        self.assertEqual(child.answer().body, b"by a child")
        self.assertIn("forgotten", self.incident(listed.answer()))
        self.assertEqual(self.figures()["handlers"]["busy"], 0)

    def test_requests_that_wait_go_to_another_instance(self) -> None:
        client = self.connect()
        both = self.ask("/ogi/together?fail"), self.ask("/ogi/together?end", client=client)
        self.assertEqual((both[0].answer().status, both[1].answer().body), (500, b"ended"))
