"""Process. Keeps the world: what has changed is written to a store twice a second, in one transaction.

Whoever changes something leaves a mark (`marks.py`), and a row is made of each that has one. The processes stand still
while rows are made, so nothing is half done in them; they are written by a thread. A thing is in the row of the room or
the body that has it. A body knows the key of the room it is in, or on its way to: so it is in one place alone, wherever
the message is that carries it.

The same rows, taken of all there is, are the picture by which a world goes on in other code.
"""

import json
from dataclasses import asdict, fields, replace
from typing import Any

from occwserv.csp import sleep

from .accounts import Account
from .export import room_plan, thing_plan
from .marks import Marks
from .plans import BotPlan, RoomPlan, ThingPlan, Way, WorldPlan
from .store import Kept, Place, Rows, Store, Unwritten
from .values import Body, Thing

EVERY = 0.5  # seconds
AGAIN = 0.02  # seconds until it is tried again, when a room is being removed
REST = 5.0  # seconds until it is tried again, when the store can not be written
_THING = [each.name for each in fields(ThingPlan) if each.name != "things"]
_PLAIN = ThingPlan()


def thing_row(thing: Thing) -> list:
    """A thing with all that is in it: its key, what is special about it, what it holds."""
    plan = thing_plan(thing)
    special = {name: value for name in _THING if (value := getattr(plan, name)) != getattr(_PLAIN, name)}
    return [thing.key, special, [thing_row(each) for each in thing.inside]]


def room_row(room: Any, moving: set[str]) -> dict:
    plan = room_plan(room, moving)
    return {
        "name": plan.name, "text": plan.text, "night": plan.night, "outdoors": plan.outdoors, "dark": plan.dark,
        "exits": {way: [exit.to, exit.door] for way, exit in plan.exits.items()},
        "things": [thing_row(thing) for thing in room.things],
    }  # fmt: skip


def body_row(body: Body) -> dict:
    return {
        "name": body.name, "text": body.text, "room": body.at, "number": body.number, "score": body.score,
        "purse": body.purse, "follows": body.follows, "honours": sorted(body.honours),
        "things": [thing_row(thing) for thing in body.things],
        "worn": [thing.key for thing in body.things if thing.worn],
    }  # fmt: skip


def account_row(account: Account) -> dict:
    return {"role": account.role, "salt": account.salt.hex(), "digest": account.digest.hex()}


def rows_of(world: Any, marks: Marks) -> Rows:
    """A row of each that has a mark."""
    found: dict[tuple[str, str], Any] = {
        ("world", "world"): {"time": world.now(), "numbers": world.hall.numbers, "made": world.builder.made}
    }
    moving = world.moving
    for room in marks.rooms:
        if world.rooms.get(room.key) is room:
            found["room", room.key] = room_row(room, moving)
    _add_bodies(found, world, marks)
    for machine in marks.machines:
        found["machine", machine.key] = machine.state()
    for bot in marks.bots:
        if world.bots.get(bot.key) is bot:
            found["bot", bot.key] = asdict(bot.plan)
    for name in marks.accounts & set(world.hall.accounts.by_name):  # others were renamed
        found["account", name] = account_row(world.hall.accounts.by_name[name])
    return {place: json.dumps(value) for place, value in found.items()}


def _add_bodies(found: dict[Place, Any], world: Any, marks: Marks) -> None:
    """Those that are still who they were: who leaves and comes again has another body."""
    for body in marks.bodies:
        if body.bot:
            bot = world.bots.get(body.key)
            if bot is not None and bot.mine is body:
                found["bot body", body.key] = body_row(body)
                found["bot mind", body.key] = bot.state()
        elif world.hall.body_of(body.key) is body:
            found["player", body.key] = body_row(body)
    for body in marks.views:
        if world.hall.body_of(body.key) is body:
            found["seen", body.key] = body.seen


