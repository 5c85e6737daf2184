"""The telnet door on a clock: who enters, what is played and heard, and who is ended."""

import re
import zlib
from pathlib import Path
from random import Random

from twisted.internet.address import IPv4Address
from twisted.internet.error import ConnectionDone
from twisted.internet.testing import StringTransport
from twisted.python.failure import Failure

from adventure.limits import Limits
from adventure.seats import Refused, Seats
from occwserv.settings import Telnet
from occwserv.telnet.door import Door

from .adventurers import SHIPPED, WorldTestCase
from .test_telnet_machine import OFFERS

IAC_GA = "\xff\xf9"
WILL_TTYPE = b"\xff\xfb\x18"
MTTS = b"\xff\xfa\x18\0MTTS %d\xff\xf0"


class Game:
    """A game, as `adventure.game.Game` is one."""

    def __init__(self, seats: Seats) -> None:
        self.plan = seats.world.plan
        self.seats = seats


class Broken(Game):
    """A game with a mistake in it."""

    @property
    def seats(self) -> Seats:
        raise ZeroDivisionError

    @seats.setter
    def seats(self, seats: Seats) -> None:
        """It is not kept."""


class Wire(StringTransport):
    """A client's end, with room for so many bytes. `stuck`: it takes nothing more."""

    room = 10_000
    stuck = False

    def write(self, data: bytes) -> None:
        super().write(data)
        if len(self.value()) > self.room and self.producer is not None and not self.stuck:
            self.stuck = True
            self.producer.pauseProducing()

    def resume(self) -> None:
        """It takes what there is, and more."""
        self.clear()
        self.stuck = False
        self.producer.resumeProducing()


class DoorTestCase(WorldTestCase):
    """A door of a small world, and clients of it."""

    def setUp(self) -> None:
        super().setUp()
        self.seats = Seats(self.world, self.scheduler, self.clock.seconds, Random(5))
        self.door = Door(self.clock, self.scheduler, lambda: Game(self.seats), Refused)

    def tearDown(self) -> None:
        for client in list(self.door._clients):
            client.transport.loseConnection()
            self.lose(client)
        self.seats.end()
        super().tearDown()

    def rules(self, **changes) -> None:
        self.door.rules = Telnet(**changes)

    def come(self, *lines: str, host: str = "10.0.0.1"):
        """A client that writes some lines."""
        client = self.door.buildProtocol(IPv4Address("TCP", host, 5))
        client.makeConnection(Wire())
        self.settle()
        for line in lines:
            client.dataReceived(line.encode() + b"\r\n")
            self.settle()
        return client

    def write(self, client, line: str) -> str:
        """Have a client write a line; what it is told then."""
        return self.send(client, line.encode() + b"\r\n")

    def send(self, client, data: bytes) -> str:
        self.told(client)
        client.dataReceived(data)
        self.settle()
        return self.told(client)

    def leave_protected(self, name: str) -> None:
        """Have a character with a password, which does not play now."""
        client = self.come(name, "password secret1")
        self.after(1)
        self.write(client, "quit")
        self.after(1)

    def told(self, client) -> str:
        """What a client was told since the last time."""
        self.settle()
        said = client.transport.value().decode("latin-1")
        if not client.transport.stuck:
            client.transport.clear()
        return said

    def lose(self, client) -> None:
        """The link breaks."""
        client.connectionLost(Failure(ConnectionDone()))
        self.settle()


