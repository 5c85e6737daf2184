"""RFC 9112 7.1: a chunk, the last chunk, no trailers."""

expected = [
    {"method": b"POST", "fields": {b"host": b"a", b"transfer-encoding": b"chunked"}, "length": None},
    b"hello",
    [],
]
