"""RFC 9110 6.5.1: trailers are never merged into the header section."""

expected = [
    {
        "method": b"POST",
        "fields": {b"host": b"a", b"x": b"1", b"trailer": b"X", b"transfer-encoding": b"chunked"},
        "length": None,
    },
    b"",
    [(b"X", b"2")],
]
