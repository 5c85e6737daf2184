"""Every verb of players, in a small world."""

from adventure.language import Puzzled, parse
from adventure.values import Thing
from adventure.verbs import VERBS

from .adventurers import WorldTestCase


class VerbTests(WorldTestCase):
    """Two players in one room."""

    def setUp(self) -> None:
        super().setUp()
        self.ada, self.ben = self.enter("Ada"), self.enter("Ben")
        self.settle()
        self.heard(self.ada), self.heard(self.ben)

    def both(self, line: str) -> tuple[str, str]:
        """What Ada hears of what she does, and Ben."""
        self.heard(self.ben)
        return self.play(self.ada, line), self.heard(self.ben)

    def test_look(self) -> None:
        self.assertEqual(self.play(self.ada, "look").split("\n"), [
            "The Hall", "A hall.",
            "You see a brass lamp, a tin box, an oak chest, a red cap, a small key, a stone and a table.",
            "Ben is here.", "Ways: north, east (the blue door, locked).",
        ])  # fmt: skip
        self.assertEqual(self.play(self.ada, "l at lamp"), "It shines.")

    def test_examine(self) -> None:
        self.assertEqual(self.play(self.ada, "x lamp"), "It shines.")
        self.assertIn("It is closed.", self.play(self.ada, "examine box"))
        self.assertIn("It is locked.", self.play(self.ada, "examine chest"))
        self.assertIn("costs 4", self.play(self.ada, "examine stone"))
        self.assertIn("Ben looks", self.play(self.ada, "examine ben"))
        self.assertIn("yourself", self.play(self.ada, "examine me"))
        self.assertEqual(self.play(self.ada, "examine blue door"), "The blue door is locked.")
        self.assertEqual(self.play(self.ada, "examine north"), "There is the Yard.")
        self.assertEqual(self.play(self.ada, "examine whale"), 'There is no "whale" here.')

    def test_go_by_all_kinds_of_words(self) -> None:
        for line, room in (("go north", "yard"), ("south", "hall"), ("n", "yard"), ("s", "hall"),
                           ("go to yard", "yard"),
                           ("walk sou", "hall"), ("enter the yard", "yard")):  # fmt: skip
            self.play(self.ada, line)
            self.assertEqual(self.where(self.ada), room, line)
        self.assertEqual(self.play(self.ada, "go up"), "You can not go up from here. You can go: south, north.")
        self.assertEqual(self.play(self.ada, "go"), "Where do you want to go?")

    def test_get_and_drop(self) -> None:
        self.assertEqual(self.both("get lamp"), ("You take the brass lamp.", "Ada takes the brass lamp."))
        self.assertEqual(self.both("drop bra lam"), ("You drop the brass lamp.", "Ada drops the brass lamp."))
        self.assertEqual(self.play(self.ada, "get table"), "You can not take the table.")
        self.assertEqual(self.play(self.ada, "take stone"), "The stone is for sale. You could buy it for 4 coins.")
        self.play(self.ada, "pick up all")
        self.assertEqual(
            self.play(self.ada, "i").split("\n")[0], "You carry a tin box, a red cap, a small key and a brass lamp."
        )
        self.play(self.ada, "drop all")
        self.assertEqual(self.play(self.ada, "drop lamp"), 'You have no "lamp".')
        self.assertEqual(self.play(self.ada, "drop all"), "You carry nothing.")
        for line in ("get", "drop"):
            self.assertIn("What do you want", self.play(self.ada, line))

    def test_put_and_get_from(self) -> None:
        self.play(self.ada, "get lamp")
        self.assertEqual(self.play(self.ada, "put lamp in box"), "The tin box is closed.")
        self.play(self.ada, "open box")
        self.assertEqual(self.both("put the lamp into the box")[1], "Ada puts the brass lamp into the tin box.")
        self.play(self.ada, "get cap")
        self.assertEqual(self.play(self.ada, "put cap in box"), "The tin box is full.")
        self.assertEqual(self.play(self.ada, "get coin"), "You take the old coin.")
        self.assertEqual(self.play(self.ada, "get lamp from box"), "You take the brass lamp.")
        self.assertIn("Nothing fits", self.play(self.ada, "put cap in lamp"))
        self.assertIn("into itself", self.play(self.ada, "get box", "put box in box"))
        self.assertIn("Put what into what?", self.play(self.ada, "put cap"))

    def test_what_is_in_each_other_has_an_end(self) -> None:
        hall = self.world.rooms["hall"]
        hall.things += [Thing(f"bag{number}", f"bag {number}", holds=1) for number in range(13)]
        for number in range(11):
            said = self.play(self.ada, f"get bag {number}", f"put bag {number} in bag {number + 1}")
            self.assertIn("You put", said)
        self.play(self.ada, "get bag 11")
        self.assertIn("too many things in each other in bag 11", self.play(self.ada, "put bag 11 in bag 12"))

    def test_give(self) -> None:
        self.play(self.ada, "get lamp")
        self.assertEqual(
            self.both("give lamp to ben"), ("You give the brass lamp to Ben.", "Ada gives you the brass lamp.")
        )
        self.play(self.ben, "give ada lamp")
        self.assertIn("brass lamp", self.play(self.ada, "inventory"))
        self.assertEqual(self.both("give 3 coins to ben")[1], "Ada gives you 3 coins.")
        self.assertEqual(self.play(self.ada, "give 8 coins to ben"), "You have 7 coins.")
        self.assertIn("Give what to whom?", self.play(self.ada, "give lamp"))

    def test_who_stands_by_sees_what_passes_between_two(self) -> None:
        cyd = self.enter("Cyd")
        for line, seen in (
            ("whisper ben psst", "Ada whispers something to Ben."),
            ("get lamp", "Ada takes the brass lamp."),
            ("give lamp to ben", "Ada gives the brass lamp to Ben."),
            ("give 3 coins to ben", ""),
        ):
            self.heard(cyd)
            self.play(self.ada, line)
            self.assertEqual(self.heard(cyd), seen, line)

    def test_use_wear_and_eat(self) -> None:
        self.assertEqual(self.both("use lamp"), ("You turn it.", "Ada uses the brass lamp."))
        self.assertIn("nothing to do", self.play(self.ada, "push table"))
        self.play(self.ada, "get cap")
        self.assertEqual(self.both("put on cap"), ("You put on the red cap.", "Ada puts on the red cap."))
        self.assertIn("Ada wears a red cap.", self.play(self.ben, "x ada"))
        self.assertEqual(self.play(self.ada, "take off cap"), "You take off the red cap.")
        self.assertIn("can not wear", self.play(self.ada, "get lamp", "wear lamp"))
        self.assertEqual(self.play(self.ada, "n", "eat cake"), "Sweet.")
        self.assertIn("had better not", self.play(self.ada, "eat rake"))
        self.assertNotIn("cake", self.things())

    def test_boxes_are_opened_and_unlocked(self) -> None:
        self.assertEqual(self.play(self.ada, "open chest"), "The oak chest is locked.")
        self.assertEqual(self.play(self.ada, "unlock chest"), "You do not have the key.")
        self.assertEqual(self.play(self.ada, "get key", "unlock chest with key"), "You unlock the oak chest.")
        self.assertEqual(self.play(self.ada, "open chest"), "You open the oak chest.")
        self.assertEqual(self.play(self.ada, "open chest"), "The oak chest is open already.")
        self.assertIn("crown", self.play(self.ada, "x chest"))
        self.assertEqual(self.play(self.ada, "lock chest"), "You lock the oak chest.")
        self.assertIn("no lock", self.play(self.ada, "lock box"))

    def test_speaking(self) -> None:
        self.assertEqual(self.both("say good day"), ('You say, "good day"', 'Ada says, "good day"'))
        self.assertEqual(self.both("'Hi  there")[1], 'Ada says, "Hi  there"')
        self.assertEqual(self.both("whisper ben psst"), ('You whisper to Ben, "psst"', 'Ada whispers to you, "psst"'))
        self.assertEqual(self.both(":yawns."), ("Ada yawns.", "Ada yawns."))
        self.play(self.ben, "n")
        self.assertEqual(self.both("tell ben hello")[1], 'Ada tells you, "hello"')
        self.assertEqual(self.play(self.ben, "reply hello yourself"), 'You tell Ada, "hello yourself"')
        self.assertEqual(self.both("shout ho")[1], 'Ada shouts, "ho"')
        self.assertIn("hoarse", self.play(self.ada, "shout ho"))
        self.assertEqual(self.play(self.ada, "tell carl hello"), 'Nobody called "carl" is playing.')
        self.assertEqual(self.play(self.ada, "reply x"), 'You tell Ben, "x"')

    def test_what_players_know_of_themselves_and_others(self) -> None:
        self.assertEqual(self.play(self.ada, "who"), "2 play: Ada and Ben.")
        self.assertEqual(self.play(self.ada, "score"), "You have 0 points, and have been in 1 room.")
        self.assertIn("* The Yard: south to the Hall; north, unknown.", self.play(self.ada, "n", "map"))
        self.assertIn("It is 8:0", self.play(self.ada, "time"))
        self.assertEqual(self.play(self.ada, "wait"), "Time passes.")

    def test_names_and_passwords(self) -> None:
        self.play(self.ada, "password secret1")
        self.assertEqual(self.both("name lovelace")[1], "Ada is called Lovelace now.")
        self.assertIn("somebody else", self.play(self.ben, "name Lovelace"))
        self.assertIn("at least 6", self.play(self.ben, "password x"))
        self.play(self.ada, "quit")
        self.assertRaisesRegex(AssertionError, "has a password", self.enter, "lovelace")
        self.assertRaisesRegex(AssertionError, "not the password", self.enter, "Lovelace", "wrong")
        self.assertEqual(self.where(self.enter("Lovelace", "secret1")), "hall")
        for name in ("x", "<b>", "a b", "1st", "y" * 30):
            self.assertRaisesRegex(AssertionError, "A name has", self.enter, name)
        for name in ("help", "Quit", "?", "ne"):
            self.assertRaisesRegex(AssertionError, "A name has|is a command", self.enter, name)
        self.assertEqual(self.play(self.ben, "name look"), '"look" is a command, and can not be a name.')
        self.assertRaisesRegex(AssertionError, "here already", self.enter, "BEN")

    def test_quit_keeps_what_one_has(self) -> None:
        before = self.things()
        self.play(self.ada, "get lamp", "n", "quit")
        self.assertEqual(self.things(), before)
        self.assertEqual(self.play(self.ben, "who"), "1 plays: Ben.")
        ada = self.enter("ada")
        self.assertEqual(self.where(ada), "yard")
        self.assertIn("brass lamp", self.play(ada, "inventory"))

    def test_help_for_every_verb(self) -> None:
        self.assertIn("look examine go", self.play(self.ada, "help"))
        for name, verb in VERBS.items():
            if verb.role == "player":
                self.assertIn(verb.help, self.play(self.ada, f"help {name}"), name)
                self.after(1)

    def test_only_operators_grant(self) -> None:
        self.assertEqual(self.play(self.ada, "grant ben builder"), "That is for an operator to do.")
        self.ada.card.role = "operator"
        self.assertEqual(
            self.both("grant ben builder"),
            ("Ben is a builder now.", "You are a builder now, until you leave: your name has no password."),
        )
        self.assertIn("one of", self.play(self.ada, "grant ben king"))


