"""The world is changed while people walk in it."""

from collections import Counter
from random import Random

from adventure.bots import KINDS
from adventure.language import Puzzled, parse
from adventure.plans import BotPlan
from adventure.verbs import DIRECTIONS

from .adventurers import SHIPPED, WorldTestCase


class BuilderTests(WorldTestCase):
    """What a builder may do, and how it is taken back."""

    def setUp(self) -> None:
        super().setUp()
        self.ada, self.ben = self.enter("Ada"), self.enter("Ben")
        self.ada.card.role = "builder"
        self.settle()

    def ways(self, room: str) -> dict[str, str]:
        return {way: exit.to.key for way, exit in self.world.rooms[room].exits.items()}

    def test_others_may_not(self) -> None:
        self.assertEqual(self.play(self.ben, "dig up the Attic"), "That is for a builder to do.")

    def test_dig_and_undo(self) -> None:
        self.assertEqual(self.play(self.ada, "dig up the Attic"), "You dig up: the Attic (the_attic).")
        self.assertIn("not described yet", self.play(self.ben, "up"))
        self.assertEqual(self.ways("the_attic"), {"down": "hall"})
        self.assertIn("already", self.play(self.ada, "dig up x"))
        self.assertIn("no direction", self.play(self.ada, "dig sideways x"))
        self.assertIn("no more", self.play(self.ada, "undo"))
        self.assertIn("fades around you", self.heard(self.ben))
        self.assertEqual((self.where(self.ben), "up" in self.ways("hall")), ("hall", False))
        self.assertEqual(self.play(self.ada, "undo"), "There is nothing to take back.")

    def test_link_and_unlink(self) -> None:
        self.assertEqual(self.play(self.ada, "link up the field"), "Up leads to the Field now.")
        self.play(self.ben, "up")
        self.assertEqual(self.where(self.ben), "field")
        self.play(self.ada, "undo")
        self.assertNotIn("up", self.ways("hall"))
        self.play(self.ada, "unlink north")
        self.assertIn("can not go north", self.play(self.ada, "n"))
        self.play(self.ada, "undo")
        self.play(self.ada, "n")
        self.assertEqual(self.where(self.ada), "yard")
        self.assertIn("no way up", self.play(self.ada, "unlink up"))

    def test_remove_takes_people_and_things_home(self) -> None:
        before = self.things()
        self.play(self.ben, "n")
        self.assertIn("The Yard is no more.", self.play(self.ada, "remove yard"))
        self.assertEqual((self.where(self.ben), self.ways("field"), self.things()), ("hall", {}, before))
        self.assertIn("is back", self.play(self.ada, "undo"))
        self.assertEqual((self.ways("hall")["north"], self.ways("yard")), ("yard", {"south": "hall", "north": "field"}))
        self.assertIn("A yard by day.", self.play(self.ben, "n"))
        self.assertIn("can not be removed", self.play(self.ada, "remove hall"))

    def test_a_builder_may_remove_the_room_he_is_in(self) -> None:
        self.play(self.ada, "n", "remove")
        self.assertEqual(self.where(self.ada), "hall")
        self.assertIn("A hall.", self.play(self.ada, "look"))

    def test_a_room_moves_with_who_is_in_it(self) -> None:
        self.play(self.ada, "n")
        self.play(self.ben, "n")
        self.assertEqual(self.play(self.ada, "move hall up"), "The Yard lies up of the Hall now.")
        self.assertEqual((self.ways("hall").get("north"), self.ways("yard")), (None, {"down": "hall"}))
        self.play(self.ben, "down")
        self.assertEqual(self.where(self.ben), "hall")
        self.play(self.ada, "undo")
        self.assertEqual(self.ways("yard"), {"south": "hall", "north": "field"})

    def test_a_way_that_is_back_has_its_door(self) -> None:
        cy = self.enter("Cy")
        self.play(cy, "get key", "unlock blue door", "open blue door", "e", "close blue door", "lock blue door")
        for builder, lines in ((cy, ("move yard down",)), (self.ada, ("unlink east",)), (self.ada, ("remove cellar",))):
            builder.card.role = "builder"
            self.play(builder, *lines)
            self.assertIn("You can not go east", self.play(self.ben, "e"), lines)
            self.play(builder, "undo")
            self.assertEqual(self.play(self.ben, "e"), "The blue door is locked.", lines)
            self.assertEqual(len(self.world.machines["blue_door"].sides), 2, lines)
        self.assertEqual(self.where(cy), "hall")
        self.play(cy, "unlock blue door", "open blue door", "e")
        self.assertEqual(self.play(cy, "close blue door"), "You close the blue door.")
        self.assertIn("The blue door closes.", self.heard(self.ben))

    def test_a_door_that_was_turned_meanwhile_is_so_when_its_way_is_back(self) -> None:
        self.play(self.ada, "get key", "unlock blue door", "open blue door", "unlink east")
        self.after(21)
        self.play(self.ada, "undo")
        self.assertEqual(self.play(self.ben, "e"), "The blue door is locked.")

    def test_describe_create_destroy(self) -> None:
        self.play(self.ada, "describe Marble, and echoes.")
        self.assertIn("Marble, and echoes.", self.play(self.ben, "look"))
        self.assertIn("as before", self.play(self.ada, "undo"))
        self.play(self.ada, "create a blue cup")
        self.assertEqual(self.play(self.ben, "get cup"), "You take the blue cup.")
        self.play(self.ada, "undo")
        self.assertIn("You carry nothing.", self.play(self.ben, "i"))
        self.assertEqual(self.play(self.ada, "destroy table"), "The table is no more.")
        self.play(self.ada, "undo")
        self.assertIn("table", self.things())

    def test_bots_are_made_and_ended(self) -> None:
        self.assertIn("lives here now", self.play(self.ada, "create bot parrot Coco"))
        self.assertIn("Coco", self.play(self.ben, "look"))
        self.assertEqual(self.play(self.ada, "destroy coco"), "Coco is no more.\nCoco is no more.")
        self.after(30)
        self.assertNotIn("Coco", self.play(self.ben, "look"))
        self.assertEqual([process for process in self.scheduler.processes if "Coco" in process.name], [])
        self.play(self.ada, "undo")
        self.assertIn("Coco", self.play(self.ben, "look"))
        self.assertIn("kinds are", self.play(self.ada, "create bot dragon Smaug"))


