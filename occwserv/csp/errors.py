"""Pure. How a communication can end otherwise than by taking place: each cause has a name of its own."""


class Ending(Exception):
    """A channel will not be communicated on any more, or not now. Its text names the channel.

    `which` is the place of the channel among the alternatives of an `alt`.
    """

    which: int | None = None


class Closed(Ending):
    """I closed this end myself, and then used it."""


class Broken(Ending):
    """The other side is gone: nobody will receive what I send."""


class EndOfChannel(Ending):
    """There will be no more: all who could send are gone. `async for` ends by it."""


class WouldBlock(Ending):
    """Not now: nobody waits on the other side."""


class Poisoned(Ending):
    """The channel was poisoned: whoever meets it is to end, and to poison what he holds."""


class Moved(RuntimeError):
    """Something was used by somebody who had given it away: a mistake in the program, and where it was given."""


class Cancelled(BaseException):
    """The process is to end. Not an `Exception`, so that no handler for those swallows it."""
