"""The look-up at the door: what may be remembered, how it is found again, and that the memories end somewhere."""

from occwserv.backend import logline
from occwserv.frontend.door import ACCEPTS, LONGEST, Memory, memorable
from occwserv.http.head import Limits, parse_head

from .door_parts import BROWSER, MEMORABLE, DoorTestCase
from .sockets import NOW, request

BYTES = 1 << 22


class MemorableTests(DoorTestCase):
    """What may be remembered."""

    def test_the_table(self) -> None:
        for method, target, minor, fields, expected in MEMORABLE:
            head = request(target, *fields, method=method, minor=minor)
            self.assertIs(memorable(parse_head(head, Limits())), expected, head)

    def test_what_may_not_be_is_never_answered_here(self) -> None:
        for method, target, minor, fields, expected in MEMORABLE * 3:
            head = request(target, *fields, method=method, minor=minor)
            self.assertEqual(self.look(head) is not None, expected, head)

    def test_nor_when_its_parts_are_known(self) -> None:
        heads = [request(target, *fields) for _, target, _, fields, expected in MEMORABLE if expected]
        for head in heads * 3:
            self.look(head)
        for method, target, minor, fields, expected in MEMORABLE:
            if not expected:
                for others in (fields, (*BROWSER, *fields)):
                    head = request(target, *others, method=method, minor=minor)
                    self.assertIsNone(self.look(head), head)


class WholeTests(DoorTestCase):
    """Only exactly one whole head is looked at."""

    HEAD = request(b"/page", *BROWSER)

    def spoiled(self) -> list[bytes]:
        head = self.HEAD
        return [
            *(head[:end] for end in range(len(head))),
            *(head[start:] for start in range(1, len(head))),
            head + head, head + b"GET", head + b"\r", head + b"\r\n", b"\r\n" + head, b"\n" + head, b" " + head,
            head.replace(b"\r\n", b"\n"), head[:-2] + b"\n", head[:-4] + b"\n\n", head[:-4] + b"\r\n\n", head[:-1],
            head.replace(b"\r\nHost", b"\nHost"), head.replace(b"Host: a", b"Host: a\0"),
            head.replace(b"Host", b"Most"), head.replace(b"Host:", b"Host :"), head.replace(b"Host", b"\r\nHost"),
            head.replace(b"HTTP/1.1", b"HTTP/2.0"), head.replace(b"GET ", b"GET  "), head.replace(b"GET", b"GET\0"),
            b"\r\n\r\n", b"\r\n", b"\n", b"\0", b"\r\n\r\n" + head, b"\x16\x03\x01\x02\x00",
            b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n",
        ]  # fmt: skip

    def test_nothing_else_is_answered_or_remembered(self) -> None:
        for data in self.spoiled() * 2:
            self.assertIsNone(self.look(data), data)
        self.assert_nothing_is_remembered()

    def test_nor_when_the_head_is_known(self) -> None:
        for _ in range(3):
            self.assertEqual(self.look(self.HEAD), b"/page")
        figures = self.door.figures()
        for data in self.spoiled():
            self.assertIsNone(self.look(data), data)
        self.assertEqual(self.door.figures(), figures)
        self.assertEqual(self.look(self.HEAD), b"/page")


