"""RFC 9110 7.6.1: a list of options, with empty members."""

expected = [{"keep_alive": False, "fields": {b"host": b"a", b"connection": b", x ,\tclose,, keep-alive"}}]
