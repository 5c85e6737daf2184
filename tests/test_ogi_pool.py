"""Modules in worker processes, with a real `twistd`: the same module, and what only processes can contain."""

import contextlib
import os
import re
import signal
from collections import Counter
from pathlib import Path
from time import monotonic

from twisted.trial.unittest import SynchronousTestCase

from .raw_client import PATIENCE
from .serving import Server, Serving

SLEEP = 1_000_000 + os.getpid()

MODULE = """
import ctypes
import os
import threading

said = []


class Hard:
    def __repr__(self):
        while True:
            pass


def shout(log, number):
    for line in range(500):
        log.info("{number} says {line}", number=number, line="x" * 300)


async def again(connection):
    try:
        await connection.text("again")
    except Exception as error:
        return f"{type(error).__name__}: {error}"


async def ogimain(ogi):
    await ogi.persist()
    count = 0
    async for connection in ogi:
        count += 1
        kind = connection.args.get("kind", "")
        if kind == "exit":
            os._exit(3)
        elif kind == "segfault":
            ctypes.string_at(0)
        elif kind == "memory":
            hoard = []
            while True:
                hoard.append(bytearray(50_000_000))
        elif kind == "spin":
            while True:
                pass
        elif kind == "never":
            await ogi.sleep(3600)
        elif kind == "child":
            os.spawnlp(os.P_NOWAIT, "sleep", "sleep", "SLEEP")
            await ogi.sleep(3600)
        elif kind == "form":
            await connection.text(repr(sorted((await connection.form()).items())))
        elif kind == "echo":
            async with connection.stream("text/plain") as out:
                async for piece in connection.pieces():
                    await out.write(piece)
        elif kind == "half":
            async with connection.stream("text/plain") as out:
                await out.write(b"half")
                raise RuntimeError("in the middle")
        elif kind == "twice":
            async with connection.stream("text/plain") as out:
                await out.write(await again(connection))
        elif kind == "answered":
            await connection.text("once")
            said.append(await again(connection))
        elif kind == "said":
            await connection.text("".join(said))
        elif kind == "mute":
            os.dup2(os.open(os.devnull, os.O_WRONLY), 2)
            ogi.log.warn("the {what} is shut", what="mouth")
            await connection.text("well")
            raise RuntimeError("behind the answer")
        elif kind == "threads":
            threads = [threading.Thread(target=shout, args=(ogi.log, number)) for number in range(4)]
            for thread in threads:
                thread.start()
            async with connection.stream("text/plain") as out:
                for _ in range(300):
                    await out.write(b"piece" * 200)
            for thread in threads:
                thread.join()
        elif kind == "odd":
            ogi.log.info("half a character: {half}", half="\\udcff")
            ogi.log.info("long: {text}", text="x" * 70_000_000)
            await connection.text("well")
            raise RuntimeError("half a character: \\udcff")
        elif kind == "hard":
            ogi.log.info("{hard}", hard=Hard())
            await connection.text("at last")
        elif kind == "session":
            await connection.text(connection.session)
        else:
            await connection.json([os.getpid(), count, connection.method, connection.path_info, connection.query])
""".replace("SLEEP", str(SLEEP))


class PoolTestCase(Serving, SynchronousTestCase):
    """A server with one module under each model."""

    def serve(self, **options: str) -> Server:
        folder = self.new_folder()
        (folder / "ogi").mkdir()
        for name in ("pool", "single", "fork", "inside"):
            (folder / "ogi" / f"{name}.py").write_text(MODULE)
        chosen = {"faults": "1000", "answer": "20", **options}
        settings = [f"--set=ogi.{name}={value}" for name, value in chosen.items()]
        models = "--set=ogi.models={pool: process_pool, single: sequential, fork: forking}"
        return self.start(models, "--set=log.access=null", *settings, folder=folder)

    def told(self, server: Server, path: str) -> list:
        answer = self.get(server, path)
        self.assertEqual(answer.status, 200, answer.body)
        return eval(answer.body)

    def until(self, condition) -> None:
        """Ask until something holds; it is not told when."""
        end = monotonic() + PATIENCE
        while not condition():
            self.assertLess(monotonic(), end, "it never came to that")


