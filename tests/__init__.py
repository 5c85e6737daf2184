"""The tests: `trial tests`."""
