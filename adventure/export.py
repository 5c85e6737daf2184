"""Pure. The world as it is becomes a plan again, and a plan a file: what is read from that is the same world."""

from collections.abc import Iterable
from dataclasses import fields, is_dataclass, replace
from typing import Any

import yaml

from .plans import RoomPlan, ThingPlan, Way, WorldPlan
from .room import Room
from .values import Thing


def thing_plan(thing: Thing) -> ThingPlan:
    return ThingPlan(
        thing.name, thing.text, thing.fixed, thing.edible, thing.wearable, thing.light, thing.use, thing.holds,
        not thing.open and not thing.locked, thing.locked, thing.key_thing, thing.price, thing.device,
        [each.key for each in thing.inside],
    )  # fmt: skip


def room_plan(room: Room, moving: set[str]) -> RoomPlan:
    """A room, with what its bots carry. Ways to rooms that move are the vehicles' business."""
    ways = {
        way: Way(exit.to.key, exit.device)
        for way, exit in room.exits.items()
        if exit.to.key not in moving and not room.moves
    }
    carried = [thing for body in room.bodies.values() if body.bot for thing in body.things]
    things = [thing.key for thing in (*room.things, *carried)]
    return RoomPlan(room.name, room.text, room.night, room.outdoors, room.dark, ways, things)


def things_of(things: Iterable[Thing]) -> dict[str, ThingPlan]:
    """Things by their keys, with those in them."""
    return {each.key: thing_plan(each) for thing in things for each in thing.all}


def plan_of(world: Any) -> WorldPlan:
    """The plan of a world that lives. Templates of machines lie nowhere, and stay as they were, but empty."""
    plan: WorldPlan = world.plan
    moving = world.moving
    templates = [machine.thing for machine in plan.machines.values() if machine.thing]
    things = {key: replace(plan.things[key], things=[]) for key in templates}
    bots = [replace(bot.plan, room=bot.mine.at) for bot in world.bots.values()]
    rooms = {}
    for room in world.rooms.values():
        rooms[room.key] = room_plan(room, moving)
        players = [thing for body in room.bodies.values() if not body.bot for thing in body.things]
        things |= things_of((*room.things, *players, *(t for b in room.bodies.values() if b.bot for t in b.things)))
    return WorldPlan(plan.name, plan.welcome, plan.start, rooms, things, plan.doors, plan.machines, bots)


def pruned(value: Any) -> Any:
    """A value without what is usual anyway, for a file."""
    if is_dataclass(value) and not isinstance(value, type):
        if isinstance(value, Way) and not value.door:
            return value.to
        usual = type(value)()
        members = {each.name: getattr(value, each.name) for each in fields(value)}
        return {name: pruned(each) for name, each in members.items() if each != getattr(usual, name)}
    if isinstance(value, dict):
        return {key: pruned(each) for key, each in value.items()}
    return [pruned(each) for each in value] if isinstance(value, list) else value


def write_world(plan: WorldPlan) -> str:
    """The text of a world file."""
    return yaml.safe_dump(pruned(plan), sort_keys=False, allow_unicode=True, width=110)
