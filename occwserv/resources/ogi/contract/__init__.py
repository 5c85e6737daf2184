"""Adapter. What a module sees of the server (docs/ogi.md): modules outside rely on it.

api.py          `ogi`: the requests for it, its state, its children
connection.py   a connection: ways to answer it; request.py  what it says
stream.py       answers in pieces, feed.py  events that are pushed
"""
