"""A module that has changed on disk."""

from .ogi_stage import OgiTestCase

HITS = """
    VERSION = 1

    async def ogimain(ogi):
        await ogi.persist()
        ogi.state["loads"] = ogi.state.get("loads", 0) + 1
        async for c in ogi:
            if c.query == "hold":
                ogi.fork(hold(ogi, c))
                continue
            ogi.state["hits"] = ogi.state.get("hits", 0) + 1
            await c.json([VERSION, ogi.state["hits"]])

    async def hold(ogi, c):
        async with c.stream("text/plain") as out:
            for _ in range(10):
                await out.write(f"{VERSION}")
                await ogi.sleep(1)
"""
ONCE = """
    async def ogimain(ogi):
        c = await ogi.receive()
        await c.text("one")
"""


class ReloadTests(OgiTestCase):
    """New code for new connections."""

    modules = {"hits": HITS, "once": ONCE}

    def change(self, text: str) -> None:
        """The file is another one, and that is noticed."""
        self.write("hits", text)
        self.look()
        self.get("/ogi/hits?0")

    def version(self, number: int) -> str:
        return HITS.replace("VERSION = 1", f"VERSION = {number}")

    def test_new_code_answers_new_connections_and_has_the_state(self) -> None:
        self.assertEqual(self.json("/ogi/hits"), [1, 1])
        self.change(self.version(2))
        self.assertEqual(self.json("/ogi/hits"), [2, 3])
        self.assertEqual(self.figures()["handlers"]["busy"], 1)

    def test_the_old_instance_finishes_what_it_holds(self) -> None:
        client = self.ask("/ogi/hits?hold")
        self.change(self.version(2))
        self.wait(6)
        self.assertEqual(self.json("/ogi/hits")[0], 2)
        self.assertEqual(self.figures()["handlers"]["busy"], 2)
        self.wait(6)
        self.assertEqual(client.answer().body, b"1" * 10)
        self.assertEqual(self.figures()["handlers"]["busy"], 1)

    def test_instances_for_one_request(self) -> None:
        self.assertEqual(self.text("/ogi/once"), "one")
        self.write("once", ONCE.replace("one", "two"))
        self.look()
        self.assertEqual(self.text("/ogi/once"), "two")

    def test_a_file_that_can_not_be_used_leaves_the_old_one_serving(self) -> None:
        self.assertEqual(self.json("/ogi/hits")[0], 1)
        for text, why in (
            ("async def ogimain(ogi:", "SyntaxError: "),
            ("x = 1", "has no `async def ogimain(ogi)`"),
            ("def ogimain(ogi): pass", "has no `async def ogimain(ogi)`"),
            ("import no_such_module_anywhere", "ModuleNotFoundError"),
            ("raise SystemExit(3)", "SystemExit: 3"),
            ("\0", "null bytes"),
        ):
            self.change(text)
            self.assertEqual(self.json("/ogi/hits")[0], 1)
            page = self.text("/ogi/").replace("&#39;", "'").replace("&#96;", "`")
            self.assertIn("the file can not be used: ", page)
            self.assertIn(why, page)
            self.assertIn(why, self.said())
        self.assertEqual(self.figures()["faults"], 0)
        self.change(self.version(3))
        self.assertEqual(self.json("/ogi/hits")[0], 3)
        self.assertNotIn("can not be used", self.text("/ogi/"))

    def test_one_for_one_request_that_can_not_be_used_leaves_the_old_code(self) -> None:
        self.assertEqual(self.text("/ogi/once"), "one")
        self.write("once", "nonsense =")
        self.look()
        self.assertEqual([self.text("/ogi/once") for _ in range(2)], ["one", "one"])
        self.assertIn("SyntaxError", self.text("/ogi/"))

    def test_one_that_never_could_be_used_is_an_incident(self) -> None:
        self.write("new", "nonsense =")
        self.assertIn("SyntaxError", self.incident(self.get("/ogi/new")))
        self.write("new", ONCE)
        self.look()
        self.assertEqual(self.text("/ogi/new"), "one")

    def test_a_hundred_changes_lose_no_hit(self) -> None:
        hits, loads = 0, set()
        for n in range(100):
            self.write("hits", self.version(n))
            clients = [self.ask("/ogi/hits") for _ in range(5)]
            self.wait(1.5)
            clients += [self.ask("/ogi/hits") for _ in range(5)]
            for client in clients:
                answer = client.answer()
                hits += 1
                self.assertEqual((answer.status, b",%d]" % hits in answer.body), (200, True), answer.body)
                loads.add(answer.body.split(b",")[0])
                client.close()
        self.assertGreater(len(loads), 98)
        self.assertEqual(self.figures()["handlers"]["busy"], 1)

    def test_a_change_waits_until_a_handler_is_free(self) -> None:
        self.end()
        self.serve(handlers=1)
        self.assertEqual(self.json("/ogi/hits")[0], 1)
        self.change(self.version(2))
        self.assertEqual(self.json("/ogi/hits")[0], 1)

    def test_a_file_that_is_gone(self) -> None:
        self.assertEqual(self.json("/ogi/hits"), [1, 1])
        (self.folder / "ogi" / "hits.py").unlink()
        self.look()
        self.assertEqual(self.json("/ogi/hits"), [1, 2])  # it may be about to be replaced
        self.look()
        self.assertEqual(self.get("/ogi/hits").status, 404)
        self.assertEqual(self.get("/ogi/hits").status, 404)
        self.assertEqual(self.figures()["handlers"]["busy"], 0)
        self.write("hits", self.version(4))
        self.assertEqual(self.json("/ogi/hits"), [4, 3])


class LoopingTests(OgiTestCase):
    """A file that loops while it is loaded. This takes real time."""

    modules = {"hits": HITS}
    ogi = {"watchdog": 0.1}

    def test_it_leaves_the_old_one_serving(self) -> None:
        self.assertEqual(self.json("/ogi/hits")[0], 1)
        self.write("hits", "while True: pass")
        self.look()
        self.get("/ogi/hits?0")
        self.assertEqual(self.json("/ogi/hits")[0], 1)
        self.assertIn("Spinning", self.said())

    def test_a_new_one_is_an_incident(self) -> None:
        self.write("new", "while True: pass")
        self.assertIn("Spinning", self.incident(self.get("/ogi/new")))
