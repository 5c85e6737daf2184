"""RFC 9112 6.3: an empty body."""

expected = [{"method": b"POST", "fields": {b"host": b"a", b"content-length": b"0"}, "length": 0}]
