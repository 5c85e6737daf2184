"""RFC 9110 8.6: decimal digits, never octal."""

expected = [
    {"method": b"POST", "fields": {b"host": b"a", b"content-length": b"0010"}, "length": 10},
    b"0123456789",
    [],
]
