"""RFC 9112 7.1.1: a bare LF behind an extension hides a chunk from one of two servers."""

expected = [
    {"method": b"POST", "fields": {b"host": b"a", b"transfer-encoding": b"chunked"}, "length": None},
    {"status": 400},
]
