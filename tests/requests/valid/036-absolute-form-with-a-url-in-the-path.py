"""RFC 3986 3.3: colons and slashes in a path."""

expected = [{"target": b"http://b/http://c/", "path": b"/http://c/", "authority": b"b"}]
