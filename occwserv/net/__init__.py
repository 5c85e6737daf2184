"""Adapter. Sockets: the reactor, listening, what leaves for the client. Knows nothing of HTTP."""
