"""RFC 9112 3.1: methods are case-sensitive; this one is unknown, not GET."""

expected = [{"method": b"get"}]
