"""Adapter. CGI programs: a farm that starts them, and sees to their end (the paper, 2.3; RFC 3875).

farm.py      the mounts, how many run at once, and who waits
script.py    which file is the program, and whether it may be run
page.py      one request, from its body to the end of its program
spool.py     the body, in memory and then in a file
message.py   what the program is told, and what its output means
start.py     how it is started, and what its end means
answer.py    sends on what it writes
log.py       what it complains about
"""

from .farm import Farm, mounts

__all__ = ["Farm", "mounts"]
