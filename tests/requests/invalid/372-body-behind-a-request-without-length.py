"""RFC 9112 6.3: bytes behind an empty body are the next request, and no good one."""

expected = [{"method": b"POST"}, {"status": 400}]
