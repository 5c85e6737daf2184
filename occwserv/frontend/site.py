"""Adapter. What the front end is given to work with. A reload makes a new one, which new clients see."""

from collections.abc import Callable
from dataclasses import dataclass

from ..connection import Backend, Connection, Resource
from ..http.errors import HTTPError
from ..http.head import Limits, Request
from ..settings import Settings
from .wheel import Wheel


@dataclass(slots=True)
class Site:
    """One state of the settings, and the parts of the server a client's reader talks to.

    `route` finds the resource of a request; `failure` answers an error; `backend` is where connections come home;
    `now` is the time in seconds since 1970. `stopping` ends every connection behind its next answer.
    """

    settings: Settings
    limits: Limits
    route: Callable[[Request], Resource]
    failure: Callable[[Connection, HTTPError], None]
    backend: Backend
    wheel: Wheel
    now: Callable[[], float]
    stopping: bool = False
