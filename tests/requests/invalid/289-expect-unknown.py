"""RFC 9110 10.1.1: an expectation that can not be met."""

expected = [{"status": 417}]
