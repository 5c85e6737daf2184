"""Pure. A line of a program: where something was given away, for who has it no more and uses it."""

from types import CodeType, FrameType

from msgspec import Struct


class Line(Struct, frozen=True, gc=False):
    """A line of a program that runs, as `at FILE:LINE`. Which one it is, is found out when somebody wants to know: that
    takes as long as answering a small request does."""

    code: CodeType
    at: int  # in the code's bytes

    def __str__(self) -> str:
        lines = [line for start, end, line in self.code.co_lines() if start <= self.at < end]
        return f"at {self.code.co_filename}:{lines[0] if lines else 0}"


def line_of(frame: FrameType) -> Line:
    """Where a frame is just now."""
    return Line(frame.f_code, frame.f_lasti)
