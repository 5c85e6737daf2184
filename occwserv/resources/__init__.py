"""Adapter. What answers a request, one file a kind; resources do not know each other."""
