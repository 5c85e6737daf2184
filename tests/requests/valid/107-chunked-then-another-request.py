"""RFC 9112 6.3: the next request begins behind the empty line."""

expected = [
    {"method": b"POST", "fields": {b"host": b"a", b"transfer-encoding": b"chunked"}, "length": None},
    b"hello",
    [],
    {"target": b"/2"},
]
