"""RFC 9110 7.8, 10.1.4: what this server does not do is ignored."""

expected = [
    {"fields": {b"host": b"a", b"te": b"trailers, deflate;q=0.5", b"upgrade": b"h2c", b"connection": b"TE, Upgrade"}}
]
