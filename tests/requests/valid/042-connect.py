"""RFC 9112 3.2.3: authority-form, for CONNECT alone."""

expected = [{"method": b"CONNECT", "target": b"b:443", "authority": b"b:443"}]
