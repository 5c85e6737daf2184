"""Pure. The kinds of settings: a type, its range, and what mistakes and the documentation call it."""

import ipaddress
from collections.abc import Callable
from typing import Annotated, Literal

from msgspec import Meta

HUGE = 2**53  # queues and timers of the standard library refuse numbers that are much larger


def about(description: str) -> Meta:
    """What a setting means, with its unit."""
    return Meta(description=description)


def whole(least: int) -> Meta:
    return Meta(ge=least, lt=HUGE, title=f"an integer of at least {least}")


def like(title: str, pattern: str, check: Callable[[str], object] = str) -> Meta:
    """A text that is all `pattern`, and of which `check` raises no ValueError; mistakes call it `title`."""
    return Meta(title=title, pattern=rf"^(?:{pattern})\Z", extra={"check": check})


# fmt: off
Flag = Annotated[bool, Meta(title="true or false")]
Some = Annotated[int, whole(0)]
Many = Annotated[int, whole(1)]
Nice = Annotated[int, Meta(ge=0, le=19, title="an integer from 0 to 19")]
Grace = Annotated[float, Meta(ge=0, le=86400, title="a number from 0 to 86400")]
Seconds = Annotated[float, Meta(gt=0, le=86400, title="a number above 0 and at most 86400")]
Text = Annotated[str, like("text", r"[^\0]+")]
Path = Annotated[str, like("a path", r"[^\0]+")]
File = Annotated[str, like("the name of a file", r"[^/\0]+")]
Endpoint = Annotated[str, like('an endpoint such as "tcp:8080"', r"[^\s:]+:[^\0]*")]
Url = Annotated[str, like('a URL path that begins with "/"', r"/[^\s?#]*")]
Prefix = Annotated[str, like('a URL path that begins and ends with "/"', r"/([^\s?#]*/)?")]
Charset = Annotated[str, like('a character set such as "utf-8"', r"[A-Za-z0-9._:+-]*")]
Extension = Annotated[str, like('an extension with its dot such as ".md"', r"\.[^\s/]+")]
Media = Annotated[str, like('a media type such as "text/plain"', r"[!-.0-:<-~]+/[!-.0-:<-~]+( *;[ -~]+)?")]
Network = Annotated[str, like('an address or a network such as "10.0.0.0/8"', r"\S+", ipaddress.ip_network)]
Nick = Annotated[str, like("an IRC nickname", r"[A-Za-z\[-`{-}][A-Za-z0-9\[-`{-}-]*")]
Reach = Annotated[str, like('a server such as "tls:host=irc.example.org:port=6697"', r"[^\s:]+:[^\0]*")]
Lobby = Annotated[str, like('a channel such as "#game"', r"[#&+!][^\x00-\x20,\x07]+( [^\x00-\x20,]+)?")]
Token = Annotated[str, like('a token such as "GET"', r"[A-Za-z0-9!#$%&'*+.^_`|~-]+")]
Name = Annotated[str, like("the name or address of a host", r"[A-Za-z0-9._:\[\]-]+")]
Variable = Annotated[str, like('the name of a variable such as "LANG"', r"[A-Za-z_][A-Za-z0-9_]*")]
Value = Annotated[str, like("text", r"[^\0]*")]
Account = Annotated[str, like('a name such as "www-data"', r"[A-Za-z0-9_][A-Za-z0-9_.-]*")]
Umask = Annotated[str, like('a umask such as "027", in quotes', r"[0-7]{3,4}")]
Encoding = Literal["br", "zst", "gz"]
Mechanism = Literal["SCRAM-SHA-256", "EXTERNAL", "PLAIN"]
Model = Literal["reactor", "process_pool", "forking", "sequential", "thread_pool"]
Endpoints = Annotated[tuple[Endpoint, ...], Meta(
    min_length=1, title='a list of endpoints such as "tcp:8080"')]
# fmt: on
