"""RFC 9110 7.2: uri-host and an optional port."""

expected = [{"fields": {b"host": b"example.org:8080"}}]
