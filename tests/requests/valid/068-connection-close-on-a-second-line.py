"""RFC 9110 5.3: a list may be spread over lines."""

expected = [{"keep_alive": False, "fields": {b"host": b"a", b"connection": b"keep-alive, close"}}]
