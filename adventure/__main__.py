"""Adapter. The adventure in a terminal: one player, no network.

python -m adventure [WORLD.yaml] [--name NAME]
python -m adventure --protect NAME --save FILE: set the password of a name in a world that is kept, and not playing now
"""

import argparse
import json
import sys
import textwrap
from getpass import getpass
from pathlib import Path
from random import Random, SystemRandom

from twisted.internet import stdio
from twisted.internet.interfaces import IReactorTime
from twisted.protocols.basic import LineReceiver

from occwserv.csp import EndOfChannel, Scheduler

from .accounts import Account, digest_of
from .hall import NAME
from .keeping import account_row
from .player import SHORTEST
from .seats import Refused, Seat, Seats
from .store import Store, read
from .world import World
from .worldfile import WorldError, read_world

SHIPPED = Path(__file__).parent / "world.yaml"
WIDTH = 80


class Terminal(LineReceiver):
    """What is written is played; what is heard is shown."""

    delimiter = b"\n"

    def __init__(self, play) -> None:
        self._play = play

    def lineReceived(self, line: bytes) -> None:
        self._play(line.decode("utf-8", "replace").rstrip("\r"))

    def show(self, text: str) -> None:
        print("\n".join(textwrap.wrap(text, WIDTH)), flush=True)  # also when nothing is written any more

    def connectionLost(self, reason=None) -> None:
        self._play("quit")


async def show(seat: Seat, terminal: Terminal, over) -> None:
    missed = 0
    try:
        while True:
            heard = await seat.heard.receive()
            if seat.heard.missed > missed:
                terminal.show(f"({seat.heard.missed - missed} lines missed)")
                missed = seat.heard.missed
            if heard.kind == "room":
                terminal.show("")
            terminal.show(heard.text)
    except EndOfChannel:
        over()


def protect(name: str, path: Path) -> None:
    """Ask for a password, and have a world that is kept know it."""
    if not NAME.fullmatch(name):
        sys.exit(f"{name} can not be the name of a player.")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        store = Store(path)
    except OSError as error:
        sys.exit(str(error))
    password = getpass("Password: ")
    if len(password) < SHORTEST or getpass("Again: ") != password:
        sys.exit(f"A password has at least {SHORTEST} characters, and is the same twice.")
    role = read(store.rows()).get("account", {}).get(name, {}).get("role", "player")
    salt = SystemRandom().randbytes(16)
    row = account_row(Account(salt, digest_of(password, salt), role))
    store.save(store.stamp(), {("account", name): json.dumps(row)})
    store.close()
    print(f"{name.capitalize()} has a password now.")


def main() -> None:
    from twisted.internet import reactor

    arguments = argparse.ArgumentParser(prog="python -m adventure", description="Play in a terminal.")
    arguments.add_argument("world", nargs="?", default=SHIPPED, type=Path)
    arguments.add_argument("--name", default="Visitor")
    arguments.add_argument("--protect", metavar="NAME", help="set the password of a name, instead of playing")
    arguments.add_argument("--save", type=Path, default=Path("var/adventure.sqlite"), help="where that world is kept")
    chosen = arguments.parse_args()
    if chosen.protect:
        protect(chosen.protect.lower(), chosen.save)
        return
    try:
        plan = read_world(chosen.world.read_bytes(), str(chosen.world))
    except (OSError, WorldError) as error:
        sys.exit(str(error))
    clock: IReactorTime = reactor  # type: ignore[assignment]
    begun = clock.seconds()

    def report(name: str, failure: BaseException) -> None:
        print(name, repr(failure), file=sys.stderr)

    scheduler = Scheduler(clock, report=lambda process: report(process.name, process.failure))

    def now() -> float:
        return clock.seconds() - begun

    seats = Seats(World(plan, scheduler, now, Random(), report), scheduler, now, Random())

    def over() -> None:
        seats.end()
        if reactor.running:
            clock.callLater(0, reactor.stop)

    async def visit() -> None:
        try:
            seat = await seats.enter(chosen.name, door="terminal")
        except Refused as refused:
            print(refused, file=sys.stderr)
            over()
            return
        seat.card.role = "operator"  # whoever has the terminal has the world
        terminal = Terminal(lambda line: scheduler.spawn(seat.play(line)))
        stdio.StandardIO(terminal)
        scheduler.spawn(show(seat, terminal, over))

    scheduler.spawn(visit())
    reactor.run()


if __name__ == "__main__":
    main()
