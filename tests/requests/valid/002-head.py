"""RFC 9112 3.1: any method may come."""

expected = [{"method": b"HEAD"}]
