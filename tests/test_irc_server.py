"""Our own IRC server: what its clients are answered, and what they can not do to it or to each other."""

from typing import ClassVar

from occwserv.irc.message import LINE
from occwserv.settings import IrcServer

from .irc_stage import Client, ServedTestCase

TALKS = (
    # what ada says; what she is answered; what ben hears
    ("PING :a b", [":irc.occwserv PONG irc.occwserv :a b"], []),
    ("NOSUCH", [":irc.occwserv 421 ada NOSUCH :Unknown command"], []),
    ("JOIN", [":irc.occwserv 461 ada JOIN :Not enough parameters"], []),
    ("NICK ben", [":irc.occwserv 433 ada ben :Nickname is already in use"], []),
    ("NICK BEN", [":irc.occwserv 433 ada BEN :Nickname is already in use"], []),
    ("NICK", [":irc.occwserv 431 ada :No nickname given"], []),
    ("USER a 0 * :a", [":irc.occwserv 462 ada :You may not reregister"], []),
    ("PRIVMSG ben :hi :there", [], [":ada!~ada@ada.example PRIVMSG ben :hi :there"]),
    ("PRIVMSG ben,nobody hi", [":irc.occwserv 401 ada nobody :No such nick/channel"],
     [":ada!~ada@ada.example PRIVMSG ben hi"]),
    ("NOTICE nobody :hi", [], []),
    ("NOTICE ben :hi", [], [":ada!~ada@ada.example NOTICE ben hi"]),
    ("PRIVMSG #room :hi", [":irc.occwserv 404 ada #room :You are not in that channel"], []),
    ("NAMES #room", [":irc.occwserv 353 ada = #room ben", ":irc.occwserv 366 ada #room :End of NAMES list"], []),
    ("TOPIC #room", [":irc.occwserv 442 ada #room :You are not in that channel"], []),
    ("PART #nowhere", [":irc.occwserv 403 ada #nowhere :No such channel"], []),
    ("JOIN room", [":irc.occwserv 403 ada room :A channel is # and up to 49 characters, no space, comma or colon"], []),
    ("JOIN #room", [
        ":ada!~ada@ada.example JOIN #room", ":irc.occwserv 353 ada = #room :ben ada",
        ":irc.occwserv 366 ada #room :End of NAMES list"], [":ada!~ada@ada.example JOIN #room"]),
    ("PRIVMSG #ROOM :hi", [], [":ada!~ada@ada.example PRIVMSG #ROOM hi"]),
    ("TOPIC #room :a b", [":ada!~ada@ada.example TOPIC #room :a b"], [":ada!~ada@ada.example TOPIC #room :a b"]),
    ("TOPIC #room", [":irc.occwserv 332 ada #room :a b"], []),
    ("LIST", [":irc.occwserv 321 ada Channel :Users  Name", ":irc.occwserv 322 ada #room 2 :a b",
              ":irc.occwserv 323 ada :End of LIST"], []),
    ("MODE #room", [":irc.occwserv 324 ada #room +n", ":irc.occwserv 329 ada #room 1000000000"], []),
    ("MODE #room b", [":irc.occwserv 368 ada #room :End of channel ban list"], []),
    ("MODE #room +o ada", [":irc.occwserv 482 ada #room :Nobody is an operator here"], []),
    ("MODE ada", [":irc.occwserv 221 ada +"], []),
    ("MODE ada +i", [], []),
    ("MODE ben", [":irc.occwserv 502 ada :That is not you"], []),
    ("AWAY :for lunch", [":irc.occwserv 306 ada :You are away"], []),
    ("WHO #room", [
        ":irc.occwserv 352 ada #room ~ben ben.example irc.occwserv ben H :0 ben",
        ":irc.occwserv 352 ada #room ~ada ada.example irc.occwserv ada G :0 ada",
        ":irc.occwserv 315 ada #room :End of WHO list"], []),
    ("WHO b*", [":irc.occwserv 352 ada * ~ben ben.example irc.occwserv ben H :0 ben",
                ":irc.occwserv 315 ada b* :End of WHO list"], []),
    ("WHOIS ben", [
        ":irc.occwserv 311 ada ben ~ben ben.example * ben", ":irc.occwserv 319 ada ben #room",
        ":irc.occwserv 312 ada ben irc.occwserv :test 1", ":irc.occwserv 317 ada ben 0 0 :seconds idle, signon time",
        ":irc.occwserv 318 ada ben :End of WHOIS"], []),
    ("WHOIS nobody", [":irc.occwserv 401 ada nobody :No such nick/channel",
                      ":irc.occwserv 318 ada nobody :End of WHOIS"], []),
    ("ISON ben nobody ada", [":irc.occwserv 303 ada :ben ada"], []),
    ("USERHOST ben", [":irc.occwserv 302 ada ben=+~ben@ben.example"], []),
    ("MONITOR + ben,nobody", [":irc.occwserv 730 ada ben!~ben@ben.example", ":irc.occwserv 731 ada nobody"], []),
    ("MONITOR L", [":irc.occwserv 732 ada ben", ":irc.occwserv 732 ada nobody",
                   ":irc.occwserv 733 ada :End of MONITOR list"], []),
    ("MONITOR C", [], []),
    ("CAP LIST", [":irc.occwserv CAP ada LIST :"], []),
    ("CAP REQ :nothing", [":irc.occwserv CAP ada NAK nothing"], []),
    ("NICK ada2", [":ada!~ada@ada.example NICK ada2"], [":ada!~ada@ada.example NICK ada2"]),
    ("JOIN 0", [":ada2!~ada@ada.example PART #room"], [":ada2!~ada@ada.example PART #room"]),
    ("QUIT :bye", ["ERROR :Quit: bye"], []),
)  # fmt: skip


