"""Pure. What has changed since the world was written last: a mark for each, so that only that is written again."""

from typing import Any


class Marks:
    """Marks, until somebody takes them. As long as nobody `wants` any, none is made."""

    def __init__(self, wanted: bool = False) -> None:
        self.wanted = wanted
        self.rooms: set[Any] = set()
        self.bodies: set[Any] = set()
        self.views: set[Any] = set()  # bodies that have seen a room they did not know so
        self.machines: set[Any] = set()
        self.accounts: set[str] = set()
        self.bots: set[Any] = set()
        self.gone: set[tuple[str, str]] = set()  # kinds and keys of what is no more

    def __bool__(self) -> bool:
        return any(vars(self)[name] for name in vars(self) if name != "wanted")

    def take(self) -> "Marks":
        """All marks that were made; there are none then."""
        taken = Marks(self.wanted)
        self.__dict__, taken.__dict__ = taken.__dict__, self.__dict__
        return taken

    def put_back(self, taken: "Marks") -> None:
        """What was taken was not written."""
        for name, marked in vars(taken).items():
            if name != "wanted":
                vars(self)[name] |= marked

    def room(self, room: Any, *bodies: Any) -> None:
        """A room has changed, and some who are in it."""
        if self.wanted:
            self.rooms.add(room)
            self.bodies.update(bodies)

    def body(self, *bodies: Any) -> None:
        """Somebody has changed, or is elsewhere."""
        if self.wanted:
            self.bodies.update(bodies)

    def view(self, body: Any) -> None:
        if self.wanted:
            self.views.add(body)

    def machine(self, machine: Any) -> None:
        if self.wanted:
            self.machines.add(machine)

    def account(self, name: str) -> None:
        if self.wanted:
            self.accounts.add(name)

    def bot(self, bot: Any) -> None:
        if self.wanted:
            self.bots.add(bot)

    def is_gone(self, kind: str, key: str) -> None:
        if self.wanted:
            self.gone.add((kind, key))
