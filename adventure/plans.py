"""Pure. What a world file says, as values. `worldfile.py` reads it; `world.py` builds it."""

from dataclasses import dataclass, field
from typing import Any


@dataclass(slots=True)
class Way:
    to: str = ""
    door: str = ""


@dataclass(slots=True)
class RoomPlan:
    name: str = ""
    text: str = ""
    night: str = ""
    outdoors: bool = False
    dark: bool = False
    exits: dict[str, Way] = field(default_factory=dict)
    things: list[str] = field(default_factory=list)


@dataclass(slots=True)
class ThingPlan:
    name: str = ""
    text: str = ""
    fixed: bool = False
    edible: str = ""
    wearable: bool = False
    light: bool = False
    use: str = ""
    holds: int = 0
    closed: bool = False
    locked: bool = False
    key: str = ""
    price: int = 0
    device: str = ""
    things: list[str] = field(default_factory=list)


@dataclass(slots=True)
class DoorPlan:
    name: str = ""
    key: str = ""
    mode: str = "closed"
    closes: float = 30.0


@dataclass(slots=True)
class StopPlan:
    room: str = ""
    way: str = "in"
    button: str = ""


@dataclass(slots=True)
class DevicePlan:
    """A machine: `kind` is lift, train, dispenser, levers or finale. Which of the others it has depends on that."""

    kind: str = ""
    name: str = ""
    room: str = ""
    way: str = "out"
    ride: float = 10.0
    rest: float = 5.0
    stops: list[StopPlan] = field(default_factory=list)
    thing: str = ""
    pause: float = 5.0
    text: str = ""
    alone: str = ""
    levers: list[str] = field(default_factory=list)
    door: str = ""
    seconds: float = 60.0
    needs: int = 1
    points: int = 0


@dataclass(slots=True)
class BotPlan:
    name: str = ""
    kind: str = ""
    room: str = ""
    text: str = ""
    pace: float = 8.0
    says: list[str] = field(default_factory=list)
    shuns: list[str] = field(default_factory=list)
    home: str = ""
    topics: dict[str, str] = field(default_factory=dict)
    route: list[str] = field(default_factory=list)


@dataclass(slots=True)
class WorldPlan:
    name: str = ""
    welcome: str = ""
    start: str = ""
    rooms: dict[str, RoomPlan] = field(default_factory=dict)
    things: dict[str, ThingPlan] = field(default_factory=dict)
    doors: dict[str, DoorPlan] = field(default_factory=dict)
    machines: dict[str, DevicePlan] = field(default_factory=dict)
    bots: list[BotPlan] = field(default_factory=list)


REQUIRED: dict[Any, tuple[str, ...]] = {
    WorldPlan: ("name", "start", "rooms"),
    RoomPlan: ("name", "text"),
    ThingPlan: ("name",),
    DoorPlan: ("name",),
    StopPlan: ("room",),
    DevicePlan: ("kind", "name"),
    BotPlan: ("name", "kind", "room"),
    Way: ("to",),
}
