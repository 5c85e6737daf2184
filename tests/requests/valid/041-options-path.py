"""RFC 9112 3.2.1: OPTIONS of one resource."""

expected = [{"method": b"OPTIONS", "target": b"/x"}]
