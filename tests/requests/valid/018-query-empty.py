"""RFC 3986 3.4: an empty query is a query."""

expected = [{"target": b"/?", "path": b"/", "query": b""}]
