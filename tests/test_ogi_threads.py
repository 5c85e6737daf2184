"""Modules in threads of the server, with a real `twistd`: what blocks holds up nobody, what is stuck is left alone."""

import json
import os

from twisted.trial.unittest import SynchronousTestCase

from .serving import Server, Serving
from .test_ogi_pool import MODULE

BLOCKS = """
import sqlite3
import threading
import time
from pathlib import Path

from occwserv.csp import Channel, running, timeout

HERE = Path(__file__).parent


async def doubled(left, right):
    async for value in left:
        await right.send(2 * value)


async def ogimain(ogi):
    await ogi.persist()
    left, right = Channel("left"), Channel("right")
    ogi.fork(doubled(left, right))
    database = sqlite3.connect(HERE / "data.sqlite", timeout=20)
    database.execute("create table if not exists hits (thread)")
    async for connection in ogi:
        kind = connection.path_info
        if kind == "/sleep":
            time.sleep(1000)
        elif kind == "/gate":
            with open(HERE / "gate") as gate:
                await connection.text(gate.read())
        elif kind == "/half":
            async with connection.stream("text/plain") as out:
                await out.write("begun")
                time.sleep(1000)
        elif kind == "/spin":
            while True:
                pass
        elif kind == "/channels":
            told = []
            for number in range(500):
                await left.send(number)
                async with timeout(20):
                    told.append(await right.receive())
            await connection.json([sum(told), running.process.name])
        elif kind == "/sqlite":
            with database:
                database.execute("insert into hits values (?)", (threading.get_ident(),))
            await connection.json(database.execute("select count(*), count(distinct thread) from hits").fetchone())
        elif kind == "/order":
            with open(HERE / "gate") as gate:
                gate.read()
            ogi.state["order"] = [*ogi.state.get("order", []), connection.query]
            await connection.text(connection.query)
        else:
            ogi.state["seen"] = ogi.state.get("seen", 0) + 1
            await connection.json([threading.current_thread().name, ogi.state["seen"], ogi.state.get("order")])
"""


class ThreadCase(Serving, SynchronousTestCase):
    """A server with two modules in threads."""

    def serve(self, **options: str) -> Server:
        folder = self.new_folder()
        (folder / "ogi").mkdir()
        (folder / "ogi" / "pool.py").write_text(MODULE)
        (folder / "ogi" / "blocks.py").write_text(BLOCKS)
        (folder / "ogi" / "inside.py").write_text(BLOCKS)
        chosen = {"faults": "1000", "answer": "20", **options}
        settings = [f"--set=ogi.{name}={value}" for name, value in chosen.items()]
        models = "--set=ogi.models={pool: thread_pool, blocks: thread_pool}"
        return self.start(models, "--set=log.access=null", *settings, folder=folder)

    def gate(self, server: Server):
        """Something that a module waits for, without yielding."""
        os.mkfifo(server.folder / "ogi" / "gate")
        return server.folder / "ogi" / "gate"


