"""Pure. Which extensions of the protocol are agreed on (IRCv3 capability negotiation, version 302)."""

from .message import Message

WANTED = frozenset({"account-notify", "account-tag", "chghost", "cap-notify", "message-tags", "server-time"})
"""What is asked for where it is offered. `sasl` comes with the credentials."""

ROOM = 400
"""Bytes of names in one request."""


class Capabilities:
    """What the server offers, and what is enabled.

    A server refuses a request as a whole, for one name that it does not like: what was refused together is asked for
    again, each name alone.
    """

    def __init__(self, wanted: frozenset[str] = WANTED) -> None:
        self.wanted = wanted
        self.offered: dict[str, str] = {}  # with their values
        self.enabled: set[str] = set()
        self.listed = False  # the whole list has come
        self._asked: list[tuple[str, ...]] = []  # requests that are not answered yet

    @property
    def settled(self) -> bool:
        """Whether all is answered."""
        return self.listed and not self._asked

    @property
    def waits(self) -> bool:
        """Whether a request is not answered yet."""
        return bool(self._asked)

    def heard(self, message: Message) -> list[str]:
        """What to send after a line `CAP * LS|ACK|NAK|NEW|DEL ...`."""
        kind, last = message.param(1).upper(), message.params[-1] if len(message.params) > 2 else ""
        names = last.split()
        if kind in ("LS", "NEW"):
            for name in names:
                key, _, value = name.partition("=")
                self.offered[key] = value
            if kind == "LS" and message.param(2) == "*" and len(message.params) > 3:
                return []  # more of them follow
            if kind == "LS" and self.listed:
                return []
            self.listed = True
            return self._ask(sorted(self.offered.keys() & self.wanted - self.enabled))
        if kind == "DEL":
            for name in names:
                self.offered.pop(name, None)
                self.enabled.discard(name)
        elif kind in ("ACK", "NAK"):
            return self._answered(kind == "ACK", names)
        return []

    def _answered(self, agreed: bool, names: list[str]) -> list[str]:
        if agreed:
            self.enabled |= {name for name in names if not name.startswith("-")}
            self.enabled -= {name[1:] for name in names if name.startswith("-")}
        asked = next((each for each in self._asked if set(each) & set(names)), None)
        if asked is None:
            return []
        self._asked.remove(asked)
        return [] if agreed or len(asked) == 1 else [self._request((name,)) for name in asked]

    def _ask(self, names: list[str]) -> list[str]:
        requests: list[tuple[str, ...]] = []
        for name in names:
            if requests and len(" ".join((*requests[-1], name))) <= ROOM:
                requests[-1] += (name,)
            else:
                requests.append((name,))
        return [self._request(each) for each in requests]

    def _request(self, names: tuple[str, ...]) -> str:
        self._asked.append(names)
        return f"CAP REQ :{' '.join(names)}"
