"""How fast the game speaks, and how often it knocks; the networks of the settings."""

from twisted.internet.testing import MemoryReactorClock
from twisted.trial.unittest import SynchronousTestCase

from adventure.seats import Refused
from occwserv.config import parse
from occwserv.csp import Scheduler
from occwserv.irc.networks import Networks, networks
from occwserv.irc.pacing import Backoff, Bucket, Window


class PacingTests(SynchronousTestCase):
    """Buckets, windows, waits."""

    def test_a_bucket(self) -> None:
        bucket = Bucket(rate=2, burst=3, now=0)
        self.assertEqual([bucket.take(0) for _ in range(4)], [True, True, True, False])
        self.assertEqual((bucket.wait(0.25), bucket.take(0.5), bucket.take(0.5)), (0.25, True, False))
        for _ in range(10):
            bucket.owe(1)
        self.assertEqual(bucket.wait(1), 2.0)  # never more than a full bucket is owed
        self.assertEqual(bucket.wait(1000), 0)

    def test_a_window(self) -> None:
        window = Window(4)
        for _ in range(3):
            self.assertTrue(window.open)
            window.sends()
        asked = window.question()
        window.sends()
        self.assertEqual((window.open, window.question()), (False, ""))
        window.answered("whatever")
        self.assertFalse(window.open)
        window.answered(asked)
        self.assertTrue(window.open)

    def test_waits_grow_and_begin_anew_only_after_a_while(self) -> None:
        waits = Backoff(first=1, most=10, stable=60, chance=lambda: 1.0)
        self.assertEqual([waits.wait() for _ in range(6)], [1, 2, 4, 8, 10, 10])
        waits.lasted(59)
        self.assertEqual(waits.wait(), 10)
        waits.lasted(60)
        self.assertEqual([waits.wait(), waits.wait()], [1, 2])
        self.assertEqual(Backoff(1, 10, 60, lambda: 0.0).wait(), 0.5)


class NetworksTests(SynchronousTestCase):
    """What the settings say."""

    def test_networks_of_the_settings(self) -> None:
        irc = parse(
            "irc: {nick: game, rate: 1, server: [tcp:a:1, tcp:b:2],"
            " networks: [{server: tcp:c:3, nick: other, account: x, required: true}]}"
        ).irc
        found = [(each.endpoint, each.nick, each.rate, each.account, each.required) for each in networks(irc)]
        self.assertEqual(
            found,
            [("tcp:a:1", "game", 1, "", False), ("tcp:b:2", "game", 1, "", False), ("tcp:c:3", "other", 1, "x", True)],
        )

    def test_a_reload_changes_what_has_changed(self) -> None:
        reactor = MemoryReactorClock()
        door = Networks(reactor, Scheduler(reactor), lambda: None, Refused)
        tcp = "tcp:127.0.0.1"
        door.configure(parse(f"irc: {{server: [{tcp}:1, {tcp}:2]}}"))
        before = dict(door._clients)
        door.configure(parse(f"irc: {{server: [{tcp}:2, {tcp}:3]}}"))
        kept = [client for key, client in door._clients.items() if client in before.values()]
        self.assertEqual([client.network.endpoint for client in kept], [f"{tcp}:2"])
        self.assertEqual(door.figures()["networks"], 2)
        door.configure(parse("irc: {serve: null}"))
        self.assertEqual(door.figures(), {"networks": 0, "reached": 0, "players": 0, "clients": 0})

    def test_newcomers_of_our_own_server_are_told_where_the_game_is(self) -> None:
        reactor = MemoryReactorClock()
        door = Networks(reactor, Scheduler(reactor), lambda: None, Refused)
        for nick in ("game", "other"):
            door.configure(parse(f"irc: {{nick: {nick}}}"))
            reactor.advance(0)
            self.assertIn(f"A world of processes: /msg {nick} help", door._own.server.motd)
        door.close()
