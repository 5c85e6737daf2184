"""Modules in a real `twistd`: its signals, its end, and the shipped modules in it."""

import json
import os
import resource
import signal
import socket
import time
from pathlib import Path
from threading import Thread

from twisted.trial.unittest import SynchronousTestCase

from .chromium import Browser
from .raw_client import PATIENCE
from .serving import Serving

KEEP = """
async def ogimain(ogi):
    await ogi.persist()
    async for c in ogi:
        ogi.state["n"] = ogi.state.get("n", 0) + 1
        await c.text(str(ogi.state["n"]))
"""
SWALLOWS = """
import gc
import weakref

def spin(*args):
    while True:
        pass

class Finalized:
    __del__ = spin

async def ogimain(ogi):
    connection = await ogi.receive()
    thing = Finalized() if connection.query == "finalizer" else ogimain.__class__(ogimain.__code__, {})
    if connection.query == "well":
        await connection.text("well")
        return
    if connection.query == "collector":
        gc.callbacks.append(spin)
        gc.collect()
        gc.callbacks.remove(spin)
    if connection.query == "reference":
        reference = weakref.ref(thing, spin)
    del thing
    spin()
"""
BUSY = """
from occwserv.csp import Channel

async def ogimain(ogi):
    await ogi.persist()
    channels = [Channel() for _ in range(500)]
    for channel in channels:
        ogi.fork(send(channel))
        ogi.fork(receive(channel))
    async for c in ogi:
        ogi.fork(feed(c))

async def send(channel):
    while True:
        await channel.send(1)

async def receive(channel):
    while True:
        await channel.receive()

async def feed(c):
    async with c.events() as feed:
        await c.closed
"""


def memory(pid: int) -> int:
    """Resident memory in KiB."""
    return int(Path(f"/proc/{pid}/statm").read_text().split()[1]) * resource.getpagesize() // 1024


class FingerServer:
    """Answers one line, if it is to."""

    def __init__(self, silent: bool = False) -> None:
        self.asked: list[bytes] = []
        self._silent = silent
        self._socket = socket.create_server(("127.0.0.1", 0))
        self.port = self._socket.getsockname()[1]
        self._thread = Thread(target=self._serve, daemon=True)
        self._thread.start()

    def _serve(self) -> None:
        while True:
            try:
                client, _ = self._socket.accept()
            except OSError:
                return
            with client:
                client.settimeout(PATIENCE)
                self.asked.append(client.recv(1000))
                if not self._silent:
                    client.sendall(b"Login: fred\r\nPlan: <b>occam</b> gr\xc3\xbcn\r\n")
                else:
                    client.recv(1000)

    def close(self) -> None:
        self._socket.shutdown(socket.SHUT_RDWR)
        self._socket.close()


class ServedTestCase(Serving, SynchronousTestCase):
    """Each test has a server with its own modules."""

    def serve(self, *options: str, folder: Path | None = None, **modules: str):
        folder = folder or self.new_folder()
        for name, text in modules.items():
            (folder / "ogi").mkdir(exist_ok=True)
            (folder / "ogi" / f"{name}.py").write_text(text)
        return self.start("--root", ".", *options, folder=folder)


class ProcessTests(ServedTestCase):
    """The process and its end."""

    def test_what_is_remembered_is_written_while_it_serves_and_survives_a_kill(self) -> None:
        folder = self.new_folder()
        server = self.serve(folder=folder, keep=KEEP)
        client = self.connect(server)
        request = b"GET /ogi/keep HTTP/1.1\r\nHost: a\r\n\r\n"
        kept = folder / "var" / "ogi" / "keep.json"
        counts = [int(client.send(request).answer().body)]
        while not kept.exists() or json.loads(kept.read_text())["n"] < 1000:  # it is written while it counts
            counts += [int(client.send(request).answer().body) for _ in range(100)]
            self.assertLess(counts[-1], 1_000_000)
        server.kill()
        written = json.loads(kept.read_text())["n"]
        self.assertEqual(int(self.get(self.serve(folder=folder, keep=KEEP), "/ogi/keep").body), written + 1)
        self.assertEqual(counts, [*range(1, len(counts) + 1)])

    def test_it_ends_before_its_grace_does_whatever_its_modules_do(self) -> None:
        server = self.serve("--set", f"shutdown.grace={10 * PATIENCE}", busy=BUSY)  # it is not for those to use it up
        feeds = [self.connect(server) for _ in range(20)]
        for client in feeds:
            client.send(b"GET /ogi/busy HTTP/1.1\r\nHost: a\r\n\r\n")
            client.until(b":\n\n")
        self.assertEqual(self.get(server, "/ogi/").status, 200)
        self.assertEqual(server.stop(signal.SIGTERM), 0, server.output)
        self.assertNotIn("Traceback", server.output)
        for client in feeds:
            client.cut_off()

    def test_a_module_that_spins_is_interrupted_and_others_go_on(self) -> None:
        server = self.serve(
            "--set", "ogi.watchdog=0.2", keep=KEEP, spin="async def ogimain(ogi):\n    while True: pass\n"
        )
        self.assertEqual(self.get(server, "/ogi/keep").body, b"1")
        answer = self.get(server, "/ogi/spin")
        self.assertEqual(answer.status, 500)
        server.wait_for(f"incident {answer['incident']}: spin.2: Spinning")
        self.assertEqual(self.get(server, "/ogi/keep").body, b"2")
        self.assertEqual(self.figures(server)["ogi"]["interrupted"], 1)
        self.assertEqual(server.stop(), 0)

    def test_what_python_swallows_is_raised_again_at_the_next_tick(self) -> None:
        server = self.serve("--set", "ogi.watchdog=0.2", keep=KEEP, spin=SWALLOWS)
        for kind, swallowed in (("finalizer", 1), ("collector", 2), ("reference", 1), ("none", 0)):
            before = self.figures(server)["ogi"]["interrupted"]
            answer = self.get(server, f"/ogi/spin?{kind}")
            self.assertEqual(answer.status, 500, kind)
            server.wait_for(f"incident {answer['incident']}: spin.*: Spinning")
            self.assertEqual(self.figures(server)["ogi"]["interrupted"], before + 1 + swallowed, kind)
            self.assertEqual(self.get(server, "/ogi/spin?well").body, b"well")
        self.assertEqual(self.get(server, "/ogi/keep").body, b"1")
        self.assertEqual(server.stop(), 0)


