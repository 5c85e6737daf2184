"""Adapter. How many files the process may have open."""

import resource


def raise_descriptor_limit(wanted: int) -> None:
    """Let the process have as many descriptors as the settings ask for, as far as the system permits."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    most = wanted if hard == resource.RLIM_INFINITY else min(wanted, hard)
    if soft != resource.RLIM_INFINITY and soft < most:
        resource.setrlimit(resource.RLIMIT_NOFILE, (most, hard))
