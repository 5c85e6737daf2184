"""RFC 9112 6.1, 6.3: framed twice is the oldest way to smuggle a request."""

expected = [{"status": 400}]
