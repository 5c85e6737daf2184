"""Adapter. Pages the server makes itself: templates with escaping on, so that no text becomes markup."""

from functools import cache

from jinja2 import Environment, PackageLoader, select_autoescape


@cache
def _environment() -> Environment:
    return Environment(
        loader=PackageLoader("occwserv.resources"),
        autoescape=select_autoescape(default=True),
        trim_blocks=True,
        lstrip_blocks=True,
    )


def render(template: str, **values) -> bytes:
    """A template of `templates/`, filled in."""
    return _environment().get_template(template).render(values).encode("utf-8")
