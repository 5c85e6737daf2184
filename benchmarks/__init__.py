"""occwserv beside other web servers: `python -m benchmarks --help`, and docs/performance.md."""
