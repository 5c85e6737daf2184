"""The game, played on IRC, on our own server: who is who, how fast, and what nobody can do to others."""

import re

from hypothesis import given
from hypothesis import strategies as st

from occwserv.irc.message import LINE
from occwserv.settings import IrcServer

from .examples import examples
from .irc_stage import ServedTestCase


class PlayTests(ServedTestCase):
    """What a player writes, and what is answered."""

    def test_help_start_play_quit(self) -> None:
        ada = self.chatter("ada")
        self.assertIn("start NAME", self.write(ada, "help"))
        self.assertIn("You are not in the game", self.write(ada, "look"))
        said = self.write(ada, "start Ada")
        self.assertEqual((said.count("The Hall"), said.count("Welcome back")), (1, 0))
        self.assertEqual(self.world.hall.cards["ada"].name, "Ada")
        self.assertIn("You take the brass lamp", self.write(ada, "take lamp"))
        self.assertIn("You say", self.write(ada, "SAY hello"))
        self.assertIn("already", self.write(ada, "start Ben"))
        self.assertIn("Good-bye", self.write(ada, "quit"))
        self.assertEqual((self.world.hall.cards, self.door.players), ({}, {}))
        self.assertIn("You are not in the game", self.write(ada, "look"))

    def test_a_password_is_asked_of_who_has_one(self) -> None:
        ada, eve = self.chatter("ada"), self.chatter("eve")
        self.write(ada, "start Ada", "password lemon tree", "quit")
        self.assertIn("password", self.write(eve, "start Ada"))
        self.assertIn("password", self.write(eve, "start Ada lemon"))
        self.assertNotIn("ada", self.world.hall.cards)
        self.assertIn("The Hall", self.write(eve, "start Ada lemon tree"))

    def test_players_hear_each_other_in_as_few_lines_as_possible(self) -> None:
        ada, ben = self.chatter("ada"), self.chatter("ben")
        self.write(ada, "start Ada")
        self.write(ben, "start Ben")
        self.assertIn("Ben", ada.texts())
        self.assertIn('Ada says, "hello"', (self.write(ada, "say hello"), ben.texts())[1])
        self.assertIn("Ben waves", (self.write(ben, "\x01ACTION waves\x01"), ada.texts())[1])
        self.assertEqual(len(self.write(ada, "look").split("\n")), 1)

    def test_a_long_answer_goes_on_with_more(self) -> None:
        ada = self.chatter("ada")
        self.write(ada, "start Ada")
        player = next(iter(self.door.players.values()))
        self.scheduler.spawn(player.tell([f"{number:04d} " + "x" * 300 for number in range(9)]))
        self.after(1)
        first = ada.texts().split("\n")
        self.assertEqual(len(first), 6)
        self.assertTrue(first[-1].endswith(" (3 more lines: write more)"), first[-1])
        self.assertEqual([line[:4] for line in self.write(ada, "more").split("\n")], ["0006", "0007", "0008"])
        self.assertIn("nothing more", self.write(ada, "more"))

    def test_who_writes_too_fast_is_told_and_loses_lines_of_his_own_alone(self) -> None:
        ada, ben = self.chatter("ada"), self.chatter("ben")
        self.write(ada, "start Ada")
        self.write(ben, "start Ben")
        player = next(iter(self.door.players.values()))
        for _ in range(100):
            player.take("look")
        self.after(10)
        self.assertRegex(ada.texts(), r"(80|79) of your lines went unread")
        self.assertIn("You say", self.write(ben, "say hello"))

    def test_a_code_makes_him_the_same_as_at_another_door(self) -> None:
        ada = self.chatter("ada")
        web = self.sit("Ada")
        self.assertIn("playing now", self.write(ada, "start Ada"))
        self.assertIn("irc door", self.write(ada, f"link {web.code()}"))
        self.assertIn('You say, "both"', (self.says(web, "say both"), ada.texts())[1])
        self.write(ada, "take lamp")
        self.assertIn("You take the brass lamp", self.hears(web))
        self.assertIn("not good", self.write(self.chatter("eve"), "link ABCDEF"))

    def test_codes_can_not_be_guessed_in_numbers(self) -> None:
        eve = self.chatter("eve")
        said = [self.write(eve, "link ABCDEF", seconds=0.1) for _ in range(7)]
        self.assertIn("Too many codes", "".join(said))

    def test_there_are_no_more_players_than_allowed(self) -> None:
        for _ in range(self.us.network.players):
            self.door.players[object()] = None
        self.assertIn("too many players", self.write(self.chatter("ada"), "start Ada"))
        self.door.players.clear()


