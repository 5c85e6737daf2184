"""Pure. The settings of the game's door on IRC."""

from typing import Annotated

from msgspec import Struct

from .kinds import Endpoint, Flag, Lobby, Many, Mechanism, Nick, Reach, Seconds, Text, about, whole


# fmt: off
class IrcNetwork(Struct, frozen=True, kw_only=True, omit_defaults=True):
    """A network of IRC that the game joins."""
    server: Annotated[Reach, about("its server, as a Twisted client endpoint")] = "tcp:host=localhost:port=6667"
    nick: Annotated[Nick | None, about("nickname of the game there; null: `irc.nick`")] = None
    lobby: Annotated[Lobby | None, about(
        "channel it sits in, with its key, so that it sees who leaves and who is renamed; null: none")] = None
    password: Annotated[Text | None, about("password of the server; null: none")] = None
    account: Annotated[Text | None, about("account it logs in to by SASL; null: none")] = None
    account_password: Annotated[Text | None, about(
        "password of the account; null: the certificate of the link says who it is")] = None
    mechanism: Annotated[Mechanism | None, about(
        "how it logs in; null: the first of these that will do, PLAIN only over TLS")] = None
    required: Annotated[Flag, about("whether it stays away when it can not log in")] = False

class IrcReconnect(Struct, frozen=True, kw_only=True):
    """How often a network that was lost is tried again."""
    first: Annotated[Seconds, about("seconds until the first attempt; then twice as many each time")] = 1
    most: Annotated[Seconds, about("seconds between two attempts at most")] = 300
    stable: Annotated[Seconds, about("seconds that a connection must last for that to begin anew")] = 60

class IrcServer(Struct, frozen=True, kw_only=True):
    """What clients of the built-in server may ask for."""
    clients: Annotated[Many, about("clients in all")] = 200
    per_client: Annotated[Many, about("clients from one address")] = 50
    rate: Annotated[Seconds, about("lines per second; more wait")] = 5
    burst: Annotated[Many, about("lines at once before they wait")] = 20
    channels: Annotated[Many, about("channels that one may be in")] = 10
    watched: Annotated[Many, about("nicknames that one may have watched")] = 100
    register: Annotated[Seconds, about("seconds in which a client must have said who it is")] = 30
    silence: Annotated[Seconds, about("seconds until a silent client is asked, and until it is lost")] = 120

class Irc(Struct, frozen=True, kw_only=True):
    """The game on IRC."""
    nick: Annotated[Nick, about("nickname of the game")] = "occgam"
    server: Annotated[tuple[Reach, ...] | None, about(
        "servers of networks that the game joins; null: those of `irc.networks`, or else the built-in one")] = None
    networks: Annotated[tuple[IrcNetwork, ...], about("networks of which there is more to say")] = ()
    serve: Annotated[Endpoint | None, about("built-in server; null: none")] = "tcp:6667:interface=127.0.0.1"
    rate: Annotated[Seconds, about("lines per second that a network lets the game say")] = 2
    burst: Annotated[Many, about("lines at once before that counts")] = 5
    unread: Annotated[int, whole(2), about("lines that a network may leave unread before the game waits")] = 10
    lines: Annotated[Many, about("lines of an answer before `more` has to be asked for")] = 6
    players: Annotated[Many, about("players on one network")] = 100
    ping: Annotated[Seconds, about("seconds of silence until a server is asked whether it is there")] = 30
    timeout: Annotated[Seconds, about("seconds of silence until it is taken for lost")] = 90
    register: Annotated[Seconds, about("seconds in which a server must let the game in")] = 60
    regain: Annotated[Seconds, about("seconds between attempts to get the nickname, or into the lobby")] = 30
    reconnect: IrcReconnect = IrcReconnect()
    local: IrcServer = IrcServer()
# fmt: on
