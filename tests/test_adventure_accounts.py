"""Names, passwords and rights."""

import os
import pty
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path
from random import Random

from twisted.internet.defer import Deferred
from twisted.internet.task import Clock
from twisted.trial.unittest import SynchronousTestCase

from adventure.limits import Attempts, Limits, limits_of, network_of
from adventure.seats import Seats
from adventure.store import Store
from adventure.world import World
from adventure.worldfile import read_world
from occwserv.csp import Scheduler
from occwserv.places import resolve
from occwserv.server import modules_of
from occwserv.settings import Settings
from occwserv.settings.game import Adventure

from .adventurers import SMALL
from .test_adventure_seats import SeatsTestCase

HERE = "198.51.100.1"
ROOT = Path(__file__).parent.parent


class LimitsTests(SynchronousTestCase):
    """What the settings say, as texts; and how long one waits."""

    def test_texts(self) -> None:
        limits = limits_of({"world": "x", "operators": "Ada ben", "tries": "7", "wait": "0.5"})
        self.assertEqual(limits, Limits(operators=frozenset({"ada", "ben"}), tries=7, wait=0.5))
        self.assertEqual(limits_of({"operators": ""}), Limits())

    def test_the_settings_are_told_to_the_game(self) -> None:
        chosen = Settings(adventure=Adventure(operators=("Ada", "Ben"), tries=9, save=None))
        found = resolve(chosen, ROOT, "tap.yaml", None)
        self.assertEqual(
            limits_of(modules_of(found).options["adventure"]), Limits(operators=frozenset({"ada", "ben"}), tries=9)
        )
        self.assertEqual(limits_of(modules_of(Settings()).options["adventure"]), Limits())

    def test_each_wrong_password_makes_the_next_wait_longer(self) -> None:
        attempts, now, waits = Attempts(Limits(tries=3, wait=2, longest=30)), 0.0, []
        for _ in range(9):
            attempts.begin("ada", HERE, now)
            waits.append(attempts.wait("ada", HERE, now))
            now += waits[-1]
        self.assertEqual(waits, [0, 0, 2, 4, 8, 16, 30, 30, 30])
        self.assertEqual(attempts.wait("ben", HERE, now), 0)
        attempts.right("ada", HERE)
        attempts.begin("ada", HERE, now)
        self.assertEqual(attempts.wait("ada", HERE, now), 0)

    def test_they_are_forgotten_after_a_while(self) -> None:
        attempts = Attempts(Limits(tries=1, wait=2, longest=30))
        for number in range(1000):
            attempts.begin(f"ada{number}", HERE, number)
        self.assertLess(len(attempts._wrong), 80)

    def test_wrong_passwords_from_elsewhere_hold_nobody_up_before_they_are_many(self) -> None:
        attempts = Attempts(Limits(tries=2, guesses=6, wait=2))
        attempts.begin("ada", HERE, 0)
        attempts.right("ada", HERE)
        for number in range(6):
            attempts.begin("ada", f"192.0.2.{number // 2}", 0)
            waits = [attempts.wait("ada", address, 0) for address in (f"192.0.2.{number // 2}", "192.0.2.9", HERE)]
            self.assertEqual(waits, [2.0 * (number % 2), 2.0 * (number == 5), 0], number)

    def test_by_the_right_password_an_address_is_known_for_a_while(self) -> None:
        attempts = Attempts(Limits(tries=99, guesses=1))
        for number in range(5):
            attempts.begin("ada", f"192.0.2.{number}", 0)
            attempts.right("ada", f"192.0.2.{number}")
        attempts.begin("ada", HERE, 100)
        waits = [attempts.wait("ada", f"192.0.2.{number}", 100) for number in range(6)]
        self.assertEqual(waits, [2, 0, 0, 0, 0, 2])

    def test_one_network_is_one_address(self) -> None:
        for address, network in (
            ("192.0.2.1", "192.0.2.1"), ("2001:db8::1", "2001:db8::/64"), ("fe80::1%eth0", "fe80::/64"),
            ("unix", "unix"), ("user.example", "user.example"), ("", ""),
        ):  # fmt: skip
            self.assertEqual(network_of(address), network)


