"""RFC 9112 6.1: faulty framing, in HTTP/1.0."""

expected = [{"status": 400}]