class ModelTests(PoolTestCase):
    """What is the same, and what differs."""

    def test_the_same_module_answers_the_same(self) -> None:
        server = self.serve()
        for name in ("inside", "pool", "single", "fork"):
            pid, _, *rest = self.told(server, f"/ogi/{name}/more%20path?a=b%26c")
            self.assertEqual(rest, ["GET", "/more path", "a=b&c"])
            self.assertEqual(pid == server._process.pid, name == "inside")
            form = "Content-Type: application/x-www-form-urlencoded"
            sent = "a=1&b=%C3%BC"
            client = self.connect(server)
            head = f"POST /ogi/{name}?kind=form HTTP/1.1\r\nHost: a\r\n{form}\r\nContent-Length: {len(sent)}\r\n\r\n"
            self.assertEqual(client.send((head + sent).encode()).answer().body, "[('a', '1'), ('b', 'ü')]".encode())
            body = os.urandom(300_000)
            head = f"PUT /ogi/{name}?kind=echo HTTP/1.1\r\nHost: a\r\nContent-Length: {len(body)}\r\n\r\n"
            self.assertTrue(client.send(head.encode(), body).answer().body == body)
            self.assertEqual(len(self.get(server, f"/ogi/{name}?kind=session").body), 32)
        self.end(server)

    def test_answering_twice_is_told_with_the_line_that_answered(self) -> None:
        server = self.serve(workers="1")
        lines = MODULE.splitlines()
        once = lines.index('            await connection.text("once")') + 1
        begun = lines.index("                await out.write(await again(connection))")  # the line before
        for name in ("inside", "pool", "single"):
            told = f"Misuse: the connection was answered already, at {server.folder}/ogi/{name}.py:"
            self.assertEqual(self.get(server, f"/ogi/{name}?kind=answered").body, b"once")
            for kind, line in (("said", once), ("twice", begun)):
                self.assertEqual(self.get(server, f"/ogi/{name}?kind={kind}").body.decode(), f"{told}{line}")
                server.wait_for(f"Misuse: .*/{name}.py:{line}|answered already, at .*/{name}.py:{line}")
        self.assertEqual(self.figures(server)["faults"], {"lost": 0, "twice": 6, "crashed": 0})
        self.end(server)

    def test_a_process_for_each_request_or_one_for_all(self) -> None:
        server = self.serve()
        self.assertEqual([self.told(server, "/ogi/fork")[1] for _ in range(5)], [1] * 5)
        self.assertEqual(len({self.told(server, "/ogi/fork")[0] for _ in range(5)}), 5)
        self.assertEqual([self.told(server, "/ogi/single")[1] for _ in range(5)], [1, 2, 3, 4, 5])
        self.end(server)

    def test_workers_are_recycled_by_count(self) -> None:
        server = self.serve(recycle="3", workers="1")
        seen: set[int] = set()

        def again() -> bool:
            seen.add(self.told(server, "/ogi/pool")[0])
            return len(seen) >= 3

        self.until(again)
        self.end(server)

    def test_a_changed_file_is_served_by_new_workers(self) -> None:
        server = self.serve()
        first = self.told(server, "/ogi/pool")[0]
        path = server.folder / "ogi" / "pool.py"
        path.write_text(MODULE.replace("os.getpid(), count", "'new', count"))
        self.until(lambda: self.told(server, "/ogi/pool")[0] == "new")
        self.assertFalse(first == "new")
        self.end(server)

    def test_a_file_that_does_not_compile_leaves_the_old_workers_serving(self) -> None:
        server = self.serve(recycle="3", workers="1", faults="1")
        first = self.told(server, "/ogi/pool")[0]
        path = server.folder / "ogi" / "pool.py"
        deep = "x" + ".x" * 100_000
        for text, error in (("def broken(:", "SyntaxError: invalid syntax"), (deep, "(Recursion|Memory)Error")):
            path.write_text(text)
            server.wait_for(rf"Pool#error. \S+pool.py can not be used, the old one stays: {error}")
            self.assertEqual([self.told(server, "/ogi/pool")[0] for _ in range(9)], [first] * 9)
            self.assertRegex(self.get(server, "/ogi/").body.decode(), error)
        path.write_text(MODULE.replace("os.getpid(), count", "'mended', count"))
        self.until(lambda: self.told(server, "/ogi/pool")[0] == "mended")
        self.end(server)

    def test_a_change_of_its_file_ends_the_rest(self) -> None:
        server = self.serve(workers="1", faults="1")
        self.assertEqual(self.get(server, "/ogi/pool?kind=exit").status, 500)
        self.assertEqual(self.get(server, "/ogi/pool").status, 503)
        (server.folder / "ogi" / "pool.py").write_text(MODULE + "# mended")
        self.until(lambda: self.get(server, "/ogi/pool").status == 200)
        self.end(server)

    def test_the_tree_shows_the_workers(self) -> None:
        server = self.serve()
        pid = self.told(server, "/ogi/single")[0]
        self.assertIn(f"single.1: process {pid}, idle, 1 answers".encode(), self.get(server, "/ogi/").body)
        self.end(server)


