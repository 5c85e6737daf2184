"""Process. Following people on a network: by what is seen of them, by MONITOR, and by asking (WHOIS).

Who has no channel in common with somebody is told neither that he has another nickname nor that he has left; a server
that has MONITOR tells when a nickname is not in use any more; any server tells it to who writes to one (401).
"""

from collections.abc import Callable

from occwserv.csp import After, Buffer, Channel, alt

from .lobby import Lobby
from .message import Message, form
from .names import Names, Person

STALE = 10
"""Nicknames that are watched in vain."""

ELSEWHERE = "elsewhere"
"""Since when somebody is on a connection that is not the one we asked about."""


class Question:
    """A WHOIS that is not answered yet; `since` is when the connection was made, of whoever has that nickname.

    `stay`: his stay in the lobby when we asked.
    """

    def __init__(self, person: Person, stay: object | None) -> None:
        self.person, self.nick, self.stay = person, person.nick, stay
        self.account: str | None = None
        self.since = ""
        self.answered: Channel = Buffer(1)


class People:
    """Those who play on a network.

    :param send: sends a line to the network. :param turns: gives the turns to do so.
    :param gone: told of those who are gone. :param lobby: the channel that we are in; empty for none.
    """

    def __init__(
        self, send: Callable[[str], object], turns: Channel, gone: Callable[[Person], object], lobby: str = ""
    ) -> None:
        self._send, self._turns, self._told_gone = send, turns, gone
        self.names = Names(self._gone)
        self.lobby = Lobby(self.names, lobby)
        self.most_watched = 0  # nicknames that the server watches for us
        self._watched: dict[Person, str] = {}
        self._stale: list[str] = []  # what the server still watches, and need not
        self._questions: list[Question] = []

    async def watch(self, person: Person) -> None:
        """Have the server tell when somebody is gone, if it can."""
        if len(self._watched) < self.most_watched:
            await self._turns.receive()
            if len(self._watched) < self.most_watched:  # others had their turns before
                self._watch(person)

    def _watch(self, person: Person) -> None:
        if self._stale:
            self._send(form("MONITOR", "-", ",".join(self._stale)))
            self._stale.clear()
        self._watched[person] = person.nick
        self._send(form("MONITOR", "+", person.nick))

    def unwatch(self, person: Person) -> None:
        """He is of no interest any more; the server is told so when it is to watch somebody else."""
        nick = self._watched.pop(person, None)
        if nick is not None:
            self._stale.append(nick)
            if len(self._stale) >= STALE:
                self._send(form("MONITOR", "-", ",".join(self._stale)))
                self._stale.clear()

    def uncertain(self, person: Person) -> bool:
        """Whether his nickname could be another's now without our knowing it.

        It could, unless the server watches it for us, or every message tells an account, or he has been in the lobby
        since we asked about him.
        """
        if person in self._watched or (person.account and self.names.tagged):
            return False
        return person.stay is None or self.lobby.stay(person.nick) is not person.stay

    async def ask_who(self, person: Person, patience: float) -> None:
        """Learn which account somebody has, and since when he is here, if the network tells it in so many seconds."""
        question = await self._ask(person, patience)
        person.account = question.account or person.account
        person.since = question.since
        self._found(question)

    async def still_there(self, person: Person, patience: float) -> bool:
        """Whether his nickname is on the connection that it was on."""
        question = await self._ask(person, patience)
        self._found(question)
        return question.since == person.since

    def _found(self, question: Question) -> None:
        """From now on he is seen, if he is in the lobby, and on the connection that he was on."""
        if question.since.isdigit() and question.since == question.person.since:
            question.person.stay = question.stay

    async def _ask(self, person: Person, patience: float) -> Question:
        while True:
            await self._turns.receive()
            question = Question(person, self.lobby.stay(person.nick))
            self._questions.append(question)
            self._send(form("WHOIS", person.nick))
            try:
                await alt(question.answered, After(patience))
            finally:
                self._close(question)
            if question.nick == person.nick:  # else he was seen to take another one, and the answer is not about him
                return question

    def _close(self, question: Question) -> None:
        if question in self._questions:
            self._questions.remove(question)
            question.answered.send_now(None)

    def renamed(self, message: Message) -> None:
        """Somebody has another nickname."""
        self.lobby.renamed(message)
        person = self.names.renamed(message)
        if person is not None and person in self._watched:
            self.unwatch(person)
            self._watch(person)

    def quit(self, message: Message) -> None:
        """Somebody has left the network."""
        self._nobody(message.sender.nick)

    def offline(self, message: Message) -> list[str]:
        """731: nicknames that nobody has."""
        nicks = [target.partition("!")[0] for target in message.param(1).split(",")]
        for nick in nicks:
            self._nobody(nick)
        return nicks

    def told(self, message: Message) -> None:
        """Whatever else may be about people."""
        act = _TOLD.get(message.command)
        if act is not None:
            act(self, message)

    def _no_such_nick(self, message: Message) -> None:
        self._nobody(message.param(1))
        self._answered(message)

    def _full(self, message: Message) -> None:
        """734: nicknames that the server does not watch; it watches fewer than it said."""
        for nick in message.param(2).split(","):
            self.names.left(nick)  # whoever had it may come again, and is asked about
        self.most_watched = min(self.most_watched, len(self._watched))

    def _where(self, message: Message) -> None:
        """311: who has a nickname now may not be the one we asked about."""
        for question in self._about(message):
            if question.person.source.place != f"{message.param(2)}@{message.param(3)}":
                question.since = ELSEWHERE
                self._close(question)

    def _account(self, message: Message) -> None:
        """330: an account."""
        for question in self._about(message):
            question.account = message.param(2)

    def _since(self, message: Message) -> None:
        """317: since when."""
        for question in self._about(message):
            question.since = message.param(3) if message.param(3).isdigit() else ""

    def _answered(self, message: Message) -> None:
        """318: this was all."""
        for question in self._about(message):
            question.account = question.account or ""
            self._close(question)

    def _about(self, message: Message) -> list[Question]:
        """The questions that a line answers."""
        return [each for each in self._questions if self.names.same(each.nick, message.param(1))]

    def _nobody(self, nick: str) -> None:
        """Nobody has a nickname, nor is he in the lobby, whether or not we were told that he has left it."""
        self.lobby.left(nick)
        self.names.left(nick)

    def _gone(self, person: Person) -> None:
        self.unwatch(person)
        self._told_gone(person)


_TOLD: dict[str, Callable[[People, Message], object]] = {
    "311": People._where,
    "317": People._since,
    "318": People._answered,
    "330": People._account,
    "353": lambda self, message: self.lobby.there(message),
    "401": People._no_such_nick,
    "734": People._full,
    "ACCOUNT": lambda self, message: self.names.logged_in(message),
    "CHGHOST": lambda self, message: self.names.moved(message),
    "JOIN": lambda self, message: self.lobby.joined(message),
    "MODE": lambda self, message: self.lobby.changed(message),
}
