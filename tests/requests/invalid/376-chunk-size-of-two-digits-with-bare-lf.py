"""RFC 9112 7.1: chunk lines and chunk data end with CR LF, and with nothing else."""

expected = [
    {"method": b"POST", "fields": {b"host": b"a", b"transfer-encoding": b"chunked"}, "length": None},
    {"status": 400},
]
