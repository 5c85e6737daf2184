"""RFC 3986 2.4: decoded once and not twice."""

expected = [{"target": b"/%2541/%252e%252e/", "path": b"/%41/%2e%2e/"}]
