"""Pure. The settings of the game, and of its doors."""

from typing import Annotated

from msgspec import Struct

from .kinds import Endpoint, Flag, Many, Path, Seconds, about, like, whole

# fmt: off
Player = Annotated[str, like("the name of a player", r"[^\W\d_][\w'-]{1,19}")]

class Telnet(Struct, frozen=True, kw_only=True):
    """The game on telnet."""
    listen: Annotated[Endpoint | None, about("endpoint; null: none")] = "tcp:4000:interface=127.0.0.1"
    connections: Annotated[Many, about("connections in all")] = 5000
    per_client: Annotated[Many, about("connections from one address")] = 100
    login: Annotated[Seconds, about("seconds in which a client must have entered")] = 120
    idle: Annotated[Seconds, about("seconds that a player may write nothing")] = 3600
    write: Annotated[Seconds, about("seconds in which the client must take more of what it is told")] = 60
    tries: Annotated[Many, about("wrong passwords or codes that end the connection")] = 3
    rate: Annotated[Many, about("lines per second; more wait, after twice as many at once")] = 10
    line: Annotated[int, whole(64), about("bytes in a line")] = 1024
    ahead: Annotated[Many, about("bytes read ahead of a line that is being played")] = 16384
    subnegotiation: Annotated[int, whole(64), about("bytes in a sub-negotiation; longer ones are not heeded")] = 4096
    commands: Annotated[Many, about("telnet commands between two lines; more end the connection")] = 1000
    compress: Annotated[Flag, about("whether what is sent is compressed for clients that want it (MCCP2)")] = True

class Adventure(Struct, frozen=True, kw_only=True):
    """The game itself."""
    world: Annotated[Path, about("file that describes the world")] = "adventure/world.yaml"
    save: Annotated[Path | None, about("file that keeps what has happened; null: none")] = "var/adventure.sqlite"
    operators: Annotated[tuple[Player, ...], about("names with the rights of an operator, which need a password")] = ()
    away: Annotated[Seconds, about("seconds without any door until a character is seen to be away")] = 90
    leave: Annotated[Seconds, about("seconds without any door until it leaves")] = 600
    silent: Annotated[Seconds, about("seconds without a line until it leaves")] = 3600
    rate: Annotated[Many, about("lines per second of a player; more wait, after twice as many at once")] = 10
    tries: Annotated[Many, about("wrong passwords for a name from one address that make nobody wait")] = 3
    guesses: Annotated[Many, about("wrong passwords for a name from all addresses that make nobody wait")] = 100
    wait: Annotated[Seconds, about("seconds to wait after one more; twice as long after each that follows")] = 2
    longest: Annotated[Seconds, about("seconds to wait at most")] = 900
# fmt: on
