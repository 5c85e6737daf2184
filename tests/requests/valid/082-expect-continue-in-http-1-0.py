"""RFC 9110 10.1.1: ignored in HTTP/1.0."""

expected = [{"minor": 0, "keep_alive": False, "fields": {b"expect": b"100-continue"}}]
