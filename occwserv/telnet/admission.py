"""Process. Who a client is: its first line is a name, and a password is asked only of a character that has one.

In place of a name it may write `link` and a code that it was told at another door: it is the same character then.
"""

import re
from typing import Any

from ..csp import sleep
from .talk import House, Talk

DOOR = "telnet"
PENALTY = 1.0
"""Seconds that a wrong password or code takes."""

_HTTP = re.compile(r"[A-Z]+ \S+ HTTP/\d")
_LINK = re.compile(r"link\s+(\S+)", re.IGNORECASE)


async def admit(talk: Talk, house: House, game: Any) -> Any:
    """Greet a client, and ask until it has a seat.

    :return: the seat (adventure/seats.py).
    :raise house.refused: it may not enter, and is not asked again.
    :raise EndOfChannel: it is gone.
    """
    talk.say(game.plan.name, "room")
    talk.say(game.plan.welcome)
    talk.say("Write your name; or link and a code, if you play at another door already.")
    wrong, address = 0, talk.link.address
    while wrong < talk.link.rules.tries:
        name = (await talk.ask("Name:")).strip()
        if _HTTP.match(name):  # a browser was made to send it, and would play
            raise house.refused("This is not HTTP: write the name that you want to play by.")
        if name.lower() == "quit":
            raise house.refused("Good-bye.")
        code = _LINK.fullmatch(name)
        hidden = code is None and game.seats.has_password(name)
        password = await talk.ask_hidden("Password:") if hidden else ""
        try:
            if code is not None:
                return await game.seats.enter_by_code(code[1], DOOR, address)
            if name:
                return await game.seats.enter(name, password, DOOR, address, address)
        except house.refused as refused:
            talk.say(str(refused))
            if hidden or code is not None:
                wrong += 1
                await sleep(PENALTY)
    raise house.refused("These were too many tries. Good-bye.")
