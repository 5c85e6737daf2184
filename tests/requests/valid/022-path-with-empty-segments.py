"""RFC 3986 3.3: empty segments stay."""

expected = [{"target": b"//a///b/"}]
