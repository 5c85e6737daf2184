"""Pure. What a room shows: itself, what is in it, and what players know of themselves."""

from itertools import islice
from typing import Any

from .language import Command, Puzzled, find
from .room import Room
from .values import Body, Thing, capital, is_night, listed

MOST_NAMED = 12  # of those who are in a room


def look(room: Room, body: Body, command: Command | None, done: Any) -> None:
    if command is not None and command.words:
        examine(room, body, command, done)
        return
    body.hear(capital(room.name), "room", room.key)
    if not room.lit():
        body.hear("It is too dark to see anything. A light would help.", "text")
    else:
        at_night = room.outdoors and room.night and is_night(room.now())
        body.hear(room.night if at_night else room.text, "text")
        seen = [thing.name for thing in room.things]
        if seen:
            body.hear(f"You see {listed(seen)}.", "things")
        number = len(room.bodies) - 1
        shown = number if number <= MOST_NAMED else MOST_NAMED - 2
        others = [_named(other) for other in islice((each for each in room.bodies.values() if each is not body), shown)]
        if number > shown:
            others.append(f"{number - shown} others")
        if others:
            body.hear(f"{capital(listed(others))} {'is' if len(others) == 1 else 'are'} here.", "people")
    ways = [way + (f" ({exit.door}, {exit.mode})" if exit.door else "") for way, exit in room.exits.items()]
    passable = " ".join(way for way in room.exits if room.passable(way))  # for bots
    body.hear(f"Ways: {', '.join(ways)}." if ways else "There is no way out.", "ways", passable)


def _named(body: Body) -> str:
    name = body.name.replace("The ", "the ", 1) if body.name.startswith("The ") else body.name
    return name if body.linked else f"{name} (staring into space)"


def examine(room: Room, body: Body, command: Command, done: Any) -> None:
    words = tuple(word for word in command.words if word not in ("at", "in", "into", "around", "here"))
    if not words:
        look(room, body, None, done)
        return
    if words[0] in ("me", "myself", "self"):
        _show_body(body, body, "You look like yourself.")
        return
    if not room.lit():
        raise Puzzled("It is too dark to see that.")
    if words[0] in room.exits and len(words) == 1:
        exit = room.exits[words[0]]
        body.hear(f"{capital(exit.door)} is {exit.mode}." if exit.door else f"There is {exit.to.name}.")
        return
    doors = [exit for exit in room.exits.values() if exit.door]
    found: Any = find(words, [*body.things, *room.things, *room.others(body), *doors], name_of)
    if isinstance(found, Body):
        _show_body(body, found, f"{found.name} looks as people of {room.name} do.")
    elif isinstance(found, Thing):
        _show_thing(body, found)
    else:
        body.hear(f"{capital(found.door)} is {found.mode}.")


def name_of(each: Any) -> str:
    """What a thing, a body or an exit with a door is called."""
    return each.name if hasattr(each, "name") else each.door


def _show_thing(body: Body, thing: Thing) -> None:
    body.hear(thing.text or f"You see nothing special about {thing.the}.", "text")
    if thing.holds:
        state = "locked" if thing.locked else "closed"
        inside = listed(each.name for each in thing.inside)
        body.hear(f"In it: {inside}." if thing.open else f"It is {state}.")
    if thing.price:
        body.hear(f"It costs {thing.price} coins.")


def _show_body(body: Body, other: Body, usual: str) -> None:
    body.hear(other.text or usual, "text")
    worn = [thing.name for thing in other.things if thing.worn]
    if worn:
        body.hear(f"{'You wear' if other is body else other.name + ' wears'} {listed(worn)}.")


def inventory(room: Room, body: Body, command: Command, done: Any) -> None:
    carried = [thing.name for thing in body.things if not thing.worn]
    worn = [thing.name for thing in body.things if thing.worn]
    body.hear(f"You carry {listed(carried)}.", "carried")
    if worn:
        body.hear(f"You wear {listed(worn)}.")
    body.hear(f"In your purse: {body.purse} coin{'' if body.purse == 1 else 's'}.")


def score(room: Room, body: Body, command: Command, done: Any) -> None:
    count = len(body.seen)
    body.hear(f"You have {body.score} points, and have been in {count} room{'' if count == 1 else 's'}.", "score")


def show_map(room: Room, body: Body, command: Command, done: Any) -> None:
    """The rooms one has been in. Of the others only that there is a way."""
    for key, (name, ways) in list(body.seen.items())[-60:]:
        led = [f"{way} to {body.seen[to][0]}" if to in body.seen else f"{way}, unknown" for way, to in ways.items()]
        body.hear(f"{'* ' if key == room.key else '  '}{capital(name)}: {'; '.join(led) or 'no way out'}.", "map")


LOOKING = {"look": look, "examine": examine, "inventory": inventory, "score": score, "map": show_map}
