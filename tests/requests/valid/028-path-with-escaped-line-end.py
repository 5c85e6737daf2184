"""RFC 3986 2.4: decoded, and never a line end again."""

expected = [{"target": b"/a%0d%0aX:%20b", "path": b"/a\r\nX: b"}]