class PasswordTests(SeatsTestCase):
    """At the doors."""

    limits = Limits(operators=frozenset({"eve"}), tries=3, wait=2)

    def setUp(self) -> None:
        self.busy: list[tuple] = []
        self.held = False
        super().setUp()

    def make(self) -> World:
        return World(
            read_world(self.text), self.scheduler, self.clock.seconds, Random(7), self._begun_anew, apart=self.apart,
            limits=self.limits,
        )  # fmt: skip

    def seats_of(self, world: World) -> Seats:
        return Seats(world, self.scheduler, self.clock.seconds, Random(5), self.limits)

    def apart(self, act, *args) -> Deferred:
        """A thread that may take its time."""
        done: Deferred = Deferred()
        self.busy.append((done, act, args))
        if not self.held:
            self.finish()
        return done

    def finish(self) -> None:
        for done, act, args in self.busy:
            done.callback(act(*args))
        self.busy.clear()

    def test_nobody_waits_for_a_password_that_is_looked_at(self) -> None:
        ada = self.sit("Ada")
        self.held = True
        self.scheduler.spawn(ada.play("password secret1"))
        self.settle()
        ben = self.sit("Ben")
        self.assertIn("You say", self.says(ben, "say hello"))
        self.assertFalse(self.seats.has_password("ada"))
        self.finish()
        self.assertIn("Your name is protected now.", self.hears(ada))
        self.assertTrue(self.seats.has_password("ada"))

    def test_too_many_wrong_passwords(self) -> None:
        self.says(self.sit("Ada"), "password secret1")
        for _ in range(3):
            self.assertIn("not the password", self.sit("Ada", "guess123"))
        for said in ("guess123", "secret1"):
            self.assertEqual(self.sit("Ada", said), "Too many wrong passwords for Ada; try again in 2 s.")
        self.clock.advance(2)
        self.assertEqual(self.sit("Ada", "secret1").name, "Ada")
        self.assertIn("not the password", self.sit("Ada", "guess123"))

    def test_who_guesses_elsewhere_does_not_keep_the_owner_out(self) -> None:
        self.says(self.sit("Ada"), "password secret1")
        for _ in range(4):
            said = self.done(self.seats.enter("Ada", "guess123", address="192.0.2.1"))
        self.assertIn("Too many wrong passwords", said)
        self.assertEqual(self.done(self.seats.enter("Ada", "secret1", address=HERE)).name, "Ada")

    def test_many_at_once_are_no_way_round(self) -> None:
        self.says(self.sit("Ada"), "password secret1")
        self.held = True
        said = [self.scheduler.spawn(self.seats.enter("Ada", f"guess{number}")) for number in range(50)]
        for process in said:
            process.observed = True
        self.settle()
        self.assertEqual(len(self.busy), 3)
        self.finish()
        self.settle()
        self.assertTrue(all(process.failure is not None for process in said))

    def test_an_operator_needs_his_password_first(self) -> None:
        self.assertIn("has no password yet", self.sit("Eve"))
        self.assertIn("has no password yet", self.sit("Eve", "secret1"))
        ada = self.sit("Ada")
        self.assertIn("somebody else", self.says(ada, "name Eve"))
        proof = self.done(self.world._digest("secret1"))
        self.world.hall.accounts.protect("eve", *proof)
        self.assertIn("has a password", self.sit("Eve"))
        eve = self.sit("Eve", "secret1")
        self.assertEqual(eve.state()["role"], "operator")
        self.says(eve, "grant ada builder")
        self.assertIn("You are a builder now, until you leave: your name has no password.", self.hears(ada))

    def test_other_limits_and_operators_hold_at_once(self) -> None:
        ada, ben = self.sit("Ada"), self.sit("Ben")
        self.says(ada, "password secret1")
        self.seats.heed(Limits(operators=frozenset({"ada", "ben"}), tries=1, wait=7, rate=100))
        self.assertEqual((ada.state()["role"], ben.state()["role"]), ("operator", "player"))
        self.assertIn("by now", self.says(ben, "password secret2"))
        self.sit("Ada", "guess123")
        self.assertIn("try again in 7 s", self.sit("Ada", "guess123"))
        self.assertIn("has no password yet", self.sit("Ben"))
        self.assertEqual((ada.card.player.rate, self.sit("Cyd").card.player.rate), (100, 100))
        self.seats.heed(Limits())
        self.assertEqual(ada.state()["role"], "player")
        self.assertIn("is protected now", self.says(ben, "password secret2"))

    def test_rights_belong_to_who_has_the_password(self) -> None:
        ada, ben = self.sit("Ada"), self.sit("Ben")
        ada.card.role = "operator"
        self.says(ada, "grant ben builder")
        self.says(ben, "quit")
        ben = self.sit("Ben")  # whoever that is
        self.assertEqual(ben.state()["role"], "player")
        self.says(ada, "grant ben builder")
        self.says(ben, "password secret1")
        self.says(ben, "quit")
        self.assertEqual(self.sit("Ben", "secret1").state()["role"], "builder")


class CommandTests(SynchronousTestCase):
    """`python -m adventure --protect NAME`."""

    def protect(self, path: Path, name: str, *said: bytes) -> str:
        mine, its = pty.openpty()
        with subprocess.Popen(
            (sys.executable, "-m", "adventure", "--protect", name, "--save", path), cwd=ROOT, stdin=its, stdout=its,
            stderr=its, start_new_session=True, preexec_fn=lambda: __import__("fcntl").ioctl(0, 0x540E, 0),
        ):  # fmt: skip
            os.close(its)
            heard = b""
            for line in said:
                while not heard.rstrip(b"\r\n").endswith(b": "):
                    heard += os.read(mine, 1000)
                os.write(mine, line + b"\n")
                heard += b"|"
            try:
                while data := os.read(mine, 1000):
                    heard += data
            except OSError:  # Linux says so that nobody is there any more
                pass
        os.close(mine)
        return heard.decode()

    def test_a_password_for_a_name(self) -> None:
        folder = Path(tempfile.mkdtemp(prefix="occwserv-test-"))
        self.addCleanup(shutil.rmtree, folder)
        path = folder / "var" / "world.sqlite"
        self.assertIn("at least 6", self.protect(path, "eve", b"short"))
        self.assertIn("twice", self.protect(path, "eve", b"secret1", b"secret2"))
        self.assertIn("Eve has a password now.", self.protect(path, "Eve", b"secret1", b"secret1"))
        store = Store(path)
        self.addCleanup(store.close)
        clock = Clock()
        scheduler = Scheduler(clock)
        world = World(read_world(SMALL), scheduler, lambda: 0.0, Random(1), store=store,
                      limits=Limits(operators=frozenset({"eve"})))  # fmt: skip
        self.assertEqual(world.hall.accounts.role("eve"), "operator")
        self.assertEqual(len(world.rooms), 4)
        world.end()
        clock.advance(1)
        self.assertIn(("room", "hall"), store.rows())
