"""The states of an instance: for one request, for all, undecided; and when there is no room."""

from .ogi_stage import OgiTestCase
from .sockets import request

ONCE = """
    made = []

    async def ogimain(ogi):
        made.append(ogi)
        c = await ogi.receive()
        await c.text(str(len(made)))
        try:
            await ogi.receive()
        except Exception as error:
            made.append(type(error).__name__)
"""
PERSISTENT = """
    async def ogimain(ogi):
        await ogi.persist()
        served = 0
        async for c in ogi:
            served += 1
            await c.text(str(served))
"""
UNDECIDED = """
    async def ogimain(ogi):
        await ogi.sleep(ogi_sleep)
        if wants:
            await ogi.persist()
        n = 0
        async for c in ogi:
            n += 1
            await c.text(str(n))

    ogi_sleep, wants = 0.6, True
"""
HOLD = """
    kept = []

    async def ogimain(ogi):
        c = await ogi.receive()
        if c.query == "go":
            await c.text("gone on")
            for other in kept:
                await other.text("later")
            kept.clear()
        else:
            kept.append(c)
            while c in kept:
                await ogi.sleep(0.1)
"""
QUEUE = """
    async def ogimain(ogi):
        await ogi.persist()
        async for c in ogi:
            if c.query == "wait":
                await ogi.sleep(3)
            await c.text(c.query)
"""


class StateTests(OgiTestCase):
    """Who answers a request."""

    modules = {"once": ONCE, "persistent": PERSISTENT, "undecided": UNDECIDED, "hold": HOLD, "queue": QUEUE}
    ogi = {"handlers": 4, "queue": 3, "persist": 1}

    def test_without_a_word_an_instance_is_for_one_request(self) -> None:
        self.assertEqual([self.text("/ogi/once") for _ in range(3)], ["1", "3", "5"])
        self.assertEqual(self.figures()["handlers"], {"busy": 0, "all": 4})

    def test_one_that_persists_is_for_all(self) -> None:
        self.assertEqual([self.text("/ogi/persistent") for _ in range(3)], ["1", "2", "3"])
        self.assertEqual(self.figures()["handlers"], {"busy": 1, "all": 4})

    def test_requests_wait_for_the_word(self) -> None:
        clients = [self.ask("/ogi/undecided") for _ in range(3)]
        self.assertEqual([client.sees() for client in clients], [b""] * 3)
        self.wait(1)
        self.assertEqual([client.answer().body for client in clients], [b"1", b"2", b"3"])

    def test_no_word_in_time_means_for_one_request(self) -> None:
        self.write("undecided", UNDECIDED.replace("0.6, True", "3, True"))
        clients = [self.ask("/ogi/undecided") for _ in range(3)]
        self.wait(12)
        self.assertEqual([client.answer().body for client in clients], [b"1", b"1", b"1"])
        self.assertEqual(self.figures()["handlers"]["busy"], 0)

    def test_who_waits_is_given_on_when_the_instance_is_for_one(self) -> None:
        self.write("undecided", UNDECIDED.replace("0.6, True", "0.6, False"))
        clients = [self.ask("/ogi/undecided") for _ in range(3)]
        self.wait(4)
        self.assertEqual([client.answer().body for client in clients], [b"1", b"1", b"1"])

    def test_no_more_wait_for_the_word_than_there_is_room_for(self) -> None:
        clients = [self.ask("/ogi/undecided") for _ in range(4)]
        answer = clients[3].answer()
        self.assertEqual((answer.status, answer["retry-after"]), (503, "1"))
        self.wait(1)
        self.assertEqual([client.answer().status for client in clients[:3]], [200] * 3)

    def test_whoever_asks_ahead_finds_the_handler_free_that_has_answered(self) -> None:
        for _ in range(3):
            self.ask("/ogi/hold")
        client = self.connect().send(request(b"/ogi/once") * 3)
        self.assertEqual([client.answer().body for _ in range(3)], [b"1", b"3", b"5"])

    def test_no_free_handler(self) -> None:
        clients = [self.ask("/ogi/hold") for _ in range(4)]
        for path in ("/ogi/hold", "/ogi/persistent"):
            answer = self.get(path)
            self.assertEqual((answer.status, answer["retry-after"]), (503, "1"))
        clients[0].close()
        self.wait(0.5)
        self.assertEqual(self.get("/ogi/hold").status, 503)  # that a client left ends no instance
        self.assertEqual(self.figures()["faults"], 0)

    def test_a_full_queue(self) -> None:
        clients = [self.ask("/ogi/queue?wait")]
        clients += [self.ask(f"/ogi/queue?{n}") for n in range(4)]
        answer = clients[4].answer()
        self.assertEqual((answer.status, answer["retry-after"]), (503, "1"))
        self.wait(4)
        self.assertEqual([client.answer().body for client in clients[:4]], [b"wait", b"0", b"1", b"2"])

    def test_a_burst_for_modules_that_are_for_one_request(self) -> None:
        client = self.connect()
        client.send(request(b"/ogi/once") * 20)
        self.assertEqual([client.answer().status for _ in range(20)], [200] * 20)

    def test_other_instances_go_on_when_one_keeps_connections(self) -> None:
        held = [self.ask("/ogi/hold") for _ in range(3)]
        self.assertEqual(self.text("/ogi/hold?go"), "gone on")
        self.wait(1)
        self.assertEqual([client.answer().body for client in held], [b"later"] * 3)
        self.assertEqual(self.figures()["handlers"]["busy"], 0)


