"""RFC 3986 3.2.2: an IP literal in brackets."""

expected = [{"target": b"http://[2001:db8::1]:80/", "path": b"/", "authority": b"[2001:db8::1]:80"}]
