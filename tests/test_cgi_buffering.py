"""What is collected on the way: bodies before and while a program reads them, answers while a client does not."""

import os
import random

from twisted.trial import unittest

from occwserv.resources.cgi.backlog import Backlog

from .test_cgi_life import ASK, TYPE, LifeCase

POST = b"POST /cgi-bin/%b HTTP/1.1\r\nHost: a\r\nContent-Length: %d\r\n\r\n"

LENGTH = """
async def ogimain(ogi):
    connection = await ogi.receive()
    await connection.text(str(len(await connection.body())))
"""


class BacklogTests(unittest.SynchronousTestCase):
    """First come, first served, in memory and in files."""

    def test_what_goes_in_comes_out_in_order(self) -> None:
        dice = random.Random(1)
        for memory in (0, 10, 1000):
            backlog, put, got = Backlog(memory), b"", b""
            for _ in range(300):
                if dice.random() < 0.5:
                    data = dice.randbytes(dice.randrange(1, 200))
                    backlog.add(data)
                    put += data
                else:
                    got += backlog.take()
                self.assertEqual(len(backlog), len(put) - len(got))
            while backlog:
                got += backlog.take()
            self.assertEqual((got == put, backlog.take()), (True, b""))
            backlog.close()

    def test_what_has_gone_takes_no_place(self) -> None:
        before = set(os.listdir("/proc/self/fd"))
        backlog = Backlog(0)
        backlog.add(bytes(200_000))
        for _ in range(100):
            backlog.add(bytes(65_536))
            backlog.take()
        ours = set(os.listdir("/proc/self/fd")) - before
        kept = sum(os.stat(f"/proc/self/fd/{name}").st_size for name in ours if os.path.exists(f"/proc/self/fd/{name}"))
        self.assertLess(kept, 2 * len(backlog))
        backlog.close()


class AnswerTests(LifeCase, unittest.SynchronousTestCase):
    """Answers."""

    def test_a_slow_client_does_not_keep_the_place_of_a_program(self) -> None:
        server = self.serve(
            "cgi.workers=1", "cgi.limits.spool=1000", mount=", buffering: {response: spill}",
            big=TYPE + "head -c 10000000 /dev/zero; echo end", quick=TYPE + "echo quick",
        )  # fmt: skip
        slow = self.connect(server, window=4096).send(ASK % b"big")
        slow.until(b"\r\n\r\n")
        last, count = b"", 0  # some came with the head
        self.until_idle(server)
        self.assertEqual(self.ask(server, "quick").answer().body, b"quick\n")
        while not last.endswith(b"0\r\n\r\n"):
            data = slow.socket.recv(1 << 20)
            count += len(data)
            last = (last + data)[-100:]
        self.assertIn(b"end\n", last)
        self.assertGreater(count, 9_900_000)
        self.nothing_is_left(server)

    def test_above_the_bound_the_program_waits(self) -> None:
        server = self.serve(
            "cgi.limits.spill=1000000", "cgi.timeouts.idle=0.3", mount=", buffering: {response: spill}",
            big=TYPE + "head -c 30000000 /dev/zero; echo end >&2",
        )  # fmt: skip
        slow = self.connect(server, window=4096).send(ASK % b"big")
        slow.until(b"\r\n\r\n")
        self.until(server, lambda figures: figures["cgi"]["scripts"][0]["age"] > 0.6)
        self.assertNotIn(": end", server.output)
        slow.close()
        self.nothing_is_left(server)

    def test_a_client_that_leaves_leaves_nothing(self) -> None:
        server = self.serve(mount=", buffering: {response: spill}", big=TYPE + "head -c 10000000 /dev/zero")
        self.get(server, "/cgi-bin/big")  # what the first one needs stays
        before: list[int] = []  # counted while one client asks, as afterwards
        self.until(
            server, lambda figures: figures["connections"]["open"] == 1 and not before.append(server.descriptors())
        )
        slow = self.connect(server, window=4096).send(ASK % b"big")
        slow.until(b"\r\n\r\n")
        self.until_idle(server)
        slow.close()
        self.until(server, lambda figures: server.descriptors() <= before[0])
        self.nothing_is_left(server)

    def test_a_whole_answer_has_a_length_and_a_failure_is_an_error_page(self) -> None:
        server = self.serve(
            "cgi.limits.spill=100000", "cgi.timeouts.idle=1.5", mount=", buffering: {response: full}",
            plain=TYPE + "echo one; sleep 0.05; echo two", stops=TYPE + "echo begun; sleep 1000",
            short="echo 'Content-Length: 50'; " + TYPE + "echo ten",
            long="echo 'Content-Length: 4'; " + TYPE + "echo longer",
            large=TYPE + "head -c 300000 /dev/zero", none="echo no head; echo",
            local="echo 'Location: /index.html'; echo", moved="echo 'Location: http://a/'; echo",
        )  # fmt: skip
        for name, status, length, body in (
            ("plain", 200, "8", b"one\ntwo\n"),
            ("stops", 504, None, None),
            ("short", 502, None, None),
            ("long", 200, "4", b"long"),
            ("none", 502, None, None),
            ("local", 200, "5", b"front"),
            ("moved", 302, "54", None),
            ("large", 200, None, bytes(300000)),
        ):
            client = self.ask(server, name)
            answer = client.answer()
            self.assertEqual(answer.status, status, name)
            if length is not None:
                self.assertEqual(answer["content-length"], length, name)
            if body is not None:
                self.assertEqual(answer.body, body, name)
            head = client.send(ASK.replace(b"GET", b"HEAD") % name.encode()).answer("HEAD")
            self.assertEqual((head.status, head.body), (status, b""), name)
            self.assertEqual(client.send(b"GET / HTTP/1.1\r\nHost: a\r\n\r\n").answer().body, b"front")
        self.nothing_is_left(server)


