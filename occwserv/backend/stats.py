"""Pure. What is counted about the server's work (the paper, 2.5 and 2.6)."""

from dataclasses import dataclass, field


@dataclass(slots=True)
class Stats:
    """The counters. They only grow; whoever wants a rate asks twice.

    Each request is one of `answers`, by its status, and one of `holders`, by who answered it. `reading`, `answering`
    and `writing` are the seconds that connections stayed at the stations of the long way.
    """

    started: float
    answers: dict[int, int] = field(default_factory=dict)  # no Counters: those take twice as long to count
    holders: dict[str, int] = field(default_factory=dict)
    reading: float = 0.0
    answering: float = 0.0
    writing: float = 0.0
    lost: int = 0
    twice: int = 0
    crashed: int = 0
    reloads: int = 0
    reloads_refused: int = 0

    @property
    def requests(self) -> int:
        """How many were answered, in whatever way."""
        return sum(self.answers.values())

    @property
    def passed(self) -> int:
        """How many connections went the long way, past its three stations."""
        return self.requests - self.holders.get("door", 0)

    def went(self, began: float, routed: float, answered: float, finished: float) -> None:
        """One connection went past all stations. A clock that was set back does not make the sums smaller."""
        if began <= routed <= answered <= finished:
            self.reading += routed - began
            self.answering += answered - routed
            self.writing += finished - answered

    def figures(self) -> dict:
        """All of it, as values that can be written as JSON."""
        passed, stations = self.passed, {"reading": self.reading, "answering": self.answering, "writing": self.writing}
        return {
            "requests": {"total": self.requests},
            "answers": {str(status): count for status, count in sorted(self.answers.items())},
            "stations": {name: {"count": passed, "seconds": round(seconds, 6)} for name, seconds in stations.items()},
            "resources": dict(sorted(self.holders.items())),
            "faults": {"lost": self.lost, "twice": self.twice, "crashed": self.crashed},
            "reloads": {"done": self.reloads, "refused": self.reloads_refused},
        }
