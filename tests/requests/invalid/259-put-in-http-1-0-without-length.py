"""RFC 9110 15.5.12: the body's end can not be told."""

expected = [{"status": 411}]
