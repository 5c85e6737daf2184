"""RFC 9112 3.2: only HTTP/1.1 requests must have a Host."""

expected = [{"minor": 0, "keep_alive": False, "fields": {}}]
