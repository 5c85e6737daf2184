"""RFC 9112 3.2.4: a path, even /, means that resource."""

expected = [{"method": b"OPTIONS", "target": b"http://b/", "path": b"/", "authority": b"b"}]
