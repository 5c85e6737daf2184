"""How the examples of a property are chosen: the same in every run, and however slow the machine is."""

from hypothesis import HealthCheck, settings


def examples(number: int, **more: int) -> settings:
    """So many of them. Hypothesis would fail one that takes 200 ms, be it that the machine has stood still so long."""
    return settings(
        max_examples=number, derandomize=True, deadline=None, database=None,
        suppress_health_check=[HealthCheck.too_slow], **more,
    )  # fmt: skip
