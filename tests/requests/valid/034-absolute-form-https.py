"""RFC 9112 3.2.2: https URLs have the same form."""

expected = [{"target": b"https://b:443/", "path": b"/", "authority": b"b:443"}]
