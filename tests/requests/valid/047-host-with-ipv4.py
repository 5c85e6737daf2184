"""RFC 9110 7.2: uri-host and an optional port."""

expected = [{"fields": {b"host": b"127.0.0.1:80"}}]
