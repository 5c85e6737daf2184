"""The whole server as a service: it listens where it is told to, reads its settings anew, and ends in good order."""

import shutil
import tempfile
from pathlib import Path

from twisted.internet.defer import Deferred
from twisted.internet.testing import EventLoggingObserver
from twisted.logger import globalLogPublisher

from adventure.limits import Limits
from occwserv.config import ConfigError, Mistake
from occwserv.http.dates import http_date
from occwserv.server import CanNotServe, Server
from occwserv.settings import Settings

from .sockets import Client, request
from .standstill import GAME, TICK, ServerTestCase, settings


class RunningTestCase(ServerTestCase):
    """A server that runs, with an access log in a file; what it will load is `loaded`."""

    sections = {"shutdown": {"grace": 10}, "timeouts": {"idle": 3600}}

    def setUp(self) -> None:
        super().setUp()
        self.folder = Path(tempfile.mkdtemp(prefix="occwserv-test-"))
        self.addCleanup(shutil.rmtree, self.folder)
        (self.folder / "large").write_bytes(b"x" * 3_000_000)
        (self.folder / "index.html").write_bytes(b"hello")
        self.path = self.folder / "access.log"
        self.stopped: Deferred | None = None
        self.events = EventLoggingObserver.createWithCleanup(self, globalLogPublisher)
        self.loaded: Settings | ConfigError | None = None
        self.set = 0
        self.run_with(**self.sections)
        self.addCleanup(self.end)

    def chosen(self, **sections) -> Settings:
        usual = {"log": {"access": str(self.path)}, "listen": ["tcp:80"], "static": {"root": str(self.folder)}}
        return settings(**{**usual, **sections})

    def run_with(self, **sections) -> None:
        self.server = Server(self.reactor, self.chosen(**sections), self.load, self.now)
        self.server.privilegedStartService()
        self.server.startService()
        self.listener = self.reactor.ports[-1].factory

    def now(self) -> float:
        """The time of day, which somebody may set."""
        return self.reactor.seconds() + self.set

    def load(self) -> Settings:
        if isinstance(self.loaded, ConfigError):
            raise self.loaded
        return self.loaded

    def reload(self, **sections) -> None:
        self.loaded = self.chosen(**sections)
        self.server.reload()
        self.reactor.pump()

    def stop(self) -> Deferred:
        self.stopped = self.server.stopService()
        self.reactor.pump()
        return self.stopped

    def end(self) -> None:
        if self.stopped is None:
            self.stop()
        for client in self.clients:
            client.close()
        self.reactor.pump()
        self.successResultOf(self.stopped)

    @property
    def places(self) -> list[tuple[str, int]]:
        """Where it listens."""
        return [port.place for port in self.reactor.ports if port.listening]

    def said(self, level: str) -> list[str]:
        return [event["log_format"].format(**event) for event in self.events if event["log_level"].name == level]

    def get(self, client: Client) -> int:
        return client.send(request()).answer().status


class ListenTests(RunningTestCase):
    """Where it listens."""

    def test_at_every_endpoint(self) -> None:
        self.successResultOf(self.stop())
        self.stopped = None
        self.run_with(listen=["tcp:8080:interface=127.0.0.1", "tcp:8081", "tcp:8080:interface=127.0.0.2"])
        self.assertEqual(self.places, [("127.0.0.1", 8080), ("", 8081), ("127.0.0.2", 8080)])
        self.assertEqual(len([line for line in self.said("info") if line.startswith("serving")]), 4)

    def test_a_server_that_can_not_listen_somewhere_does_not_begin(self) -> None:
        server = Server(self.reactor, self.chosen(listen=["tcp:81", "tcp:80", "tcp:80:interface=127.0.0.1"]), self.load)
        error = self.assertRaises(CanNotServe, server.privilegedStartService)
        self.assertIsInstance(error, SystemExit)
        lines = str(error).splitlines()
        self.assertEqual([line.partition(": ")[0] for line in lines], [
            "can not listen at tcp:80", "can not listen at tcp:80:interface=127.0.0.1",
        ])  # fmt: skip
        self.assertIn("in use", lines[0])

    def test_what_it_serves(self) -> None:
        self.assertEqual(self.connect().send(request()).answer().body, b"hello")
        self.assertEqual(self.connect().send(request(b"/stats.json")).answer().status, 200)
        self.assertEqual(self.connect().send(request(b"*", method=b"OPTIONS")).answer().status, 204)
        self.assertEqual(self.connect().send(request(b"/none")).answer().status, 404)

    def test_deadlines_are_kept_by_the_clock(self) -> None:
        self.reload(timeouts={"idle": 5})
        client = self.connect()
        self.wait(4.5)
        self.assertFalse(client.ended)
        self.wait(0.5 + 2 * TICK)
        self.assertTrue(client.ended)

    def test_a_clock_that_is_set_cuts_nobody_off_and_lets_nobody_stay(self) -> None:
        for by in (3600, -3600):
            self.successResultOf(self.stop())
            self.stopped, self.set = None, 0
            self.run_with(timeouts={"idle": 5, "head": 5})
            idle, slow = self.connect(), self.connect().send(request()[:9])
            self.wait(1)
            self.set = by
            self.wait(3)
            self.assertEqual((idle.ended, slow.ended), (False, False))
            late = self.connect()
            self.assertEqual(late.send(request()).answer()["date"], http_date(int(self.now())).decode())
            self.wait(2 + 2 * TICK)
            self.assertEqual((idle.ended, slow.ended, late.ended), (True, True, False))
            self.assertEqual(slow.answer().status, 408)
            self.wait(3 + 2 * TICK)
            self.assertTrue(late.ended)
            self.assertIn(f"was set by {by} s", self.said("warn")[-1])

    def test_a_tick_that_fails_is_told_and_not_the_last(self) -> None:
        self.reload(timeouts={"idle": 5})
        broken, other = self.connect(), self.connect()
        broken.protocol.site = None
        self.wait(6 + 2 * TICK)
        self.assertTrue(other.ended)
        self.assertTrue(self.flushLoggedErrors(AttributeError))
        broken.protocol.site = self.listener.site
        late = self.connect()
        self.wait(6 + 2 * TICK)
        self.assertTrue(broken.ended and late.ended)


