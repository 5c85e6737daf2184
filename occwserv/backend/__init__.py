"""Adapter. The back end: what happens to a connection after its answer: reuse or close, count, log."""