class EntryTests(DoorTestCase):
    """Who a client is."""

    def test_the_first_line_is_the_name_and_every_other_one_a_command(self) -> None:
        client = self.come()
        self.assertIn("Small\r\nWelcome.\r\nWrite your name", self.told(client))
        self.assertEqual(self.write(client, " ada "), "\r\nThe Hall\r\nA hall.\r\nYou see a brass lamp, a tin box, an "
            "oak chest, a red cap, a small key, a stone and a table.\r\n"
            "Ways: north, east (the blue door, locked).\r\n")  # fmt: skip
        self.assertEqual(self.write(client, "get lamp"), "You take the brass lamp.\r\n")
        self.assertEqual(self.write(client, "quit"), "Good-bye. Come back soon.\r\n")
        self.assertTrue(client.transport.disconnecting)

    def test_lines_that_come_at_once_are_played_one_after_the_other(self) -> None:
        client = self.come()
        said = self.send(client, b"Ada\nget lamp\r\nsay one\ndrop lamp\r\0\n")
        self.assertLess(said.index("You take"), said.index('You say, "one"'))
        self.assertTrue(said.endswith("You drop the brass lamp.\r\n"), said)

    def test_a_password_is_asked_only_of_a_character_that_has_one_and_not_shown(self) -> None:
        self.leave_protected("Ada")
        client = self.come()
        client.dataReceived(WILL_TTYPE)
        said = self.write(client, "ada")
        self.assertEqual(said, f"\xff\xfb\x01Password: {IAC_GA}")
        said = self.send(client, b"\xff\xfd\x01wrong\r\n")
        self.after(2)
        self.assertIn("That is not the password", said + self.told(client))
        self.assertIn("\xff\xfb\x01", self.send(client, b"\xff\xfe\x01ada\r\n"))
        said = self.send(client, b"\xff\xfd\x01secret1\r\n")
        self.assertTrue(said.startswith("\xff\xfc\x01\r\n"), said)
        self.assertIn("The Hall", said)

    def test_a_client_without_telnet_is_asked_in_a_line(self) -> None:
        self.leave_protected("Ada")
        client = self.come()
        self.assertEqual(self.write(client, "ada"), "Password:\r\n\xff\xfb\x01")
        self.assertIn("The Hall", self.write(client, "secret1"))

    def test_three_wrong_tries_end_it(self) -> None:
        self.leave_protected("Ada")
        client = self.come()
        for tries in range(3):
            self.assertFalse(client.transport.disconnecting, tries)
            if tries < 2:
                self.write(client, "ada")
            self.write(client, "wrong!" if tries < 2 else "link ABCDEF")
            self.after(2)
        self.assertIn("too many tries", self.told(client))
        self.assertTrue(client.transport.disconnecting)

    def test_a_code_is_another_door_to_the_same_character(self) -> None:
        first = self.come("Ada")
        code = self.write(first, "code").partition("link ")[2][:6]
        second = self.come(f"LINK {code}")
        self.assertIn("You are at the telnet door, too.", self.told(second))
        self.write(second, "get lamp")
        self.assertIn("You take the brass lamp.", self.told(first))

    def test_names_that_are_none_or_taken(self) -> None:
        self.come("Ada")
        client = self.come("", "x", host="10.0.0.2")
        self.assertIn("Ada is playing now", self.write(client, "Ada"))
        self.assertIn("The Hall", self.write(client, "Ben"))

    def test_who_will_not_play_may_quit(self) -> None:
        client = self.come()
        self.assertEqual(self.write(client, "quit"), "Good-bye.\r\n")
        self.assertEqual((client.transport.disconnecting, self.seats.players), (True, 0))

    def test_a_request_of_a_browser_plays_nothing(self) -> None:
        client = self.come()
        said = self.send(client, b"POST / HTTP/1.1\r\nHost: localhost:4000\r\n\r\nAda\r\nshout hello\r\n")
        self.assertIn("This is not HTTP", said)
        self.assertEqual((client.transport.disconnecting, self.seats.players), (True, 0))

    def test_who_is_too_many_is_told_so(self) -> None:
        self.rules(connections=3, per_client=2)
        hosts = ("10.0.0.1", "10.0.0.1", "10.0.0.1", "10.0.0.2", "10.0.0.3")
        made = [self.door.buildProtocol(IPv4Address("TCP", host, 5)) for host in hosts]
        self.assertEqual([type(each).__name__ for each in made], ["Client", "Client", "Turned", "Client", "Turned"])
        wire = StringTransport()
        made[2].makeConnection(wire)
        self.assertEqual((b"Too many" in wire.value(), wire.disconnecting), (True, True))
        for each in made:
            if type(each).__name__ == "Client":
                each.makeConnection(Wire())
        self.assertEqual(self.door.figures(), {"open": 3, "accepted": 3, "refused": 2, "entered": 0})

    def test_there_is_no_game(self) -> None:
        def none():
            raise Refused("There is none.")

        self.door.game = none
        client = self.come()
        self.assertEqual((client.transport.disconnecting, "There is none." in self.told(client)), (True, True))


