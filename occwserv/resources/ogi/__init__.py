"""Adapter. OGI: applications that live in the server as processes and are handed the client's connection (paper, 2.4).

farm.py         finds the module of a request; all its handlers; what the clock asks for
module.py       one file of the folder of modules: its code, its state, its faults, who accepts for it
handler.py      one instance of a module at work: idle, busy, busy and accepting
api.py          what a module sees: `ogi`
connection.py   what a module sees: a connection
stream.py       answers in pieces, feed.py  events that are pushed
forms.py        queries, cookies and forms, read
faults.py       incidents, and when a module has failed too often
state.py        what survives a crash, a reload, a restart
watchdog.py     interrupts a module that does not yield
tree.py         the page that shows all this
"""

from .farm import Farm

__all__ = ["Farm"]
