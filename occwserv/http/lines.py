"""Pure. Line ends: CR LF and nothing else (RFC 9112 2.2), noticed as early as the bytes allow."""

import re

_MISPLACED = re.compile(rb"\r(?=[^\n])|(?<!\r)\n")


def misplaced_line_end(data: bytes | bytearray, start: int = 0) -> int | None:
    """Where a bare LF, or a CR without its LF, is first known to stand.

    :return: the index of the byte that proves it (the LF itself, the byte after the CR), or None. A CR at the very
        end proves nothing yet.
    """
    # The look-behind needs the byte before `start`, which `search` with a position still sees.
    found = _MISPLACED.search(data, start)
    if found is None:
        return None
    return found.start() + (data[found.start()] == 0x0D)
