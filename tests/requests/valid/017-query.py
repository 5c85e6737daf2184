"""RFC 9112 3.2.1: origin-form."""

expected = [{"target": b"/p/q.html?x=1&y=2", "path": b"/p/q.html", "query": b"x=1&y=2"}]
