"""Pure. What MUD clients and lists of games want to know: GMCP and MSSP."""

import json
import re
from collections.abc import Mapping
from typing import Any
from zlib import crc32

from .codes import GMCP, MSSP, MSSP_VALUE, MSSP_VARIABLE, subnegotiation

MOST_PACKAGES = 64
"""Packages that a client may want."""

_NAME = re.compile(r"[A-Za-z][\w.-]{0,63}")


def gmcp(package: str, data: Any) -> bytes:
    """A GMCP message: `Room.Info {...}`."""
    return subnegotiation(GMCP, f"{package} {json.dumps(data, ensure_ascii=False)}".encode())


def read_gmcp(data: bytes) -> tuple[str, Any] | None:
    """The package and the value of a client's message, None if it is none; the value is None if there is none."""
    package, _, value = data.decode("utf-8", "replace").strip().partition(" ")
    if not _NAME.fullmatch(package):
        return None
    try:
        return package, json.loads(value) if value.strip() else None
    except (ValueError, RecursionError):
        return None


def supported(packages: frozenset[str], message: str, value: Any) -> frozenset[str] | None:
    """The packages that a client wants from now on, after a message of it; None if that says nothing about them."""
    what = message.lower()
    if what not in ("core.supports.set", "core.supports.add", "core.supports.remove"):
        return None
    given = [each.split(" ") for each in value if isinstance(each, str)] if isinstance(value, list) else []
    names = frozenset(words[0].lower() for words in given[:MOST_PACKAGES] if words[-1] != "0")
    if what.endswith("set"):
        return names
    if what.endswith("remove"):
        return packages - {words[0].lower() for words in given}
    return packages | names if len(packages) < MOST_PACKAGES else packages


def wanted(packages: frozenset[str], package: str) -> bool:
    """Whether a client wants a package: by its own name, or by that of what it is in."""
    name = package.lower()
    return name in packages or name.rpartition(".")[0] in packages or name.partition(".")[0] in packages


CHANNELS = {"said": "say", "whispered": "whisper", "told": "tell", "shout": "shout"}
"""What is heard by a kind of line, and what GMCP calls that."""


def number(room: str) -> int:
    """A number for a room, as the maps of clients want it: the same for the same key."""
    return crc32(room.encode()) & 0x7FFFFFFF


def room_info(state: Mapping[str, Any]) -> dict[str, Any]:
    """Room.Info, of what a seat knows."""
    exits = {way: number(to) for way, to in state["exits"].items()}
    return {"num": number(state["room"]), "id": state["room"], "name": state["room_name"], "exits": exits}


def status(state: Mapping[str, Any]) -> dict[str, Any]:
    """Char.Status. Nobody is hurt in this world: there are no vitals."""
    return {key: state[key] for key in ("name", "role", "score", "purse") if key in state}


def mssp(values: Mapping[str, str | int]) -> bytes:
    """What the game is and how many play it."""
    parts = (
        b"%c%b%c%b" % (MSSP_VARIABLE, key.encode(), MSSP_VALUE, str(value).encode()) for key, value in values.items()
    )
    return subnegotiation(MSSP, b"".join(parts).replace(b"\0", b""))
