"""RFC 9112 9.3.2: a client may send ahead."""

expected = [{}, {"target": b"/2"}]
