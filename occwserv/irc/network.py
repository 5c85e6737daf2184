"""Pure. What is to be known of a network before it is reached: the settings of one, with the defaults filled in."""

from collections.abc import Callable
from dataclasses import dataclass

from ..settings import Irc, IrcNetwork
from . import sasl

REAL_NAME = "the adventure; write me: help"


@dataclass(frozen=True, slots=True)
class Network:
    """One network. Times are in seconds; docs/configuration.md tells what each of these means.

    `endpoint` is a Twisted client endpoint; empty for the server that we have ourselves.
    """

    name: str
    endpoint: str
    nick: str
    password: str
    lobby: str
    account: str
    secret: str
    mechanism: str
    required: bool
    rate: float
    burst: int
    unread: int
    lines: int
    players: int
    idle: float
    lost: float
    patience: float
    regain: float

    @classmethod
    def of(cls, irc: Irc, network: IrcNetwork) -> "Network":
        """What the settings say of a network; what they do not say of it alone is the same for all."""
        return cls(
            name=network.server,
            endpoint=network.server,
            nick=network.nick or irc.nick,
            password=network.password or "",
            lobby=network.lobby or "",
            account=network.account or "",
            secret=network.account_password or "",
            mechanism=network.mechanism or "",
            required=network.required,
            rate=irc.rate,
            burst=irc.burst,
            unread=irc.unread,
            lines=irc.lines,
            players=irc.players,
            idle=irc.ping,
            lost=irc.timeout,
            patience=irc.register,
            regain=irc.regain,
        )

    def mechanisms(self, secure: bool, nonce: Callable[[], str]) -> dict[str, Callable[[], sasl.Mechanism]]:
        """The ways to say who we are, the best first: those that do not give the password away.

        :param secure: nobody else reads the link; else PLAIN is none of them.
        """
        if not self.account:
            return {}
        ways: dict[str, Callable[[], sasl.Mechanism]] = {
            "SCRAM-SHA-256": lambda: sasl.Scram(self.account, self.secret, nonce()),
            "EXTERNAL": lambda: sasl.External(self.account),
            "PLAIN": lambda: sasl.Plain(self.account, self.secret),
        }
        if self.mechanism:
            return {self.mechanism: ways[self.mechanism]}
        if not self.secret:
            return {"EXTERNAL": ways["EXTERNAL"]}
        del ways["EXTERNAL"]
        if not secure:
            del ways["PLAIN"]
        return ways
