"""RFC 9112 3: METHOD SP TARGET SP VERSION, and nothing else."""

expected = [{"status": 400}]
