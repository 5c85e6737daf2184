"""RFC 9110 10.1.1: the length need not be known."""

expected = [
    {
        "method": b"PUT",
        "target": b"/x",
        "fields": {b"host": b"a", b"expect": b"100-continue", b"transfer-encoding": b"chunked"},
        "length": None,
        "expects_continue": True,
    },
    b"hello",
    [],
]
