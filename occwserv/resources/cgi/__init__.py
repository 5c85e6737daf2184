"""Adapter. CGI programs: a farm that starts them, and sees to their end (the paper, 2.3; RFC 3875).

mount.py     one folder of programs, or one program
farm.py      how many run at once, and who waits
script.py    which file is the program, and whether it may be run
page.py      one request, from its body to the end of its program
body.py      the request's body, collected (spool.py) or passed on
message.py   what the program is told, and what its output means
start.py     how it is started, and what its end means
answer.py    sends on what it writes; outflow.py: how fast; sendfile.py: or a file in its place
backlog.py   what has to wait, in memory and then in a file
log.py       what it complains about
"""

from .farm import Farm
from .mount import mounts, places

__all__ = ["Farm", "mounts", "places"]
