"""RFC 9110 9.3.1: a GET may have content; what it holds is no request."""

expected = [
    {"fields": {b"host": b"a", b"content-length": b"35"}, "length": 35},
    b"GET /smuggled HTTP/1.1\r\nHost: a\r\n\r\n",
    [],
]
