"""Process. Bots: they have bodies as players have, hear what players hear, and do it by the same words.

Each kind is a class. `heard` is called with every line, `idle` when its pace has gone by. A bot's outbox is small, and
overwritten: one that is slow delays nobody.
"""

from collections.abc import Callable
from random import Random
from typing import Any

from occwserv.csp import After, EndOfChannel, alt, sleep

from .language import Puzzled
from .marks import Marks
from .mind import Mind
from .values import Heard, is_night, told_time
from .verbs import OPPOSITE

HEARS = 8  # lines that wait for a bot
BREATH = 1.0  # seconds behind what it did since it heard something: bots that answer each other leave time for others


class Bot(Mind):
    """What all bots do.

    :param pace: seconds between two deeds, more or less. :param says: what it says now and then.
    """

    kind = "bot"
    remembers: tuple[str, ...] = ()  # of what it was about, when the world is kept

    def __init__(self, plan: Any, chance: Random, now: Callable[[], float]) -> None:
        super().__init__(HEARS)
        self.name, self.plan, self.chance, self.now = plan.name, plan, chance, now
        self.key = ""
        self.marks = Marks()
        self.ways: list[str] = []
        self.where = ""
        self.came_by = ""
        self.stopped = self.acted = False

    def state(self) -> dict:
        """What it is about."""
        return {name: getattr(self, name) for name in ("came_by", *self.remembers)}

    def restore(self, state: dict) -> None:
        """Go on with what it was about."""
        for name, value in state.items():
            setattr(self, name, value)

    async def run(self) -> None:
        """Live."""
        while not self.stopped:
            pause = self.plan.pace * (0.7 + 0.6 * self.chance.random())
            due = self.now() + pause
            try:
                while (left := due - self.now()) > 0:
                    which, heard = await alt(self.heard, After(left))
                    if which == 1:
                        break
                    await self._take(heard)
                await self.idle()
                self.marks.body(self.mine)
            except Puzzled:
                pass  # a bot may be wrong, too
            except EndOfChannel:
                return  # its body is no more

    async def _take(self, heard: Heard) -> None:
        if heard.kind == "room":
            self.where = heard.who  # its key
        elif heard.kind == "ways":
            self.ways = heard.who.split()
        elif heard.who != self.name:
            self.acted = False
            await self.heard_that(heard)
            if self.acted:
                await sleep(BREATH)

    async def do(self, line: str) -> None:
        self.acted = True
        await super().do(line)

    async def heard_that(self, heard: Heard) -> None:
        """Somebody else did something."""

    async def idle(self) -> None:
        """Its pace has gone by."""

    async def wander(self) -> None:
        """Go anywhere, but rather not back."""
        ways = [way for way in self.ways if way not in self.plan.shuns]
        if len(ways) > 1 and self.came_by in ways:
            ways.remove(self.came_by)
        if ways:
            way = self.chance.choice(ways)
            self.came_by = OPPOSITE.get(way, "")
            await self.do(f"go {way}")
        else:
            await self.do("look")

    async def speak(self) -> None:
        """Say one of its sayings."""
        if self.plan.says:
            await self.do(self.chance.choice(self.plan.says))


class Wanderer(Bot):
    """Goes about, and talks."""

    async def idle(self) -> None:
        await (self.speak() if self.chance.random() < 0.2 else self.wander())


class Follower(Bot):
    """Goes after who is kind to it, and loses interest after a while."""

    remembers = ("patience",)
    patience = 0

    async def heard_that(self, heard: Heard) -> None:
        called = heard.kind == "said" and self.name.split()[-1].lower() in heard.text.lower()
        if called or heard.kind in ("given", "paid"):
            await self.do(f"follow {heard.who}")
            self.patience = 12
        elif heard.kind == "came" and not self.patience and self.chance.random() < 0.3:
            await self.do(f"follow {heard.who}")
            self.patience = 4

    async def idle(self) -> None:
        self.patience = max(0, self.patience - 1)
        if self.patience:
            if self.chance.random() < 0.3:
                await self.speak()
        else:
            await self.do("follow")
            await self.wander()


class Cleaner(Bot):
    """Takes what was dropped, and brings it to where lost things are kept."""

    async def heard_that(self, heard: Heard) -> None:
        if heard.kind == "dropped" and self.where != self.plan.home:
            await self.do("get " + heard.text.partition(" drops the ")[2].rstrip("."))
            await self.speak()

    async def idle(self) -> None:
        if self.where == self.plan.home:
            await self.do("drop all")
        await self.wander()


class Trader(Bot):
    """Stays where it is, tells what is for sale, and pays for what it is given."""

    async def heard_that(self, heard: Heard) -> None:
        if heard.kind == "came":
            await self.speak()
        elif heard.kind == "given":
            await self.do(f"give 2 coins to {heard.who}")
            await self.do("drop all")

    async def idle(self) -> None:
        await self.do("look")


class Guide(Bot):
    """Greets who comes, answers to words it knows, and walks its round, telling what there is to see."""

    remembers = ("step",)
    step = 0

    async def heard_that(self, heard: Heard) -> None:
        if heard.kind in ("said", "told"):
            words = heard.text.partition(", ")[2].lower()
            for topic, answer in self.plan.topics.items():
                if topic in words:
                    await self.do(f"say {answer}")
                    return
        elif heard.kind == "came":
            await self.do(f"whisper {heard.who} {self.chance.choice(self.plan.says)}" if self.plan.says else "look")

    async def idle(self) -> None:
        if self.plan.route:
            await self.do(self.plan.route[self.step % len(self.plan.route)])
            self.step += 1


class Watchman(Bot):
    """Walks its round by night, calls the hours, and sleeps by day."""

    remembers = ("step", "walked")
    step = walked = 0

    async def heard_that(self, heard: Heard) -> None:
        if heard.kind == "told" or (heard.kind == "said" and "time" in heard.text):
            await self.do(f"say {told_time(self.now())}")

    async def idle(self) -> None:
        if not is_night(self.now()):
            if self.chance.random() < 0.1:
                await self.do("emote snores.")
            return
        if self.step % 3 == 0:
            await self.do(f"say {told_time(self.now())} All is well.")
        elif self.plan.route:
            await self.do(self.plan.route[self.walked % len(self.plan.route)])
            self.walked += 1
        self.step += 1


class Parrot(Bot):
    """Says again what it heard."""

    async def heard_that(self, heard: Heard) -> None:
        if heard.kind == "said" and self.chance.random() < 0.5:
            words = heard.text.partition('"')[2].rstrip('"').split()
            if words:
                await self.do(f"say {' '.join(words[-2:])}")

    async def idle(self) -> None:
        if self.chance.random() < 0.1:
            await self.speak()


KINDS: dict[str, type[Bot]] = {
    kind.__name__.lower(): kind for kind in (Wanderer, Follower, Cleaner, Trader, Guide, Watchman, Parrot)
}
