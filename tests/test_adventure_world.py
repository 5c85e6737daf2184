"""The shipped world: what is in it, its machines and its bots, the goal, and an hour of two hundred who walk."""

from collections import Counter

from adventure.bots import KINDS
from adventure.plans import BotPlan
from adventure.verbs import DIRECTIONS
from adventure.worldfile import WorldError, read_world
from occwserv.csp import Channel

from .adventurers import SHIPPED, SMALL, WorldTestCase


class ShippedTests(WorldTestCase):
    """Saltmarrow."""

    text = SHIPPED

    def put(self, player, room: str) -> None:
        """Have a player elsewhere, as a builder would."""
        self.settle()
        body = self.world.rooms[self.where(player)].bodies.pop(player.number)
        self.world.rooms[room].take_in(body)

    def test_it_is_as_large_as_it_should_be(self) -> None:
        plan = self.world.plan
        self.assertGreaterEqual(len(plan.rooms), 40)
        self.assertGreaterEqual(len(plan.things), 30)
        self.assertGreaterEqual(len(plan.bots), 10)
        self.assertGreaterEqual(len({bot.kind for bot in plan.bots}), 6)
        self.assertEqual([key for key, room in plan.rooms.items() if len(room.text) < 100], [])
        self.assertEqual([key for key, room in plan.rooms.items() if set(room.exits) - set(DIRECTIONS)], [])

    def test_every_room_and_thing_can_be_reached(self) -> None:
        plan = self.world.plan
        joined = {key: {exit.to for exit in room.exits.values()} for key, room in plan.rooms.items()}
        for machine in plan.machines.values():
            for stop in machine.stops:
                joined[stop.room].add(machine.room)
                joined[machine.room].add(stop.room)
        reached, to_do = set(), [plan.start]
        while to_do:
            key = to_do.pop()
            if key not in reached:
                reached.add(key)
                to_do += joined[key]
        self.assertEqual(set(plan.rooms) - reached, set())
        made = {machine.thing for machine in plan.machines.values()} - {""}
        self.assertEqual(set(plan.things) - set(self.things()) - made, set())

    def test_the_lift_moves_with_people_inside(self) -> None:
        ada, ben = self.enter("Ada"), self.enter("Ben")
        self.play(ada, "n", "nw")
        self.play(ben, "n", "nw")
        self.assertIn("open already", self.play(ada, "press bell-push"))
        self.assertIn("The Lift", self.play(ada, "in").title())
        self.play(ben, "in")
        self.assertEqual(self.play(ada, "press upper button"), "A light goes on.")
        self.after(6)
        self.assertIn("you feel it move", self.heard(ben))
        self.assertIn("no way out", self.play(ben, "look"))
        self.assertIn("You can not go out", self.play(ben, "out"))
        self.after(12)
        self.assertIn("It stops at the Cliff Top.", self.heard(ada))
        self.play(ada, "out")
        self.assertEqual((self.where(ada), self.where(ben)), ("clifftop", "cage"))
        carl = self.enter("Carl")
        self.play(carl, "n", "nw")
        self.assertIn("can not go in", self.play(carl, "in"))
        self.play(carl, "press bell-push")
        self.after(18)
        self.play(ben, "out")
        self.assertEqual(self.where(ben), "cable_foot")

    def test_who_enters_a_lift_that_has_just_gone_stays(self) -> None:
        ada = self.enter("Ada")
        self.play(ada, "n", "nw")
        self.world.rooms["cage"].exits.clear()  # it has gone, and the landing has not been told yet
        self.assertEqual(self.play(ada, "in"), "The lift has just gone.")
        self.assertEqual(self.where(ada), "cable_foot")

    def test_the_train_goes_round_by_itself(self) -> None:
        ada = self.enter("Ada")
        self.play(ada, "n", "ne")
        for _ in range(120):
            if "carriage" in self.play(ada, "in") or self.where(ada) == "carriage":
                break
            self.after(2)
        seen = set()
        for _ in range(200):
            self.after(1)
            seen |= {exit.to.key for exit in self.world.rooms["carriage"].exits.values()}
        self.assertEqual(seen, {"halt", "salt_halt", "mill_halt"})
        self.assertEqual(self.where(ada), "carriage")

    def test_the_urn_gives_tea(self) -> None:
        ada, ben = self.enter("Ada"), self.enter("Ben")
        self.put(ada, "tearoom"), self.put(ben, "tearoom")
        self.assertIn("fills a cup", self.play(ada, "use urn"))
        self.assertIn("nothing comes", self.play(ben, "use urn"))
        self.assertIn("a cup of tea", self.play(ada, "i"))
        self.after(6)
        self.assertIn("fills a cup", self.play(ben, "use urn"))
        self.assertIn("exactly what was needed", self.play(ben, "drink tea"))

    def test_the_goal_takes_three(self) -> None:
        three = [self.enter(name) for name in ("Ada", "Ben", "Cy")]
        ada, ben, cy = three
        for player, room in zip(three, ("belfry", "lamp_room", "wheel_room"), strict=True):
            self.put(player, room)
        self.assertIn("2 more", self.play(ada, "pull rope"))
        self.assertIn("1 more", self.play(ben, "turn crank"))
        self.after(91)  # too late: they creep back
        self.assertIn("2 more", self.play(cy, "turn wheel"))
        self.assertIn("1 more", self.play(ada, "pull rope"))
        self.assertEqual(self.world.rooms["cistern"].exits["down"].mode, "locked")
        self.assertIn("Cy, Ada and Ben: three hands at once!", self.play(ben, "turn crank"))
        self.assertEqual(self.world.rooms["cistern"].exits["down"].mode, "open")
        for player in three[:2]:
            self.put(player, "cistern")
            self.play(player, "down", "down")
        self.assertIn("Two more would have to", self.play(ada, "use orrery"))
        self.put(cy, "cistern")
        self.play(cy, "down", "down")
        self.assertIn("the tide is on time", self.play(cy, "turn orrery"))
        for player in three:
            self.assertIn("You have 100 points", self.play(player, "score"))
        self.play(ada, "use orrery")
        self.assertIn("You have 100 points", self.play(ada, "score"))

    def test_one_alone_can_not_pull_three_levers(self) -> None:
        ada = self.enter("Ada")
        for room, lever in (("belfry", "rope"), ("lamp_room", "crank"), ("wheel_room", "wheel")):
            self.put(ada, room)
            self.assertIn("2 more", self.play(ada, f"use {lever}"))


