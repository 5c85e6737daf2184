"""RFC 3986 3.4: the first question mark begins the query, others belong to it."""

expected = [{"target": b"/a?b?/c?", "path": b"/a", "query": b"b?/c?"}]
