"""Process. A seat is one door's hold on one character. A character may sit at several doors; each hears and plays.

What is here stays when the code of the world is loaded anew: doors keep their seats, and seats keep their characters,
whatever world those are in by now.
"""

from collections.abc import Callable
from typing import Any, Protocol

from occwserv.csp import Buffer, OverwritingBuffer
from occwserv.csp.process import Outside

ROOM = 200  # lines that wait for a door


class AllSeats(Protocol):
    """What characters need of all seats."""

    now: Callable[[], float]

    def code_for(self, character: "Character") -> str: ...


class Refused(Exception):
    """Somebody may not enter; the text tells the player why."""


class Seat:
    """One door's hold on one character.

    `door` names the door, `whom` tells by what that door knows its client again: a session, an address, an account.
    `heard` has what the character hears, as `Heard(kind, text, who)`; when nobody reads it the oldest is lost, and
    counted in `heard.missed`. It ends when the character has left.
    """

    __slots__ = ("_character", "door", "gone_since", "heard", "whom")

    def __init__(self, character: "Character", door: str, whom: str) -> None:
        self._character, self.door, self.whom = character, door, whom
        self.heard = OverwritingBuffer(ROOM, f"heard at the {door} door")
        self.gone_since: float | None = None

    @property
    def name(self) -> str:
        """The character's name, as it is now."""
        return self.card.name

    @property
    def card(self) -> Any:
        """What the hall has of the character: `name`, `role`, `number`, `idle_since`."""
        return self._character.player.card

    @property
    def over(self) -> bool:
        """Whether the character has left, or this seat was given up."""
        return self not in self._character.seats

    async def play(self, line: str) -> None:
        """One line; returns when all it led to was told. Nothing happens when the character has left."""
        await self._character.play(line)

    def let_go(self) -> None:
        """The client is gone, or may be. The seat hears on, for who comes back; without any other door the character
        is seen to be away after a while, and then leaves. Letting go again begins to count anew."""
        self.gone_since = self._character.seats_of_all.now()

    def take_up(self) -> None:
        """The client is back."""
        self.gone_since = None

    def code(self) -> str:
        """A fresh code, by which another door gets a seat at this character: good once, for ten minutes."""
        return self._character.code()

    def state(self) -> dict[str, Any]:
        """What is known without asking anybody: `name`, `role`, `score`, `purse`, `room` (its key), `room_name`, and
        `exits` (the keys of the rooms they lead to, by their directions)."""
        player, room = self._character.player, self._character.room
        name, ways = player.mine.seen.get(room, ("", {}))
        return {
            "name": player.card.name, "role": player.card.role, "score": player.mine.score, "purse": player.mine.purse,
            "room": room, "room_name": name, "exits": dict(ways),
        }  # fmt: skip


class Character(Outside):
    """A character as its doors have it. It takes the place of the outbox of its body: all seats hear what that hears.

    Lines wait for their `turn`, and the one whose turn it is has the `stage` while it is played: so who wants the stage
    for something else waits for one line alone.
    """

    __slots__ = ("away", "player", "room", "seats", "seats_of_all", "stage", "turn")

    def __init__(self, seats_of_all: AllSeats) -> None:
        self.seats_of_all = seats_of_all
        self.seats: list[Seat] = []
        self.player: Any = None
        self.room = ""
        self.away = False
        self.turn, self.stage = Buffer(1, "turns of a character"), Buffer(1, "stage of a character")
        self.turn.send_now(None)
        self.stage.send_now(None)

    def seat(self, door: str, whom: str) -> Seat:
        """One seat more."""
        made = Seat(self, door, whom)
        self.seats.append(made)
        return made

    def send_now(self, heard: Any) -> None:
        """It hears something."""
        if heard.kind == "room":
            self.room = heard.who
        for seat in self.seats:
            seat.heard.send_now(heard)

    def close(self) -> None:
        """It has left, and will hear nothing more."""
        seats, self.seats = self.seats, []
        for seat in seats:
            seat.heard.close()

    def give_up(self, seat: Seat) -> None:
        """One seat less."""
        self.seats.remove(seat)
        seat.heard.close()

    async def play(self, line: str) -> None:
        await self.turn.receive()
        try:
            await self.stage.receive()
            try:
                await self.player.play(line)
            finally:
                self.stage.send_now(None)
        finally:
            self.turn.send_now(None)

    def code(self) -> str:
        return self.seats_of_all.code_for(self)

    def gone(self, now: float) -> float:
        """For how many seconds no door has had it."""
        return min((0.0 if seat.gone_since is None else now - seat.gone_since for seat in self.seats), default=0.0)
