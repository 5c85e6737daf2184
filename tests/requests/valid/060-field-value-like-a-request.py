"""RFC 9112 5: inside a line nothing is a request."""

expected = [{"fields": {b"host": b"a", b"x": b"GET / HTTP/1.1"}}]
