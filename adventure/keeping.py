"""Process. Keeps the world: what changed is written to SQLite twice a second, in one transaction.

A row is a room, a thing or a player, as JSON; only rows that differ from what was written before are. The processes
stand still while a picture is taken, so nothing is half done in it. A body between two rooms is found in the mailbox in
which it lies; when one can not be found at all (it is in the hands of a player who is leaving) no picture is taken, and
it is tried again at once. SQLite's journal (WAL) sees to it that a transaction is there or is not, whatever happens.
"""

import json
import sqlite3
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from occwserv.csp import Mobile, sleep

from .accounts import Account
from .export import plain, room_plan, thing_plan, things_of
from .messages import Crossing
from .plans import RoomPlan, ThingPlan, Way, WorldPlan
from .values import Body

EVERY = 0.5  # seconds
AGAIN = 0.02  # seconds until a picture is tried again
Rows = dict[tuple[str, str], str]


class Store:
    """The file."""

    def __init__(self, path: Path | str) -> None:
        self._file = sqlite3.connect(path, isolation_level=None)
        self._file.execute("PRAGMA journal_mode=WAL")
        self._file.execute("PRAGMA synchronous=NORMAL")
        self._file.execute("CREATE TABLE IF NOT EXISTS kept (kind TEXT, key TEXT, value TEXT, PRIMARY KEY (kind, key))")
        self.rows: Rows = {(kind, key): value for kind, key, value in self._file.execute("SELECT * FROM kept")}

    def save(self, rows: Rows) -> int:
        """Write what has changed; returns how many rows."""
        changed = [(*place, value) for place, value in rows.items() if self.rows.get(place) != value]
        gone = [place for place in self.rows if place not in rows]
        if changed or gone:
            self._file.execute("BEGIN")
            self._file.executemany("REPLACE INTO kept VALUES (?, ?, ?)", changed)
            self._file.executemany("DELETE FROM kept WHERE kind = ? AND key = ?", gone)
            self._file.execute("COMMIT")
            self.rows = rows
        return len(changed) + len(gone)

    def close(self) -> None:
        self._file.close()

    def all(self, kind: str) -> Iterator[tuple[str, Any]]:
        """The rows of a kind, in the order in which they were first written."""
        found = self._file.execute("SELECT key, value FROM kept WHERE kind = ? ORDER BY rowid", (kind,))
        for key, value in found.fetchall():
            yield key, json.loads(value)


def restore(plan: WorldPlan, store: Store) -> None:
    """Have a plan be what was kept. An empty store changes nothing."""
    if not store.rows:
        return
    plan.things = {key: ThingPlan(**value) for key, value in store.all("thing")}
    plan.rooms = {}
    for key, value in store.all("room"):
        ways = {way: Way(**exit) for way, exit in value.pop("exits").items()}
        plan.rooms[key] = RoomPlan(**value, exits=ways)


def restore_players(world: Any, store: Store) -> None:
    """Have the hall know those who were here, and what they had."""
    for name, kept in store.all("player"):
        if kept["role"] != "player" or kept["digest"]:
            salt, digest = bytes.fromhex(kept["salt"]), bytes.fromhex(kept["digest"])
            world.hall.accounts.by_name[name] = Account(salt, digest, kept["role"])
        if kept["room"]:
            body = Body(0, kept["name"], None, None, kept["text"])
            body.score, body.purse = kept["score"], kept["purse"]
            body.seen = {key: (title, ways) for key, (title, ways) in kept["seen"].items()}
            body.honours = set(kept["honours"])
            body.things = [world.thing(key) for key in kept["things"]]
            for thing in body.things:
                thing.worn = thing.key in kept["worn"]
            world.hall.kept[name] = (body, kept["room"])


def picture(world: Any) -> Rows | None:
    """All rows as they are now. None: somebody is between two places where he can not be found."""
    if world.changing:
        return None
    rooms = world.rooms.values()
    moving = {room.key for room in rooms if room.moves}
    bodies: dict[str, tuple[Body, str]] = dict(world.hall.kept)
    rows: Rows = {}
    for machine in world.plan.machines.values():
        if machine.thing:
            rows["thing", machine.thing] = json.dumps(plain(world.plan.things[machine.thing]))
    for room in rooms:
        crossing = [message.value.body for message in room.neighbours.channel.held if _carries(message)]
        for body in (*room.bodies.values(), *crossing):
            if not body.bot:
                bodies[body.name.lower()] = (body, room.key)
        plan = room_plan(room, moving)
        plan.things += [thing.key for body in crossing if body.bot for thing in body.things]
        rows["room", room.key] = json.dumps(plain(plan))
        for thing in (*room.all_things(), *(each for body in crossing for one in body.things for each in one.all)):
            rows["thing", thing.key] = json.dumps(plain(thing_plan(thing)))
    if any(name not in bodies for name in world.hall.cards):
        return None
    for name in {**bodies, **world.hall.accounts.by_name}:
        body, where = bodies.get(name, (None, ""))
        for key, each in things_of(body.things if body else ()).items():
            rows["thing", key] = json.dumps(plain(each))
        rows["player", name] = json.dumps(_player(world.hall.accounts.by_name.get(name) or Account(), body, where))
    return rows


def _carries(message: Any) -> bool:
    return isinstance(message, Mobile) and isinstance(message.value, Crossing)


def _player(account: Account, body: Body | None, where: str) -> dict:
    kept = {"role": account.role, "salt": account.salt.hex(), "digest": account.digest.hex(), "room": where}
    if body is not None:
        kept |= {
            "name": body.name, "text": body.text, "score": body.score, "purse": body.purse, "seen": body.seen,
            "honours": sorted(body.honours), "things": [thing.key for thing in body.things],
            "worn": [thing.key for thing in body.things if thing.worn],
        }  # fmt: skip
    return kept


async def keep(world: Any, store: Store) -> None:
    """Write for ever."""
    while True:
        rows = picture(world)
        if rows is not None:
            store.save(rows)
        await sleep(AGAIN if rows is None else EVERY)
