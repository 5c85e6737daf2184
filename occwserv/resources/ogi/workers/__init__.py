"""Adapter. Modules whose instances are workers: processes or threads beside the server's own (WDialog's models).

pool.py      such a module: who waits, who is idle
hands.py     a worker as the server sees it; link.py  what the two say to each other
nursery.py   the small clean parent that worker processes are forked from
worker.py    a worker itself: a farm at the other end of the link; thread.py  one in a thread
"""
