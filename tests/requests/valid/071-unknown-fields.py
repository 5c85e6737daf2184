"""RFC 9110 5.1: unknown fields are no error."""

expected = [
    {
        "fields": {
            b"host": b"a",
            b"proxy-connection": b"close",
            b"keep-alive": b"timeout=5",
            b"content-length-x": b"5",
            b"x-transfer-encoding": b"chunked",
        }
    }
]
