"""RFC 9112 6.3: HTTP/1.0 bodies have a Content-Length."""

expected = [
    {"method": b"POST", "minor": 0, "keep_alive": False, "fields": {b"content-length": b"3"}, "length": 3},
    b"abc",
    [],
]
