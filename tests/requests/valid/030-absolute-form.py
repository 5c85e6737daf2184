"""RFC 9112 3.2.2: a server accepts absolute-form, whose authority beats Host."""

expected = [{"target": b"http://b:81/x?y", "path": b"/x", "query": b"y", "authority": b"b:81"}]