def said(client: Client) -> list[str]:
    return [line.decode("utf-8", "replace") for line in client.lines]


class TalkTests(ServedTestCase):
    """One long talk."""

    limits = IrcServer(rate=1000)

    def test_what_is_answered_and_what_others_hear(self) -> None:
        ada, ben = self.chatter("ada"), self.chatter("ben")
        ben.send("JOIN #room")
        self.settle()
        ben.lines  # noqa: B018
        for line, answer, heard in TALKS:
            ada.send(line)
            self.after(0.01, 0.01)
            self.assertEqual((line, said(ada), said(ben)), (line, answer, heard))

    def test_who_watches_is_told(self) -> None:
        ada, ben = self.chatter("ada"), self.chatter("ben")
        ada.send("MONITOR + ben,cyd")
        self.settle()
        said(ada)
        ben.send("NICK cyd", "QUIT")
        self.settle()
        self.assertEqual([line.split()[1] for line in said(ada)], ["NICK", "731", "730", "QUIT", "731"])

    def test_the_time_for_who_wants_it(self) -> None:
        ada = self.chatter("ada")
        ada.send("CAP REQ :server-time", "PING x")
        self.settle()
        self.assertEqual(said(ada)[-1], "@time=2001-09-09T01:46:40.000Z :irc.occwserv PONG irc.occwserv x")

    def test_registration_waits_for_the_end_of_negotiation(self) -> None:
        ada = self.connect()
        ada.send("JOIN #x", "CAP LS 302", "NICK ada", "USER a 0 * :a")
        self.settle()
        self.assertEqual([line.split()[1] for line in said(ada)], ["451", "CAP"])
        ada.send("CAP END")
        self.settle()
        self.assertIn(":irc.occwserv 001 ada :Welcome, ada!~a@10.0.0.1", said(ada))


