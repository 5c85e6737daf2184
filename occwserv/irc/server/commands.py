"""Process. Which commands our own IRC server knows (RFC 2812, modern.ircdocs.horse; so are the numerics' meanings)."""

from collections.abc import Callable

from ..message import Message, form
from . import channels, entering, talking
from .state import Guest, State

Act = Callable[[State, Guest, Message], None]


def obey(server: State, guest: Guest, message: Message) -> None:
    """Do what a client says."""
    name = message.command
    act, least, early = COMMANDS.get(name, (None, 0, False))
    if not guest.welcome and message.params and message.params[-1].startswith("HTTP/"):
        guest.leave("This is IRC, not HTTP")  # a browser was made to send it, and would play
    elif act is None:
        guest.reply("421", name[:50], "Unknown command")
    elif not guest.welcome and not early:
        guest.reply("451", "You have not registered")
    elif len(message.params) < least:
        guest.reply("461", name, "Not enough parameters")
    else:
        if name not in ("PING", "PONG"):
            guest.spoken = server.now()
        act(server, guest, message)


def ping(server: State, guest: Guest, message: Message) -> None:
    """Still there?"""
    guest.send(form("PONG", server.name, message.param(0), source=server.name))


def pong(server: State, guest: Guest, message: Message) -> None:
    """Still there."""


def leave(server: State, guest: Guest, message: Message) -> None:
    """QUIT."""
    guest.leave(f"Quit: {message.param(0)}"[:200])


COMMANDS: dict[str, tuple[Act, int, bool]] = {
    "AWAY": (talking.away, 0, False),
    "CAP": (entering.cap, 1, True),
    "ISON": (talking.ison, 1, False),
    "JOIN": (channels.join, 1, False),
    "LIST": (channels.list_channels, 0, False),
    "LUSERS": (entering.lusers, 0, False),
    "MODE": (channels.mode, 1, False),
    "MONITOR": (talking.monitor, 1, False),
    "MOTD": (entering.motd, 0, False),
    "NAMES": (channels.names, 1, False),
    "NICK": (entering.nick, 0, True),
    "NOTICE": (talking.say, 2, False),
    "PART": (channels.part, 1, False),
    "PASS": (pong, 0, True),
    "PING": (ping, 1, True),
    "PONG": (pong, 0, True),
    "PRIVMSG": (talking.say, 2, False),
    "QUIT": (leave, 0, True),
    "TOPIC": (channels.topic, 1, False),
    "USER": (entering.user, 4, True),
    "USERHOST": (talking.userhost, 1, False),
    "WHO": (talking.who, 1, False),
    "WHOIS": (talking.whois, 1, False),
}
"""What each command does, how many parameters it needs, and whether it may come before the welcome."""
