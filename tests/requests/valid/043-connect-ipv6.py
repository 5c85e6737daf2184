"""RFC 9112 3.2.3: authority-form with an IP literal."""

expected = [{"method": b"CONNECT", "target": b"[::1]:65535", "authority": b"[::1]:65535"}]
