"""RFC 9112 9.3: HTTP/1.0 without keep-alive does not persist."""

expected = [{"minor": 0, "keep_alive": False}]