class BodyTests(LifeCase, unittest.SynchronousTestCase):
    """Bodies."""

    def test_a_program_may_read_while_the_client_sends(self) -> None:
        for flow in ("spill", "none"):
            server = self.serve(
                "cgi.limits.spool=1000", mount=f", buffering: {{request: {flow}}}",
                talks=TYPE + "read x; echo got $x; read y; echo got $y; cat; echo $CONTENT_LENGTH",
                counts=TYPE + "wc -c", deaf=TYPE + "echo deaf",
                early=TYPE + "head -c 5; exec <&-; sleep 0.05; echo; echo early",
            )  # fmt: skip
            client = self.connect(server).send(POST % (b"talks", 12), b"one\n")
            client.until(b"got one\n")
            client.send(b"two\n")
            client.until(b"got two\n")
            client.send(b"last")
            client.until(b"12\n")
            body = b"x" * 3_000_000
            for name, said in ((b"counts", b"3000000\n"), (b"deaf", b"deaf\n"), (b"early", b"xxxxx\nearly\n")):
                client = self.connect(server).send(POST % (name, len(body)))
                client.send(body)
                self.assertEqual(client.answer().body, said, (flow, name))
            chunked = POST.replace(b"Content-Length: %d", b"Transfer-Encoding: chunked") % b"talks"
            client = self.connect(server).send(chunked, b"4\r\none\n\r\n", b"4\r\ntwo\n\r\n0\r\n\r\n")
            self.assertEqual(client.answer().body, b"got one\ngot two\n8\n")
            self.nothing_is_left(server)

    def test_a_client_that_leaves_or_stops_while_it_sends_ends_the_program(self) -> None:
        server = self.serve(
            "timeouts.body=2", mount=", buffering: {request: none}", reads=TYPE + "echo begun; cat >&2; sleep 1000"
        )
        client = self.connect(server).send(POST % (b"reads", 1000), b"half")
        client.until(b"begun\n")
        client.close()
        self.nothing_is_left(server)
        client = self.connect(server).send(POST % (b"reads", 1000), b"half")
        self.assertIn(b"begun\n", client.cut_off())
        self.nothing_is_left(server)

    def test_a_body_above_the_bound_of_its_mount_is_refused(self) -> None:
        server = self.serve(mount=", limits: {body: 10}", reads=TYPE + "wc -c")
        self.assertEqual(self.connect(server).send(POST % (b"reads", 10), b"x" * 10).answer().body, b"10\n")
        self.assertEqual(self.connect(server).send(POST % (b"reads", 11)).answer().status, 413)
        chunked = POST.replace(b"Content-Length: %d", b"Transfer-Encoding: chunked") % b"reads"
        self.assertEqual(self.connect(server).send(chunked, b"b\r\nhello world\r\n").answer().status, 413)
        self.nothing_is_left(server)

    def test_one_that_may_work_on_sees_the_end_of_a_body_that_will_not_come(self) -> None:
        mount = ", on_disconnect: ignore, buffering: {request: none}"
        server = self.serve(mount=mount, works=TYPE + "echo begun; wc -c >&2")
        client = self.connect(server).send(POST % (b"works", 1000), b"four")
        client.until(b"begun\n")
        client.close()
        server.wait_for(r"works\[\d+\]: 4\b")
        self.nothing_is_left(server)

    def test_who_answers_in_its_place_is_not_given_a_body_that_was_left_unread(self) -> None:
        modules = self.new_folder()
        (modules / "length.py").write_text(LENGTH)
        moved = "echo 'Location: /ogi/length'; echo"
        server = self.serve(f"ogi.root={modules}", mount=", buffering: {request: none}", moved=moved)
        client = self.connect(server).send(POST % (b"moved", 1000), b"four")
        answer = client.answer()
        self.assertEqual((answer.status, answer.body), (200, b"0"))
        self.assertEqual(client.send(b"x" * 996 + b"GET / HTTP/1.1\r\nHost: a\r\n\r\n").answer().body, b"front")
        self.nothing_is_left(server)
