"""Pure. What is counted about the server's work (the paper, 2.5 and 2.6)."""

from collections import Counter
from dataclasses import dataclass, field


@dataclass(slots=True)
class Station:
    """How long connections stayed at one station of their way: `count` of them, `seconds` in all."""

    count: int = 0
    seconds: float = 0.0

    def figures(self) -> dict:
        return {"count": self.count, "seconds": round(self.seconds, 6)}


@dataclass(slots=True)
class Stats:
    """The counters. They only grow; whoever wants a rate asks twice.

    `received` and `sent` are bytes, heads and bodies, counted when a connection comes home.
    """

    started: float
    requests: int = 0
    received: int = 0
    sent: int = 0
    answers: Counter = field(default_factory=Counter)
    holders: Counter = field(default_factory=Counter)
    reading: Station = field(default_factory=Station)
    answering: Station = field(default_factory=Station)
    writing: Station = field(default_factory=Station)
    lost: int = 0
    twice: int = 0
    crashed: int = 0
    reloads: int = 0
    reloads_refused: int = 0

    def passed(self, began: float, routed: float, answered: float, finished: float) -> None:
        """One connection passed all stations. A clock that was set back does not make the sums smaller."""
        for station in (self.reading, self.answering, self.writing):
            station.count += 1
        if began <= routed <= answered <= finished:
            self.reading.seconds += routed - began
            self.answering.seconds += answered - routed
            self.writing.seconds += finished - answered

    def figures(self) -> dict:
        """All of it, as values that can be written as JSON."""
        return {
            "requests": {"total": self.requests},
            "bytes": {"received": self.received, "sent": self.sent},
            "answers": {str(status): count for status, count in sorted(self.answers.items())},
            "stations": {
                "reading": self.reading.figures(),
                "answering": self.answering.figures(),
                "writing": self.writing.figures(),
            },
            "resources": dict(sorted(self.holders.items())),
            "faults": {"lost": self.lost, "twice": self.twice, "crashed": self.crashed},
            "reloads": {"done": self.reloads, "refused": self.reloads_refused},
        }
