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
        auto_reload=False,
    )


def load_templates() -> None:
    """Read all templates now: when an error page is needed there may be no file descriptor left to read it with."""
    for name in _environment().list_templates():
        _environment().get_template(name)


def render(template: str, **values) -> bytes:
    """A template of `templates/`, filled in."""
    return _environment().get_template(template).render(values).encode("utf-8")
