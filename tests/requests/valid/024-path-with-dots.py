"""RFC 9112 3.2.1: the reader does not resolve dots; who opens files refuses them."""

expected = [{"target": b"/a/../b/./c"}]
