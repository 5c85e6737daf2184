"""Pure. What players do with things: all of it happens inside one room, so nothing is ever in two hands."""

from contextlib import suppress
from typing import Any

from occwserv.csp import Ending

from .acting import Turn
from .language import Command, Puzzled, find, split_at
from .messages import Done
from .room import Room
from .values import MOST_CARRIED, MOST_NESTED, Body, Heard, Thing, capital


def get(room: Room, body: Body, command: Command, done: Any) -> None:
    wanted, box_words = split_at(command.words, "from", "out")
    if not room.lit():
        raise Puzzled("It is too dark to find anything.")
    place = _open_box(room, body, box_words).inside if box_words else room.things
    if wanted == ("all",):
        free = [thing for thing in place if not thing.fixed and not thing.price]
        if not free:
            raise Puzzled("There is nothing that you could take.")
        for thing in free:
            _take(room, body, place, thing)
        return
    if not wanted:
        raise Puzzled("What do you want to take?")
    try:
        found = find(wanted, place)
    except Puzzled:
        place, found = _in_boxes(room, body, wanted)
    _take(room, body, place, found)


def _in_boxes(room: Room, body: Body, wanted: tuple[str, ...]) -> tuple[list[Thing], Thing]:
    """A thing in a box that stands open here."""
    boxes = [thing for thing in (*room.things, *body.things) if thing.holds and thing.open]
    found = find(wanted, [thing for box in boxes for thing in box.inside])
    return next(box.inside for box in boxes if found in box.inside), found


def _take(room: Room, body: Body, place: list[Thing], thing: Thing) -> None:
    if thing.fixed:
        raise Puzzled(f"You can not take {thing.the}.")
    if thing.price:
        raise Puzzled(f"{capital(thing.the)} is for sale. You could buy it for {thing.price} coins.")
    if len(body.things) >= MOST_CARRIED:
        raise Puzzled("You can not carry more.")
    place.remove(thing)
    body.things.append(thing)
    _both(room, body, "take", "takes", thing.the)


def _both(room: Room, body: Body, mine: str, theirs: str, what: str, kind: str = "did") -> None:
    room.changed(body)
    body.hear(f"You {mine} {what}.", kind, body.name)
    room.tell(Heard(kind, f"{body.name} {theirs} {what}.", body.name), body)


def drop(room: Room, body: Body, command: Command, done: Any) -> None:
    if not command.words:
        raise Puzzled("What do you want to drop?")
    if command.words == ("all",) and not body.things:
        raise Puzzled("You carry nothing.")
    chosen = list(body.things) if command.words == ("all",) else [_mine(body, command.words)]
    for thing in chosen:
        body.things.remove(thing)
        thing.worn = False
        room.things.append(thing)
        _both(room, body, "drop", "drops", thing.the, "dropped")


def _mine(body: Body, words: tuple[str, ...]) -> Thing:
    try:
        return find(words, body.things)
    except Puzzled as puzzled:
        raise Puzzled(str(puzzled).replace("There is no", "You have no").replace(" here.", ".")) from None


def _open_box(room: Room, body: Body, words: tuple[str, ...]) -> Thing:
    words = tuple(word for word in words if word != "of")
    box = find(words, [*body.things, *room.things])
    if not box.holds:
        raise Puzzled(f"Nothing fits into {box.the}.")
    if not box.open:
        raise Puzzled(f"{capital(box.the)} is {'locked' if box.locked else 'closed'}.")
    return box


def put(room: Room, body: Body, command: Command, done: Any) -> None:
    wanted, box_words = split_at(command.words, "in", "into", "on", "inside")
    if not wanted or not box_words:
        raise Puzzled("Put what into what? Try: put lamp in box")
    thing, box = _mine(body, wanted), _open_box(room, body, box_words)
    if box in thing.all:
        raise Puzzled(f"{capital(thing.the)} does not fit into itself.")
    if thing.nested >= MOST_NESTED:
        raise Puzzled(f"There are too many things in each other in {thing.the} already.")
    if len(box.inside) >= box.holds:
        raise Puzzled(f"{capital(box.the)} is full.")
    body.things.remove(thing)
    thing.worn = False
    box.inside.append(thing)
    _both(room, body, "put", "puts", f"{thing.the} into {box.the}")


