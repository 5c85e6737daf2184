"""RFC 9110 7.2: uri-host and an optional port."""

expected = [{"fields": {b"host": b"%C3%A9t%c3%a9.example"}}]
