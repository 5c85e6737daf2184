"""Process. Channels of our own IRC server. Nobody rules there: whoever is in one may set its topic."""

import re

from ..message import Message, form
from .state import LISTED, TOPIC, Channel, Guest, State

NAMES = re.compile(r"#[^\x00-\x20,\x07:\x7f]{1,49}")
LINE = 350
"""Bytes of names in one line."""

LONGEST = 200
"""Channels in one answer."""


def join(server: State, guest: Guest, message: Message) -> None:
    """Enter channels; 0 leaves all."""
    if message.param(0) == "0":
        for channel in list(guest.channels.values()):
            _leave(server, guest, channel, "")
        return
    for name in message.param(0).split(",")[:LISTED]:
        if not NAMES.fullmatch(name):
            guest.reply("403", name[:50] or "*", "A channel is # and up to 49 characters, no space, comma or colon")
        elif len(guest.channels) >= server.limits.channels:
            guest.reply("405", name, "You are in too many channels")
        elif server.channel(name) is None or guest not in server.channel(name).members:
            channel = server.join(guest, name)
            channel.send(form("JOIN", channel.name, source=guest.source))
            if channel.topic:
                guest.reply("332", channel.name, channel.topic)
            _names(guest, channel)


def part(server: State, guest: Guest, message: Message) -> None:
    """Leave channels."""
    for name in message.param(0).split(",")[:LISTED]:
        channel = _channel(server, guest, name)
        if channel is not None:
            _leave(server, guest, channel, message.param(1))


def _leave(server: State, guest: Guest, channel: Channel, why: str) -> None:
    channel.send(form("PART", channel.name, *([why] if why else []), source=guest.source))
    server.part(guest, channel)


def topic(server: State, guest: Guest, message: Message) -> None:
    """What a channel is about."""
    channel = _channel(server, guest, message.param(0))
    if channel is None:
        return
    if len(message.params) > 1:
        channel.topic = message.param(1)[:TOPIC]
        channel.send(form("TOPIC", channel.name, channel.topic, source=guest.source))
    elif channel.topic:
        guest.reply("332", channel.name, channel.topic)
    else:
        guest.reply("331", channel.name, "No topic is set")


def names(server: State, guest: Guest, message: Message) -> None:
    """Who is in channels."""
    for name in message.param(0).split(",")[:LISTED]:
        channel = server.channel(name)
        if channel is None:
            guest.reply("366", name[:50] or "*", "End of NAMES list")
        else:
            _names(guest, channel)


def _names(guest: Guest, channel: Channel) -> None:
    lines: list[str] = []
    for member in channel.members:
        if lines and len(lines[-1]) + len(member.nick) < LINE:
            lines[-1] += f" {member.nick}"
        else:
            lines.append(member.nick)
    for line in lines:
        guest.reply("353", "=", channel.name, line)
    guest.reply("366", channel.name, "End of NAMES list")


def list_channels(server: State, guest: Guest, message: Message) -> None:
    """Which channels there are."""
    asked = message.param(0).lower().split(",") if message.param(0) else None
    guest.reply("321", "Channel", "Users  Name")
    for key, channel in list(server.channels.items())[:LONGEST]:
        if asked is None or key in asked:
            guest.reply("322", channel.name, len(channel.members), channel.topic)
    guest.reply("323", "End of LIST")


def mode(server: State, guest: Guest, message: Message) -> None:
    """Modes can be asked for; there are none to set."""
    target, wanted = message.param(0), message.param(1)
    channel = server.channel(target)
    if channel is not None and not wanted:
        guest.reply("324", channel.name, "+n")
        guest.reply("329", channel.name, channel.made)
    elif channel is not None and wanted.lstrip("+") == "b":
        guest.reply("368", channel.name, "End of channel ban list")
    elif channel is not None:
        guest.reply("482", channel.name, "Nobody is an operator here")
    elif server.named(target) is not guest:
        guest.reply("502", "That is not you")
    elif not wanted:
        guest.reply("221", "+")
    elif wanted.strip("+-iwx"):
        guest.reply("501", "There is no such mode")


def _channel(server: State, guest: Guest, name: str) -> Channel | None:
    """A channel that somebody is in; else he is told so."""
    channel = server.channel(name)
    if channel is None:
        guest.reply("403", name[:50] or "*", "No such channel")
    elif guest not in channel.members:
        guest.reply("442", channel.name, "You are not in that channel")
        return None
    return channel
