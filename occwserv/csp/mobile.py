"""Pure. Things that are moved and not shared: who gives one away can not use it any more (occam's MOBILE).

A movable value that is sent over a channel is exchanged on its way for another handle on the same thing. The old handle
then raises `Moved`, and says where it was given away. While the sender waits it is still his: if he is cancelled, he
has it on. Only the value itself is moved, not what lies in a list that is sent.
"""

import sys
from types import FrameType
from typing import Any

from .errors import Moved

_HERE = __file__.rpartition("/")[0] + "/"


class Movable:
    """What is moved when it is sent."""

    __slots__ = ()

    def give(self, giver: Any) -> Any:
        """Make this handle useless, and give another one.

        :param giver: the process that gives it away, or None for the caller.
        """
        raise NotImplementedError


class Mobile(Movable):
    """A value that only one process has at a time."""

    __slots__ = ("_given", "_value")

    def __init__(self, value: Any) -> None:
        self._value = value
        self._given = ""

    @property
    def value(self) -> Any:
        """The value. :raise Moved: it was given away."""
        if self._given:
            raise Moved(f"the value was given away {self._given}")
        return self._value

    @value.setter
    def value(self, value: Any) -> None:
        if self._given:
            raise Moved(f"the value was given away {self._given}")
        self._value = value

    def give(self, giver: Any = None) -> "Mobile":
        """Give the value away."""
        other = Mobile(self.value)
        self._given = where(giver)
        self._value = None
        return other


def where(giver: Any = None) -> str:
    """The line of a program at which something is given away, as `at FILE:LINE`.

    :param giver: the process that waits to give it, else it is the caller who does.
    """
    inner = getattr(giver, "routine", None)
    frame: FrameType | None = None
    if inner is not None and not getattr(inner, "cr_running", True):
        while inner is not None and getattr(inner, "cr_frame", None) is not None:
            frame = _outside(inner.cr_frame, frame)
            inner = getattr(inner, "cr_await", None)
    if frame is None:
        frame = sys._getframe()
        while frame.f_back is not None and _inside(frame):
            frame = frame.f_back
    return f"at {frame.f_code.co_filename}:{frame.f_lineno}"


def _inside(frame: FrameType) -> bool:
    return frame.f_code.co_filename.startswith(_HERE)


def _outside(frame: FrameType, other: FrameType | None) -> FrameType | None:
    return other if _inside(frame) else frame