def give(room: Room, body: Body, command: Command, done: Any) -> None:
    wanted, who = split_at(command.words, "to")
    if not who and len(wanted) > 1:  # give ada the lamp
        wanted, who = wanted[1:], wanted[:1]
    if not wanted or not who:
        raise Puzzled("Give what to whom? Try: give lamp to ada")
    other = find(who, room.others(body))
    if wanted[-1] in ("coin", "coins") and len(wanted) <= 2:
        _pay(room, body, other, wanted[0])
        return
    thing = _mine(body, wanted)
    if len(other.things) >= MOST_CARRIED:
        raise Puzzled(f"{other.name} can not carry more.")
    body.things.remove(thing)
    thing.worn = False
    other.things.append(thing)
    room.changed(body, other)
    body.hear(f"You give {thing.the} to {other.name}.", "did", body.name)
    other.hear(f"{body.name} gives you {thing.the}.", "given", body.name)
    room.tell(Heard("did", f"{body.name} gives {thing.the} to {other.name}.", body.name), body, other)


def _pay(room: Room, body: Body, other: Body, said: str) -> None:
    amount = int(said) if said.isdecimal() and len(said) < 9 else 1
    if not 0 < amount <= body.purse:
        raise Puzzled(f"You have {body.purse} coins.")
    body.purse -= amount
    other.purse += amount
    room.changed(body, other)
    coins = "a coin" if amount == 1 else f"{amount} coins"
    body.hear(f"You give {coins} to {other.name}.")
    other.hear(f"{body.name} gives you {coins}.", "paid", body.name)


def buy(room: Room, body: Body, command: Command, done: Any) -> None:
    sellers = [other for other in room.others(body) if other.bot == "trader"]
    wares = [thing for thing in room.things if thing.price]
    if not sellers or not wares:
        raise Puzzled("Nobody sells anything here.")
    if not command.words:
        raise Puzzled(f"For sale: {', '.join(f'{thing.name} ({thing.price})' for thing in wares)}.")
    thing = find(command.words, wares)
    if thing.price > body.purse:
        raise Puzzled(f"{capital(thing.the)} costs {thing.price} coins, and you have {body.purse}.")
    if len(body.things) >= MOST_CARRIED:
        raise Puzzled("You can not carry more.")
    body.purse -= thing.price
    sellers[0].purse += thing.price
    thing.price = 0
    room.things.remove(thing)
    body.things.append(thing)
    room.changed(sellers[0])
    _both(room, body, "buy", "buys", thing.the, "bought")


def wear(room: Room, body: Body, command: Command, done: Any) -> None:
    thing = _mine(body, command.words)
    if not thing.wearable:
        raise Puzzled(f"You can not wear {thing.the}.")
    thing.worn = not thing.worn
    _both(room, body, *(("put on", "puts on") if thing.worn else ("take off", "takes off")), thing.the)


def eat(room: Room, body: Body, command: Command, done: Any) -> None:
    """The thing is gone: that is what eating does."""
    try:
        thing, place = _mine(body, command.words), body.things
    except Puzzled:
        thing, place = find(command.words, room.things), room.things
    if not thing.edible:
        raise Puzzled(f"You had better not eat {thing.the}.")
    if thing.price:
        raise Puzzled("You have to buy it first.")
    if not thing.fixed:
        place.remove(thing)
        room.changed(body)
    body.hear(thing.edible, "ate", body.name)
    room.tell(Heard("did", f"{body.name} has {thing.the}.", body.name), body)


def use(room: Room, body: Body, command: Command, done: Done) -> bool:
    if not command.words:
        raise Puzzled("What do you want to use?")
    thing = find(command.words, [*room.things, *body.things])
    if thing.device:
        with suppress(Ending, KeyError):
            room.devices[thing.device].send_now(Turn(room, body.number, body.name, thing.key, False, done))
            return True
    if not thing.use:
        raise Puzzled(f"You can think of nothing to do with {thing.the}.")
    body.hear(thing.use)
    room.tell(Heard("did", f"{body.name} uses {thing.the}.", body.name), body)
    return False


HANDLING = {
    "get": get, "drop": drop, "put": put, "give": give, "buy": buy, "wear": wear, "eat": eat, "use": use,
}  # fmt: skip