class Changes:
    """Random changes, and what must stay true however the world is changed."""

    def __init__(self, case, seed: int) -> None:
        self.case, self.world, self.chance = case, case.world, Random(seed)
        self.count = Counter()

    async def make(self, number: int) -> None:
        """So many changes, one after the other."""
        for _ in range(number):
            here = self.chance.choice(list(self.world.rooms))
            line = self.line()
            try:
                await self.world.builder.change(here, parse(line, role="builder"))
                self.count[line.split()[0]] += 1
            except Puzzled:
                self.count["refused"] += 1

    def line(self) -> str:
        way, key = self.chance.choice(list(DIRECTIONS)), self.chance.choice(list(self.world.rooms))
        verb = self.chance.choice(["dig", "link", "link", "unlink", "remove", "move", "undo", "dig", "describe"])
        if len(self.world.rooms) > 120:
            verb = "remove"  # or it would grow and grow
        said = {"dig": f"{way} Room", "link": f"{way} {key}", "unlink": way, "remove": key, "move": f"{key} {way}"}
        return f"{verb} {said.get(verb, '')}"

    def check(self, bodies: int, things: list[str]) -> None:
        """Everybody is in one room, every way leads to a room that lives, nothing is lost."""
        rooms = self.world.rooms
        found = Counter(number for room in rooms.values() for number in room.bodies)
        self.case.assertEqual((len(found), set(found.values())), (bodies, {1}))
        ways = [(key, way, exit.to) for key, room in rooms.items() for way, exit in room.exits.items()]
        dead = [(key, way) for key, way, to in ways if to.mailbox.channel.ended or to.key not in rooms]
        self.case.assertEqual(dead, [])
        self.case.assertEqual(self.case.things(), things)


class ReconfigurationTests(WorldTestCase):
    """Thousands of changes under people who walk."""

    text = SHIPPED
    watched = False

    def people(self, number: int) -> int:
        rooms = list(self.world.rooms.values())
        for each in range(number):
            plan = BotPlan(name=f"Bot {each}", kind=list(KINDS)[each % 2], pace=3)
            self.world.add_bot(plan, rooms[each % len(rooms)])
        self.settle()
        return number + len(self.world.plan.bots)

    def test_two_thousand_changes(self) -> None:
        bodies, things = self.people(100), self.things()
        changes = Changes(self, 5)
        for _ in range(20):
            made = self.scheduler.spawn(changes.make(100))
            for _ in range(100):
                self.clock.advance(0.1)
            self.settle()
            self.assertTrue(made.done, made)
            changes.check(bodies, things)
        self.assertGreater(min(changes.count[verb] for verb in ("dig", "link", "unlink", "remove", "move", "undo")), 20)
