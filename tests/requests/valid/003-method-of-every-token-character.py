"""RFC 9110 5.6.2: what a method is made of."""

expected = [{"method": b"!#$%&'*+-.^_`|~09AZaz"}]
