"""Adapter. Modules whose instances are workers: processes or threads beside the server's own.

pool.py      such a module: who waits, who is idle
hands.py     a worker as the server sees it
link.py      how the two talk
nursery.py   the small clean parent that worker processes are forked from
"""
