"""RFC 9112 3.2.1: //b/c is a path, not a host."""

expected = [{"target": b"//b/c"}]
