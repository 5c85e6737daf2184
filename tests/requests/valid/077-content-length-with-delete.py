"""RFC 9112 6: any method may have a body."""

expected = [{"method": b"DELETE", "fields": {b"host": b"a", b"content-length": b"1"}, "length": 1}, b"x", []]
