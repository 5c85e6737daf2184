"""Adapter. The game: the world of a server, made when the first door asks for it, ended when the last has let it go."""

from collections.abc import Callable, Mapping
from pathlib import Path
from random import Random, SystemRandom
from typing import Any

from twisted.internet.defer import Deferred
from twisted.internet.threads import deferToThreadPool

from occwserv.csp import Scheduler

from .plans import WorldPlan
from .seats import Seats
from .store import Store
from .visits import Visits
from .world import World
from .worldfile import read_world

SHIPPED = Path(__file__).with_name("world.yaml")
_games: dict[Scheduler, "Game"] = {}


def game_of(scheduler: Scheduler, options: Mapping[str, Any], reactor: Any, log: Any) -> "Game":
    """The game of a scheduler. Whoever asks holds it, and has to let it go.

    :param options: `world` is the path of the world file, `save` that of the file that keeps what happens. They are
        heeded when the game is made.
    :param reactor: whose clock the world has. :param log: a Twisted logger.
    :raise WorldError: the world file has mistakes.
    :raise OSError: it can not be read.
    """
    game = _games.get(scheduler)
    if game is None:
        game = _games[scheduler] = Game(scheduler, options, reactor, log)
    game.held += 1
    return game


class Game:
    """One world, with its doors.

    `seats` are what doors want of it; `visits` are for doors without a lasting connection. `held` counts who holds it.
    """

    def __init__(self, scheduler: Scheduler, options: Mapping[str, Any], reactor: Any, log: Any) -> None:
        self._scheduler, self._reactor, self._log = scheduler, reactor, log
        self._begun = reactor.seconds()
        self.held = 0
        path = Path(options.get("world", SHIPPED))
        plan = read_world(path.read_text(), str(path))
        self._store = None
        if "save" in options:
            Path(options["save"]).parent.mkdir(parents=True, exist_ok=True)
            self._store = Store(options["save"])
        world = World(plan, scheduler, self._now, Random(), self._died, self._store, SystemRandom(), self._in_thread)
        self.seats = Seats(world, scheduler, reactor.seconds, SystemRandom())
        self.visits = Visits(self.seats)

    @property
    def plan(self) -> WorldPlan:
        """What the world file says: its `name`, its `welcome`."""
        return self.seats.world.plan

    def let_go(self, after: float = 1.0) -> None:
        """A door needs it no more.

        :param after: seconds until the game ends if nobody holds it; a door that is loaded anew asks for it in time.
        """
        self.held -= 1
        if not self.held:
            self.seats.world.save()
            self._scheduler.call_after(after, self._end)

    def _end(self) -> None:
        if not self.held and _games.get(self._scheduler) is self:
            del _games[self._scheduler]
            self.seats.end()
            if self._store is not None:
                self._store.close()

    def _now(self) -> float:
        """The clock of the world: a new one begins in the morning of its first day."""
        return self._reactor.seconds() - self._begun

    def _in_thread(self, act: Callable, *args: Any) -> Deferred:
        return deferToThreadPool(self._reactor, self._reactor.getThreadPool(), act, *args)

    def _died(self, name: str, failure: BaseException) -> None:
        self._log.error("{name} died and begins anew: {failure!r}", name=name, failure=failure)
