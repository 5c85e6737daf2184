"""A connection to a network: how it begins, what keeps it alive, and servers that are broken or worse."""

import base64

from twisted.trial.unittest import SynchronousTestCase

from occwserv.irc import sasl

from .irc_stage import ScriptedTestCase

ACCOUNT = {"account": "game", "secret": "pencil", "nick": "occgam"}


class RegistrationTests(ScriptedTestCase):
    """Until we are let in."""

    def test_a_server_without_extensions(self) -> None:
        self.assertEqual(self.said()[:2], ["CAP LS 302", "NICK occgam"])
        self.assertEqual(self.say(":s 421 occgam CAP :Unknown command", ":s 001 occgam :Welcome"), [])
        self.assertTrue(self.us.ready)

    def test_capabilities_over_several_lines(self) -> None:
        self.said()
        self.assertEqual(self.say("CAP * LS * :multi-prefix account-tag"), [])
        self.assertEqual(self.say("CAP * LS :server-time msgid"), ["CAP REQ :account-tag server-time"])
        self.assertEqual(self.say("CAP * ACK :account-tag server-time"), ["CAP END"])
        self.assertEqual(self.us.enabled, {"account-tag", "server-time"})
        self.say("CAP * NEW :chghost", "CAP * ACK :chghost", "CAP * DEL :server-time")
        self.assertEqual(self.us.enabled, {"account-tag", "chghost"})

    def test_capabilities_refused_together_are_asked_for_alone(self) -> None:
        self.said()
        self.say("CAP * LS :account-tag chghost")
        self.assertEqual(self.say("CAP * NAK :account-tag chghost"), ["CAP REQ :account-tag", "CAP REQ :chghost"])
        self.assertEqual(self.say("CAP * NAK :account-tag"), [])
        self.assertEqual(self.say("CAP * ACK :chghost"), ["CAP END"])

    def test_another_nickname_until_ours_is_free(self) -> None:
        self.said()
        taken = ":s 433 * occgam :Nickname is already in use"
        self.assertEqual(self.say("CAP * LS :", taken), ["CAP END", "NICK occgam_"])
        self.say(taken, ":s 432 * occgam__ :too long")
        self.say(":s 001 occgam1x :Welcome")
        self.assertEqual(self.us.nick, "occgam1x")  # what the server says, whatever was asked for
        self.after(29)
        self.assertNotIn("NICK occgam", self.said())
        self.after(2)
        self.assertIn("NICK occgam", self.said())
        self.assertEqual(self.say(taken), [])
        self.assertEqual(self.say(":occgam!a@h QUIT :ghost"), ["NICK occgam"])
        self.say(":occgam1x!a@h NICK occgam")
        self.assertEqual(self.us.nick, "occgam")

    def test_no_nickname_is_free(self) -> None:
        self.say(*[":s 433 * x :Nickname is already in use"] * 31)
        self.assertIn("no nickname is free", self.us.why)

    def test_a_server_that_says_nothing(self) -> None:
        self.after(61)
        self.assertIn("has not let us in", self.us.why)

    def test_a_server_that_closes_at_each_step(self) -> None:
        steps = [
            "CAP * LS * :sasl", "CAP * LS :account-tag", "CAP * ACK :account-tag sasl", "AUTHENTICATE +",
            ":s 904 * :no", ":s 433 * occgam :taken", ":s 001 occgam_ :Welcome", ":s 005 occgam_ MONITOR=3 :are",
            ":s 376 occgam_ :End", ":s 005", "PING", "PRIVMSG", ":a!b@c PRIVMSG occgam_ :start Ada", "ERROR :K-lined",
        ]  # fmt: skip
        for count in range(len(steps) + 1):
            session, them = self.dial(**ACCOUNT)
            for step in steps[:count]:
                them.send(step)
                self.settle()
            them.link.write(b"half a li")
            them.link.close()
            self.settle()
            self.assertTrue(session.why, count)
            self.assertEqual(self.door.players, {})


