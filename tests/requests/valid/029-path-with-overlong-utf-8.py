"""RFC 3986 2.4: an overlong slash is two bytes and not a slash."""

expected = [{"target": b"/%c0%af..%c0%af", "path": b"/\xc0\xaf..\xc0\xaf"}]
