"""Adapter. OGI: applications that live in the server as processes and are handed the client's connection (paper, 2.4).

farm.py       finds the module of a request; all its handlers; what the clock asks for
shelf.py      the modules there are; entrance.py  what all have in common, sessions.py  who goes first
module.py     one file of the folder of modules: its code, who accepts for it
handler.py    one instance of a module at work: idle, busy, busy and accepting
contract/     what a module sees
pools/        modules whose instances are processes or threads of their own; worker/  what these run: a farm again
faults.py     incidents, and when a module has failed too often
forms.py      queries, cookies and forms, read; intake.py  a form, before the module is bothered
state.py      what survives a crash, a reload, a restart
watchdog.py   interrupts a module that does not yield
tree.py       the page that shows all this
"""

from .farm import Farm
from .worker.thread import serve_in_thread

__all__ = ["Farm", "serve_in_thread"]