class ContainmentTests(PoolTestCase):
    """Each fault costs its own request."""

    def test_what_kills_a_process_kills_no_more(self) -> None:
        server = self.serve(memory="600000000", watchdog="20")
        for name in ("pool", "single", "fork"):
            for kind in ("exit", "segfault", "memory"):
                answer = self.get(server, f"/ogi/{name}?kind={kind}")
                self.assertEqual(answer.status, 500, (name, kind))
                self.assertIn(answer["incident"].encode(), answer.body)
                self.assertEqual(self.get(server, f"/ogi/{name}").status, 200)
        self.assertEqual(self.get(server, "/ogi/inside").status, 200)

    def test_what_is_late_is_killed_with_all_that_it_started(self) -> None:
        server = self.serve(answer="2")
        for name in ("pool", "fork"):
            for kind in ("never", "child"):
                self.assertEqual(self.get(server, f"/ogi/{name}?kind={kind}").status, 504)
        sleeper = b"sleep\x00%d\x00" % SLEEP
        self.until(lambda: not any(_alive(pid) and _command(pid) == sleeper for pid in _processes()))

    def test_one_that_is_busy_when_the_settings_change_is_looked_after_all_the_same(self) -> None:
        folder = self.new_folder()
        (folder / "ogi").mkdir()
        (folder / "ogi" / "pool.py").write_text(MODULE)
        text = "log: {access: null}\nogi: {models: {pool: process_pool}, answer: 2, recycle: RECYCLE}\n"
        (folder / "tap.yaml").write_text(text.replace("RECYCLE", "10"))
        server = self.start(folder=folder)
        asking = self.connect(server).send(b"GET /ogi/pool?kind=never HTTP/1.1\r\nHost: a\r\n\r\n")
        self.until(lambda: b"busy," in self.get(server, "/ogi/").body)
        (folder / "tap.yaml").write_text(text.replace("RECYCLE", "11"))
        server.tell(signal.SIGHUP)
        server.wait_for("the settings are reloaded")
        self.assertEqual(asking.answer().status, 504)
        self.assertEqual(self.get(server, "/ogi/pool").status, 200)
        self.end(server)

    def test_one_that_spins_is_interrupted(self) -> None:
        server = self.serve(watchdog="0.2")
        answer = self.get(server, "/ogi/pool?kind=spin")
        self.assertEqual(answer.status, 500)
        server.wait_for("Spinning")
        self.assertEqual(self.get(server, "/ogi/pool").status, 200)

    def test_what_a_worker_logs_is_in_the_servers_log_and_its_faults_are_counted(self) -> None:
        server = self.serve(workers="1")
        self.assertEqual(self.get(server, "/ogi/pool?kind=mute").body, b"well")  # as the workers of a daemon are
        server.wait_for(r"ogi\.pool#warn. the mouth is shut")
        server.wait_for(r"Farm#error. incident \S+-pool-\d+-1: pool.1: RuntimeError: behind the answer")
        server.wait_for(r'raise RuntimeError\("behind the answer"\)')
        self.assertEqual(self.figures(server)["ogi"]["faults"], 1)
        self.assertIn(b"RuntimeError: behind the answer", self.get(server, "/ogi/").body)

    def test_whatever_a_worker_logs_and_wherever(self) -> None:
        server = self.serve(workers="1", watchdog="1")
        self.assertEqual(self.get(server, "/ogi/pool?kind=threads").body, b"piece" * 60_000)
        self.assertEqual(self.get(server, "/ogi/pool?kind=odd").body, b"well")
        server.wait_for(r"half a character: \\udcff")
        server.wait_for(r"long: x{1000}")
        server.wait_for(r"pool.1: RuntimeError: half a character: \\udcff")
        self.assertEqual(self.get(server, "/ogi/pool?kind=hard").body, b"at last")  # Twisted swallows the interruptions
        said = Counter(re.findall(r"ogi\.pool#info. (\d) says", server.output))
        self.assertEqual(said, {str(number): 500 for number in range(4)})
        self.assertIn(b"pool.1: process", self.get(server, "/ogi/").body)  # the same one all the time

    def test_an_answer_that_breaks_off_cuts_the_client_off(self) -> None:
        server = self.serve()
        client = self.connect(server).send(b"GET /ogi/pool?kind=half HTTP/1.1\r\nHost: a\r\n\r\n")
        seen = b""
        with contextlib.suppress(ConnectionResetError):
            seen = client.rest()
        self.assertNotIn(b"0\r\n\r\n", seen)
        self.assertEqual(self.get(server, "/ogi/pool").status, 200)

    def test_more_than_there_are_workers_wait_and_are_answered(self) -> None:
        server = self.serve(workers="2")
        clients = [self.connect(server) for _ in range(20)]
        for client in clients:
            client.send(b"GET /ogi/pool HTTP/1.1\r\nHost: a\r\n\r\n")
        self.assertEqual([client.answer().status for client in clients], [200] * 20)
        self.assertLessEqual(len({self.told(server, "/ogi/pool")[0] for _ in range(5)}), 2)
        self.end(server)

    def test_nothing_is_left_when_the_server_ends_or_is_killed(self) -> None:
        for number in (signal.SIGTERM, signal.SIGKILL):
            server = self.serve()
            for name in ("pool", "single", "fork"):
                self.told(server, f"/ogi/{name}")
            ours = [
                pid for pid in _processes() if server._process.pid in _ancestors(pid) and pid != server._process.pid
            ]
            self.assertGreaterEqual(len(ours), 3)
            for client in self.clients:
                client.close()
            server.stop(number)
            self.until(lambda pids=ours: not [pid for pid in pids if _alive(pid)])


def _processes() -> list[int]:
    return [int(entry.name) for entry in Path("/proc").iterdir() if entry.name.isdigit()]


def _stat(pid: int) -> list[str]:
    with contextlib.suppress(OSError):
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return ["X", "0"]


def _alive(pid: int) -> bool:
    return _stat(pid)[0] not in "XZ"


def _ancestors(pid: int) -> list[int]:
    found = []
    while pid > 1 and len(found) < 50:
        found.append(pid)
        pid = int(_stat(pid)[1])
    return found


def _command(pid: int) -> bytes:
    with contextlib.suppress(OSError):
        return Path(f"/proc/{pid}/cmdline").read_bytes()
    return b""
