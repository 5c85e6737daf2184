"""RFC 9112 7.1.2: in their order, with the names as sent, blanks around values removed."""

expected = [
    {"method": b"POST", "fields": {b"host": b"a", b"transfer-encoding": b"chunked"}, "length": None},
    b"",
    [(b"Expires", b"1"), (b"X", b"2"), (b"expires", b"")],
]
