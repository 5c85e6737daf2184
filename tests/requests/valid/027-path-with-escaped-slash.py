"""RFC 3986 2.2: an escaped slash was no separator when sent; the raw path tells."""

expected = [{"target": b"/a%2Fb%2f..%2fc", "path": b"/a/b/../c"}]
