"""Pure. Processes that communicate over channels: occam's words, Python's manners (docs/processes.md).

A library of its own: it knows nothing of the web, of Twisted or of asyncio, and needs no package.
"""

from .alt import SKIP, After, Send, alt, pri_alt
from .barrier import Barrier
from .buffer import Buffer, OverwritingBuffer
from .channel import Channel
from .current import own_processes, running
from .ends import Receiver, Sender, ends
from .errors import Broken, Cancelled, Closed, Ending, EndOfChannel, Moved, Poisoned, WouldBlock
from .extended import extended
from .mobile import Mobile, Movable
from .process import Process
from .scheduler import Scheduler
from .scope import Scope, par
from .waiting import let_others, sleep, stop, timeout

__all__ = [
    "SKIP",
    "After",
    "Barrier",
    "Broken",
    "Buffer",
    "Cancelled",
    "Channel",
    "Closed",
    "EndOfChannel",
    "Ending",
    "Mobile",
    "Movable",
    "Moved",
    "OverwritingBuffer",
    "Poisoned",
    "Process",
    "Receiver",
    "Scheduler",
    "Scope",
    "Send",
    "Sender",
    "WouldBlock",
    "alt",
    "ends",
    "extended",
    "let_others",
    "own_processes",
    "par",
    "pri_alt",
    "running",
    "sleep",
    "stop",
    "timeout",
]