class SaslTests(ScriptedTestCase):
    """Saying who we are."""

    def begin(self, offered: str, **settings):
        self.us, self.them = self.dial(**{**ACCOUNT, **settings})
        self.said()
        self.say(f"CAP * LS :sasl={offered}")
        return self.say("CAP * ACK :sasl")

    def test_plain(self) -> None:
        self.assertEqual(self.begin("PLAIN"), ["AUTHENTICATE PLAIN"])
        said = self.say("AUTHENTICATE +")
        self.assertEqual(base64.b64decode(said[0].split()[1]), b"game\0game\0pencil")
        self.assertEqual(self.say(":s 900 * * game :in", ":s 903 * :SASL authentication successful"), ["CAP END"])
        self.assertTrue(self.us.registration.account)

    def test_plain_is_not_said_where_others_listen(self) -> None:
        self.assertEqual(self.begin("PLAIN", secure=False), ["CAP END"])
        self.assertIn("knows only PLAIN", self.us.registration.refused)

    def test_external(self) -> None:
        self.assertEqual(self.begin("EXTERNAL,PLAIN", secret=""), ["AUTHENTICATE EXTERNAL"])
        self.assertEqual(self.say("AUTHENTICATE +"), [f"AUTHENTICATE {base64.b64encode(b'game').decode()}"])

    def test_the_next_way_when_one_fails(self) -> None:
        self.assertEqual(self.begin("SCRAM-SHA-256,PLAIN"), ["AUTHENTICATE SCRAM-SHA-256"])
        self.assertEqual(self.say(":s 904 * :no"), ["AUTHENTICATE PLAIN"])
        self.assertEqual(self.say(":s 904 * :wrong"), ["CAP END"])
        self.say(":s 001 occgam :Welcome")
        self.assertIn("net: not logged in: no", self.log.said)

    def test_required_or_nothing(self) -> None:
        self.begin("PLAIN", required=True)
        self.say(":s 904 * :no")
        self.assertIn("SASL is required", self.us.why)
        self.us, self.them = self.dial(**ACCOUNT, required=True)
        self.say("CAP * LS :", ":s 001 occgam :Welcome")
        self.assertIn("SASL is required", self.us.why)

    def test_a_server_that_stops_in_the_middle(self) -> None:
        self.begin("PLAIN")
        self.after(31)
        self.assertIn("CAP END", self.said())
        self.say(":s 001 occgam :Welcome")
        self.assertTrue(self.us.ready)

    def test_a_server_that_does_not_prove_itself(self) -> None:
        self.begin("SCRAM-SHA-256")
        self.say("AUTHENTICATE +")
        self.assertEqual(self.say(":s 903 * :in"), ["CAP END"])
        self.assertFalse(self.us.registration.account)

    def test_a_challenge_that_is_none(self) -> None:
        for wrong in ("!!", "=", "A" * 401, base64.b64encode(b"r=x,s=,i=99999999").decode()):
            self.begin("SCRAM-SHA-256")
            self.say("AUTHENTICATE +")
            self.assertIn("AUTHENTICATE *", self.say(f"AUTHENTICATE {wrong}"), wrong)


class ScramTests(SynchronousTestCase):
    """RFC 7677 3: the example of SCRAM-SHA-256; and servers that are none."""

    NONCE = "rOprNGfwEbeRWgbNEkqO"
    FIRST = b"r=rOprNGfwEbeRWgbNEkqO%hvYDpWUa2RaTCAfuxFIlj)hNlF$k0,s=W22ZaJ0SNY7soEsUEjb6gQ==,i=4096"
    FINAL = b"v=6rriTRBi23WpRR/wtup+mMhUZUn/dB5nLTJRsjl95G4="

    def test_the_example(self) -> None:
        scram = sasl.Scram("user", "pencil", self.NONCE)
        self.assertEqual(scram.answer(b""), b"n,,n=user,r=rOprNGfwEbeRWgbNEkqO")
        self.assertEqual(
            scram.answer(self.FIRST),
            b"c=biws,r=rOprNGfwEbeRWgbNEkqO%hvYDpWUa2RaTCAfuxFIlj)hNlF$k0,"
            b"p=dHzbZapWIk4jUhN+Ute9ytag9zjfMHgsqmmiz7AndVQ=",
        )
        self.assertEqual((scram.answer(self.FINAL), scram.proven), (b"", True))

    def test_what_is_refused(self) -> None:
        for first, final in (
            (self.FIRST.replace(b"rOpr", b"xxxx"), b""),
            (self.FIRST.replace(b"i=4096", b"i=1"), b""),
            (self.FIRST.replace(b"i=4096", b"i=999999999999"), b""),
            (b"m=x," + self.FIRST, b""),
            (b"e=other-error", b""),
            (b"", b""),
            (self.FIRST, b"v=AAAA"),
            (self.FIRST, b"e=invalid-proof"),
        ):
            scram = sasl.Scram("user", "pencil", self.NONCE)
            scram.answer(b"")
            with self.assertRaises(sasl.SaslError):
                scram.answer(first)
                scram.answer(final)
            self.assertFalse(scram.proven)

    def test_names_are_prepared(self) -> None:
        self.assertEqual(sasl.prepared("I\u00adX\u00a0\u2168"), "IX IX")
        self.assertRaises(sasl.SaslError, sasl.prepared, "a\x07")
        self.assertIn(b"n=a=2Cb=3D,", sasl.Scram("a,b=", "x", "n").answer(b""))

    def test_a_long_answer_ends_with_a_short_line(self) -> None:
        self.assertEqual([len(line) - 13 for line in sasl.lines(b"x" * 600)], [400, 400, 1])
        self.assertEqual(sasl.lines(b""), ["AUTHENTICATE +"])


