"""RFC 9112 6.3: bytes behind a body are the next request, and no good one."""

expected = [
    {"method": b"POST", "fields": {b"host": b"a", b"transfer-encoding": b"chunked"}, "length": None},
    b"",
    [],
    {"status": 400},
]
