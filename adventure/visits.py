"""Process. What a door without a lasting connection has of its players: who comes again finds what happened meanwhile.

A visit outlives the requests, and the door's own code: when that is loaded anew the visits go on.
"""

from collections import deque
from collections.abc import Iterator
from typing import Any

from occwserv.csp import EndOfChannel, OverwritingBuffer, Process, sleep

from .player import Player
from .values import Heard
from .world import Refused, World

HISTORY = 300  # lines that are kept for who comes again
GRACE = 90.0  # seconds without a sign of life until a player is taken to be away
PATIENCE = 600.0  # and until he leaves
IDLE = 3600.0  # seconds without a line until he leaves, though his page is open
LOOK = 5.0
ROOM = ("room", "text", "things", "people", "ways")


class Visit:
    """One player at such a door. `last` is the number of his newest line, `shown` that of the last he was shown."""

    def __init__(self, player: Player, now: float) -> None:
        self.player = player
        self.lines: deque[tuple[int, Heard]] = deque(maxlen=HISTORY)
        self.last = self.shown = 0
        self.room: list[Heard] = []
        self.map: dict[str, tuple[str, str]] = {}  # rooms: their names, and the ways that were seen there
        self.bells: set[OverwritingBuffer] = set()  # of live feeds: rung when there is something new
        self.seen = now
        self.away = self.over = False

    def note(self, heard: Heard) -> None:
        """A line more."""
        self.last += 1
        self.lines.append((self.last, heard))
        if heard.kind == "room":
            self.room = []
            self.map[heard.who] = (heard.text, "")
            self.map = dict(list(self.map.items())[-500:])
        if heard.kind in ROOM:
            self.room.append(heard)
        if heard.kind == "ways" and self.room:
            self.map[self.room[0].who] = (self.room[0].text, heard.text)

    def since(self, last: int) -> Iterator[tuple[int, Heard]]:
        """The lines after one; those that are forgotten are told of by their number."""
        oldest = self.lines[0][0] if self.lines else self.last + 1
        if last + 1 < oldest:
            yield oldest - 1, missed(oldest - 1 - last)
        for number, heard in self.lines:
            if number > last:
                yield number, heard

    def news(self) -> list[Heard]:
        """The lines since the last time this was asked."""
        lines = [heard for _, heard in self.since(self.shown)]
        self.shown = self.last
        return lines

    async def listen(self) -> None:
        """Hear what the player hears, until he leaves."""
        told = 0
        try:
            while True:
                heard = await self.player.heard.receive()
                if self.player.heard.missed > told:
                    self.note(missed(self.player.heard.missed - told))
                    told = self.player.heard.missed
                self.note(heard)
                for bell in self.bells:
                    bell.send_now(None)
        except EndOfChannel:
            self.over = True
            for bell in list(self.bells):
                bell.close()


def missed(lines: int) -> Heard:
    return Heard("missed", f"({lines} line{'' if lines == 1 else 's'} missed)")


class Visits:
    """All visits at one world. `held` counts the doors that use it."""

    def __init__(self, world: World) -> None:
        self.world = world
        self.by_session: dict[str, Visit] = {}
        self.held = 0
        self._processes: dict[Process, None] = {}
        self._keep(self._look_after(), "visits")

    def _keep(self, routine: Any, name: str) -> None:
        process = self.world.scheduler.spawn(routine, name)
        self._processes[process] = None
        process.when_ended(lambda process: self._processes.pop(process, None))

    def of(self, session: str) -> Visit | None:
        """The visit of a session, if there is one."""
        visit = self.by_session.get(session)
        if visit is not None:
            visit.seen = self.world.now()
        return visit

    async def enter(self, session: str, name: str, password: str) -> Visit:
        """Begin a visit; or go on with it, for who lost his cookie and knows the password.

        :raise Refused: he may not enter.
        """
        key = name.lower()
        hall = self.world.hall
        account = hall.accounts.by_name.get(key)
        for old, visit in list(self.by_session.items()):
            if visit.player.card.name.lower() == key and account is not None and account.digest:
                problem = hall.accounts.problem(key, password)
                if problem:
                    raise Refused(problem)
                self.by_session[session] = self.by_session.pop(old)
                return self.by_session[session]
        visit = Visit(await self.world.enter(name, password), self.world.now())
        self.by_session[session] = visit
        self._keep(visit.listen(), f"visit of {name}")
        return visit

    async def _look_after(self) -> None:
        """Players who give no sign of life are away, and leave after a while."""
        while True:
            await sleep(LOOK)
            now = self.world.now()
            for session, visit in list(self.by_session.items()):
                silent = 0.0 if visit.bells else now - visit.seen
                if visit.over:
                    if silent > 2 * PATIENCE:
                        del self.by_session[session]
                elif silent > PATIENCE or now - visit.player.card.idle_since > IDLE:
                    self._keep(visit.player.play("quit"), "leaves")
                elif (silent > GRACE) != visit.away:
                    visit.away = not visit.away
                    self._keep(visit.player.be_away(visit.away), "away")

    def end(self) -> None:
        """End the world, and all visits."""
        for process in list(self._processes):
            process.kill()
        self.world.end()
