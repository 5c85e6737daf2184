"""Process. How a client gets into our own IRC server: capabilities, a nickname, a name, the first replies."""

import re

from ..message import Message, form
from .state import LISTED, TOPIC, Guest, State

NICKS = re.compile(r"[A-Za-z\[-`{-}][A-Za-z0-9\[-`{-}-]{0,29}")
OFFERED = ("server-time",)
"""Capabilities."""


def cap(server: State, guest: Guest, message: Message) -> None:
    """Capability negotiation; registration waits for its end."""
    kind, names = message.param(0).upper(), message.params[-1].split()
    if kind in ("LS", "LIST"):
        guest.negotiating = guest.negotiating or (kind == "LS" and not guest.welcome)
        shown = OFFERED if kind == "LS" else sorted(guest.capabilities)
        guest.send(form("CAP", guest.nick or "*", kind, " ".join(shown), source=server.name))
    elif kind == "REQ":
        guest.negotiating = guest.negotiating or not guest.welcome
        good = all(name.removeprefix("-") in OFFERED for name in names)
        if good:
            guest.capabilities |= {name for name in names if not name.startswith("-")}
            guest.capabilities -= {name[1:] for name in names if name.startswith("-")}
        guest.send(form("CAP", guest.nick or "*", "ACK" if good else "NAK", " ".join(names), source=server.name))
    elif kind == "END":
        guest.negotiating = False
        welcome(server, guest)
    else:
        guest.reply("410", kind[:50], "Invalid CAP command")


def nick(server: State, guest: Guest, message: Message) -> None:
    """A nickname, the first or another one."""
    wanted = message.param(0)
    if not wanted:
        guest.reply("431", "No nickname given")
    elif not NICKS.fullmatch(wanted):
        guest.reply("432", wanted[:50], "A nickname is up to 30 letters, digits, and - _ [ ] { } \\ | ^ `")
    elif server.named(wanted) not in (None, guest):
        guest.reply("433", wanted, "Nickname is already in use")
    elif wanted != guest.nick:
        server.rename(guest, wanted)
        welcome(server, guest)


def user(server: State, guest: Guest, message: Message) -> None:
    """Who it is."""
    if guest.user:
        guest.reply("462", "You may not reregister")
        return
    guest.user = re.sub(r"[^A-Za-z0-9._-]", "", message.param(0))[:10] or "user"
    guest.real_name = message.param(3)[:100]
    welcome(server, guest)


def welcome(server: State, guest: Guest) -> None:
    """Let a client in that has said all there is to say."""
    if guest.welcome or guest.negotiating or not (guest.nick and guest.user):
        return
    guest.welcome = True
    guest.reply("001", f"Welcome, {guest.source}")
    guest.reply("002", f"Your host is {server.name}, running {server.version}")
    guest.reply("003", "This server keeps nothing")
    guest.reply("004", server.name, server.version.replace(" ", "-"), "i", "nt")
    guest.reply(
        "005", "CASEMAPPING=ascii", "CHANTYPES=#", "PREFIX=", "CHANMODES=,,,nt", "NICKLEN=30", "CHANNELLEN=50",
        f"TOPICLEN={TOPIC}", f"MONITOR={server.limits.watched}", f"CHANLIMIT=#:{server.limits.channels}",
        f"TARGMAX=PRIVMSG:{LISTED},NOTICE:{LISTED},JOIN:{LISTED},PART:{LISTED}", "NETWORK=occwserv",
        "are supported by this server",
    )  # fmt: skip
    lusers(server, guest, Message("LUSERS"))
    motd(server, guest, Message("MOTD"))
    server.told_watchers(guest.nick, True)


def motd(server: State, guest: Guest, message: Message) -> None:
    """What newcomers are told."""
    guest.reply("375", f"- {server.name}: message of the day")
    for line in server.motd:
        guest.reply("372", f"- {line}")
    guest.reply("376", "End of MOTD")


def lusers(server: State, guest: Guest, message: Message) -> None:
    """How many are here."""
    guest.reply("251", f"There are {len(server.by_nick)} users on 1 server")
    guest.reply("254", len(server.channels), "channels formed")
    guest.reply("255", f"I have {len(server.guests)} clients")
