"""RFC 9112 6.3: the body is as long as Content-Length says."""

expected = [{"method": b"POST", "fields": {b"host": b"a", b"content-length": b"5"}, "length": 5}, b"hello", []]
