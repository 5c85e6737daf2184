"""RFC 9110 5.6.2: what a field name is made of."""

expected = [{"fields": {b"host": b"a", b"!#$%&'*+-.^_`|~09az": b"1"}}]
