"""RFC 9112 6.1: chunked is applied once."""

expected = [{"status": 400}]
