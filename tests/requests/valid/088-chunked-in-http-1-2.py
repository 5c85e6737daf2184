"""RFC 9112 6.1: HTTP/1.1 and later."""

expected = [
    {"method": b"POST", "fields": {b"host": b"a", b"transfer-encoding": b"chunked"}, "length": None},
    b"hello",
    [],
]