class ShippedTests(ServedTestCase):
    """The modules that come with the server."""

    def test_hits_and_hello(self) -> None:
        server = self.serve()
        self.assertIn(b"<p>1 hits</p>", self.get(server, "/ogi/hits").body)
        self.assertIn(b"<p>2 hits</p>", self.get(server, "/ogi/hits").body)
        for query, name in (("", "world"), ("?name=%3Cb%3E", "&lt;b&gt;"), ("?Fred", "Fred"), ("?name=", "world")):
            self.assertIn(f"Hello, {name}!", self.get(server, "/ogi/hello" + query).body.decode())
        self.end(server)

    def test_the_pages_fit_a_narrow_window(self) -> None:
        browser = Browser(self.new_folder())
        self.addCleanup(browser.close)
        server = self.serve()
        self.get(server, "/ogi/adventure")  # has many processes
        window = browser.window(f"http://127.0.0.1:{server.port}/ogi/")
        window.tell("Emulation.setDeviceMetricsOverride", width=360, height=700, deviceScaleFactor=1, mobile=False)
        for path in ("", "finger?nobody@nowhere", "echo", "crash", "chat", "hits", "hello"):
            window.go(f"http://127.0.0.1:{server.port}/ogi/{path}")
            self.assertLessEqual(window.ask("document.documentElement.scrollWidth"), 360, path)
            narrow = "Math.min(999, ...[...document.querySelectorAll('td:not(.number)')].map(e => e.offsetWidth))"
            self.assertGreater(window.ask(narrow), 100, f"{path}: a column of broken words")
        self.end(server)

    def test_finger(self) -> None:
        finger, silent = FingerServer(), FingerServer(silent=True)
        self.addCleanup(finger.close)
        self.addCleanup(silent.close)
        unused = socket.create_server(("127.0.0.1", 0))
        refused = unused.getsockname()[1]
        unused.close()
        hosts = f"localhost:{finger.port} 127.0.0.1:{refused} no-such-host.invalid"
        server = self.serve("--set", f'ogi.options={{finger: {{hosts: "{hosts}"}}}}')
        answer = self.get(server, "/ogi/finger?fred@localhost")
        self.assertEqual(answer.status, 200)
        self.assertIn("Plan: &lt;b&gt;occam&lt;/b&gt; grün", answer.body.decode())
        self.assertEqual(self.get(server, "/ogi/finger?a%0D%0Ab%2Bc@LOCALHOST").status, 200)
        for query, status, text in (
            ("x@127.0.0.1", 502, "refused"),
            ("x@no-such-host.invalid", 502, "can not be reached"),
            ("x@example.org", 403, "may be asked"),
            ("x@localhost:22", 403, "may be asked"),
            ("x@y@localhost", 400, "user@host"),
            ("<b>@", 400, "&lt;b&gt;@"),
            ("who=x%40y%40localhost", 400, "user@host"),
            ("", 200, '<input name="who" value=""'),
            ("who=+fred%40localhost", 200, '<input name="who" value="fred@localhost"'),
        ):
            answer = self.get(server, "/ogi/finger?" + query)
            self.assertEqual((answer.status, text in answer.body.decode()), (status, True), answer.body)
        self.assertEqual(finger.asked, [b"fred\r\n", b"ab+c\r\n", b"fred\r\n"])
        self.end(server)

    def test_echo_has_a_page_to_try_it_from(self) -> None:
        browser = Browser(self.new_folder())
        self.addCleanup(browser.close)
        server = self.serve()
        self.assertIn(b"curl -T file", self.get(server, "/ogi/echo").body)
        window = browser.window(f"http://127.0.0.1:{server.port}/ogi/echo")
        window.ask("document.querySelector('textarea').value = 'Grüße'")
        window.ask("document.forms[0].submit()")
        window.until("document.body.innerText.trim()", "said=Grüße")
        self.end(server)

    def test_echo_tells_back_what_comes_and_keeps_none_of_it(self) -> None:
        size, piece = 50_000_000, os.urandom(50_000)
        server = self.serve("--set", f"limits.body={2 * size}")
        client = self.connect(server, window=65536)
        client.send(
            b"POST /ogi/echo HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\nContent-Type: image/x\r\n\r\n"
        )

        def upload() -> None:
            for _ in range(size // len(piece)):
                client.send(b"%x\r\n%b\r\n" % (len(piece), piece))
            client.send(b"0\r\n\r\n")

        sending = Thread(target=upload, daemon=True)
        sending.start()
        client.until(b"\r\n\r\n")
        before = most = memory(server.pid)
        read, body = 0, bytearray()
        while chunk := int(client.until(b"\r\n"), 16):
            body += client.take(chunk + 2)[:-2]
            while len(body) >= len(piece):
                self.assertTrue(body.startswith(piece))
                del body[: len(piece)]
                read += len(piece)
                if read % 5_000_000 == 0:
                    most = max(most, memory(server.pid))
                    time.sleep(0.02)  # a slow reader
        sending.join()
        self.assertEqual(read, size)
        self.assertLess(most - before, 8000)
        self.end(server)
