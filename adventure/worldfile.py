"""Pure. The text of a world file becomes a `WorldPlan`, or all its mistakes, each with its path and line."""

import difflib
from collections.abc import Iterable, Iterator
from dataclasses import is_dataclass
from typing import Any, get_args, get_origin, get_type_hints

import yaml

from .bots import KINDS
from .plans import REQUIRED, Way, WorldPlan
from .values import MOST_NESTED

MACHINES = ("lift", "train", "dispenser", "levers", "finale")
MODES = ("open", "closed", "locked")
NEEDED = {"lift": ("room", "stops"), "train": ("room", "stops"), "dispenser": ("thing",), "levers": ("levers",)}
SHORTEST_PACE = 0.1  # seconds between two deeds of a bot: less would leave no time for others
DEEPEST = 12
LOADER: Any = getattr(yaml, "CSafeLoader", yaml.SafeLoader)  # ten times as quick where it was compiled


class WorldError(Exception):
    """What is wrong with a world file: one mistake a line."""


class Reading:
    """Walks the nodes of a file, which know their lines, against the classes of `plans.py`."""

    def __init__(self, source: str) -> None:
        self.source = source
        self.mistakes: list[str] = []
        self.lines: dict[str, int] = {}
        self._hints: dict[Any, dict[str, Any]] = {}

    def wrong(self, path: str, problem: str, node: Any = None) -> None:
        line = node.start_mark.line + 1 if node is not None else self._line_of(path)
        self.mistakes.append(f"{self.source}:{line}: {path + ': ' if path else ''}{problem}")

    def _line_of(self, path: str) -> int:
        while path and path not in self.lines:
            path = path.rpartition(".")[0]
        return self.lines.get(path, 1)

    def value(self, kind: Any, node: Any, path: str) -> Any:
        """What a node says, as a value of a kind."""
        self.lines[path] = node.start_mark.line + 1
        origin = get_origin(kind)
        if path.count(".") > DEEPEST:
            self.wrong(path, "nested too deep", node)
            return None
        if kind is Way and isinstance(node, yaml.ScalarNode):
            return self._struct(Way, yaml.MappingNode("", [(yaml.ScalarNode("", "to"), node)], node.start_mark), path)
        if is_dataclass(kind):
            return self._struct(kind, node, path)
        if origin is dict:
            inner = get_args(kind)[1]
            return {name: self.value(inner, value, f"{path}.{name}") for name, value in self._pairs(node, path)}
        if origin is list:
            if not isinstance(node, yaml.SequenceNode):
                self.wrong(path, "expected a list", node)
                return []
            inner = get_args(kind)[0]
            return [self.value(inner, each, f"{path}[{place}]") for place, each in enumerate(node.value)]
        return self._scalar(kind, node, path)

    def _scalar(self, kind: Any, node: Any, path: str) -> Any:
        tag = node.tag.rpartition(":")[2]
        wanted = {str: "text", bool: "true or false", int: "a whole number", float: "a number"}[kind]
        if isinstance(node, yaml.ScalarNode):
            if kind is str and tag != "null":
                return " ".join(node.value.split())
            if kind is bool and tag == "bool":
                return node.value.lower() in ("true", "yes", "on")
            if tag in ("int", "float") and (kind is float or (kind is int and tag == "int")):
                try:
                    number = kind(node.value)
                    if 0 <= number < 1e9:
                        return number
                except ValueError:
                    pass
        self.wrong(path, f"expected {wanted}", node)
        return kind()

    def _pairs(self, node: Any, path: str) -> Iterator[tuple[str, Any]]:
        if not isinstance(node, yaml.MappingNode):
            self.wrong(path, "expected names and values", node)
            return
        seen = set()
        for key, value in node.value:
            name = key.value if isinstance(key, yaml.ScalarNode) else ""
            if not name or name in seen:
                self.wrong(f"{path}.{name}", "given twice" if name else "expected a name", key)
            else:
                seen.add(name)
                yield name, value

    def _struct(self, kind: Any, node: Any, path: str) -> Any:
        if kind not in self._hints:
            self._hints[kind] = get_type_hints(kind)
        hints = self._hints[kind]
        plan = kind()
        given = set()
        for name, value in self._pairs(node, path):
            inner = f"{path}.{name}" if path else name
            if name in hints:
                given.add(name)
                setattr(plan, name, self.value(hints[name], value, inner))
            else:
                self.wrong(inner, f"there is no such field{meant(name, hints)}", value)
        for name in REQUIRED[kind]:
            if (name not in given or getattr(plan, name) == "") and isinstance(node, yaml.MappingNode):
                self.wrong(path, f"{name} is missing", node)
        return plan


