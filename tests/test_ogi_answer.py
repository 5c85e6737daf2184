"""The ways in which a module answers."""

from .ogi_stage import OgiTestCase
from .sockets import request

ANSWER = """
    from occwserv.csp import Channel

    async def ogimain(ogi):
        await ogi.persist()
        async for c in ogi:
            ogi.fork(globals()[c.path_info[1:]](c))

    async def text(c): await c.text("grün \\ud800", 201)
    async def html(c): await c.html("<p>grün")
    async def json(c): await c.json({"a": [1, None]}, 404)
    async def redirect(c): await c.redirect("/ogi/x?grün=1\\r\\nX: y")
    async def moved(c): await c.redirect("https://example.org/", 301)
    async def reply(c): await c.reply(418, {"X-One": "1", "Content-Type": "image/x"}, b"abc")
    async def pairs(c): await c.reply(200, [("Vary", "a"), ("Vary", "b")], "grün")
    async def empty(c): await c.reply(204)
    async def plain(c): await c.reply()

    async def cookies(c):
        c.set_cookie("a", "1")
        c.set_cookie("b", "2", path="/x", max_age=60)
        await c.text("")

    async def wrong(c):
        for act in (
            lambda: c.set_cookie("a", "1; Domain=x"), lambda: c.set_cookie("a", "1\\r\\n"),
            lambda: c.set_cookie("a", "ü"), lambda: c.events(policy="lose"), lambda: c.events(room=0),
            lambda: c.stream("ü/x"),
        ):
            try:
                act()
            except ValueError:
                continue
            return
        for how in (
            (200, {"X": "a\\r\\nY: b"}), (200, {"X": "\\u2020"}), (200, {"Content-Length": "5"}),
            (100, {}), (99, {}), (1000, {}),
            (200, {"transfer-encoding": "chunked"}), (101, {}),
        ):
            try:
                await c.reply(*how)
            except ValueError:
                continue
            return
        await c.text("all refused")

    async def stream(c):
        async with c.stream("text/x", 203, {"X-One": "1"}) as out:
            await out.write(b"")
            await out.write(b"abc")
            await out.write("grün")
"""


class AnswerTests(OgiTestCase):
    """Each way, as the client sees it."""

    modules = {"answer": ANSWER}

    def seen(self, what: str, **how):
        return self.get(f"/ogi/answer/{what}", **how)

    def test_text_and_pages(self) -> None:
        answer = self.seen("text")
        self.assertEqual((answer.status, answer["content-type"]), (201, "text/plain; charset=utf-8"))
        self.assertEqual(answer.body.decode(), "grün ?")
        answer = self.seen("html")
        self.assertEqual((answer.status, answer["content-type"]), (200, "text/html; charset=utf-8"))
        self.assertEqual(answer.body.decode(), "<p>grün")

    def test_json(self) -> None:
        answer = self.seen("json")
        self.assertEqual(
            (answer.status, answer["content-type"], answer.body), (404, "application/json", b'{"a":[1,null]}')
        )

    def test_redirections_can_not_break_out_of_their_line(self) -> None:
        answer = self.seen("redirect")
        self.assertEqual((answer.status, answer["location"]), (303, "/ogi/x?gr%C3%BCn=1%0D%0AX:%20y"))
        answer = self.seen("moved")
        self.assertEqual((answer.status, answer["location"]), (301, "https://example.org/"))

    def test_whatever_it_is(self) -> None:
        answer = self.seen("reply")
        self.assertEqual(
            (answer.status, answer["x-one"], answer["content-type"], answer.body), (418, "1", "image/x", b"abc")
        )
        answer = self.seen("pairs")
        self.assertEqual([value for name, value in answer.fields if name == "vary"], ["a", "b"])
        self.assertEqual(answer.body.decode(), "grün")
        self.assertEqual((self.seen("empty").status, self.seen("plain").status), (204, 200))

    def test_cookies(self) -> None:
        cookies = [value for name, value in self.seen("cookies").fields if name == "set-cookie"]
        self.assertEqual(
            cookies, ["a=1; Path=/; HttpOnly; SameSite=Lax", "b=2; Path=/x; HttpOnly; SameSite=Lax; Max-Age=60"]
        )

    def test_what_would_be_no_answer_is_refused(self) -> None:
        self.assertEqual(self.seen("wrong").body, b"all refused")

    def test_an_answer_in_pieces(self) -> None:
        answer = self.seen("stream")
        self.assertEqual((answer.status, answer["x-one"], answer["content-type"]), (203, "1", "text/x"))
        self.assertEqual((answer["transfer-encoding"], answer.body.decode()), ("chunked", "abcgrün"))

    def test_head_gets_no_body(self) -> None:
        for what in ("text", "json", "reply", "stream"):
            client = self.ask(f"/ogi/answer/{what}", method=b"HEAD")
            self.assertTrue(client.sees().endswith(b"\r\n\r\n"), what)
            self.assertEqual(client.answer("HEAD").body, b"")
            self.assertEqual(self.ask("/ogi/answer/html", client=client).answer().status, 200)

    def test_http_1_0(self) -> None:
        client = self.connect().send(request(b"/ogi/answer/html", minor=0))
        self.assertTrue(client.ended)
        self.assertIn(b"Connection: close", client.sees())
        client = self.connect().send(request(b"/ogi/answer/stream", b"Connection: keep-alive", minor=0))
        self.assertTrue(client.ended)
        answer = client.answer()
        self.assertNotIn("transfer-encoding", answer)
        self.assertEqual(answer.body.decode(), "abcgrün")
        client = self.connect().send(request(b"/ogi/answer/html", b"Connection: keep-alive", minor=0) * 2)
        self.assertEqual([client.answer().status, client.answer().status], [200, 200])

    def test_pipelined_requests_are_answered_in_their_order(self) -> None:
        client = self.connect()
        names = ("text", "stream", "json", "html", "empty", "stream", "reply") * 5
        client.send(b"".join(request(b"/ogi/answer/" + name.encode()) for name in names))
        statuses = [client.answer().status for _ in names]
        self.assertEqual(statuses, [201, 203, 404, 200, 204, 203, 418] * 5)

    def tearDown(self) -> None:
        self.assertEqual(self.figures()["faults"], 0, self.said())
