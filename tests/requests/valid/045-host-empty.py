"""RFC 9112 3.2: a target without authority has an empty Host."""

expected = [{"fields": {b"host": b""}}]