class ThreadTests(ThreadCase):
    """What threads are for."""

    def test_what_blocks_holds_up_nobody_else(self) -> None:
        server = self.serve()
        gate = self.gate(server)
        blocked = [self.connect(server).send(b"GET /ogi/blocks/gate HTTP/1.1\r\nHost: a\r\n\r\n") for _ in range(2)]
        self.assertEqual(self.get(server, "/ogi/pool").status, 200)
        self.assertEqual(json.loads(self.get(server, "/ogi/inside/channels").body)[0], 249500)
        self.assertEqual(self.get(server, "/ogi/").status, 200)
        with gate.open("w") as opened:
            opened.write("opened")
        self.assertIn(b"opened", [client.answer().body for client in blocked])
        self.end(server)

    def test_channels_timeouts_and_libraries_that_block_work_in_each_thread(self) -> None:
        server = self.serve(workers="4")
        clients = [self.connect(server) for _ in range(12)]
        for _ in range(3):
            for client in clients:
                client.send(b"GET /ogi/blocks/channels HTTP/1.1\r\nHost: a\r\n\r\n")
            told = {client.answer().body for client in clients}
            self.assertTrue(all(body.startswith(b'[249500,"blocks.') for body in told), told)
        for client in clients:
            client.send(b"GET /ogi/blocks/sqlite HTTP/1.1\r\nHost: a\r\n\r\n")
        counts = [json.loads(client.answer().body) for client in clients]
        self.assertEqual(max(counts)[0], 12)
        self.assertGreater(max(threads for _, threads in counts), 1)
        self.assertEqual(json.loads(self.get(server, "/ogi/inside/channels").body)[0], 249500)
        self.end(server)

    def test_the_state_is_that_of_all_threads_and_is_kept(self) -> None:
        server = self.serve()
        seen = [json.loads(self.get(server, "/ogi/blocks").body)[1] for _ in range(6)]
        self.assertEqual(seen, [1, 2, 3, 4, 5, 6])
        self.end(server)
        self.assertIn('"seen":6', (server.folder / "var" / "ogi" / "blocks.json").read_text())

    def test_they_are_recycled_and_shown(self) -> None:
        server = self.serve(recycle="2", workers="1")
        names: set[str] = set()

        def recycled(figures: dict) -> bool:
            names.add(json.loads(self.get(server, "/ogi/blocks").body)[0])
            return len(names) > 1

        self.until(server, recycled)
        self.assertRegex(self.get(server, "/ogi/").body, rb"blocks\.\d+: thread \d+, idle, \d answers")
        self.end(server)

    def test_a_module_answers_as_in_any_other_model(self) -> None:
        server = self.serve()
        client = self.connect(server)
        body = bytes(range(256)) * 1000
        head = f"PUT /ogi/pool?kind=echo HTTP/1.1\r\nHost: a\r\nContent-Length: {len(body)}\r\n\r\n"
        self.assertTrue(client.send(head.encode(), body).answer().body == body)
        pid, _, *rest = json.loads(self.get(server, "/ogi/pool/more%20path?a=b%26c").body)
        self.assertEqual((pid, rest), (server.pid, ["GET", "/more path", "a=b&c"]))
        self.assertIn(b"was answered already, at ", self.get(server, "/ogi/pool?kind=twice").body)
        self.assertEqual(self.figures(server)["faults"], {"lost": 0, "twice": 1, "crashed": 0})
        self.end(server)


class StuckTests(ThreadCase):
    """Threads that never answer."""

    def test_one_that_is_stuck_is_answered_for_and_replaced_up_to_a_bound(self) -> None:
        server = self.serve(answer="2", abandoned="2")
        for number in (1, 2):
            answer = self.get(server, "/ogi/blocks/sleep")
            self.assertEqual(answer.status, 504)
            server.wait_for(
                f"incident {answer['incident']}: blocks.* left to itself, one of {number} .ogi.abandoned: 2"
            )
        self.assertEqual(self.figures(server)["ogi"]["stuck"], 2)
        refused = self.get(server, "/ogi/blocks")
        self.assertEqual((refused.status, refused["retry-after"]), (503, "5"))
        self.assertEqual(self.get(server, "/ogi/pool").status, 200)
        self.end(server)

    def test_one_that_is_stuck_within_its_answer_is_left_when_its_client_is(self) -> None:
        server = self.serve(answer="2", workers="1")
        client = self.connect(server).send(b"GET /ogi/blocks/half HTTP/1.1\r\nHost: a\r\n\r\n")
        client.until(b"begun")
        client.close()
        self.until(server, lambda figures: figures["ogi"]["stuck"] == 1)
        self.assertEqual(self.get(server, "/ogi/blocks").status, 200)
        self.end(server)

    def test_one_that_runs_python_is_interrupted_and_the_module_recovers(self) -> None:
        server = self.serve(answer="2", abandoned="1")
        self.assertEqual(self.get(server, "/ogi/blocks/spin").status, 504)
        self.until(server, lambda figures: figures["ogi"]["stuck"] == 0)
        self.assertEqual(self.get(server, "/ogi/blocks").status, 200)
        for client in self.clients:
            client.close()
        self.assertEqual(server.stop(), 0, server.output)


class OrderTests(ThreadCase):
    """Requests of one session go one after the other, in whatever model."""

    def test_the_next_of_a_session_waits_and_others_do_not(self) -> None:
        server = self.serve(workers="3")
        gate = self.gate(server)
        cookie = b"Cookie: ogi=" + b"a" * 32 + b"\r\n"
        ask = b"GET /ogi/blocks%b HTTP/1.1\r\nHost: a\r\n%b\r\n"
        first = self.connect(server).send(ask % (b"/order?1", cookie))
        self.until(server, lambda figures: b"blocks.1: thread" in self.get(server, "/ogi/").body)
        rest = [self.connect(server).send(ask % (b"/channels?%d" % number, cookie)) for number in (2, 3)]
        self.assertEqual(self.get(server, "/ogi/blocks").status, 200)  # of nobody's session
        page = self.get(server, "/ogi/").body
        self.assertEqual(page.count(b", busy,"), 1, "those of the session wait")
        with gate.open("w") as opened:
            opened.write("x")
        self.assertEqual([client.answer().status for client in (first, *rest)], [200] * 3)
        self.end(server)
