"""RFC 9112 2.2: what does not begin a request is refused at its first byte."""

expected = [{"status": 400}]
