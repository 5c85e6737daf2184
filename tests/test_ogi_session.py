"""Sessions: a cookie, and the order of the requests that have it."""

from .ogi_stage import OgiTestCase

SESSION = """
    inside = {}
    log = []

    async def ogimain(ogi):
        %s
        async for c in ogi:
            ogi.fork(answer(ogi, c))

    async def answer(ogi, c):
        who, n = c.session, c.query
        inside[who] = inside.get(who, 0) + 1
        log.append([inside[who], n])
        if n == "fail":
            inside[who] -= 1
            raise RuntimeError("asked to")
        if c.path_info == "/log":
            inside[who] -= 1
            await c.json(log)
            return
        if c.path_info == "/feed":
            inside[who] -= 1
            async with c.events() as feed:
                await c.closed
            return
        await ogi.sleep(1)
        inside[who] -= 1
        await c.text(n)
"""
ONE, TWO = (b"Cookie: ogi=" + letter * 32 for letter in (b"a", b"b"))


class SessionTestCase(OgiTestCase):
    ogi = {"queue": 60, "answer": 55}
    modules = {"session": SESSION % "await ogi.persist()", "once": SESSION % "pass"}

    def log(self, name: str = "session") -> list:
        return self.json(f"/ogi/{name}/log", TWO)


class CookieTests(SessionTestCase):
    """The cookie that makes a session."""

    def test_it_is_set_once(self) -> None:
        client = self.ask("/ogi/session?1")
        self.wait(1.5)
        cookie = client.answer()["set-cookie"]
        self.assertRegex(cookie, r"^ogi=[0-9a-f]{32}; Path=/ogi/session; HttpOnly; SameSite=Lax$")
        client = self.ask("/ogi/session?2", b"Cookie: other=1; " + cookie.split(";")[0].encode())
        self.wait(1.5)
        self.assertNotIn("set-cookie", client.answer())

    def test_one_that_we_never_make_is_replaced(self) -> None:
        for value in (b"x", b"g" * 32, b"a" * 31, b""):
            client = self.ask("/ogi/session?1", b"Cookie: ogi=" + value)
            self.wait(1.5)
            self.assertIn("set-cookie", client.answer())

    def test_no_two_are_the_same(self) -> None:
        clients = [self.ask("/ogi/session?1") for _ in range(20)]
        self.wait(1.5)
        self.assertEqual(len({client.answer()["set-cookie"] for client in clients}), 20)


class OrderTests(SessionTestCase):
    """One after the other."""

    def in_order(self, name: str, count: int, *cookies: bytes) -> None:
        clients = [self.ask(f"/ogi/{name}?{n}", cookie) for n in range(count) for cookie in cookies]
        self.assertEqual([client.sees() for client in clients], [b""] * len(clients))
        for n in range(count):
            self.wait(1)
            for client in clients[n * len(cookies) : (n + 1) * len(cookies)]:
                self.assertEqual(client.answer().body, b"%d" % n)
            self.assertEqual(sum(bool(client.sees()) for client in clients), 0)

    def test_the_second_is_not_given_to_the_module_before_the_first_is_answered(self) -> None:
        self.in_order("session", 2, ONE)
        self.assertEqual(self.log()[:2], [[1, "0"], [1, "1"]])

    def test_fifty_at_once_are_one_after_the_other(self) -> None:
        self.in_order("session", 50, ONE)
        self.assertEqual(self.log()[:50], [[1, str(n)] for n in range(50)])

    def test_other_sessions_are_not_held_up(self) -> None:
        self.in_order("session", 3, ONE, TWO, b"Cookie: ogi=" + b"c" * 32)

    def test_with_instances_for_one_request(self) -> None:
        self.in_order("once", 4, ONE)

    def test_a_feed_does_not_hold_up_its_session(self) -> None:
        self.assertIn(b"event-stream", self.ask("/ogi/session/feed", ONE).sees())
        self.in_order("session", 2, ONE)

    def test_a_request_that_fails_lets_the_next_one_in(self) -> None:
        clients = [self.ask(f"/ogi/session?{n}", ONE) for n in ("1", "fail", "fail", "2")]
        self.wait(2)
        self.assertEqual([client.answer().status for client in clients], [200, 500, 500, 200])

    def test_it_is_kept_when_the_module_is_loaded_anew(self) -> None:
        first, second = self.ask("/ogi/session?1", ONE), self.ask("/ogi/session?2", ONE)
        self.write("session", SESSION % "await ogi.persist()" + "\n    log.append('new')\n")
        self.look()
        self.ask("/ogi/session/log", TWO).answer()
        self.assertEqual(first.answer().body, b"1")
        self.wait(1)
        self.assertEqual(second.answer().body, b"2")

    def test_a_session_has_no_more_waiting_than_the_queue_has_room(self) -> None:
        clients = [self.ask(f"/ogi/session?{n}", ONE) for n in range(62)]
        self.assertEqual(clients[61].answer().status, 503)
        self.assertEqual(sum(bool(client.sees()) for client in clients), 0)

    def test_who_waits_too_long_for_others_is_told(self) -> None:
        clients = [self.ask(f"/ogi/session?{n}", ONE) for n in range(61)]
        self.wait(65)
        statuses = [client.answer().status for client in clients]
        self.assertEqual(statuses, sorted(statuses))
        self.assertEqual(set(statuses), {200, 504})
        self.assertEqual(self.text("/ogi/session/log", ONE)[:1], "[")

    def test_nothing_is_left_of_a_session(self) -> None:
        self.in_order("session", 2, ONE)
        sessions = self.farm.shelf.named(b"session").sessions
        self.assertEqual([len(getattr(sessions, name)) for name in sessions.__slots__], [0, 0, 0])
