"""Adapter. The other end of a pool's link: a farm of its own, in a process or a thread of its own.

worker.py    the farm, and its end of the link
relayed.py   a connection whose client is in the server's hands
thread.py    one in a thread of the server
cradle.py    what the nursery's process does: it forks those in processes
"""