class SettingsTests(OgiTestCase):
    """Settings that are read anew."""

    modules = {"persistent": PERSISTENT, "i": PERSISTENT, "ai": PERSISTENT}

    def reload(self, **ogi) -> None:
        chosen = self.chosen(**ogi)
        self.server._load = lambda: chosen
        self.server.reload()
        self.reactor.pump()

    def test_another_prefix(self) -> None:
        self.assertEqual(self.text("/ogi/persistent"), "1")
        self.reload(prefix="/apps/")
        self.assertEqual(self.text("/apps/persistent"), "1")
        self.assertEqual(self.get("/ogi/persistent").status, 404)
        self.assertEqual(self.figures()["handlers"]["busy"], 1)

    def test_who_was_here_before_finds_nothing_at_the_old_prefix(self) -> None:
        client = self.connect()
        self.assertEqual([client.send(request(b"/ogi/ai")).answer().status for _ in range(3)], [200] * 3)
        self.reload(prefix="/o/")  # which is shorter: behind as much of the old path would stand another module's name
        for head in (request(b"/ogi/ai"), request(b"/ogi/i"), request(b"/ogi"), request(b"/ogi/")):
            self.assertEqual(client.send(head).answer().status, 404)
        self.assertEqual(self.text("/o/i"), "1")

    def test_the_same_settings_change_nothing(self) -> None:
        self.assertEqual(self.text("/ogi/persistent"), "1")
        self.reload()
        self.assertEqual(self.text("/ogi/persistent"), "2")

    def test_another_folder(self) -> None:
        self.assertEqual(self.text("/ogi/persistent"), "1")
        (self.folder / "other").mkdir()
        self.reload(root=str(self.folder / "other"))
        self.assertEqual(self.get("/ogi/persistent").status, 404)
        self.assertEqual(self.figures()["handlers"]["busy"], 0)


class EndTests(OgiTestCase):
    """The server ends."""

    modules = {
        "persistent": PERSISTENT,
        "queue": QUEUE,
        "feed": """
            async def ogimain(ogi):
                await ogi.persist()
                async for c in ogi:
                    ogi.fork(listen(c))

            async def listen(c):
                async with c.events() as feed:
                    await c.closed
        """,
    }

    def test_who_is_being_answered_is_let_finish_and_others_are_told(self) -> None:
        self.text("/ogi/persistent")
        waiting, feed, later = self.ask("/ogi/queue?wait"), self.ask("/ogi/feed"), self.connect()
        later.send(b"GET /ogi/persistent HTTP/1.1\r\n")
        stopped = self.server.stopService()
        self.reactor.pump()
        self.assertEqual(later.send(b"Host: a\r\n\r\n").answer().status, 503)
        self.wait(1.5)
        self.assertEqual(waiting.answer().status, 503)  # it would take longer than the second there is
        self.assertTrue(feed.ended)
        for client in self.clients:
            client.close()
        self.wait(1)
        self.successResultOf(stopped)
        self.ticking = False
        self.assertEqual((self.farm.handlers(), self.figures()["faults"]), ([], 0), self.said())
        self.reactor.advance(86400)
