"""RFC 9112 7.1: data is octets."""

expected = [
    {"method": b"POST", "fields": {b"host": b"a", b"transfer-encoding": b"chunked"}, "length": None},
    b"\x00\xff\r\r\n\n",
    [],
]
