"""Adapter. What the front end is given to work with. A reload makes a new one, which new clients see."""

from collections.abc import Callable
from dataclasses import dataclass, field

from ..connection import Connection
from ..http.errors import HTTPError
from ..http.head import Limits, Request
from ..roles import Backend, Resource
from ..settings import Settings
from .door import Door
from .wheel import Wheel

FAREWELL = 1.0
"""Seconds in which a kept connection may ask once more after the server was told to stop, and be told to close: a
request that was on its way is answered so, not lost."""


@dataclass(slots=True)
class Site:
    """One state of the settings, and the parts of the server a client's reader talks to.

    `route` finds the resource of a request; `failure` answers an error; `backend` is where connections come home; `now`
    is the time in seconds since 1970; `soon` calls a function when others have had their turn. `stopping` ends every
    connection behind its next answer.
    """

    settings: Settings
    limits: Limits
    route: Callable[[Request], Resource]
    failure: Callable[[Connection, HTTPError], None]
    backend: Backend
    wheel: Wheel
    door: Door
    now: Callable[[], float]
    soon: Callable[[Callable[[], None]], object]
    stopping: bool = False
    most_requests: int = field(init=False)  # these two are asked for with every request
    idle: float = field(init=False)

    def __post_init__(self) -> None:
        self.most_requests = self.settings.limits.requests
        self.idle = self.settings.timeouts.idle
