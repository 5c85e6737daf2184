"""Pure. How a client gets into a network: capabilities, SASL, a nickname that nobody has (RFC 2812 3.1, IRCv3)."""

from collections.abc import Callable, Iterator

from . import sasl
from .capabilities import WANTED, Capabilities
from .message import Message, form

MOST_NICKS = 30
"""Nicknames that are tried."""

SHORTEST = 9
"""Characters that a nickname may have everywhere (RFC 2812 1.2.1)."""

TAKEN = frozenset({"432", "433", "436", "437"})
"""Not allowed (too long, most often), in use, in use on a server just joined, not to be had now."""


class Registration:
    """One attempt to be let in. `heard` takes each line and gives what is to be sent.

    `nick` is ours, once `welcome`; `failed` says why it goes no further; `account` whether SASL has succeeded,
    `refused` why it has not.

    :param mechanisms: ways to say who one is, the preferred first; each is made when it is its turn.
    :param required: whether to go on without having said so.
    """

    def __init__(
        self,
        nick: str,
        real_name: str,
        password: str = "",
        mechanisms: dict[str, Callable[[], sasl.Mechanism]] | None = None,
        required: bool = False,
    ) -> None:
        self._nicks = alternatives(nick)
        self.nick = next(self._nicks)
        self._user, self._real_name, self._password = nick[:SHORTEST].lower(), real_name, password
        self._mechanisms = dict(mechanisms or {})
        self._required = required
        self.capabilities = Capabilities(WANTED | ({"sasl"} if mechanisms else set()))
        self._mechanism: sasl.Mechanism | None = None
        self._challenge = sasl.Challenge()
        self._ended = False  # CAP END was sent
        self.welcome = self.account = False
        self.failed = self.refused = ""

    def begin(self) -> list[str]:
        """The first lines."""
        said = [form("PASS", self._password)] if self._password else []
        return ["CAP LS 302", *said, form("NICK", self.nick), form("USER", self._user, "0", "*", self._real_name)]

    def heard(self, message: Message) -> list[str]:
        """What to send after a line."""
        command = message.command
        if command == "001":
            self.welcome, self.nick = True, message.param(0) or self.nick
            if self._required and not self.account:
                self.failed = f"SASL is required, and has not succeeded: {self.refused or 'it is not offered'}"
            return []
        if command == "CAP":
            return self._capabilities(message)
        if command in TAKEN:
            self.nick = next(self._nicks, "")
            if not self.nick:
                self.failed = f"no nickname is free: {message.params[-1]}"
            return [form("NICK", self.nick)] if self.nick else []
        return self._authentication(message) if self._mechanism is not None else []

    def _capabilities(self, message: Message) -> list[str]:
        said = self.capabilities.heard(message)
        if self._ended or not self.capabilities.settled or self._mechanism is not None:
            return said
        if "sasl" in self.capabilities.enabled:
            offered = self.capabilities.offered.get("sasl", "")
            if offered:
                self._only(offered)
            return said + self._next_mechanism()
        return said + self._end()

    def _only(self, offered: str) -> None:
        """Leave out what the server does not know."""
        names = offered.upper().split(",")
        self._mechanisms = {name: make for name, make in self._mechanisms.items() if name in names}
        if not self._mechanisms:
            self.refused = self.refused or f"the server knows only {offered[:100]}"

    def _next_mechanism(self) -> list[str]:
        while self._mechanisms:
            name = next(iter(self._mechanisms))
            try:
                self._mechanism = self._mechanisms.pop(name)()
            except sasl.SaslError as error:
                self.refused = str(error)
                continue
            self._challenge = sasl.Challenge()
            return [f"AUTHENTICATE {name}"]
        return self._end()

    def _authentication(self, message: Message) -> list[str]:
        assert self._mechanism is not None
        if message.command == "AUTHENTICATE":
            try:
                challenge = self._challenge.add(message.param(0))
                return [] if challenge is None else sasl.lines(self._mechanism.answer(challenge))
            except sasl.SaslError as error:
                self.refused = str(error)
                return ["AUTHENTICATE *"]  # 906 answers that
        if message.command in ("903", "907"):
            if self._mechanism.proven:
                self.account = True
            else:
                self.refused = "the server has not proven that it knows the password"
            return self._end()
        if message.command == "908":
            self._only(message.param(1))
        elif message.command in ("902", "904", "905", "906"):
            self.refused = self.refused or message.params[-1]
            return self._next_mechanism()
        return []

    def _end(self) -> list[str]:
        self._mechanism = None
        if self._ended:
            return []
        self._ended = True
        if self._required and not self.account:
            self.failed = f"SASL is required, and has not succeeded: {self.refused or 'it is not offered'}"
            return []
        return ["CAP END"]

    def too_slow(self) -> list[str]:
        """The server has not answered for a while: go on without SASL, where that is allowed."""
        if self._mechanism is None and not self.capabilities.waits:
            return []
        self.refused = self.refused or "the server does not answer"
        return self._end()


def alternatives(nick: str) -> Iterator[str]:
    """A nickname, and others in its place: `_` behind it, then numbers in place of its end."""
    yield nick
    yield f"{nick}_"
    yield f"{nick}__"
    for number in range(1, MOST_NICKS - 2):
        yield f"{nick[: SHORTEST - len(str(number))]}{number}"
