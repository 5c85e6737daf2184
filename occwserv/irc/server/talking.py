"""Process. Talking on our own IRC server, and asking who is there."""

from ..message import Message, fold, form, is_channel, matches
from .state import LISTED, MAPPING, TOPIC, Guest, State

LONGEST = 100
"""People in one answer."""


def say(server: State, guest: Guest, message: Message) -> None:
    """PRIVMSG and NOTICE. A notice is never answered, not even by what went wrong."""
    quiet = message.command == "NOTICE"
    text = message.param(1)
    for target in message.param(0).split(",")[:LISTED]:
        line = form(message.command, target, text, source=guest.source)
        channel = server.channel(target) if is_channel(target, "#") else None
        person = server.named(target)
        if channel is not None and guest in channel.members:
            channel.send(line, but=guest)
        elif channel is not None and not quiet:
            guest.reply("404", channel.name, "You are not in that channel")
        elif person is not None and person.welcome:
            person.send(line)
            if person.away and not quiet:
                guest.reply("301", person.nick, person.away)
        elif not quiet:
            guest.reply("403" if is_channel(target, "#") else "401", target[:50], "No such nick/channel")


def away(server: State, guest: Guest, message: Message) -> None:
    """Away, or back."""
    guest.away = message.param(0)[:TOPIC]
    guest.reply(*(("306", "You are away") if guest.away else ("305", "You are not away any more")))


def who(server: State, guest: Guest, message: Message) -> None:
    """Those in a channel, or whose nicknames are like a mask."""
    mask = message.param(0)
    channel = server.channel(mask)
    if channel is not None:
        found = list(channel.members)
    else:
        found = [each for each in server.by_nick.values() if each.welcome and matches(mask, each.nick)]
    for each in found[:LONGEST]:
        flag = "G" if each.away else "H"
        where = channel.name if channel is not None else "*"
        guest.reply("352", where, f"~{each.user}", each.address, server.name, each.nick, flag, f"0 {each.real_name}")
    guest.reply("315", mask[:50] or "*", "End of WHO list")


def whois(server: State, guest: Guest, message: Message) -> None:
    """What is known of somebody."""
    target = message.params[-1]
    person = server.named(target)
    if person is None or not person.welcome:
        guest.reply("401", target[:50], "No such nick/channel")
    else:
        guest.reply("311", person.nick, f"~{person.user}", person.address, "*", person.real_name)
        shared = [each.name for key, each in person.channels.items() if key in guest.channels]
        if shared:
            guest.reply("319", person.nick, " ".join(shared))
        guest.reply("312", person.nick, server.name, server.version)
        if person.away:
            guest.reply("301", person.nick, person.away)
        idle = int(server.now() - person.spoken)
        guest.reply("317", person.nick, idle, int(person.since), "seconds idle, signon time")
    guest.reply("318", target[:50], "End of WHOIS")


def ison(server: State, guest: Guest, message: Message) -> None:
    """Which of some nicknames are in use."""
    asked = " ".join(message.params).split()[:50]
    found = [person.nick for each in asked if (person := server.named(each)) is not None and person.welcome]
    guest.reply("303", " ".join(found))


def userhost(server: State, guest: Guest, message: Message) -> None:
    """Where some come from."""
    found = [person for each in message.params[:5] if (person := server.named(each)) is not None and person.welcome]
    said = [f"{each.nick}={'-' if each.away else '+'}~{each.user}@{each.address}" for each in found]
    guest.reply("302", " ".join(said))


def monitor(server: State, guest: Guest, message: Message) -> None:
    """Be told whether nicknames are in use (IRCv3 Monitor)."""
    kind, nicks = message.param(0).upper(), [each for each in message.param(1).split(",") if each]
    if kind == "+":
        room = server.limits.watched - len(guest.watched)
        wanted = [each for each in nicks if fold(each, MAPPING) not in guest.watched]
        if len(wanted) > room:
            guest.reply("734", server.limits.watched, ",".join(wanted[room:])[:300], "Monitor list is full")
        server.watch(guest, wanted[:room], True)
        _told(server, guest, wanted[:room])
    elif kind == "-":
        server.watch(guest, nicks, False)
    elif kind == "C":
        server.watch(guest, list(guest.watched.values()), False)
    elif kind == "S":
        _told(server, guest, list(guest.watched.values()))
    elif kind == "L":
        for nick_name in guest.watched.values():
            guest.reply("732", nick_name)
        guest.reply("733", "End of MONITOR list")


def _told(server: State, guest: Guest, nicks: list[str]) -> None:
    for each in nicks:
        person = server.named(each)
        there = person is not None and person.welcome
        guest.reply("730" if there else "731", person.source if person is not None and there else each)
