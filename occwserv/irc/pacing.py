"""Pure. How fast: tokens for what is sent, no more than the server reads, and longer waits before each new attempt."""

from collections.abc import Callable


class Bucket:
    """Holds up to `burst` tokens, `rate` more come in a second. What can not wait takes one that is not there yet."""

    def __init__(self, rate: float, burst: float, now: float) -> None:
        self.rate, self.burst = rate, burst
        self._tokens, self._at = burst, now

    def wait(self, now: float) -> float:
        """Seconds until there is a token; 0 if there is one."""
        self._tokens = min(self.burst, self._tokens + max(now - self._at, 0) * self.rate)
        self._at = now
        return 0.0 if self._tokens >= 1 - 1e-9 else (1 - self._tokens) / self.rate

    def take(self, now: float) -> bool:
        """Take a token if there is one."""
        if self.wait(now):
            return False
        self._tokens -= 1
        return True

    def owe(self, now: float) -> None:
        """Take a token, even one that comes later; never more than a full bucket of those."""
        self.wait(now)
        self._tokens = max(self._tokens - 1, -self.burst)


class Window:
    """What was sent, and may not have been read yet.

    A server that slows us down leaves our lines unread, and ends the connection when it holds too many. It reads them
    in their order: when it answers a PING, it has read all that was sent before.

    :param most: lines that it may hold.
    """

    def __init__(self, most: int) -> None:
        self._most = most
        self._sent = self._read = 0
        self._asked = 0  # what had been sent when it was asked

    @property
    def open(self) -> bool:
        """Whether more may be sent."""
        return self._sent - self._read < self._most

    def sends(self) -> None:
        """A line is sent."""
        self._sent += 1

    def question(self) -> str:
        """What to ask the server now, so that its answer comes before the window is closed; nothing most often."""
        if self._asked > self._read or self._sent - self._read <= self._most / 2:
            return ""
        self._asked = self._sent
        return f"read-{self._asked}"

    def answered(self, answer: str) -> None:
        """The server has answered a PING."""
        if answer == f"read-{self._asked}":
            self._read = self._asked


class Backoff:
    """Seconds to wait before each attempt to connect: twice as long each time, from `first` to `most`.

    :param stable: seconds that a connection must have lasted for the waits to begin anew. A server that takes us in
        and throws us out at once is so not asked every second.
    :param chance: a number from 0 to 1; waits are between half and all of what they would be, so that the many
        clients of a server that was restarted do not come back at once.
    """

    def __init__(self, first: float, most: float, stable: float, chance: Callable[[], float]) -> None:
        self._first, self._most, self._stable, self._chance = first, most, stable, chance
        self._next = first

    def wait(self) -> float:
        """Seconds until the next attempt."""
        wait, self._next = self._next, min(self._next * 2, self._most)
        return wait * (0.5 + self._chance() / 2)

    def lasted(self, seconds: float) -> None:
        """A connection has ended, after so long."""
        if seconds >= self._stable:
            self._next = self._first