class BotTests(WorldTestCase):
    """Each kind, in a small world."""

    def bot(self, kind: str, room: str = "hall", **more):
        bot = self.world.add_bot(BotPlan(name="Robin", kind=kind, room=room, pace=4, **more), self.world.rooms[room])
        self.settle()
        return bot

    def places(self, bot, seconds: float) -> set[str]:
        seen = set()
        for _ in range(int(seconds)):
            self.after(1)
            seen.add(self.where(bot))
        return seen

    def test_there_are_at_least_six_kinds(self) -> None:
        self.assertGreaterEqual(len(KINDS), 6)

    def test_a_wanderer_walks_and_talks(self) -> None:
        self.assertEqual(self.places(self.bot("wanderer", says=["say hm"]), 90), {"hall", "yard", "field"})

    def test_a_follower_comes_when_called(self) -> None:
        ada, bot = self.enter("Ada"), self.bot("follower")
        self.play(ada, "say come, robin!")
        self.play(ada, "n", "n")
        self.settle()
        self.assertEqual(self.where(bot), "field")

    def test_a_cleaner_brings_what_was_dropped_home(self) -> None:
        ada, bot = self.enter("Ada"), self.bot("cleaner", "yard", home="field")
        self.play(ada, "get cap", "n")
        self.assertEqual(self.where(bot), "yard")
        self.play(ada, "drop cap")
        self.after(120)
        self.assertIn("cap", [thing.key for thing in self.world.rooms["field"].things])

    def test_a_trader_sells_and_pays(self) -> None:
        ada = self.enter("Ada")
        self.assertEqual(self.play(ada, "buy stone"), "Nobody sells anything here.")
        self.bot("trader")
        self.assertIn("a stone (4)", self.play(ada, "buy"))
        self.assertEqual(self.play(ada, "buy stone"), "You buy the stone.")
        self.play(ada, "give stone to robin")
        self.assertIn("8 coins", self.play(ada, "i"))

    def test_a_guide_answers_and_shows(self) -> None:
        ada = self.enter("Ada")
        bot = self.bot("guide", topics={"lamp": "It is brass."}, route=["n", "s"], says=["Hello"])
        self.assertIn('Robin says, "It is brass."', self.play(ada, "say what of the lamp?"))
        self.assertEqual(self.places(bot, 30), {"hall", "yard"})

    def test_a_watchman_walks_by_night(self) -> None:
        bot = self.bot("watchman", route=["n", "s"])
        self.assertEqual(self.places(bot, 60), {"hall"})
        self.after(12 * 60, step=5)
        self.assertEqual(self.places(bot, 60), {"hall", "yard"})

    def test_a_parrot_repeats(self) -> None:
        ada, _ = self.enter("Ada"), self.bot("parrot")
        said = [self.play(ada, "say pieces of eight") for _ in range(9)]
        self.assertIn('Robin says, "of eight"', "\n".join(said))