class LanguageTests(WorldTestCase):
    """What is written, and what is understood."""

    def test_abbreviations(self) -> None:
        for line, verb in (("exa x", "examine"), ("inv", "inventory"), ("unl x", "unlock"), ("wh ben x", "whisper"),
                           ("ne", "go"), ("sc", "score"), ("?", "help"), ('"hi', "say"), ("READ it", "examine"),
                           ("  sAy   x ", "say")):  # fmt: skip
            self.assertEqual(parse(line).verb.name, verb, line)
        self.assertIsNone(parse("   \x00 "))
        self.assertRaisesRegex(Puzzled, '"c" could be close or code', parse, "c x")
        self.assertRaisesRegex(Puzzled, "Did you mean examine", parse, "exmaine x")
        self.assertRaisesRegex(Puzzled, 'Try "help"', parse, "frobnicate")

    def test_a_direction_is_never_a_verb(self) -> None:
        for line, way in (("n to the yard", "north"), ("North please", "north"), ("d x", "down")):
            self.assertRaisesRegex(Puzzled, f"To go {way}, write .* alone", parse, line)

    def test_looking_around_is_looking(self) -> None:
        ada = self.enter("Ada")
        for line in ("look around", "look here", "exits"):
            self.assertIn("Ways: north", self.play(ada, line), line)

    def test_several_alike(self) -> None:
        ada = self.enter("Ada")
        self.assertEqual(self.play(ada, "get box", "n", "x r"), "You see nothing special about the rake.")
        self.assertEqual(self.play(ada, "s", "x c"), "Do you mean a red cap or an oak chest?")
        self.assertEqual(self.play(ada, "x 2.c"), "You see nothing special about the red cap.")
        self.assertIn('There is no "c"', self.play(ada, "x 9.c"))
