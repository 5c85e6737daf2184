"""RFC 9112 3.2.4: no path and no query means the whole server."""

expected = [{"method": b"OPTIONS", "target": b"http://b:8001", "path": b"*", "authority": b"b:8001"}]