class AskTests(WorldTestCase):
    """A newcomer asks who lives here."""

    text = SHIPPED

    def test_who_lives_here_answers(self) -> None:
        ada = self.enter("Ada")
        self.after(3)
        said = self.play(ada, "ask larkin about the clock") + self.heard(ada)
        self.assertIn('You ask Miss Larkin, "Clock?"', said)
        self.assertIn("Miss Larkin says", said)
        self.assertIn('You ask Miss Larkin, "Hello!"', self.play(ada, "talk to miss larkin"))
        self.assertIn("Try: ask larkin about clock", self.play(ada, "ask"))


class DeadlockTests(WorldTestCase):
    """Who waits for ever is found, in a world of any size."""

    text = SHIPPED

    def test_a_question_that_is_forgotten(self) -> None:
        rooms = list(self.world.rooms.values())
        for number in range(40):
            self.world.add_bot(BotPlan(name=f"Bot {number}", kind="follower", pace=2), rooms[number % len(rooms)])
        ada, ben = self.enter("Ada"), self.enter("Ben")
        forgetful = Channel("questions to nobody")
        self.scheduler.spawn(self.forget(forgetful))
        ada.hall = forgetful
        self.start(ada, "who")
        for _ in range(5):
            self.play(ben, "look")
            self.after(5)
        self.assertIn("player Ada", str(self.stuck))
        self.assertNotIn("player Ben", str(self.stuck))
        self.stuck.clear()

    async def forget(self, questions: Channel) -> None:
        """Listen, and never answer."""
        while True:
            await questions.receive()


class HourTests(WorldTestCase):
    """Two hundred bots, and an hour."""

    text = SHIPPED
    watched = False

    def test_two_hundred_walk_for_an_hour(self) -> None:
        before = self.things()
        rooms = list(self.world.rooms.values())
        for number in range(200):
            kind = ("wanderer", "follower", "cleaner", "wanderer")[number % 4]
            plan = BotPlan(name=f"Bot {number}", kind=kind, pace=20, says=["say hm"], home="customs")
            self.world.add_bot(plan, rooms[number % len(rooms)])
        for _ in range(60):
            self.after(60, step=3)
            found = Counter(number for room in rooms for number in room.bodies)
            self.assertEqual((len(found), set(found.values())), (200 + len(self.world.plan.bots), {1}))
        self.assertEqual(self.things(), before)


class FileTests(WorldTestCase):
    """What is wrong with a world file is told, with its path and line."""

    def wrong(self, old: str, new: str) -> str:
        self.assertIn(old, SMALL)
        with self.assertRaises(WorldError) as caught:
            read_world(SMALL.replace(old, new, 1), "w.yaml")
        return str(caught.exception)

    def test_mistakes(self) -> None:
        for old, new, said in (
            (
                "north: yard",
                "north: yerd",
                'w.yaml:6: rooms.hall.exits.north: there is no room "yerd"; did you mean yard?',
            ),
            ("name: the Yard", "nmae: x", "w.yaml:8: rooms.yard.nmae: there is no such field; did you mean name?"),
            ("name: the Yard, ", "", "w.yaml:8: rooms.yard: name is missing"),
            ("outdoors: true", "outdoors: maybe", "w.yaml:8: rooms.yard.outdoors: expected true or false"),
            ("holds: 2", "holds: two", "w.yaml:14: things.box.holds: expected a whole number"),
            ("things: [gem]", "things: gem", "w.yaml:11: rooms.cellar.things: expected a list"),
            ("things: [gem]", "things: [cap]", 'the thing "cap" lies in rooms.hall.things already'),
            ("start: hall", "start: nowhere", 'w.yaml:4: start: there is no room "nowhere"'),
            ("key: key, closes", "key: kee, closes", "w.yaml:26: doors.blue_door.key"),
            ("name: Small", "name: [", "w.yaml:"),
            ("gem: {name: a gem}", "cap: {name: a gem}", "w.yaml:24: things.cap: given twice"),
        ):
            self.assertIn(said, self.wrong(old, new))
        self.assertRaises(WorldError, read_world, "")
        self.assertRaises(WorldError, read_world, "[" * 5000)