class ReloadTests(RunningTestCase):
    """SIGHUP."""

    def test_new_clients_see_the_new_settings_and_old_ones_the_old(self) -> None:
        old = self.connect()
        (self.folder / "new").mkdir()
        (self.folder / "new" / "index.html").write_bytes(b"new")
        self.reload(static={"root": str(self.folder / "new")})
        new = self.connect()
        bodies = [client.send(request()).answer().body for client in (old, new, old)]
        self.assertEqual(bodies, [b"hello", b"new", b"hello"])
        self.assertEqual(self.server.figures()["reloads"], {"done": 1, "refused": 0})

    def test_endpoints_come_and_go(self) -> None:
        kept = self.reactor.ports[0]
        for listen, places in (
            (["tcp:80", "tcp:81"], [("", 80), ("", 81)]),
            (["tcp:82", "tcp:80"], [("", 80), ("", 82)]),
            (["tcp:80"], [("", 80)]),
        ):
            self.reload(listen=listen)
            self.assertEqual(sorted(self.places), places)
            self.assertTrue(kept.listening)
        self.reload(listen=["tcp:83"])
        self.assertEqual(self.places, [("", 83)])
        self.assertEqual(self.listener.ports, [port for port in self.reactor.ports if port.listening])

    def test_an_endpoint_named_twice_is_opened_twice_and_closed_as_often(self) -> None:
        for listen in (["tcp:0", "tcp:0", "tcp:80"], ["tcp:0"], ["tcp:0", "tcp:0"], ["tcp:80"]):
            self.reload(listen=listen)
            self.assertEqual(sorted(f"tcp:{port}" for _, port in self.places), sorted(listen))
        self.reload(listen=["tcp:0", "tcp:0"])
        self.successResultOf(self.stop())
        self.assertEqual(self.places, [])

    def test_the_same_port_at_another_interface(self) -> None:
        self.reload(listen=["tcp:80:interface=127.0.0.1"])
        self.assertEqual(self.places, [("127.0.0.1", 80)])
        self.reload(listen=["tcp:80"])
        self.assertEqual(self.places, [("", 80)])
        self.assertEqual(self.said("error"), [])

    def test_reloads_one_behind_the_other_end_with_the_last_one(self) -> None:
        for listen in (["tcp:80:interface=127.0.0.1"], ["tcp:80"], ["tcp:80:interface=127.0.0.2", "tcp:81"]):
            self.loaded = self.chosen(listen=listen)
            self.server.reload()
        self.reactor.pump()
        self.assertEqual(self.places, [("127.0.0.2", 80), ("", 81)])
        self.assertEqual(self.said("error"), [])

    def test_clients_of_an_endpoint_that_goes_are_kept(self) -> None:
        client = self.connect()
        self.reload(listen=["tcp:81"])
        self.assertEqual(self.get(client), 200)

    def test_an_endpoint_that_can_not_be_had_is_told_and_the_others_serve(self) -> None:
        taken = self.reactor.listenTCP(99, self.listener)
        self.reload(listen=["tcp:80", "tcp:99", "tcp:81"])
        self.assertEqual(sorted(self.places), [("", 80), ("", 81), ("", 99)])
        self.assertNotIn(taken, self.listener.ports)
        self.assertIn("can not listen at tcp:99", self.said("error")[0])

    def test_the_game_heeds_its_limits_at_once(self) -> None:
        self.reload(adventure=GAME)
        game = self.server._doors.game()
        self.reload(adventure={**GAME, "operators": ["Ada"], "leave": 5})
        self.assertEqual(game.seats.limits, Limits(operators=frozenset({"ada"}), leave=5.0))
        self.successResultOf(self.stop())
        self.wait(1)
        self.reactor.advance(86400)  # timers of those who do not wait any more

    def test_settings_with_mistakes_are_refused_and_counted(self) -> None:
        self.loaded = ConfigError([Mistake("limits.head", "{is} wrong", 3, "tap.yaml")])
        for _ in range(2):
            self.server.reload()
        self.assertEqual(self.server.figures()["reloads"], {"done": 0, "refused": 2})
        self.assertIn("tap.yaml:3: limits.head: {is} wrong", self.said("error")[0])
        self.assertEqual((self.places, self.get(self.connect())), ([("", 80)], 200))

    def test_the_access_log_goes_where_it_is_told_to_from_then_on(self) -> None:
        client = self.connect()
        self.get(client)
        other = self.folder / "other.log"
        self.reload(log={"access": str(other), "format": "common"})
        self.get(client)
        self.end()
        self.assertEqual(len(self.path.read_bytes().splitlines()), 1)
        self.assertEqual(len(other.read_bytes().splitlines()), 1)

    def test_the_statistics_go_on(self) -> None:
        self.get(self.connect())
        self.reload()
        self.get(self.connect())
        self.assertEqual(self.server.figures()["requests"]["total"], 2)