class AliveTests(ScriptedTestCase):
    """What keeps a connection, and what ends it."""

    def setUp(self) -> None:
        super().setUp()
        self.let_in("CASEMAPPING=ascii", "MONITOR=2")
        self.said()

    def test_a_ping_is_answered_at_once(self) -> None:
        self.assertEqual(self.say("PING :a b", ":s PING x", "PING"), ["PONG :a b", "PONG x", "PONG :"])

    def test_a_silent_link_is_asked_and_then_lost(self) -> None:
        self.after(29)
        self.assertEqual(self.said(), [])
        self.after(2)
        self.assertEqual(self.said(), ["PING net"])
        self.say(":s PONG s net")
        self.after(31)
        self.assertEqual(self.said(), ["PING net"])
        self.after(58)
        self.assertEqual(self.us.why, "")
        self.after(2)
        self.assertEqual(self.us.why, "nothing was heard for 90 s")

    def test_a_thousand_lines_go_no_faster_than_allowed_and_pings_pass_them(self) -> None:
        self.us, self.them = self.dial(rate=20.0, burst=5)
        self.let_in()
        self.said()
        door = self.door
        self.scheduler.spawn(self.lines(1000))
        sent = pongs = 0
        for second in range(52):
            self.them.send(f"PING {second}")
            self.after(1, 0.1)
            said = self.said()
            pongs += said[0] == f"PONG {second}"
            sent += sum(line.startswith("PRIVMSG") for line in said)
            self.assertLessEqual(sent, 5 + 20 * (second + 1))
        self.assertEqual((sent, pongs, self.us.why, door.players), (1000, 52, "", {}))

    def test_what_the_server_does_not_read_is_not_sent(self) -> None:
        self.us, self.them = self.dial(unread=6)
        self.them.send("CAP * LS :", ":s 001 occgam :Welcome")
        self.scheduler.spawn(self.lines(20))
        told: list[str] = []
        for _ in range(20):
            self.after(5)
            said = self.said()
            self.assertLessEqual(len(said), 11)
            told += [line for line in said if line.startswith("PRIVMSG")]
            self.them.send(":s PONG s :other", *(f":s PONG s :{line[5:]}" for line in said if line.startswith("PING")))
        self.assertEqual(told, [f"PRIVMSG ada {number}" for number in range(20)])
        self.scheduler.spawn(self.lines(20))
        self.after(29)  # it does not answer any more
        self.assertLessEqual(len(self.said()), 7)

    def test_the_lobby_tells_who_is_renamed_and_who_leaves(self) -> None:
        self.us, self.them = self.dial(lobby="#game key")
        self.said()
        self.assertIn("JOIN #game key", self.say("CAP * LS :", ":s 001 occgam :Welcome"))
        self.say(":ada!u@h PRIVMSG occgam :start Ada")
        self.say(":s 317 occgam ada 0 12345 :idle", ":s 318 occgam ada :End")
        self.after(1)
        self.say(":ada!u@h NICK eva")
        (player,) = self.door.players.values()
        self.assertEqual((player.person.nick, player.seat.name), ("eva", "Ada"))
        self.said()
        self.assertEqual(self.say(":ben!b@h PRIVMSG #game :hello all"), [])
        hint = self.say(":ben!b@h PRIVMSG #game :occgam: hi")
        self.assertEqual(hint, ["PRIVMSG #game :The game is played in private: /msg occgam help"])
        self.say(":eva!u@h QUIT :gone")
        self.assertEqual(self.door.players, {})

    def test_who_is_put_out_of_the_lobby_comes_again_later(self) -> None:
        self.us, self.them = self.dial(lobby="#game key", regain=20)
        self.say("CAP * LS :", ":s 001 occgam :Welcome")
        self.assertEqual(self.say(":op!o@h KICK #game ada :out", ":op!o@h KICK #other occgam :out"), [])
        self.after(25)
        self.assertNotIn("JOIN #game key", self.said())
        for line in (":op!o@h KICK #Game occgam :out", ":s 474 occgam #game :Cannot join channel (+b)"):
            self.say(line)
            self.after(19)
            self.assertNotIn("JOIN #game key", self.said())
            self.after(1)
            self.assertIn("JOIN #game key", self.said())
        self.after(60)
        self.assertNotIn("JOIN #game key", self.said())

    async def lines(self, count: int) -> None:
        for number in range(count):
            await self.us.turns.receive()
            self.us.tell("ada", str(number))

    def test_killed_and_thrown_out(self) -> None:
        for said, why in (
            (":oper!o@h KILL occgam :begone", "killed by oper!o@h: begone"),
            ("ERROR :Closing link: K-lined", "the server says 'Closing link: K-lined'"),
        ):
            self.us, self.them = self.dial()
            self.let_in()
            self.say(said)
            self.assertEqual(self.us.why, why)

    def test_whatever_is_said_it_lives(self) -> None:
        for line in (
            b"", b" ", b":", b"@", b"@a", b":s", b"@=;;= :s X", b":s 005",
            b":s 005 occgam MONITOR= CASEMAPPING= X=\x00",
            b":s 999 a b c", b":s 731 occgam", b":s 731 occgam :,,!", b":s 401", b":s 318", b":s 330", b":s 311 a b",
            b":occgam NICK", b"NICK", b":x NICK :", b"QUIT", b":occgam!a@b PRIVMSG occgam :me", b"PRIVMSG a",
            b":a!b@c PRIVMSG occgam", b":a!b@c PRIVMSG occgam :\x01", b":a!b@c PRIVMSG occgam :\x01\x01",
            b"CAP", b"CAP *", b"CAP * LS", b"CAP * ACK", b"CAP * NAK :x", b"AUTHENTICATE", b"ACCOUNT", b"CHGHOST",
            b":s 001", b"x" * 10_000, b"\x00\xff\xfe" * 5000, "\u2028\u0085".encode(), b"KILL", b":a!b@c JOIN",
        ):  # fmt: skip
            self.say(line)
        for byte in range(256):
            self.say(b":a!b@c PRIVMSG occgam :x%cy" % byte, b"%c" % byte)
        for nick in (b"n" * 480, b"", b":", b"#x"):
            self.say(b":%s!a@h PRIVMSG occgam :help" % nick, b":%s!a@h PRIVMSG occgam :start x" % nick)
            self.after(5)
        self.assertEqual(self.us.why, "")
        self.say(":s NICK", ":occgam!a@h NICK other", ":x!a@h PRIVMSG other :help")
        self.assertEqual(self.us.nick, "other")

    def test_bytes_one_by_one_and_lines_of_any_end(self) -> None:
        for byte in b"PING a\nPING b\r\r\nPING c\r\n":
            self.them.link.write(bytes([byte]))
        self.settle()
        self.assertEqual(self.said(), ["PONG a", "PONG b", "PONG c"])

    def test_a_line_without_end_is_no_line(self) -> None:
        for _ in range(100):
            self.them.link.write(b"x" * 10_000)
            self.settle()
        self.assertEqual(self.say("\nPING a"), ["PONG a"])

    def test_who_is_watched_and_for_how_long(self) -> None:
        for nick in ("ada", "ben", "cyd"):
            self.them.send(f":{nick}!u@{nick} PRIVMSG occgam :start {nick}")
        said = self.said()
        self.assertEqual([line for line in said if "MONITOR" in line], ["MONITOR + ada", "MONITOR + ben"])
        self.after(1)
        self.say(":s 731 occgam :ada,ben!u@ben")
        self.assertEqual([player.person.nick for player in self.door.players.values()], ["cyd"])

    def test_a_server_that_watches_fewer_than_it_says(self) -> None:
        for nick in ("ada", "ben"):
            self.say(f":{nick}!u@{nick} PRIVMSG occgam :start {nick}", f":s 318 occgam {nick} :End")
        self.say(":s 734 occgam 1 BEN :Monitor list is full")
        self.assertEqual([player.person.nick for player in self.door.players.values()], ["ada"])
        self.said()
        self.assertEqual(self.say(":ben!u@ben PRIVMSG occgam :start ben"), ["WHOIS ben"])

    def test_an_answer_that_comes_late_is_waited_for(self) -> None:
        self.us.people.most_watched = 0
        self.say(":ada!u@h PRIVMSG occgam :start Ada")
        self.say(":s 317 occgam ada 0 12345 :idle", ":s 318 occgam ada :End")
        self.after(1)
        self.said()
        self.assertEqual(self.say(":ada!u@h PRIVMSG occgam :take lamp"), ["WHOIS ada"])
        self.after(20)
        self.say(":s 317 occgam ada 20 12345 :idle", ":s 318 occgam ada :End")
        self.after(1)
        self.assertIn("PRIVMSG ada :You take the brass lamp.", self.said())
        self.say(":ada!u@h PRIVMSG occgam :drop lamp")
        self.say(":s 317 occgam ada 0 99999 :idle", ":s 318 occgam ada :End")  # another connection
        self.assertEqual(self.door.players, {})

    def test_one_question_is_enough_for_lines_that_come_together(self) -> None:
        self.us.people.most_watched = 0
        self.enter("ada")
        line = ":ada!u@h PRIVMSG occgam :say {}".format
        self.assertEqual(self.say(*map(line, "abc")), ["WHOIS ada"])
        self.assertEqual(self.say(line("d")), [])  # it may be another's: it came behind the question
        said = self.say(":s 317 occgam ada 0 12345 :idle", ":s 318 occgam ada :End")
        self.after(1)
        said += self.said()
        self.assertEqual([each for each in said if "WHOIS" in each], ["WHOIS ada"])
        self.assertRegex("".join(said), 'say, "a".*say, "b".*say, "c"')
        self.assertNotIn('"d"', "".join(said))
        self.say(":s 317 occgam ada 0 99999 :idle", ":s 318 occgam ada :End")
        self.assertEqual(self.door.players, {})

    def test_who_is_in_the_lobby_is_asked_about_once(self) -> None:
        self.us, self.them = self.dial(lobby="#game")
        self.let_in()
        self.say(":occgam!o@h JOIN #game", ":s 353 occgam = #game :@occgam +ada")
        self.enter("ada")
        look, there = ":{}!u@h PRIVMSG occgam :look".format, (":s 317 occgam {0} 0 12345 :i", ":s 318 occgam {0} :End")
        self.assertEqual(self.say(look("ada")), [])
        self.say(":ada!u@h NICK eva", ":s 353 occgam = #game :eva", ":s 353 occgam = #other :ada")
        self.assertEqual(self.say(look("eva")), [])
        for out, back in (
            (":eva!u@h PART #game :bye", ":eva!u@h JOIN #game"),
            (":op!o@h KICK #game eva :out", ":eva!u@h JOIN :#game"),
            (":op!o@h KICK #game occgam :out", ":s 353 occgam = #game :@op eva"),
            (":occgam!o@h PART #game :removed by op", ":s 353 occgam = #game :@op eva"),
            (":op!o@h MODE #game +mu", ":s 353 occgam = #game :@op +eva"),  # an auditorium: she could not be seen
            (":op!o@h MODE #game -o eva", ":s 353 occgam = #game :@op eva"),
        ):
            self.after(1)
            self.said()
            self.say(out)
            for _ in range(2):  # he is not seen
                self.assertEqual(self.say(look("eva")), ["WHOIS eva"], out)
                self.say(*(each.format("eva") for each in there))
                self.after(1)
                self.said()
            self.say(back)  # it may be somebody else by now
            self.assertEqual(self.say(look("eva")), ["WHOIS eva"], out)
            self.say(*(each.format("eva") for each in there))
            self.after(1)
            self.said()
            self.assertEqual(self.say(look("eva")), [], out)
            self.assertEqual(len(self.door.players), 1)
        self.after(1)
        self.said()
        self.say(":occgam!o@h NICK occgam2", ":x!u@x NICK occgam", ":eva!u@h NICK ada", ":ada!u@h PART #game")
        self.assertEqual(self.say(look("ada")), ["WHOIS ada"])
        self.say(":s 317 occgam2 ada 0 99999 :i", ":s 318 occgam2 ada :End")
        self.assertEqual(self.door.players, {})

    def test_who_was_in_the_lobby_and_is_not_on_the_network_is_in_it_no_more(self) -> None:
        self.us, self.them = self.dial(lobby="#game")
        self.let_in()
        for gone in (":s 401 occgam ada :No such nick", ":s 731 occgam :ada!u@h", ":x!u@x NICK ada"):
            self.say(":s 353 occgam = #game :@occgam ada")
            self.enter("ada")
            self.say(gone)
            self.assertEqual(self.door.players, {})
            self.enter("ada")
            self.assertEqual(self.say(":ada!u@h PRIVMSG occgam :look"), ["WHOIS ada"], gone)
            self.say(gone)

    def test_who_takes_another_nickname_while_he_is_asked_about_is_asked_about_by_that(self) -> None:
        self.us, self.them = self.dial(lobby="#game")
        self.let_in()
        self.enter("ada")
        self.say(":ada!u@h JOIN #game")
        self.assertEqual(self.say(":ada!u@h PRIVMSG occgam :say hello"), ["WHOIS ada"])
        there = ":ada!u@h NICK eva", ":s 401 occgam ada :No such nick", ":s 318 occgam ada :End"
        self.assertEqual(self.say(*there), ["WHOIS eva"])
        self.say(":s 317 occgam eva 0 12345 :idle", ":s 318 occgam eva :End")
        self.after(1)
        self.assertIn('PRIVMSG eva :You say, "hello"', self.said())
        self.assertEqual(self.say(":eva!u@h PRIVMSG occgam :look"), [])
        self.say(":eva!u@h QUIT")
        self.assertEqual(self.door.players, {})

    def test_without_a_lobby_there_is_none_to_be_put_out_of(self) -> None:
        self.say(":s 473 occgam", ":occgam!o@h PART", ":op!o@h KICK  occgam")
        self.after(31)
        self.assertEqual(self.said(), ["PING net"])

    def enter(self, nick: str) -> None:
        """Somebody plays, on a connection of which the network tells since when it is."""
        self.say(f":{nick}!u@h PRIVMSG occgam :start {nick}")
        self.say(f":s 317 occgam {nick} 0 12345 :idle", f":s 318 occgam {nick} :End")
        self.after(1)
        self.said()

    def test_the_account_decides_where_there_are_such(self) -> None:
        self.us, self.them = self.dial()
        self.say("CAP * LS :account-tag", "CAP * ACK :account-tag", ":s 001 occgam :Welcome")
        self.say("@account=ada :ada!u@h PRIVMSG occgam :start Ada")
        self.after(1)
        (player,) = self.door.players.values()
        self.assertEqual(player.seat.whom, "net account ada")
        self.say(":ada!u@h PRIVMSG occgam :take lamp")  # the same place, but not logged in
        self.assertEqual(self.door.players, {})
        self.say("@account=ada :ada2!other@place PRIVMSG occgam :start Ada")
        self.after(1)
        self.assertIs(next(iter(self.door.players.values())).seat, player.seat)

    def test_two_who_can_not_be_told_apart_do_not_both_play(self) -> None:
        self.us.people.most_watched = 0
        told = ""
        for nick in ("ada", "ben"):
            self.say(f":{nick}!u@h PRIVMSG occgam :start {nick}")
            self.them.send(f":s 318 occgam {nick} :End")  # and no 317: since when is not known
            self.after(1)
            told = "\n".join(self.said())
        self.assertIn("PRIVMSG ben :Somebody who comes from where you come from plays already", told)
        self.assertEqual(len(self.door.players), 1)
