"""RFC 9110 4.2.3: an empty path is /."""

expected = [{"target": b"http://b?y", "path": b"/", "query": b"y", "authority": b"b"}]
