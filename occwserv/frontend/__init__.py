"""Adapter. The front end: accepts clients, reads their requests, sends them where they are answered."""