class StopTests(RunningTestCase):
    """The end: ports first, then clients, then the log."""

    def test_without_clients_it_ends_at_once(self) -> None:
        self.get(client := self.connect())
        client.close()
        self.successResultOf(self.stop())
        self.assertEqual((self.places, self.reactor.getDelayedCalls()), ([], []))
        self.assertEqual(len(self.path.read_bytes().splitlines()), 1)

    def test_the_ports_are_closed_before_anything_else(self) -> None:
        client = self.connect()
        self.stop()
        self.assertEqual((self.places, client.ended), ([], False))
        self.assertNoResult(self.stopped)

    def test_an_idle_client_may_ask_once_more_and_is_told_to_close(self) -> None:
        client = self.connect()
        self.stop()
        self.assertEqual(client.send(request()).answer()["connection"], "close")
        self.assertTrue(client.ended)
        self.assertNoResult(self.stopped)
        client.close()
        self.successResultOf(self.stopped)

    def test_who_was_told_to_close_and_does_not_is_waited_for_briefly(self) -> None:
        self.connect().send(request(b"/stats.json"))
        client = self.connect()
        self.stop()
        client.send(request())
        self.wait(2 + 2 * TICK)
        self.successResultOf(self.stopped)

    def test_one_that_does_not_is_closed_after_the_farewell(self) -> None:
        client = self.connect()
        self.get(client)
        self.stop()
        self.wait(0.5)
        self.assertFalse(client.ended)
        self.wait(0.5 + 2 * TICK)
        self.assertTrue(client.ended)
        self.successResultOf(self.stopped)

    def test_an_answer_under_way_is_sent_to_its_end(self) -> None:
        client = self.connect().send(request(b"/large"))
        self.stop()
        self.wait(9)
        self.assertNoResult(self.stopped)
        self.assertEqual(len(client.answer().body), 3_000_000)
        self.wait(1 + 2 * TICK)
        self.assertTrue(client.ended)
        self.successResultOf(self.stopped)

    def test_at_the_end_of_the_grace_whoever_is_left_is_cut_off(self) -> None:
        clients = [self.connect().send(request(b"/large")), self.connect().send(b"GET / HT")]
        self.stop()
        self.wait(9.5)
        self.assertNoResult(self.stopped)
        self.wait(0.5 + TICK)
        self.successResultOf(self.stopped)
        self.assertTrue(all(client.ended for client in clients))
        self.assertEqual(self.reactor.getDelayedCalls(), [])
        self.assertEqual(len(self.said("warn")), 2)

    def test_what_comes_home_in_the_grace_is_logged(self) -> None:
        clients = [self.connect().send(request(b"/large")) for _ in range(3)]
        self.stop()
        clients[0].answer()
        clients[1].close()
        self.wait(11)
        self.successResultOf(self.stopped)
        self.assertEqual(len(self.path.read_bytes().splitlines()), 3)
        self.assertFalse(self.server._access._thread.is_alive())

    def test_without_grace_it_ends_at_once(self) -> None:
        self.server._settings = self.chosen(shutdown={"grace": 0})
        client = self.connect().send(request(b"/large"))
        self.stop()
        self.successResultOf(self.stopped)
        self.assertTrue(client.ended)

    def test_the_grace_is_that_of_the_last_settings(self) -> None:
        self.reload(shutdown={"grace": 2})
        self.connect().send(request(b"/large"))
        self.stop()
        self.wait(2 + TICK)
        self.successResultOf(self.stopped)

    def test_a_tick_that_failed_does_not_keep_it_from_ending(self) -> None:
        client = self.connect()
        client.protocol.site, site = None, client.protocol.site
        self.reactor.advance(4000)
        self.reactor.advance(4000)
        self.assertTrue(self.flushLoggedErrors(AttributeError))
        client.protocol.site = site
        client.close()
        self.successResultOf(self.stop())
        self.assertFalse(self.server._access._thread.is_alive())
