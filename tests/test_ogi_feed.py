"""Streams and feeds: answers that take their time."""

from occwserv.resources.ogi.contract.feed import encode

from .ogi_stage import OgiTestCase

FEED = """
    feeds = {}
    log = []

    async def ogimain(ogi):
        await ogi.persist()
        async for c in ogi:
            ogi.fork(globals()[c.path_info[1:]](c))

    async def listen(c):
        name = c.args.get("name", "")
        async with c.events(room=4, policy=c.args.get("policy", "drop-oldest")) as feed:
            feeds[name] = feed
            log.append(f"{name} came, last {feed.last_event_id!r}")
            try:
                await c.closed
            finally:
                log.append(f"{name} left")
                del feeds[name]

    async def say(c):
        size, times = int(c.args.get("size", 0)), int(c.args.get("times", 1))
        for n in range(times):
            for name, feed in list(feeds.items()):
                if feed.open:
                    await feed.send(c.args["data"] + "x" * size, c.args.get("event"), c.args.get("id"))
        await c.text("said")

    async def many(c):
        size = int(c.args.get("size", 0))
        for feed in list(feeds.values()):
            await feed.send_all([(f"{n}" + "x" * size, str(n)) for n in range(10)])
        await c.text("said")

    async def end(c):
        async with c.events() as feed:
            await feed.send("only")
        try:
            await feed.send("more")
        except Exception as error:
            log.append(type(error).__name__)

    async def break_(c):
        async with c.events() as feed:
            await feed.send("only")
            raise RuntimeError("as asked")

    async def told(c):
        await c.json([*log, sum(f.missed for f in feeds.values())])

    async def flood(c):
        async with c.stream("text/plain") as out:
            for n in range(1000):
                log[:] = [n]
                await out.write(b"x" * 10_000)

    async def watch(c):
        closed = c.closed
        await c.text("answered")
        await closed
        log.append("over")
"""


class EventTests(OgiTestCase):
    """An event as bytes."""

    modules = {}

    def test_an_event_has_a_line_for_each_of_its_data(self) -> None:
        self.assertEqual(encode("a", None, None), b"data: a\n\n")
        self.assertEqual(encode("", "here", "7"), b"event: here\nid: 7\ndata: \n\n")
        self.assertEqual(encode("a\r\nb\rc\nd\n", None, None), b"data: a\ndata: b\ndata: c\ndata: d\ndata: \n\n")
        self.assertEqual(encode("ü\u2028\x85", None, None), "data: ü\u2028\x85\n\n".encode())

    def test_a_name_and_an_id_are_one_line(self) -> None:
        for event, id in (("a\nb", None), (None, "a\rb"), (None, "a\0b")):
            self.assertRaises(ValueError, encode, "", event, id)


