"""RFC 3986 2.4: the query is not decoded here."""

expected = [{"target": b"/a?%00%zz%", "path": b"/a", "query": b"%00%zz%"}]
