"""A whole server with modules of a test's own, on a clock and with sockets in memory."""

import shutil
import tempfile
from pathlib import Path
from textwrap import dedent

import msgspec
from twisted.internet.testing import EventLoggingObserver
from twisted.logger import formatEvent, globalLogPublisher

from occwserv.server import Server

from .raw_client import Answer
from .sockets import Client, request
from .standstill import GAME, SITE, TICK, ServerTestCase, settings


class OgiTestCase(ServerTestCase):
    """`modules` are those of the test: names, and what stands in their files."""

    modules: dict[str, str] = {}
    ogi: dict = {}

    def setUp(self) -> None:
        super().setUp()
        self.folder = Path(tempfile.mkdtemp(prefix="occwserv-test-")).resolve()
        self.addCleanup(shutil.rmtree, self.folder)
        (self.folder / "ogi").mkdir()
        for name, text in self.modules.items():
            self.write(name, text)
        self.events = EventLoggingObserver.createWithCleanup(self, globalLogPublisher)
        self.ticking = False
        self.serve()

    def write(self, name: str, text: str) -> None:
        """Put a module there, or another text in its place."""
        fresh = self.folder / "fresh"
        fresh.write_text(dedent(text))
        fresh.replace(self.folder / "ogi" / f"{name}.py")

    def chosen(self, **ogi):
        """The settings."""
        places = {"root": str(self.folder / "ogi"), "state": str(self.folder / "state")}
        usual = {"log": {"access": None}, "listen": ["tcp:80"], "static": {"root": SITE}, "timeouts": {"idle": 86400}}
        return settings(**{**usual, "adventure": GAME, **self.sections, "ogi": {**places, **self.ogi, **ogi}})

    def serve(self, **ogi) -> None:
        """A server that runs."""
        self.reactor.ports.clear()
        self.server = Server(self.reactor, self.chosen(**ogi), lambda: self.chosen(**ogi))
        self.server.privilegedStartService()
        self.server.startService()
        self.listener = self.reactor.ports[-1].factory
        self.farm = self.server._ogi
        self.ticking = True
        self.addCleanup(self.end)

    def end(self) -> None:
        """End the server, in good order."""
        if not self.ticking:
            return
        self.ticking = False
        for client in self.clients:
            client.close()
        stopped = self.server.stopService()
        self.reactor.pump()
        self.wait(2)
        self.successResultOf(stopped)
        self.assertEqual(self.farm.handlers(), [])
        self.assertEqual(list(self.farm.scheduler.processes), [])
        self.reactor.advance(86400)  # timers of those who do not wait any more

    def ask(self, path: str, *fields: bytes, client: Client | None = None, **how) -> Client:
        """Send a request."""
        client = client or self.connect()
        return client.send(request(path.encode("latin-1"), *fields, **how))

    def get(self, path: str, *fields: bytes, **how) -> Answer:
        """The answer to a request on a connection of its own."""
        client = self.ask(path, *fields, **how)
        answer = client.answer(how.get("method", b"GET").decode())
        client.close()
        return answer

    def text(self, path: str, *fields: bytes, **how) -> str:
        """The text of an answer that is 200."""
        answer = self.get(path, *fields, **how)
        self.assertEqual(answer.status, 200, answer.body)
        return answer.body.decode()

    def json(self, path: str, *fields: bytes, **how):
        """The value of an answer as JSON."""
        return msgspec.json.decode(self.text(path, *fields, **how))

    def said(self) -> str:
        """What is in the log."""
        return "\n".join(formatEvent(event) for event in self.events)

    def figures(self) -> dict:
        """What the statistics say of the modules."""
        return self.server.figures()["ogi"]

    def incident(self, answer: Answer, status: int = 500) -> str:
        """What the log says of the incident that a client was told of: one, with its number."""
        self.assertEqual(answer.status, status, answer.body)
        number = answer["incident"]
        self.assertIn(number.encode(), answer.body)
        told = [formatEvent(event) for event in self.events]
        (found,) = [text for text in told if text.startswith(f"incident {number}: ")]
        return found

    def look(self) -> None:
        """Let the second pass after which files are looked at again."""
        self.wait(1 + TICK)