class PlayTests(DoorTestCase):
    """What a client is told."""

    def test_prompts_are_for_clients_that_speak_telnet(self) -> None:
        client = self.come()
        self.assertTrue(self.send(client, WILL_TTYPE + b"Ada\r\n").endswith(f"locked).\r\n> {IAC_GA}"))
        self.assertEqual(self.write(client, "get lamp"), f"You take the brass lamp.\r\n> {IAC_GA}")
        self.assertEqual(self.write(client, ""), f"> {IAC_GA}")
        other = self.come("Ben")
        self.write(other, "say hello")
        self.assertIn(f'\r\nBen says, "hello"\r\n> {IAC_GA}', self.told(client))

    def test_colours_and_width_are_those_of_the_client(self) -> None:
        client = self.come()
        self.send(client, WILL_TTYPE + MTTS % 5 + b"\xff\xfb\x1f\xff\xfa\x1f\0\x14\0\x18\xff\xf0")
        said = self.write(client, "Ada")
        self.assertIn("\x1b[1;36mThe Hall\x1b[0m\r\n", said)
        self.assertIn("You see a brass\r\nlamp, a tin box, an\r\noak chest", said)
        self.assertTrue(said.endswith(f"\x1b[36m>\x1b[0m {IAC_GA}"), said)

    def test_a_screen_reader_is_told_words_alone(self) -> None:
        client = self.come()
        self.send(client, WILL_TTYPE + MTTS % 77)
        said = self.write(client, "Ada")
        self.assertTrue(said.startswith("The Hall\r\nA hall."), said)
        self.assertNotIn("\x1b", said)
        self.assertNotIn(">", said)
        self.assertTrue(said.endswith(IAC_GA))
        self.write(self.come("Ben"), "say hello")
        self.assertTrue(self.told(client).endswith('Ben says, "hello"\r\n'))

    def test_gmcp(self) -> None:
        client = self.come()
        self.send(client, b'\xff\xfd\xc9\xff\xfa\xc9Core.Supports.Set ["Room 1","Char 1","Comm 1"]\xff\xf0')
        said = self.write(client, "Ada")
        self.assertIn('\xff\xfa\xc9Char.Name {"name": "Ada", "fullname": "Ada"}\xff\xf0', said)
        self.assertIn(
            '\xff\xfa\xc9Char.Status {"name": "Ada", "role": "player", "score": 0, "purse": 10}\xff\xf0', said
        )
        self.assertIn('"id": "hall", "name": "the Hall", "exits": {"north": ', said)
        self.assertIn('"id": "yard"', self.write(client, "north"))
        self.assertIn('Comm.Channel.Text {"channel": "say", "talker": "Ada"', self.write(client, "say hi"))
        self.assertNotIn("Room.Info", self.write(client, "inventory"))
        self.write(self.come("Ben"), "shout ahoy")
        self.assertIn('{"channel": "shout", "talker": "Ben", "text": "Ben shouts, \\"ahoy\\""}', self.told(client))

    def test_gmcp_tells_a_room_before_what_is_said_in_it(self) -> None:
        ada, ben = self.come("Ada"), self.come("Ben", host="10.0.0.2")
        self.send(ada, b'\xff\xfd\xc9\xff\xfa\xc9Core.Supports.Set ["Room 1","Comm 1"]\xff\xf0')
        self.write(ada, "follow ben")
        ada.transport.room = 0
        for line in ("say stop", "say one", "north", "say two"):  # the first of them stops it
            self.write(ben, line)
        ada.transport.room = 100_000
        ada.transport.resume()
        self.settle()
        said = ada.transport.value().decode("latin-1")
        found = re.findall(r'"text": "Ben says, \\"(\w+)|Room.Info {.*?"id": "(\w+)"', said)
        self.assertEqual(found, [("one", ""), ("", "yard"), ("two", "")])

    def test_gmcp_wanted_later(self) -> None:
        client = self.come("Ada")
        said = self.send(client, b'\xff\xfd\xc9\xff\xfa\xc9Core.Supports.Set ["Room 1"]\xff\xf0')
        self.assertIn("Room.Info", said)

    def test_mssp_before_anybody_plays(self) -> None:
        self.assertIn("\xff\xfaF\x01NAME\x02Small\x01PLAYERS\x020\x01UPTIME\x02", self.send(self.come(), b"\xff\xfdF"))

    def test_compressed(self) -> None:
        client = self.come("Ada")
        said = self.send(client, b"\xff\xfdVlook\r\n").encode("latin-1")
        self.assertIn(b"The Hall", zlib.decompressobj().decompress(said.partition(b"\xff\xfaV\xff\xf0")[2]))

    def test_a_line_that_is_too_long(self) -> None:
        self.rules(line=64)
        client = self.come("Ada")
        self.assertEqual(self.write(client, "say " + "x" * 100), "That line was too long: 64 bytes are the most.\r\n")
        self.assertIn("The Hall", self.write(client, "look"))


