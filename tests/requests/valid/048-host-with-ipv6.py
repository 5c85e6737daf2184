"""RFC 9110 7.2: uri-host and an optional port."""

expected = [{"fields": {b"host": b"[::ffff:192.0.2.1]"}}]
