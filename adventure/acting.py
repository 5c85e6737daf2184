"""Pure. What players do in a room: they go about, and speak."""

from typing import Any

from occwserv.csp import Mobile

from .language import DIRECTION_OF, Command, Puzzled, find, split_at
from .looking import name_of
from .messages import Done, Exit
from .room import Room
from .values import Body, Heard, Thing, capital


def go(room: Room, body: Body, command: Command, done: Done) -> bool:
    words = tuple(word for word in command.words if word not in ("to", "through", "into", "on"))
    if not words:
        raise Puzzled("Where do you want to go?")
    way = way_of(room, words)
    exit = room.exits[way]
    if exit.mode != "open":
        raise Puzzled(f"{capital(exit.door)} is {exit.mode}.")
    body.follows = body.follows if body.bot else None  # whoever goes his own way follows no longer
    room.send_away(body, way, done)
    return True


def way_of(room: Room, words: tuple[str, ...]) -> str:
    """Which exit is meant: by its direction, by its door, or by the room behind it."""
    spoken = " ".join(words)
    spoken = DIRECTION_OF.get(spoken, spoken)
    if spoken in room.exits:
        return spoken
    found = [way for way in room.exits if way.startswith(spoken)]
    if len(found) == 1:
        return found[0]
    ways = ", ".join(room.exits) or "nowhere"
    try:
        return find(words, list(room.exits), lambda way: room.exits[way].to.name)
    except Puzzled:
        raise Puzzled(f"You can not go {spoken} from here. You can go: {ways}.") from None


def follow(room: Room, body: Body, command: Command, done: Done) -> None:
    if not command.words:
        body.hear("You follow nobody." if body.follows is None else "You go your own way now.")
        body.follows = None
        room.changed(body)
        return
    other = find(command.words, room.others(body))
    body.follows = other.number
    room.changed(body)
    body.hear(f"You follow {other.name}.")
    other.hear(f"{body.name} follows you.", "follows", body.name)


def say(room: Room, body: Body, command: Command, done: Done) -> None:
    if not command.text:
        raise Puzzled("What do you want to say?")
    body.hear(f'You say, "{command.text}"', "said", body.name)
    room.tell(Heard("said", f'{body.name} says, "{command.text}"', body.name), body)


def ask(room: Room, body: Body, command: Command, done: Done) -> None:
    """Speak to one who is here, so that all hear it: `ask larkin about the clock`, `talk to larkin`."""
    who, about = split_at(command.words, "about", "for")
    who = tuple(word for word in who if word != "to")
    if not who:
        raise Puzzled("Whom do you want to ask, and about what? Try: ask larkin about clock")
    other = find(who, room.others(body))
    said = f"{capital(' '.join(about))}?" if about else "Hello!"
    body.hear(f'You ask {other.name}, "{said}"', "said", body.name)
    room.tell(Heard("said", f'{body.name} asks {other.name}, "{said}"', body.name), body)


def whisper(room: Room, body: Body, command: Command, done: Done) -> None:
    who, _, text = command.text.partition(" ")
    if who.lower() == "to":
        who, _, text = text.partition(" ")
    if not text:
        raise Puzzled("To whom do you want to whisper, and what?")
    other = find((who.lower(),), room.others(body))
    body.hear(f'You whisper to {other.name}, "{text}"', "said", body.name)
    other.hear(f'{body.name} whispers to you, "{text}"', "told", body.name)
    room.tell(Heard("whispered", f"{body.name} whispers something to {other.name}.", body.name), body, other)


def emote(room: Room, body: Body, command: Command, done: Done) -> None:
    if not command.text:
        raise Puzzled("What do you want to do?")
    room.tell(Heard("emote", f"{body.name} {command.text}", body.name))


# Doors and machines are processes: the room hands the request on, and they answer it.


def _handle(room: Room, body: Body, command: Command, done: Done) -> bool:
    """Open, close, lock or unlock: a door, or a box."""
    deed = command.verb.name
    words = tuple(word for word in command.words if word != "door") or command.words
    if not words:
        raise Puzzled(f"What do you want to {deed}?")
    if "with" in words:
        words = words[: words.index("with")]
    doors = [exit for exit in room.exits.values() if exit.door]
    boxes = [thing for thing in (*body.things, *room.things) if thing.holds]
    if len(words) == 1 and words[0] in room.exits and room.exits[words[0]].door:
        found: Any = room.exits[words[0]]
    elif command.words == ("door",) and len(doors) == 1:
        found = doors[0]
    else:
        found = find(words, [*doors, *boxes], name_of)
    if isinstance(found, Exit):
        has_key = bool(found.key_thing) and body.opens(found.key_thing)
        room.devices[found.device].send_now(Turn(room, body.number, body.name, deed, has_key, done))
        return True
    body.hear(_turn_box(body, found, deed))
    room.changed(body)
    return False


def _turn_box(body: Body, box: Thing, deed: str) -> str:
    if deed in ("lock", "unlock"):
        if not box.key_thing:
            return f"{capital(box.the)} has no lock."
        if not body.opens(box.key_thing):
            return "You do not have the key."
        box.locked = deed == "lock"
        box.open = box.open and not box.locked
    elif deed == "open" and box.locked:
        return f"{capital(box.the)} is locked."
    elif box.open == (deed == "open"):
        return f"{capital(box.the)} is {'open' if box.open else 'closed'} already."
    else:
        box.open = deed == "open"
    return f"You {deed} {box.the}."


class Turn:
    """What somebody does to a door or a machine; it answers to the room's `control`, which it reaches by this."""

    __slots__ = ("body", "control", "deed", "done", "has_key", "name", "room")

    def __init__(self, room: Room, body: int, name: str, deed: str, has_key: bool, done: Done) -> None:
        self.room, self.control = room.key, room.control
        self.body, self.name, self.deed, self.has_key, self.done = body, name, deed, has_key, done


# What only a player's own process asks of his room.


def _where(room: Room, body: Body, command: Command, done: Done) -> bool:
    done.give(room.key)
    return True


def _step_out(room: Room, body: Body, command: Command, done: Done) -> bool:
    """The body leaves the world, in the answer."""
    del room.bodies[body.number]
    room.tell(Heard("left", f"{body.name} {command.text}", body.name))
    done.give(Mobile(body))
    return True


def _away(room: Room, body: Body, command: Command, done: Done) -> None:
    body.linked = command.verb.name == "back"
    seen = "is back." if body.linked else "stares into space."
    room.tell(Heard("emote", f"{body.name} {seen}", body.name), body)


def _rename(room: Room, body: Body, command: Command, done: Done) -> None:
    before, body.name = body.name, capital(command.text)
    room.changed(body)
    body.hear(f"You are called {body.name} now.")
    room.tell(Heard("news", f"{before} is called {body.name} now.", body.name), body)


ACTING = {
    "where_am_i": _where, "step_out": _step_out, "name": _rename, "away": _away, "back": _away,
    "go": go, "enter": go, "follow": follow, "say": say, "ask": ask, "whisper": whisper, "emote": emote,
    "open": _handle, "close": _handle, "lock": _handle, "unlock": _handle,
}  # fmt: skip
