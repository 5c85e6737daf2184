"""RFC 9112 3.2.2: absolute-form without any Host."""

expected = [{"target": b"http://b/x", "path": b"/x", "authority": b"b", "minor": 0, "keep_alive": False, "fields": {}}]
