"""RFC 9112 3.2: a HTTP/1.1 request has one Host field."""

expected = [{"status": 400}]