def everything(world: Any) -> Marks:
    """Marks on all there is."""
    marks = Marks(True)
    marks.rooms.update(world.rooms.values())
    marks.machines.update(world.machines.values())
    marks.bots.update(world.bots.values())
    marks.accounts.update(world.hall.accounts.by_name)
    players = [card.player.mine for card in world.hall.cards.values()]
    marks.bodies.update(players, world.hall.kept.values(), (bot.mine for bot in world.bots.values()))
    marks.views.update(players, world.hall.kept.values())
    return marks


def picture(world: Any) -> Rows:
    """All of a world, as it is now."""
    return rows_of(world, everything(world))


def write_all(world: Any, store: Store) -> None:
    """Write at once how everything is. What can not be written is reported, and tried again while the world lives."""
    marks = everything(world)
    try:
        store.save(store.stamp(), rows_of(world, marks), world.marks.gone)
    except Unwritten as failure:
        world.marks.put_back(marks)
        world.report("the store of the world", failure)
    else:
        world.marks.take()


def restore(plan: WorldPlan, kept: Kept) -> None:
    """Have a plan be what was kept. When nothing was, it stays as it is."""
    if "room" not in kept:
        return
    templates = {machine.thing for machine in plan.machines.values() if machine.thing}
    plan.things = {key: replace(thing, things=[]) for key, thing in plan.things.items() if key in templates}
    begun, plan.rooms = plan.rooms, {}
    for key, row in kept["room"].items():
        exits = {way: Way(*exit) for way, exit in row.pop("exits").items()}
        things = [_thing(plan, thing) for thing in row.pop("things")]
        plan.rooms[key] = RoomPlan(**row, exits=exits, things=things)
    cars = [machine.room for machine in plan.machines.values() if machine.kind in ("lift", "train")]
    for key in [key for key in (plan.start, *cars) if key in begun and key not in plan.rooms]:  # new, and needed
        exits = {way: exit for way, exit in begun[key].exits.items() if exit.to in plan.rooms}
        plan.rooms[key] = replace(begun[key], exits=exits, things=[])
    plan.bots = []
    for bodies in (kept.get("bot body", {}), kept.get("player", {})):
        for row in bodies.values():
            row["things"] = [_thing(plan, thing) for thing in row["things"]]


def _thing(plan: WorldPlan, row: list) -> str:
    """Have a plan know a thing, and what is in it; its key."""
    key, special, inside = row
    plan.things[key] = ThingPlan(**special, things=[_thing(plan, each) for each in inside])
    return key


def restore_lives(world: Any, kept: Kept) -> None:
    """Have a world that stands go on as it was kept: its people, bots, machines and its time."""
    for name, row in kept.get("account", {}).items():
        salt, digest = bytes.fromhex(row["salt"]), bytes.fromhex(row["digest"])
        world.hall.accounts.by_name[name] = Account(salt, digest, row["role"])
    for name, row in kept.get("player", {}).items():
        body = Body(row["number"], row["name"], None, None, row["text"])
        body.key = name
        restore_body(world, body, row)
        body.seen = {key: (title, ways) for key, (title, ways) in kept["seen"].get(name, {}).items()}
        world.hall.kept[name] = body
    for key, row in kept.get("machine", {}).items():
        if key in world.machines:
            world.machines[key].restore(row, world.rooms)
    for key, row in kept.get("bot", {}).items():
        world.restore_bot(key, BotPlan(**row), kept["bot body"][key], kept.get("bot mind", {}).get(key, {}))


def restore_body(world: Any, body: Body, row: dict) -> None:
    """Have a body be what was kept of it."""
    body.score, body.purse, body.follows = row["score"], row["purse"], row["follows"]
    body.at, body.honours = row["room"], set(row["honours"])
    body.things = [world.thing(key) for key in row["things"]]
    for thing in body.things:
        thing.worn = thing.key in row["worn"]


async def keep(world: Any, store: Store) -> None:
    """Write for ever."""
    while True:
        await sleep(AGAIN if world.changing else EVERY)
        if not world.marks or world.changing:
            continue
        marks = world.marks.take()
        try:
            await world.apart(store.save, store.stamp(), rows_of(world, marks), marks.gone)
        except Exception as failure:
            world.marks.put_back(marks)
            world.report("the store of the world", failure)
            await sleep(REST)