class FeedTests(OgiTestCase):
    """Feeds as their clients see them."""

    modules = {"feed": FEED}
    sections = {"timeouts": {"write": 5, "idle": 86400}}

    def listen(self, name: str = "a", *fields: bytes, **how):
        args = "".join(f"&{key}={value}" for key, value in how.pop("args", {}).items())
        client = self.connect(**how)
        self.ask(f"/ogi/feed/listen?name={name}{args}", *fields, client=client)
        return client

    def say(self, **args) -> None:
        self.text("/ogi/feed/say?" + "&".join(f"{key}={value}" for key, value in args.items()))

    def test_events_come_as_they_are_sent(self) -> None:
        client = self.listen()
        head, _, rest = client.sees().partition(b"\r\n\r\n")
        self.assertIn(b"Content-Type: text/event-stream; charset=utf-8\r\nCache-Control: no-store", head)
        self.assertEqual(rest, b"3\r\n:\n\n\r\n")
        client.take(len(head) + 4 + len(rest))
        self.say(data="one", event="e", id=5)
        self.assertEqual(client.take(len(client.sees())), b"1a\r\nevent: e\nid: 5\ndata: one\n\n\r\n")

    def test_events_that_come_together_are_written_together(self) -> None:
        client = self.listen()
        client.take(len(client.sees()))
        self.text("/ogi/feed/many")
        events = b"".join(b"id: %d\ndata: %d\n\n" % (number, number) for number in range(10))
        self.assertEqual(client.sees(), b"%x\r\n%s\r\n" % (len(events), events))

    def test_a_client_that_does_not_read_misses_the_oldest_of_them_too(self) -> None:
        self.listen("slow", send_buffer=2000)
        for _ in range(3):
            self.text("/ogi/feed/many?size=10000")
        self.assertGreater(self.json("/ogi/feed/told")[-1], 0)

    def test_the_last_event_that_was_seen(self) -> None:
        self.listen("b", "Last-Event-ID: grün".encode())
        self.assertEqual(self.json("/ogi/feed/told"), ["b came, last 'grün'", 0])

    def test_a_client_that_leaves_is_noticed(self) -> None:
        client = self.listen()
        client.close()
        other = self.listen("b").finish()
        self.assertEqual(self.json("/ogi/feed/told")[1:-1], ["a left", "b came, last ''", "b left"])
        self.assertTrue(other.ended)
        self.assertEqual((self.figures()["processes"], self.figures()["faults"]), (1, 0), self.said())

    def test_a_feed_that_is_ended_and_one_that_breaks(self) -> None:
        client = self.ask("/ogi/feed/end")
        self.assertEqual(client.answer().body, b":\n\ndata: only\n\n")
        self.assertEqual(self.json("/ogi/feed/told"), ["ClientGone", 0])
        client = self.ask("/ogi/feed/break_")
        self.assertTrue(client.ended)
        self.assertNotIn(b"0\r\n\r\n", client.sees())
        self.assertIn("as asked", self.said())

    def test_head_is_told_of_a_feed_and_gets_none(self) -> None:
        client = self.ask("/ogi/feed/listen?name=a", method=b"HEAD")
        self.assertEqual(client.answer("HEAD")["content-type"], "text/event-stream; charset=utf-8")
        self.assertEqual(self.json("/ogi/feed/told", client=client)[:2], ["a came, last ''", "a left"])

    def test_a_silent_feed_gets_something_now_and_then(self) -> None:
        client = self.listen()
        client.take(len(client.sees()))
        self.wait(14)
        self.assertEqual(client.sees(), b"")
        self.wait(1.5)
        self.assertEqual(client.sees(), b"3\r\n:\n\n\r\n")
        self.wait(150)
        self.assertEqual(client.sees().count(b":"), 11)

    def test_a_reader_that_stops_loses_the_oldest_and_is_told_how_many(self) -> None:
        slow, quick = self.listen("slow", send_buffer=4096), self.listen("quick")
        for n in range(40):
            self.say(data=f"<{n}>", size=10_000)
            quick.sees()
        self.assertEqual([quick.sees().count(b"<%d>" % n) for n in range(40)], [1] * 40)
        missed = self.json("/ogi/feed/told")[-1]
        self.assertGreater(missed, 10)
        seen = slow.sees()
        self.assertIn(b"event: missed\ndata: %d\n\n" % missed, seen)
        lost = [n for n in range(40) if b"<%d>" % n not in seen]
        self.assertEqual((len(lost), lost), (missed, list(range(lost[0], lost[0] + missed))))
        self.assertLess(seen.index(b"<%d>" % (lost[0] - 1)), seen.index(b"missed"))
        self.assertLess(seen.index(b"missed"), seen.index(b"<%d>" % (lost[-1] + 1)))

    def test_a_feed_that_blocks_holds_up_who_sends_and_loses_nothing(self) -> None:
        slow = self.listen("slow", args={"policy": "block"}, send_buffer=4096)
        client = self.ask("/ogi/feed/say?data=one&size=10000&times=40")
        self.assertEqual(client.sees(), b"")
        self.assertEqual(slow.sees().count(b"one"), 40)
        self.assertEqual(client.answer().status, 200)

    def test_who_blocks_on_a_reader_that_leaves_goes_on(self) -> None:
        slow = self.listen("slow", args={"policy": "block"}, send_buffer=4096)
        client = self.ask("/ogi/feed/say?data=one&size=10000&times=40")
        slow.close()
        self.assertEqual(client.answer().status, 400)  # `send` raised that the reader has gone, and `say` let it

    def test_a_feed_that_closes_cuts_off_who_is_too_slow(self) -> None:
        slow = self.listen("slow", args={"policy": "close"}, send_buffer=4096)
        for _ in range(30):
            self.get("/ogi/feed/say?data=one&size=10000")
        self.assertEqual(self.json("/ogi/feed/told")[:2], ["slow came, last ''", "slow left"])
        self.assertTrue(slow.ended)
        self.assertEqual((self.figures()["processes"], self.figures()["faults"]), (1, 0), self.said())

    def test_a_reader_that_takes_nothing_is_cut_off_in_the_end(self) -> None:
        slow = self.listen("slow", send_buffer=4096)
        self.say(data="one", size=10_000, times=40)
        self.wait(11)
        self.assertEqual(self.json("/ogi/feed/told")[:2], ["slow came, last ''", "slow left"])
        self.assertEqual(self.figures()["processes"], 1)
        slow.close()

    def test_a_stream_goes_no_faster_than_its_reader(self) -> None:
        client = self.connect(send_buffer=4096)
        self.ask("/ogi/feed/flood", client=client)
        self.assertLess(self.json("/ogi/feed/told")[0], 50)
        read = 0
        while got := client.some(1 << 16):
            read += got
            self.reactor.pump()
        self.assertGreater(read, 10_000_000)
        self.assertEqual(self.json("/ogi/feed/told")[0], 999)

    def test_a_stream_whose_reader_leaves_ends(self) -> None:
        client = self.connect(send_buffer=4096)
        self.ask("/ogi/feed/flood", client=client)
        client.close()
        self.assertEqual((self.figures()["processes"], self.figures()["faults"]), (1, 0), self.said())

    def test_who_waits_for_a_client_to_leave_is_told_when_it_has_its_answer(self) -> None:
        self.assertEqual(self.text("/ogi/feed/watch"), "answered")
        self.assertEqual(self.json("/ogi/feed/told"), ["over", 0])
