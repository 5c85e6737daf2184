"""RFC 9112 7.1.2: trailers obey the rules of header fields."""

expected = [
    {"method": b"POST", "fields": {b"host": b"a", b"transfer-encoding": b"chunked"}, "length": None},
    b"hello",
    {"status": 400},
]
