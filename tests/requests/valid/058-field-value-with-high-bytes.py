"""RFC 9110 5.5: obs-text is opaque data; none of it is a line end or a blank."""

expected = [{"fields": {b"host": b"a", b"x": b"\x80\x85\xa0\xe2\x80\xa8\xff"}}]
