"""RFC 9110 10.1.1: HTTP/1.0 has no Expect, so it is not refused either."""

expected = [{"minor": 0, "keep_alive": False, "fields": {b"expect": b"tea"}}]
