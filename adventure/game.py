"""Adapter. The game: the world of a server, made when the first door asks for it, ended when the last has let it go.

When a file of the world's code changes, the game goes on in the new code: nobody plays for a moment, a picture of all
is taken, a world is made of it by the new code, and those who play are put into that. Doors notice nothing.
"""

from collections.abc import Callable, Mapping
from pathlib import Path
from random import Random, SystemRandom
from typing import Any

from twisted.internet.defer import Deferred
from twisted.internet.threads import deferToThreadPool

from occwserv.csp import Cancelled, Scheduler, sleep
from occwserv.csp.process import Outside

from .code import HERE, Code, Unusable, facts_of, load, where
from .limits import limits_of
from .seats import Refused, Seats
from .store import Rows, Store, read
from .visits import Visits
from .worldfile import WorldError

SHIPPED = HERE / "world.yaml"
LOOK = 1.0  # seconds between two looks at the files; they must be the same in two
AGAIN = 0.05
TRIED = 0.2  # seconds that a world in new code must live
WATCHES = "code of the game"
_games: dict[Scheduler, "Game"] = {}


def game_of(scheduler: Scheduler, options: Mapping[str, Any], reactor: Any, log: Any) -> "Game":
    """The game of a scheduler. Whoever asks holds it, and has to let it go.

    :param options: `world` is the path of the world file, `save` that of the file that keeps what happens; the others
        are limits (`limits.py`), as texts. They are heeded when the game is made; later ones by `heed`.
    :param reactor: whose clock the world has. :param log: a Twisted logger, which is told why there is no game.
    :raise Refused: there is none: the world file has mistakes, or it can not be read, or what was kept.
    """
    game = _games.get(scheduler)
    if game is None:
        try:
            game = _games[scheduler] = Game(scheduler, options, reactor, log)
        except (WorldError, OSError) as error:
            log.error("the world can not be entered: {error}", error=str(error))
            raise Refused("The world can not be entered now; the server's log tells why.") from None
    game.held += 1
    return game


def game_there(scheduler: Scheduler) -> "Game | None":
    """The game of a scheduler if there is one; it is not held by that."""
    return _games.get(scheduler)


class Game(Outside):
    """One world, with its doors.

    `seats` are what doors want of it; `visits` are for doors without a lasting connection. `held` counts who holds it.

    :param folder: where the code of the world is.
    """

    def __init__(
        self, scheduler: Scheduler, options: Mapping[str, Any], reactor: Any, log: Any, folder: Path = HERE
    ) -> None:
        self._scheduler, self._reactor, self._log, self._folder = scheduler, reactor, log, folder
        self._begun = reactor.seconds()
        self.held = 0
        self._died = 0
        self._loaded = facts_of(folder)
        self._code = Code()
        self._limits = limits_of(options)
        self._file = Path(options.get("world", SHIPPED))
        plan = self._plan(self._code)
        self._store = None
        if "save" in options:
            Path(options["save"]).parent.mkdir(parents=True, exist_ok=True)
            self._store = Store(options["save"])
        self.seats = Seats(self._world(self._code, plan), scheduler, reactor.seconds, SystemRandom(), self._limits)
        self.visits = Visits(self.seats)
        self._watcher = scheduler.spawn(self._watch(), WATCHES)

    @property
    def plan(self) -> Any:
        """What the world file says: its `name`, its `welcome`."""
        return self.seats.world.plan

    def heed(self, options: Mapping[str, Any]) -> None:
        """Go on under other limits. The world file, and where it is kept, stay what they are."""
        self._limits = limits_of(options)
        self.seats.heed(self._limits)

    def let_go(self, after: float = 1.0) -> None:
        """A door needs it no more.

        :param after: seconds until the game ends if nobody holds it; a door that is loaded anew asks for it in time.
        """
        self.held -= 1
        if not self.held:
            self.seats.world.save()
            self._scheduler.call_after(after, self._end_unless_held)

    def _end_unless_held(self) -> None:
        if not self.held and _games.get(self._scheduler) is self:
            del _games[self._scheduler]
            self.end()

    def end(self) -> None:
        """Write what the world has come to, and end it."""
        self._watcher.kill()
        self.seats.end()
        if self._store is not None:
            self._store.close()

    def _plan(self, code: Code) -> Any:
        return code.worldfile.read_world(self._file.read_bytes(), str(self._file))

    def _world(self, code: Code, plan: Any, rows: Rows | None = None) -> Any:
        """A world. Without rows it is as its store says."""
        kept = None if rows is None else read(rows)
        return code.world.World(
            plan, self._scheduler, self._now, Random(), self._report, self._store, SystemRandom(), self._in_thread,
            kept, self._limits,
        )  # fmt: skip

    def _now(self) -> float:
        """The clock of the world: a new one begins in the morning of its first day."""
        return self._reactor.seconds() - self._begun

    def _in_thread(self, act: Callable, *args: Any) -> Deferred:
        return deferToThreadPool(self._reactor, self._reactor.getThreadPool(), act, *args)

    def _report(self, name: str, failure: BaseException) -> None:
        self._died += 1
        self._log.error("{name} died and begins anew: {why!r}", name=name, why=failure)

    # New code.

    async def _watch(self) -> None:
        """Look after the files of the code."""
        before = self._loaded
        while True:
            await sleep(LOOK)
            now = facts_of(self._folder)
            if now == before and now != self._loaded:
                self._loaded = now
                await self.renew()
            before = now

    async def renew(self) -> bool:
        """Go on in the code as it is now. If that is not possible the old code plays on, and all know why.

        :return: whether it was possible.
        """
        code = None
        try:
            code = await self._in_thread(load, self._folder)
            waited = await self._go_on_in(code)
        except (Cancelled, GeneratorExit):
            raise
        except BaseException as error:
            if code is not None:
                code.forget()
            why = str(error) if isinstance(error, Unusable) else where(error)
            self._watcher.name = f"{WATCHES}: it can not be used as it is now, the old one plays on: {why}"
            self._log.error("the new code of the game can not be used, the old one plays on: {why}", why=why)
            return False
        self._code.forget()
        self._code = code
        self._watcher.name = WATCHES
        self._log.info(
            "the game goes on in new code, with {players} players, who waited for {waited:.2f} s",
            players=self.seats.players, waited=waited,
        )  # fmt: skip
        return True

    async def _go_on_in(self, code: Code) -> float:
        """Move everything there is into a world of other code, or leave it where it is.

        :return: for how many seconds nobody could play.
        :raise Exception: it can not be there.
        """
        plan = self._plan(code)
        begun = self._now()
        async with self.seats.pause():
            old = self.seats.world
            while old.changing:  # a room is being removed: that is over soon
                await sleep(AGAIN)
            rows = old.picture()
            new = self._world(code, plan, rows)
            died = self._died
            old.stop()
            try:
                self.seats.move(new)
                await sleep(TRIED)
                if self._died != died:
                    raise Unusable("what lived in it died at once, see above")
            except Exception:
                new.stop()
                self.seats.move(self._world(self._code, old.plan, rows))
                raise
        return self._now() - begun
