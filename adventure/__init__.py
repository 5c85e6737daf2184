"""Pure. The adventure: a world whose rooms, players, bots and machines are processes (docs/adventure.md).

It needs `occwserv.csp` and nothing else of the server: `python -m adventure` plays it in a terminal.
"""
