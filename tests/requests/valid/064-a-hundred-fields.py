"""RFC 9110 5.4: the limit itself is allowed."""

expected = [{"fields": {b"host": b"a"} | {b"x%d" % n: b"%d" % n for n in range(1, 100)}}]