class DocumentedTests(DoorTestCase):
    """The session of docs/adventure.md, in the shipped world without its bots, who go about."""

    text = SHIPPED.partition("\nbots:\n")[0]

    def test_the_page_tells_the_truth(self) -> None:
        page = (Path(__file__).parent.parent / "docs" / "adventure.md").read_text()
        greeting, *turns = page.partition("```telnet\n")[2].partition("```")[0].split("> ")
        client = self.come()
        self.assertEqual(self.told(client).removeprefix(OFFERS.decode("latin-1")), greeting.replace("\n", "\r\n"))
        for turn in turns:
            line, _, answer = turn.partition("\n")
            self.assertEqual(self.write(client, line), answer.replace("\n", "\r\n"))


class LinkTests(DoorTestCase):
    """Clients that leave, stand still, flood, or do not read."""

    def test_who_comes_back_gets_his_character(self) -> None:
        ada = self.come("Ada", "get lamp")
        self.lose(ada)
        self.assertIn("playing now", self.write(self.come(host="10.0.0.2"), "Ada"))
        again = self.come("Ada")
        self.assertIn("Welcome back, Ada.\r\n\r\nThe Hall", self.told(again))
        self.assertIn("brass lamp", self.write(again, "inventory"))

    def test_what_was_missed_is_told_when_he_is_back(self) -> None:
        ada, ben = self.come("Ada"), self.come("Ben", host="10.0.0.2")
        self.lose(ada)
        for number in range(250):
            self.write(ben, f"say line {number}")
            self.after(0.5)
        client = self.come()
        self.told(client)
        client.transport.room = 100_000
        client.dataReceived(b"Ada\n")
        said = self.told(client)
        self.assertIn("Welcome back, Ada.", said)
        self.assertRegex(said, r"\((49|5\d) lines missed\)\r\nBen says, \"line 5\d\"")
        self.assertIn('"line 249"', said)
        self.assertGreater(said.index("The Hall"), said.index('"line 249"'))

    def test_who_does_not_come_back_leaves(self) -> None:
        self.lose(self.come("Ada"))
        self.after(Limits().leave + 20, 5)
        self.assertEqual(self.seats.players, 0)

    def test_a_client_that_has_said_all_is_answered_all(self) -> None:
        client = self.come()
        self.told(client)
        client.dataReceived(b"Ada\nget lamp\nsay one\n")
        client.readConnectionLost()
        said = self.told(client)
        self.assertTrue(said.endswith('You say, "one"\r\n'), said)
        self.assertTrue(client.transport.disconnecting)

    def test_who_does_not_enter_or_write_is_ended(self) -> None:
        self.rules(login=60, idle=600, write=30)
        silent, ada = self.come(), self.come("Ada")
        self.after(50)
        self.write(ada, "look")
        self.after(15)
        self.door.tick()
        self.assertEqual((silent.transport.disconnecting, ada.transport.disconnecting), (True, False))
        self.assertIn("not written anything for too long", self.told(silent))
        self.after(31)
        self.door.tick()
        self.assertTrue(silent.transport.disconnected)
        self.after(560, 5)
        self.door.tick()
        self.assertTrue(ada.transport.disconnecting)

    def test_a_client_that_does_not_read_delays_nobody_and_is_told_how_much_it_missed(self) -> None:
        ada, ben = self.come("Ada"), self.come("Ben")
        self.told(ada)
        ada.transport.room = 1000
        ada.dataReceived(b"look\n" * 12)
        self.settle()
        self.assertTrue(ada.transport.stuck)
        self.assertEqual(ada.transport.producerState, "producing")  # TLS has to be read, or it never takes more
        ada.dataReceived(b"inventory\n")
        self.assertEqual(ada.transport.producerState, "paused")
        for number in range(260):
            self.write(ben, f"say {number}")
            self.after(0.2)
        held = len(ada.transport.value())
        self.assertLess(held, 2000)
        ada.transport.resume()
        self.settle()
        said = ada.transport.value().decode()
        self.assertRegex(said, r"\(\d+ lines missed\)")
        self.assertIn('Ben says, "259"', said)
        self.assertEqual(ada.transport.producerState, "producing")

    def test_what_a_client_writes_while_it_takes_nothing_is_played_when_it_does(self) -> None:
        ada, ben = self.come("Ada"), self.come("Ben", host="10.0.0.2")
        self.told(ada)
        ada.transport.room = 0
        self.write(ben, "say hello")
        self.assertTrue(ada.transport.stuck)
        ada.transport.room = 10_000
        ada.dataReceived(b"say too late\n\xff\xf6")
        self.settle()
        self.assertNotIn("too late", ada.transport.value().decode())
        ada.transport.resume()
        self.settle()
        self.assertIn('You say, "too late"', ada.transport.value().decode())

    def test_a_client_that_never_reads_again_is_cut_off(self) -> None:
        self.rules(write=30)
        ada = self.come("Ada")
        ada.transport.room = 1000
        ada.dataReceived(b"look\n" * 12)
        self.after(20)
        self.door.tick()
        self.assertFalse(ada.transport.disconnected)
        self.after(20)
        self.door.tick()
        self.assertTrue(ada.transport.disconnected)

    def test_lines_at_once_are_read_no_faster_than_they_are_played(self) -> None:
        self.rules(rate=5, ahead=1000)
        client = self.come("Ada")
        self.told(client)
        client.transport.room = 100_000
        client.dataReceived(b"look\n" * 100 + b"inventory\n" * 300)
        self.assertEqual(self.told(client).count("The Hall"), 9)
        client.dataReceived(b"look\n" * 300)
        self.assertEqual(client.transport.producerState, "paused")
        self.after(10, 0.05)
        self.assertAlmostEqual(self.told(client).count("The Hall"), 50, delta=2)
        self.after(250, 1)
        self.assertEqual(client.transport.producerState, "producing")

    def test_commands_without_end_end_the_connection(self) -> None:
        client = self.come("Ada")
        self.send(client, b"\xff\xfd\x63" * 999)
        self.assertFalse(client.transport.disconnected)
        self.send(client, b"\xff\xfd\x63" * 2)
        self.assertTrue(client.transport.disconnected)

    def test_the_end_of_the_server_is_told(self) -> None:
        clients = [self.come("Ada"), self.come()]
        done = self.door._farewell()
        for client in clients:
            self.assertIn("The server is going down now.", self.told(client))
            self.assertFalse(done.called)
            self.lose(client)
        self.assertTrue(done.called)

    def test_a_session_that_dies_ends_its_own_client_alone(self) -> None:
        ada = self.come("Ada")
        game, self.door.game = self.door.game, lambda: Broken(self.seats)
        broken = self.come("Ben")
        self.door.game = game
        self.assertEqual(len(self.flushLoggedErrors(ZeroDivisionError)), 1)
        self.assertTrue(broken.transport.disconnecting)
        self.assertIn("The Hall", self.write(ada, "look"))