class LimitTests(ServedTestCase):
    """Too much of anything."""

    limits = IrcServer(clients=5, per_client=2, rate=5, burst=10, channels=2, watched=2, register=30, silence=60)

    def test_clients_in_all_and_from_one_place(self) -> None:
        clients = [self.connect(address) for address in ("a", "a", "a", "b", "c", "d")]
        self.settle()
        turned = [said(client) for client in clients]
        self.assertEqual(turned[2], ["ERROR :There are too many clients from your address"])
        self.assertEqual(turned[5], ["ERROR :There are too many clients"])
        self.assertEqual([turned[0], turned[1], turned[3], turned[4]], [[]] * 4)

    def test_who_does_not_say_who_he_is(self) -> None:
        ada = self.connect()
        for _ in range(31):
            ada.send("PING x")
            self.after(1)
        self.assertEqual(said(ada)[-1], "ERROR :Too slow to register")

    def test_who_is_silent_is_asked_and_lost(self) -> None:
        ada = self.chatter("ada")
        self.after(61)
        self.assertEqual(said(ada), ["PING irc.occwserv"])
        ada.send("PONG x")
        self.after(121)
        self.assertEqual(said(ada), ["PING irc.occwserv", "ERROR :No answer"])
        self.assertIsNone(self.server.named("ada"))

    def test_who_writes_fast_waits_and_others_do_not(self) -> None:
        ada, ben = self.chatter("ada"), self.chatter("ben")
        ada.send(*["PING x"] * 100)
        self.after(5, 0.1)
        self.assertLess(len(said(ada)), 40)
        ben.send("PING y")
        self.settle()
        self.assertEqual(len(said(ben)), 1)
        ada.link.close()
        self.after(1)
        self.assertIsNone(self.server.named("ada"))

    def test_channels_and_watched_nicknames(self) -> None:
        ada = self.chatter("ada")
        ada.send("JOIN #a,#b,#c", "MONITOR + x,y,z")
        self.after(2)
        told = said(ada)
        self.assertIn(":irc.occwserv 405 ada #c :You are in too many channels", told)
        self.assertIn(":irc.occwserv 734 ada 2 z :Monitor list is full", told)


class HostileTests(ServedTestCase):
    """Bytes that are no IRC."""

    limits = IrcServer(rate=100_000, burst=100_000)
    lines: ClassVar = (
        b"", b" ", b":", b"@", b":x", b"\x00", b"\xff" * 600, b"x" * 20_000, b"PRIVMSG", b"PRIVMSG :", b"PRIVMSG ,,, x",
        b"NICK :", b"NICK \xff", b"NICK #x", b"NICK " + b"n" * 31, b"JOIN ,", b"JOIN #" + b"x" * 60, b"JOIN #\x07",
        b"TOPIC", b"MODE", b"MODE #x", b"WHO", b"WHO " + b"*a" * 200, b"WHOIS", b"WHOIS :", b"MONITOR", b"MONITOR +",
        b"MONITOR - x", b"MONITOR + ,,", b"CAP", b"CAP LS", b"CAP REQ", b"CAP REQ :", b"CAP ACK", b"CAP \xff", b"PING",
        b"PONG", b"USERHOST :", b"ISON :", b"AWAY", b"LIST x", b"LUSERS", b"MOTD x", b"NAMES ,", b"PART ,", b"PASS",
        b"USER", b"KILL ben", b"ERROR x",
    )  # fmt: skip

    def test_whatever_is_said(self) -> None:
        ada, ben = self.chatter("ada"), self.chatter("ben")
        for line in self.lines:
            ada.send(line)
            self.settle()
        for byte in range(256):
            ada.send(b"PRIVMSG ben :a%cb" % byte, b"%c" % byte)
            self.settle()
        ada.lines  # noqa: B018
        self.assertTrue(all(line.startswith(b":ada!") for line in ben.lines))
        ada.send("PING alive")
        self.settle()
        self.assertEqual(len(said(ada)), 1)

    def test_a_browser_is_not_let_in(self) -> None:
        eve = self.connect()
        eve.send("POST / HTTP/1.1", "Host: localhost", "", "NICK eve", "USER eve 0 * :eve", "PRIVMSG occgam :start Eve")
        self.after(1)
        self.assertEqual(said(eve), ["ERROR :This is IRC, not HTTP"])
        self.assertEqual(self.door.players, {})

    def test_no_line_is_too_long(self) -> None:
        ada, ben = self.chatter("a" * 30), self.chatter("ben")
        ada.send("PRIVMSG ben :" + "€" * 165)
        self.settle()
        (line,) = ben.lines
        self.assertLessEqual(len(line), LINE - 2)
        self.assertTrue(line.decode().endswith("€"))
