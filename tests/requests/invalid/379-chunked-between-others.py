"""RFC 9112 6.3: chunked comes last, or no end can be told."""

expected = [{"status": 400}]