class WhoIsWhoTests(ServedTestCase):
    """A nickname is not a person."""

    def holds(self, *nicks: str) -> list[str]:
        """Whom the game takes these for."""
        found = {person.nick: player.seat.name for person, player in self.door.players.items()}
        return [found.get(nick, "") for nick in nicks]

    def begin(self, *names: str, address: str = "", user: str = ""):
        clients = [self.chatter(name, address, user) for name in names]
        for client, name in zip(clients, names, strict=True):
            self.write(client, f"start {name.title()}")
        return clients

    def test_a_nickname_that_changes_is_followed(self) -> None:
        (ada,) = self.begin("ada")
        ada.send("NICK ada2")
        self.assertIn("You take", self.write(ada, "take lamp"))
        self.assertEqual(self.holds("ada", "ada2"), ["", "Ada"])

    def test_who_leaves_is_missed_and_can_come_back(self) -> None:
        (ada,) = self.begin("ada")
        ada.send("QUIT")
        self.after(100)
        self.assertEqual(self.door.players, {})
        self.assertFalse(self.world.rooms["hall"].bodies[self.world.hall.cards["ada"].number].linked)
        eve = self.chatter("eve")
        self.assertIn("playing now", self.write(eve, "start ada"))
        ada = self.chatter("ada")
        self.assertRegex(self.write(ada, "start ada"), "Welcome back, Ada.(?s:.*)The Hall")
        self.assertIn("You take", self.write(ada, "take lamp"))

    def test_from_a_crowded_place_nobody_comes_back_by_his_nickname(self) -> None:
        ada, _ = self.begin("ada", "ben", address="h", user="u")
        ada.send("QUIT")
        self.settle()
        self.assertIn("playing now", self.write(self.chatter("ada", "h", "u"), "start ada"))

    def swap(self, watched: bool) -> list:
        """Two people from one place play, and swap their nicknames."""
        self.us.people.most_watched = 100 * watched
        (ada,) = self.begin("ada", address="h", user="u")
        self.after(2)
        (ben,) = self.begin("ben", address="h", user="u")
        for client, nick in ((ada, "tmp"), (ben, "ada"), (ada, "ben")):
            client.send(f"NICK {nick}")
            self.settle()
        return [ada, ben]

    def test_two_who_swap_nicknames_keep_their_characters(self) -> None:
        ada, ben = self.swap(watched=True)
        self.assertEqual(self.holds("ada", "ben"), ["Ben", "Ada"])
        self.write(ben, "take lamp")
        self.assertIn("carry nothing", self.write(ada, "i"))
        self.assertIn("a brass lamp", self.write(ben, "i"))

    def test_two_who_swap_nicknames_unseen_do_not_get_each_others(self) -> None:
        ada, ben = self.swap(watched=False)
        self.write(ben, "take lamp")
        self.write(ada, "take stone")
        self.assertEqual((self.door.players, len(self.world.rooms["hall"].things)), ({}, 7))
        self.assertIn("playing now", self.write(ben, "start Ada"))

    def test_who_takes_the_nickname_of_one_who_is_gone_unseen_is_not_he(self) -> None:
        self.us.people.most_watched = 0
        (ada,) = self.begin("ada")
        ada.send("QUIT")
        self.settle()
        eve = self.chatter("ada", "evil.example")
        self.assertIn("You are not in the game", self.write(eve, "take lamp"))
        self.assertEqual(self.door.players, {})
        self.assertIn("playing now", self.write(eve, "start ada"))

    def test_who_is_not_there_when_told_something_is_gone(self) -> None:
        self.us.people.most_watched = 0
        (ada,) = self.begin("ada")
        ada.send("QUIT")
        self.settle()
        seat = next(iter(self.door.players.values())).seat
        self.says(seat, "look")
        self.assertEqual(self.door.players, {})

    def test_a_connection_that_is_lost_lets_all_go_and_they_come_back(self) -> None:
        ada, ben = self.begin("ada", "ben")
        self.us.link.close()
        self.settle()
        self.assertEqual((self.door.players, self.server.named("occgam")), ({}, None))
        self.us = self.session(self.server.connect())
        self.settle()
        self.assertIn("You are not in the game", self.write(ada, "look"))
        self.assertIn("You take", self.write(ada, "start ada", "take lamp"))
        self.assertIn("playing now", self.write(ben, "start ada"))


