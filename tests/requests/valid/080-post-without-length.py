"""RFC 9112 6.3: neither field means an empty body."""

expected = [{"method": b"POST"}]
