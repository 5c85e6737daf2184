"""Pure. What the settings say to the game. It stays when the code of the world is loaded anew."""

from collections.abc import Mapping
from dataclasses import dataclass, fields
from ipaddress import IPv6Network
from typing import Any


@dataclass(frozen=True, slots=True)
class Limits:
    """Limits, and who has the rights of an operator. Times are in seconds."""

    away: float = 90.0  # without any door, until a character is seen to be away
    leave: float = 600.0  # and until it leaves
    silent: float = 3600.0  # without a line, though a door has it, until it leaves
    rate: float = 10.0  # lines a second that a player may write; twice as many at once
    tries: int = 3  # wrong passwords for a name from one address that make nobody wait
    guesses: int = 100  # and from all together
    wait: float = 2.0  # after one more; after each that follows twice as long
    longest: float = 900.0  # but no longer
    operators: frozenset[str] = frozenset()  # names, in small letters


USUAL = Limits()
EVERYWHERE = "everywhere"
KNOWN = 4  # addresses that are remembered for each name
NONE = 0, 0.0


def limits_of(options: Mapping[str, Any]) -> Limits:
    """The limits that are told by texts: numbers, and names with spaces between them."""
    kinds = {each.name: type(each.default) for each in fields(Limits)}
    told = {name: text for name, text in options.items() if name in kinds}
    return Limits(**{
        name: frozenset(text.lower().split()) if kinds[name] is frozenset else kinds[name](text)
        for name, text in told.items()
    })  # fmt: skip


class Attempts:
    """Wrong passwords for a name: those from one address, and those from everywhere.

    Where somebody has entered by a name lately, what others say for it elsewhere is not heeded: so nobody can keep the
    owner out of where he usually comes from. A try counts as wrong from its beginning: many at once are no way round.
    """

    def __init__(self, limits: Limits) -> None:
        self.limits = limits
        self._wrong: dict[tuple[str, str], tuple[int, float]] = {}  # how many, and when the next one may be
        self._known: dict[str, dict[str, None]] = {}  # whence names were entered, the latest last

    def wait(self, name: str, address: str, now: float) -> float:
        """For how many seconds a name may not be tried from an address."""
        places = self._places(name, network_of(address))
        return max(0.0, *(self._wrong.get((name, place), NONE)[1] - now for place in places))

    def begin(self, name: str, address: str, now: float) -> None:
        """Somebody tries."""
        limits = self.limits
        forgotten = [key for key, (_, until) in self._wrong.items() if until + limits.longest < now]
        for key in forgotten:
            del self._wrong[key]
        for place, free in self._places(name, network_of(address)).items():
            count = self._wrong.get((name, place), NONE)[0] + 1
            too_many = count - free
            pause = 0.0 if too_many < 0 else min(limits.wait * 2.0 ** min(too_many, 60), limits.longest)
            self._wrong[name, place] = count, now + pause

    def right(self, name: str, address: str) -> None:
        """It was the right one."""
        place = network_of(address)
        self._wrong.pop((name, place), None)
        known = self._known.setdefault(name, {})
        count, until = self._wrong.get((name, EVERYWHERE), NONE)
        if count and place not in known:
            self._wrong[name, EVERYWHERE] = count - 1, until
        known.pop(place, None)
        known[place] = None
        if len(known) > KNOWN:
            del known[next(iter(known))]

    def _places(self, name: str, place: str) -> dict[str, int]:
        """Where a try is counted, and how many make nobody wait there."""
        known = place in self._known.get(name, ())
        return {place: self.limits.tries} | ({} if known else {EVERYWHERE: self.limits.guesses})


def network_of(address: str) -> str:
    """By what an address is told from others: of IPv6 by its first half, since the other is anybody's to choose."""
    try:
        return str(IPv6Network((address.partition("%")[0], 64), strict=False))
    except ValueError:
        return address
