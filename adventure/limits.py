"""Pure. What the settings say to the game. It stays when the code of the world is loaded anew."""

from collections.abc import Mapping
from dataclasses import dataclass, fields
from typing import Any


@dataclass(frozen=True, slots=True)
class Limits:
    """Limits, and who has the rights of an operator. Times are in seconds."""

    away: float = 90.0  # without any door, until a character is seen to be away
    leave: float = 600.0  # and until it leaves
    silent: float = 3600.0  # without a line, though a door has it, until it leaves
    rate: float = 10.0  # lines a second that a player may write; twice as many at once
    tries: int = 3  # wrong passwords of a name that make nobody wait
    wait: float = 2.0  # after one more; after each that follows twice as long
    longest: float = 900.0  # but no longer
    operators: frozenset[str] = frozenset()  # names, in small letters


USUAL = Limits()


def limits_of(options: Mapping[str, Any]) -> Limits:
    """The limits that are told by texts: numbers, and names with spaces between them."""
    kinds = {each.name: type(each.default) for each in fields(Limits)}
    told = {name: text for name, text in options.items() if name in kinds}
    return Limits(**{
        name: frozenset(text.lower().split()) if kinds[name] is frozenset else kinds[name](text)
        for name, text in told.items()
    })  # fmt: skip


class Attempts:
    """Wrong passwords, by the names they were said for.

    A try counts as wrong from its beginning: many at once are no way round.
    """

    def __init__(self, limits: Limits) -> None:
        self._limits = limits
        self._wrong: dict[str, tuple[int, float]] = {}  # how many, and when the next one may be

    def wait(self, name: str, now: float) -> float:
        """For how many seconds a name may not be tried."""
        return max(0.0, self._wrong.get(name, (0, 0.0))[1] - now)

    def begin(self, name: str, now: float) -> None:
        """Somebody tries."""
        limits = self._limits
        forgotten = [other for other, (_, until) in self._wrong.items() if until + limits.longest < now]
        for other in forgotten:
            del self._wrong[other]
        count = self._wrong.get(name, (0, 0.0))[0] + 1
        too_many = count - limits.tries
        pause = 0.0 if too_many < 0 else min(limits.wait * 2.0 ** min(too_many, 60), limits.longest)
        self._wrong[name] = count, now + pause

    def right(self, name: str) -> None:
        """It was the right one."""
        self._wrong.pop(name, None)
