"""RFC 9110 7.2: uri-host and an optional port."""

expected = [{"fields": {b"host": b"[fe80::1]:8080"}}]
