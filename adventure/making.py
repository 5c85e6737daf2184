"""Process. A plan becomes a world: its rooms and machines are made, and joined. None of them lives yet."""

from typing import Any

from .changes import Join, Wire
from .machines import Dispenser, Door, Finale, Levers, Machine
from .plans import DevicePlan, WorldPlan
from .room import Room
from .values import Thing
from .vehicles import Stop, Vehicle


def make(world: Any) -> None:
    """Make all that a world's plan says, but its bots."""
    for key, plan in world.plan.rooms.items():
        room = world.rooms[key] = Room(key, plan.name, plan.text, world.now, world.acts, world.marks)
        room.night, room.outdoors, room.dark = plan.night, plan.outdoors, plan.dark
        room.things = [thing_of(world.plan, thing) for thing in plan.things]
    _join(world)
    for key, machine in world.plan.machines.items():
        world.machines[key] = _machine(world, key, machine)
    _wire(world)


def thing_of(plan: WorldPlan, key: str) -> Thing:
    """A thing as a plan has it, with all that is in it."""
    said = plan.things[key]
    thing = Thing(
        key, said.name, said.text, said.fixed, said.edible, said.wearable, said.light, said.use, said.holds,
        not (said.closed or said.locked), said.key, said.locked, said.price, said.device,
    )  # fmt: skip
    thing.inside = [thing_of(plan, each) for each in said.things]
    return thing


def _join(world: Any) -> None:
    """Give each room the ends of its neighbours, and make the doors between them."""
    for key, plan in world.plan.rooms.items():
        for way, exit in plan.exits.items():
            door = world.plan.doors.get(exit.door)
            if door is not None:
                world.machines.setdefault(
                    exit.door, Door(exit.door, door.name, world.now, door.key, door.mode, door.closes)
                )
            joined(world, world.rooms[key], way, world.rooms[exit.to], exit.door).act(world.rooms[key])


def joined(world: Any, room: Room, way: str, there: Room, door: str) -> Join:
    """What gives a room a way to another. The door in it, if there is one, is as it is now, and has one side more."""
    machine = world.machines.get(door)
    if not isinstance(machine, Door):
        return Join(way, there.place())
    machine.stand_in(room.control)
    return Join(way, there.place(), "", (machine.name, door, machine.key_thing, machine.mode))


def _machine(world: Any, key: str, plan: DevicePlan) -> Machine:
    if plan.kind in ("lift", "train"):
        return _vehicle(world, key, plan)
    if plan.kind == "dispenser":
        return Dispenser(key, plan.name, thing_of(world.plan, plan.thing), world.now, plan.pause, plan.text)
    if plan.kind == "levers":
        levers = Levers(key, plan.name, plan.levers, world.now, plan.seconds)
        levers.text = plan.text
        levers.door = world.machines[plan.door].sender.share() if plan.door in world.machines else None
        return levers
    return Finale(key, plan.name, world.now, plan.needs, plan.points, plan.alone, plan.text)


def _vehicle(world: Any, key: str, plan: DevicePlan) -> Vehicle:
    car = world.rooms[plan.room]
    car.moves = True
    standing = [stop for stop in plan.stops if stop.room in world.rooms]
    stops = [Stop(world.rooms[stop.room].place(), world.rooms[stop.room].control, stop.way) for stop in standing]
    buttons = {stop.button: number for number, stop in enumerate(standing) if stop.button}
    buttons |= {f"{button}_inside": number for button, number in buttons.items()}
    return Vehicle(key, plan.name, world.now, car.place(), car.control, plan.way, stops, plan.ride, plan.rest, buttons)


def _wire(world: Any) -> None:
    """Give each room the ends of the machines that are used there."""
    for room in world.rooms.values():
        used = {exit.device for exit in room.exits.values()} | {thing.device for thing in room.all_things()}
        for key in used & set(world.machines):
            Wire(key, world.machines[key].sender).act(room)
