"""Pure. What is to be known of a network before it is reached: the settings of one, with the defaults filled in."""

from collections.abc import Callable
from dataclasses import dataclass

from . import sasl


@dataclass(frozen=True, slots=True)
class Network:
    """One network. Times are in seconds; docs/configuration.md tells what each of these means.

    `endpoint` is a Twisted client endpoint; empty for the server that we have ourselves.
    """

    name: str
    endpoint: str = ""
    nick: str = "occgam"
    real_name: str = "the adventure; write me: help"
    password: str = ""
    lobby: str = ""
    account: str = ""
    secret: str = ""
    mechanism: str = ""
    required: bool = False
    rate: float = 2.0
    burst: int = 5
    unread: int = 10
    lines: int = 6
    players: int = 100
    idle: float = 30.0
    lost: float = 90.0
    patience: float = 60.0
    regain: float = 30.0

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
