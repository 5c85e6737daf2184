"""RFC 3986 3.1: schemes are case-insensitive."""

expected = [{"target": b"HTTP://B/X", "path": b"/X", "authority": b"B"}]