class HostileTests(ServedTestCase):
    """Whatever is said."""

    limits = IrcServer(rate=1000)

    def test_bots_and_servers_are_not_answered(self) -> None:
        bot = self.chatter("bot")
        bot.send(
            "NOTICE occgam :start Bot", "NOTICE occgam :help", "PRIVMSG occgam :\x01DCC SEND x\x01", "PRIVMSG occgam :"
        )
        self.after(1)
        self.assertEqual(bot.lines, [])

    def test_ctcp_is_answered_by_notices_and_not_without_end(self) -> None:
        eve = self.chatter("eve")
        for number in range(50):
            eve.send(f"PRIVMSG occgam :\x01PING {number}\x01", "PRIVMSG occgam :\x01VERSION\x01")
        self.after(5)
        said = eve.messages
        self.assertEqual({each.command for each in said}, {"NOTICE"})
        self.assertIn("\x01PING 0\x01", [each.params[1] for each in said])
        self.assertLess(len(said), 10)

    def test_who_does_not_play_costs_little(self) -> None:
        eves = [self.chatter(f"eve{number}") for number in range(10)]
        for eve in eves:
            eve.send(*["PRIVMSG occgam :boo"] * 20)
        self.after(4)
        self.assertLess(sum(len(eve.texts()) > 0 for eve in eves), 9)
        self.assertIn("The Hall", self.write(eves[0], "start Eve"))

    def test_nobody_can_write_lines_of_ours(self) -> None:
        ada = self.chatter("ada")
        self.write(ada, "start Ada")
        eve = self.sit("Eve")
        for text in (
            "x\r\nQUIT :gone",
            "x\nPRIVMSG ada :fooled",
            "\x01VERSION\x01",
            "\x0304red\x0f \x02bold",
            "a\0b\x07c",
        ):
            self.says(eve, f"say {text}", f"emote {text}", f"shout {text}", f"tell ada {text}")
        said = ada.messages
        self.assertEqual({(each.command, each.sender.nick) for each in said}, {("PRIVMSG", "occgam")})
        self.assertFalse(re.search(r"[\x00-\x1f\x7f]", "".join(each.params[1] for each in said)))
        self.assertIn("occgam", {guest.nick for guest in self.server.guests})

    def test_colours_and_bytes_of_players_are_text(self) -> None:
        ada = self.chatter("ada")
        self.write(ada, "start Ada")
        self.assertIn('You say, "red"', self.write(ada, "\x02say \x0304,12red\x03\x0f"))
        ada.send(b"PRIVMSG occgam :say caf\xe9")
        self.after(1)
        self.assertIn('You say, "café"', ada.texts())

    def test_any_byte_is_taken(self) -> None:
        ada = self.chatter("ada")
        self.write(ada, "start Ada")
        for byte in range(0, 256, 8):
            ada.send(*(b"PRIVMSG occgam :say a%cb" % each for each in range(byte, byte + 8)))
            self.after(1, 0.2)
        ada.send(b"PRIVMSG occgam :say " + b"y" * 10_000)
        self.after(2)
        ada.lines  # noqa: B018
        self.assertIn("You say", self.write(ada, "say still here"))
        self.assertEqual(self.us.why, "")

    def test_no_line_is_too_long_for_others(self) -> None:
        ada = self.chatter("a" * 30)
        self.write(ada, "start Ada")
        player = next(iter(self.door.players.values()))

        @examples(50)
        @given(st.text(st.characters(codec="utf-8"), min_size=1, max_size=1500))
        def told(text: str) -> None:
            self.scheduler.spawn(player.tell([text]))
            self.after(0.5, 0.1)
            self.assertLessEqual(max(map(len, ada.lines), default=0), LINE - 2)

        told()