class RememberTests(DoorTestCase):
    """What is learned, and what it spares."""

    def test_a_head_is_read_once_and_soon_not_asked_about(self) -> None:
        head = request(b"/page", *BROWSER)
        for _ in range(10):
            self.assertEqual(self.look(head), b"/page")
        self.assertEqual(self.shelf.routed, [b"/page"])
        self.assertLessEqual(self.shelf.pages[b"/page"].asked, 2)
        self.assertEqual(self.door.figures(), {"heads": 1, "lines": 1, "blocks": 1})

    def test_new_combinations_are_not_read(self) -> None:
        paths = [b"/%d" % number for number in range(10)]
        blocks = [(b"User-Agent: %d" % number,) for number in range(10)]
        for path, block in zip(paths, blocks, strict=True):
            self.look(request(path, *block))
        self.assertEqual(self.shelf.routed, paths)
        for path in paths:
            for block in blocks:
                known = self.door.look(request(path, *block), int(NOW))
                self.assertEqual(known.finished.at(int(NOW)), path)
                line, fields = b"GET " + path + b" HTTP/1.1", {b"user-agent": block[0][12:]}
                tail = logline.request_line(line) + b" 200 2" + logline.combined(fields)
                self.assertEqual(known.tail, tail)
        self.assertEqual(self.shelf.routed, paths, "nothing was read again")

    def test_an_answer_that_does_not_last_is_asked_for_each_time(self) -> None:
        self.begin(lasts=False)
        for asked in range(1, 6):
            self.assertEqual(self.look(request(b"/page")), b"/page")
            self.assertEqual(self.shelf.pages[b"/page"].asked, asked)
        self.assertEqual(self.door.figures(), {"heads": 0, "lines": 1, "blocks": 1})
        self.assertEqual(self.shelf.routed, [b"/page"])

    def test_an_answer_that_does_not_stand_any_more_is_asked_for_anew(self) -> None:
        head = request(b"/page")
        for _ in range(3):
            self.look(head)
        before = self.shelf.pages[b"/page"].asked
        self.door.look(head, int(NOW)).finished.lasts = False
        self.door.forget(head)
        self.door.forget(b"never known")
        self.assertEqual(self.look(head), b"/page")
        self.assertEqual(self.shelf.pages[b"/page"].asked, before + 1)
        self.assertEqual(self.shelf.routed, [b"/page"], "and nothing is read again")

    def test_who_takes_the_same_codings_is_given_the_same_answer(self) -> None:
        for accept, asked in ((b"gzip", 1), (b"br", 2), (b"gzip", 2), (b"br", 2)):
            for agent in range(5):
                self.look(request(b"/page", b"Accept-Encoding: " + accept, b"User-Agent: %d" % agent))
            self.assertEqual(self.shelf.pages[b"/page"].asked, asked)
        self.look(request(b"/page"))
        self.assertEqual(self.shelf.pages[b"/page"].asked, 3)

    def test_who_sets_a_condition_is_always_asked_about(self) -> None:
        for number in range(1, 6):
            self.look(request(b"/page", b'If-None-Match: "%d"' % number))
            self.assertEqual(self.shelf.pages[b"/page"].asked, number)

    def test_what_is_remembered_of_a_page_is_bounded(self) -> None:
        for number in range(10 * ACCEPTS):
            self.look(request(b"/page", b"Accept-Encoding: %d" % number))
            self.assertLessEqual(len(self.door._lines[b"GET /page HTTP/1.1"]._given), ACCEPTS)

    def test_what_has_no_short_answer_is_read_once(self) -> None:
        blocks = [(b"User-Agent: %d" % number,) for number in range(5)]
        for path, serve in ((b"/none", self.shelf.serve), (b"/pageless", self.shelf.pageless.elsewhere)):
            for block in (*blocks, *blocks, *blocks):
                head = request(path, *block)
                prepared = self.read(head)
                self.assertEqual(prepared.request, parse_head(head, Limits()))
                self.assertEqual(prepared.serve, serve)
                line, agent = b"GET " + path + b" HTTP/1.1", block[0][12:]
                said = logline.request_line(line), logline.combined({b"user-agent": agent})
                self.assertEqual(prepared.said, said)
        self.assertEqual(len(self.shelf.routed), 5 + 1, "each line, and each block with the first of them")
        self.assertEqual(self.door.figures(), {"heads": 10, "lines": 2, "blocks": 5})

    def test_a_page_that_has_no_short_answer_today_is_asked_again(self) -> None:
        for asked in range(1, 5):
            self.assertEqual(self.read(request(b"/page", b"X-Long-Way: 1")).request.target.path, b"/page")
            self.assertEqual(self.shelf.pages[b"/page"].asked, asked)
        self.assertEqual(self.look(request(b"/page")), b"/page")
        self.assertEqual(self.shelf.routed, [b"/page"] * 2)

    def test_what_is_not_for_everybody_is_read_and_not_remembered(self) -> None:
        heads = [
            request(b"/none", method=b"HEAD"), request(b"/page", b"Range: bytes=0-1"), request(b"/pageless?a=b"),
            request(b"/page", minor=0), request(b"/page", b"Connection: close"), request(b"/none", b"Authorization: a"),
        ]  # fmt: skip
        for head in heads:
            self.assertEqual(self.read(head).request, parse_head(head, Limits()))
        self.assert_nothing_is_remembered()

    def test_what_has_a_body_or_goes_up_is_not_read_here(self) -> None:
        for head in (
            request(b"/none", method=b"POST", body=b"a"), request(b"/none", b"Transfer-Encoding: chunked"),
            request(b"/a/../b"),
        ):  # fmt: skip
            self.assertIsNone(self.door.look(head, int(NOW)))

    def test_a_mistake_goes_the_long_way_and_is_not_remembered(self) -> None:
        for path in (b"/unroutable", b"/broken"):
            for _ in range(3):
                self.assertIsNone(self.look(request(path)), path)
        self.assert_nothing_is_remembered()
        for _ in range(3):
            self.assertIsNone(self.look(request(b"/page", b"X-Fail: 1")))
        self.assertEqual(self.door.figures()["heads"], 0)
        self.assertEqual(self.look(request(b"/page")), b"/page")
        for log in ("log_line", "log_fields"):
            self.begin(**{log: lambda _: 1 // 0})
            self.assertIsNone(self.look(request(b"/page")))


class BoundTests(DoorTestCase):
    """The memories end somewhere."""

    def test_a_memory_has_no_more_than_it_may(self) -> None:
        for most in (2, 3, 8, 100):
            memory = Memory(most, 1 << 20)
            for number in range(1000):
                memory.put(b"%d" % number, number)
                self.assertLessEqual(memory.count(), most)
            self.assertGreaterEqual(memory.count(), most // 2)
            self.assertEqual(memory[b"999"], 999)
            self.assertIsNone(memory[b"0"])

    def test_what_is_asked_for_stays(self) -> None:
        memory = Memory(10, 1 << 20)
        memory.put(b"favourite", "here")
        for number in range(1000):
            memory.put(b"%d" % number, number)
            if number % 3 == 0:
                self.assertEqual(memory[b"favourite"], "here")
        memory.forget(b"favourite")
        self.assertIsNone(memory[b"favourite"])
        memory.forget(b"favourite")

    def test_what_is_forgotten_is_so_in_both_halves(self) -> None:
        memory = Memory(4, 1 << 20)
        for number in range(4):
            memory.put(b"%d" % number, number)
        for number in range(4):
            memory.forget(b"%d" % number)
        self.assertEqual((memory.count(), memory[b"0"], memory[b"3"]), (0, None, None))

    def test_a_door_remembers_no_more_than_it_may(self) -> None:
        self.begin(entries=20)
        for number in range(500):
            head = request(b"/%d" % number, b"User-Agent: %d" % number)
            for _ in range(3):
                self.assertIsNotNone(self.look(head))
            self.assertIsNotNone(self.look(request(b"/once", b"User-Agent: %d" % number)))
            self.assertTrue(all(count <= 20 for count in self.door.figures().values()), self.door.figures())
            self.assertLessEqual(len(self.door._seen), 20)

    def test_a_head_that_is_asked_for_stays_among_many_others(self) -> None:
        self.begin(entries=20)
        head = request(b"/favourite")
        for number in range(500):
            self.assertEqual(self.look(head), b"/favourite")
            for _ in range(3):
                self.look(request(b"/%d" % number, b"User-Agent: %d" % number))
        self.assertEqual(self.shelf.routed.count(b"/favourite"), 1)
        self.assertLess(self.shelf.pages[b"/favourite"].asked, 5)

    def test_a_memory_of_long_keys_has_fewer(self) -> None:
        memory = Memory(100_000, BYTES)
        for number in range(20_000):
            memory.put(b"%4000d" % number, number)
        self.assertLessEqual(memory.count() * 4000, BYTES + 2 * 4000)
        self.assertGreaterEqual(memory.count() * 4000, BYTES // 2)
        self.assertEqual(memory[b"%4000d" % 19_999], 19_999)

    def test_long_heads_are_not_remembered(self) -> None:
        base = len(request(b"/page", b"X: "))
        for more, answered in ((0, True), (1, False)):
            head = request(b"/page", b"X: " + b"x" * (LONGEST - base + more))
            self.assertEqual(self.look(head) is not None, answered)

    def test_what_breaks_a_limit_is_not_answered_even_when_its_parts_are_known(self) -> None:
        limits = Limits(line=64, head=256, headers=3)
        self.begin(limits=limits)
        short, long = b"/", b"/" + b"l" * 40
        some, many = (b"X: " + b"x" * 10,), (b"X: " + b"x" * 190,)
        for path, fields in ((long, some), (short, many)):
            self.assertIsNotNone(self.look(request(path, *fields)))
        self.assertGreater(len(request(long, *many)), limits.head)
        self.assertIsNone(self.look(request(long, *many)), "the two together are too long a head")
        self.assertIsNotNone(self.look(request(short, *some)))
        self.assertIsNone(self.look(request(b"/" + b"l" * 60)), "a line that is too long")
        self.assertIsNone(self.look(request(b"/", b"A: 1", b"B: 2", b"C: 3")), "too many fields")