def meant(name: str, known: Iterable[str]) -> str:
    near = difflib.get_close_matches(name, list(known), 1, 0.6)
    return f"; did you mean {near[0]}?" if near else ""


def read_world(text: str | bytes, source: str = "world.yaml") -> WorldPlan:
    """The plan of a world.

    :raise WorldError: there are mistakes.
    """
    reading = Reading(source)
    plan = WorldPlan()
    try:
        node = yaml.compose(text, LOADER)
    except yaml.MarkedYAMLError as error:
        line = error.problem_mark.line + 1 if error.problem_mark else 1
        raise WorldError(f"{source}:{line}: not YAML: {error.problem}") from None
    except (yaml.YAMLError, ValueError, RecursionError) as error:
        raise WorldError(f"{source}:1: not YAML: {error}") from None
    if node is None:
        raise WorldError(f"{source}:1: the file is empty")
    plan = reading.value(WorldPlan, node, "")
    if not reading.mistakes:
        _check(plan, reading)
    if reading.mistakes:
        raise WorldError("\n".join(reading.mistakes))
    return plan


def _check(plan: WorldPlan, reading: Reading) -> None:
    """What one part says of another."""

    def known(path: str, name: str, those: Iterable[str], what: str) -> None:
        if name and name not in those:
            reading.wrong(path, f'there is no {what} "{name}"{meant(name, those)}')

    placed: dict[str, str] = {}

    def place(path: str, things: list[str]) -> None:
        for thing in things:
            known(path, thing, plan.things, "thing")
            if placed.setdefault(thing, path) != path or things.count(thing) > 1:
                reading.wrong(path, f'the thing "{thing}" lies in {placed[thing]} already')

    known("start", plan.start, plan.rooms, "room")
    for key, room in plan.rooms.items():
        place(f"rooms.{key}.things", room.things)
        for way, exit in room.exits.items():
            known(f"rooms.{key}.exits.{way}", exit.to, plan.rooms, "room")
            known(f"rooms.{key}.exits.{way}", exit.door, plan.doors, "door")
    for key, thing in plan.things.items():
        place(f"things.{key}.things", thing.things)
        known(f"things.{key}.key", thing.key, plan.things, "thing")
        known(f"things.{key}.device", thing.device, plan.machines, "machine")
    _check_nesting(plan, reading)
    for key, door in plan.doors.items():
        known(f"doors.{key}.key", door.key, plan.things, "thing")
        known(f"doors.{key}.mode", door.mode, MODES, "way of being a door called")
    _check_machines(plan, known, reading)
    for number, bot in enumerate(plan.bots):
        known(f"bots[{number}].kind", bot.kind, KINDS, "kind of bot")
        known(f"bots[{number}].room", bot.room, plan.rooms, "room")
        known(f"bots[{number}].home", bot.home, plan.rooms, "room")
        if bot.pace < SHORTEST_PACE:
            reading.wrong(f"bots[{number}].pace", f"expected {SHORTEST_PACE} seconds or more")


def _check_nesting(plan: WorldPlan, reading: Reading) -> None:
    """No thing is in itself, nor in too many others. In which thing each is, is known by now to be one."""
    holder = {thing: key for key, holding in plan.things.items() for thing in holding.things}
    for key in plan.things:
        around = [key]
        while around[-1] in holder and holder[around[-1]] not in around and len(around) <= MOST_NESTED:
            around.append(holder[around[-1]])
        ring = holder.get(around[-1]) == key
        if ring or len(around) > MOST_NESTED:
            names = " in ".join(f'"{each}"' for each in (*around, key))
            why = f"a thing can not be in itself: {names}" if ring else f'"{key}" is in {MOST_NESTED} things or more'
            reading.wrong(f"things.{holder.pop(key)}.things", why)


def _check_machines(plan: WorldPlan, known: Any, reading: Reading) -> None:
    for key, machine in plan.machines.items():
        path = f"machines.{key}"
        for name in NEEDED.get(machine.kind, ()):
            if not getattr(machine, name):
                reading.wrong(path, f"{name} is missing: a machine of this kind needs it")
        known(f"{path}.kind", machine.kind, MACHINES, "machine called")
        known(f"{path}.room", machine.room, plan.rooms, "room")
        known(f"{path}.thing", machine.thing, plan.things, "thing")
        known(f"{path}.door", machine.door, plan.doors, "door")
        for number, stop in enumerate(machine.stops):
            known(f"{path}.stops[{number}].room", stop.room, plan.rooms, "room")
            known(f"{path}.stops[{number}].button", stop.button, plan.things, "thing")
        for lever in machine.levers:
            known(f"{path}.levers", lever, plan.things, "thing")
