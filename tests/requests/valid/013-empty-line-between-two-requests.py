"""RFC 9112 2.2: old clients send an extra CR LF behind a body."""

expected = [{"method": b"POST", "fields": {b"host": b"a", b"content-length": b"2"}, "length": 2}, b"ok", [], {}]
