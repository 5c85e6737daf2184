"""RFC 3986 2.4: an escape is decoded."""

expected = [{"target": b"/%41%6a%7E%C3%A9", "path": b"/Aj~\xc3\xa9"}]
