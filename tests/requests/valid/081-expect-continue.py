"""RFC 9110 10.1.1: the client waits for 100 (Continue)."""

expected = [
    {
        "method": b"POST",
        "fields": {b"host": b"a", b"expect": b"100-Continue", b"content-length": b"2"},
        "length": 2,
        "expects_continue": True,
    },
    b"ok",
    [],
]
