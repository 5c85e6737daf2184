"""Adapter. The doors of the game beside the web's; the only place that knows both them and the game.

The game is asked for when the first client comes, and is the one that the web door has: all run in one scheduler. A
door that can not be opened is a warning and no more: the server goes on without it.
"""

from collections import Counter
from collections.abc import Mapping
from typing import Any, Protocol

from twisted.internet.defer import Deferred, DeferredList
from twisted.logger import Logger

from adventure.game import Game, game_of, game_there
from adventure.seats import Refused

from .csp import Scheduler
from .irc.networks import Networks as IrcDoor
from .settings import Settings
from .telnet.door import Door as TelnetDoor


class Door(Protocol):
    """What a door does."""

    def configure(self, settings: Settings) -> object:
        """Be open as the settings say, for clients that come from now on."""

    def tick(self) -> None:
        """Once in a while: see who stands still."""

    def close(self) -> Deferred:
        """Let nobody in any more, tell those who are here that it is over; fires when they are gone."""

    def abort(self) -> None:
        """End all who are still here."""

    def figures(self) -> dict[str, int]:
        """What is counted."""


class Doors:
    """All of them.

    :param options: what the game is told of its world, as its module is.
    :param scheduler: runs the game.
    """

    log = Logger("occwserv.doors")

    def __init__(self, reactor: Any, settings: Settings, options: Mapping[str, str], scheduler: Scheduler) -> None:
        self._reactor, self._settings, self._options, self._scheduler = reactor, settings, options, scheduler
        self._game: Game | None = None
        self._open = False
        self._doors: dict[str, Door] = {
            "telnet": TelnetDoor(reactor, scheduler, self.game, Refused),
            "irc": IrcDoor(reactor, scheduler, self.game, Refused),
        }

    def open(self) -> None:
        """Let players in."""
        self._open = True
        self.configure(self._settings, self._options)

    def configure(self, settings: Settings, options: Mapping[str, str]) -> None:
        """Go on under other settings: clients that are here keep the old ones; the game heeds its limits at once."""
        self._settings, self._options = settings, options
        game = game_there(self._scheduler)
        if game is not None:
            game.heed(options)
        for door in self._doors.values() if self._open else ():
            door.configure(settings)

    def tick(self) -> None:
        """Once in a while: see who stands still."""
        for door in self._doors.values():
            door.tick()

    def close(self) -> Deferred:
        """Tell all who play that it is over; fires when they are gone, or after half of the grace of the settings."""
        self._open = False
        calls = [
            self._reactor.callLater(self._settings.shutdown.grace / 2, door.abort) for door in self._doors.values()
        ]
        closed = DeferredList([door.close() for door in self._doors.values()])
        return closed.addCallback(lambda _: self._closed(calls))

    def _closed(self, calls: list[Any]) -> None:
        for call in calls:
            if call.active():
                call.cancel()
        game, self._game = self._game, None
        if game is not None:
            game.let_go(0)

    def game(self) -> Game:
        """The game, as all doors are given it.

        :raise Refused: there is none; the reason is in the log.
        """
        if self._game is None:
            self._game = game_of(self._scheduler, self._options, self._reactor, self.log)
        return self._game

    def figures(self) -> dict[str, Any]:
        """Who plays, by doors; and what each door counts."""
        game = game_there(self._scheduler)
        seats = [seat.door for each in game.seats.characters() for seat in each.seats] if game is not None else []
        players = Counter({"web": 0, **{name: 0 for name in self._doors}})
        players.update(seats)
        return {"players": dict(players), **{name: door.figures() for name, door in self._doors.items()}}
