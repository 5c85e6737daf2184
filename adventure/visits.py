"""Process. What a door without a lasting connection has of its players: who comes again finds what happened meanwhile.

A visit stands on a seat, and outlives the requests, and the door's own code: when that is loaded anew the visits go on.
"""

from collections import deque
from collections.abc import Iterator
from typing import Any

from occwserv.csp import EndOfChannel, OverwritingBuffer

from .language import clean
from .seats import Seat, Seats
from .values import Heard

HISTORY = 300  # lines that are kept for who comes again
PLACE = ("room", "text", "things", "people", "ways")
SECRET = "pa"  # so begins the verb behind which a password stands, however it goes on


class Visit:
    """One player at such a door. `last` is the number of his newest line, `shown` that of the last he was shown."""

    def __init__(self, seat: Seat) -> None:
        self.seat = seat
        self.lines: deque[tuple[int, Any]] = deque(maxlen=HISTORY)
        self.last = self.shown = 0
        self.room: list[Any] = []
        self.map: dict[str, tuple[str, str]] = {}  # rooms: their names, and the ways that were seen there
        self.bells: set[OverwritingBuffer] = set()  # of live feeds: rung when there is something new
        self.over = False

    def sign_of_life(self) -> None:
        """He has asked for something. Between two requests nobody knows whether he is there, but by a live feed."""
        if self.bells:
            self.seat.take_up()
        else:
            self.seat.let_go()

    async def play(self, line: str) -> None:
        """One line; it stands before what it leads to, as on a terminal."""
        typed = clean(line)
        if typed and not self.over:
            self.note(Heard("typed", f"> {without_password(typed)}"))
        await self.seat.play(line)

    def note(self, heard: Any) -> None:
        """A line more."""
        self.last += 1
        self.lines.append((self.last, heard))
        if heard.kind == "room":
            self.room = []
            self.map[heard.who] = (heard.text, "")
            self.map = dict(list(self.map.items())[-500:])
        if heard.kind in PLACE:
            self.room.append(heard)
        if heard.kind == "ways" and self.room:
            self.map[self.room[0].who] = (self.room[0].text, heard.text)
        for bell in self.bells:
            bell.send_now(None)

    def since(self, last: int) -> Iterator[tuple[int, Any]]:
        """The lines after one; those that are forgotten are told of by their number."""
        oldest = self.lines[0][0] if self.lines else self.last + 1
        if last + 1 < oldest:
            yield oldest - 1, missed(oldest - 1 - last)
        new = max(min(self.last - last, len(self.lines)), 0)
        yield from [self.lines[place] for place in range(-new, 0)]

    def news(self) -> list[Any]:
        """The lines since the last time this was asked."""
        lines = [heard for _, heard in self.since(self.shown)]
        self.shown = self.last
        return lines

    async def listen(self) -> None:
        """Hear what the seat hears, until that ends."""
        told = 0
        try:
            while True:
                heard = await self.seat.heard.receive()
                if self.seat.heard.missed > told:
                    self.note(missed(self.seat.heard.missed - told))
                    told = self.seat.heard.missed
                self.note(heard)
        except EndOfChannel:
            self.over = True
            for bell in list(self.bells):
                bell.close()


def without_password(line: str) -> str:
    """What may be shown of a line."""
    verb, space, _ = line.partition(" ")
    return f"{verb} ..." if space and verb.lower().startswith(SECRET) else line


def missed(lines: int) -> Heard:
    return Heard("missed", f"({lines} line{'' if lines == 1 else 's'} missed)")


class Visits:
    """All visits at one world, by the sessions of the door."""

    def __init__(self, seats: Seats) -> None:
        self.seats = seats
        self.by_session: dict[str, Visit] = {}

    def of(self, session: str) -> Visit | None:
        """The visit of a session, if there is one: it gives a sign of life."""
        visit = self.by_session.get(session)
        if visit is not None:
            visit.sign_of_life()
        return visit

    async def enter(self, session: str, name: str, password: str = "", code: str = "", address: str = "") -> Visit:
        """Begin a visit; or go on with it, for who lost his cookie and knows the password.

        :param code: of a character that plays at another door; name and password do not matter then.
        :param address: where he comes from.
        :raise Refused: he may not enter.
        """
        self._forget()
        if code:
            seat = await self.seats.enter_by_code(code, "web", session)
        else:
            seat = await self.seats.enter(name, password, "web", session, address)
        for old, visit in list(self.by_session.items()):
            if visit.seat is seat:
                self.by_session[session] = self.by_session.pop(old)
                break
        else:
            visit = self.by_session[session] = Visit(seat)
            self.seats.keep(visit.listen(), f"visit of {seat.name}")
        visit.sign_of_life()
        return visit

    def _forget(self) -> None:
        """Those who have left long ago, and never came to see their last lines."""
        now = self.seats.now()
        for session, visit in list(self.by_session.items()):
            if visit.over and now - (visit.seat.gone_since or now) > 2 * self.seats.limits.leave:
                del self.by_session[session]
