"""Pure. The verbs: their names and abbreviations, who may use them, who carries them out, and what help says.

`where` is `room` for what the room does that the player is in, `hall` for what concerns players wherever they are,
`self` for what his own process knows, and `plan` for building.
"""

from dataclasses import dataclass

DIRECTIONS = {
    "north": "n", "south": "s", "east": "e", "west": "w", "northeast": "ne", "northwest": "nw", "southeast": "se",
    "southwest": "sw", "up": "u", "down": "d", "in": "", "out": "",
}  # fmt: skip
OPPOSITE = {
    "north": "south", "east": "west", "northeast": "southwest", "northwest": "southeast", "up": "down", "in": "out",
}  # fmt: skip
OPPOSITE |= {there: here for here, there in OPPOSITE.items()}


@dataclass(frozen=True, slots=True)
class Verb:
    """One verb."""

    name: str
    usage: str
    help: str
    where: str = "room"
    short: tuple[str, ...] = ()
    role: str = "player"


VERBS = {
    verb.name: verb
    for verb in (
        Verb("look", "look [at THING]", "Shows where you are, or what something looks like.", short=("l", "exits")),
        Verb("examine", "examine THING", "Looks closely at a thing, a person or yourself.",
             short=("x", "read", "search")),
        Verb("go", "go WAY", "Walks through an exit. A direction alone does it, too: north, n, up, out.",
             short=("walk", "run", "climb", "move to")),
        Verb("enter", "enter PLACE", "Goes into something: a train, a lift, a doorway.", short=("board",)),
        Verb("get", "get THING [from BOX], get all", "Takes something.", short=("g", "take", "pick up", "grab")),
        Verb("drop", "drop THING, drop all", "Puts down what you carry.", short=("put down", "leave")),
        Verb("put", "put THING in BOX", "Puts something into something else.", short=("insert",)),
        Verb("give", "give THING to SOMEBODY", "Hands something over. `give 3 coins to tam` works as well.",
             short=("hand", "pay")),
        Verb("inventory", "inventory", "Shows what you carry and wear.", short=("i", "inv")),
        Verb("use", "use THING", "Does with a thing what it is there for: pull, push, press, ring, turn.",
             short=("pull", "push", "press", "ring", "turn", "play", "wind", "light")),
        Verb("open", "open THING", "Opens a door or a box."),
        Verb("close", "close THING", "Closes a door or a box.", short=("shut",)),
        Verb("lock", "lock THING", "Locks a door or a box; you need its key."),
        Verb("unlock", "unlock THING", "Unlocks a door or a box; you need its key."),
        Verb("wear", "wear THING", "Puts on clothes. Wearing them again takes them off.",
             short=("put on", "take off", "doff")),
        Verb("eat", "eat THING", "Eats or drinks something.", short=("drink", "taste")),
        Verb("buy", "buy THING", "Buys something from whoever sells here.", short=("purchase",)),
        Verb("say", "say WORDS", "Speaks to all who are here. An apostrophe does it, too: 'hello", short=("'", '"')),
        Verb("ask", "ask SOMEBODY about WORDS", "Asks one who is here. Those who live here know this and that.",
             short=("talk", "talk to")),
        Verb("whisper", "whisper SOMEBODY WORDS", "Speaks to one who is here.", short=("wh",)),
        Verb("emote", "emote WORDS", "Shows what you do: `emote yawns`. A colon does it, too: :yawns",
             short=(":", "me", "pose")),
        Verb("follow", "follow SOMEBODY", "Goes wherever somebody goes. `follow` alone ends it."),
        Verb("score", "score", "Shows your points, and where you have been."),
        Verb("map", "map", "Shows the rooms you have been in, and how they are joined."),
        Verb("tell", "tell SOMEBODY WORDS", "Speaks to a player anywhere.", "hall", ("t", "page")),
        Verb("reply", "reply WORDS", "Answers who told you something last.", "hall", ("r",)),
        Verb("shout", "shout WORDS", "Speaks to everybody everywhere. Not too often.", "hall", ("yell",)),
        Verb("who", "who", "Shows who plays.", "hall"),
        Verb("name", "name NEWNAME", "Changes your name.", "hall"),
        Verb("password", "password WORD", "Sets the password of your name, so that nobody else can use it.", "hall"),
        Verb("grant", "grant NAME ROLE", "Makes somebody a player, a builder or an operator.", "hall", role="operator"),
        *(
            Verb(name, usage, told, "plan", role="builder")
            for name, usage, told in (
                ("dig", "dig WAY NAME", "Makes a room, and ways to it and back."),
                ("link", "link WAY ROOM", "Makes a way from here to a room."),
                ("unlink", "unlink WAY", "Takes a way out."),
                ("remove", "remove [ROOM]", "Removes a room; its people and things go to where newcomers arrive."),
                ("move", "move ROOM WAY", "Hangs this room, with all who are in it, to another one."),
                ("describe", "describe WORDS", "Says how it looks here."),
                ("create", "create THING, create bot KIND NAME", "Makes a thing or a bot."),
                ("destroy", "destroy THING", "Destroys a thing or a bot that is here."),
                ("undo", "undo", "Takes back the last change, and the one before it."),
            )
        ),
        Verb("code", "code", "Tells a code. By that you come in by another door, too, and are the same there.", "self"),
        Verb("wait", "wait", "Lets a moment pass.", "self", ("z",)),
        Verb("time", "time", "Tells the time of the day.", "self"),
        Verb("help", "help [VERB]", "Shows the verbs, or what one of them does.", "self", ("?", "commands")),
        Verb("quit", "quit", "Leaves the game. What you carry is kept for you.", "self", ("exit", "logout", "bye")),
    )
}  # fmt: skip
WORDS = {*VERBS, *(short for verb in VERBS.values() for short in verb.short), *DIRECTIONS, *DIRECTIONS.values()}
