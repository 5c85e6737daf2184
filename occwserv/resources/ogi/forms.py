"""Pure. What a client sends as text: queries, cookies, forms. Whatever it is, it is read to some value."""

from io import BytesIO
from typing import Any
from urllib.parse import parse_qsl, unquote

from multipart import MultipartError, MultipartParser, parse_options_header

MOST_FIELDS = 1000
"""Fields of a query or a form that are read."""


class Args(dict[str, str]):
    """Names and values. A name that comes several times has its last value here, and all of them in `all`."""

    __slots__ = ("_all",)

    def __init__(self, pairs: list[tuple[str, str]]) -> None:
        super().__init__(pairs)
        self._all = pairs

    def all(self, name: str) -> list[str]:
        """All values of a name, in their order."""
        return [value for other, value in self._all if other == name]


class Upload:
    """A file of a form. `filename` is what the browser called it: never to be used as a path."""

    __slots__ = ("content_type", "data", "filename")

    def __init__(self, filename: str, content_type: str, data: bytes) -> None:
        self.filename = filename
        self.content_type = content_type
        self.data = data


class Form(Args):
    """A form: its fields, and in `files` what was uploaded with it."""

    __slots__ = ("files",)

    def __init__(self, pairs: list[tuple[str, str]], files: dict[str, Upload] | None = None) -> None:
        super().__init__(pairs)
        self.files = files or {}


class BadForm(ValueError):
    """The bytes are not the form that their type says."""


def parse_query(query: bytes) -> Args:
    """The fields of a query, decoded."""
    try:
        return Args(_pairs(query))
    except ValueError:
        return Args([])  # more fields than anybody means


def parse_cookies(field: bytes | None) -> dict[str, str]:
    """The cookies of a `Cookie` field (RFC 6265 5.4); of two with one name the first."""
    cookies: dict[str, str] = {}
    for pair in (field or b"").decode("latin-1").replace(",", ";").split(";"):
        name, equals, value = pair.strip().partition("=")
        if equals and name not in cookies:
            cookies[name] = unquote(value.strip('"'))
    return cookies


def is_form(content_type: bytes) -> bool:
    """Whether a body of this type is a form."""
    kind = content_type.partition(b";")[0].strip().lower()
    return kind in (b"application/x-www-form-urlencoded", b"multipart/form-data")


def parse_form(content_type: bytes, body: bytes) -> Form:
    """The fields and files of a form.

    :raise BadForm: with what is wrong with it.
    """
    kind, options = parse_options_header(content_type.decode("latin-1"))
    if kind != "multipart/form-data":
        try:
            return Form(_pairs(body))
        except ValueError as error:
            raise BadForm(str(error)) from None
    try:
        return _parts(body, options.get("boundary", ""))
    except (MultipartError, ValueError, UnicodeError) as error:
        raise BadForm(f"the form can not be read: {error}") from None


def _pairs(data: bytes) -> list[tuple[str, str]]:
    text = data.decode("utf-8", "replace")
    return parse_qsl(text, keep_blank_values=True, errors="replace", max_num_fields=MOST_FIELDS)


def _parts(body: bytes, boundary: str) -> Form:
    if not boundary:
        raise BadForm("the Content-Type of the form names no boundary")
    pairs: list[tuple[str, str]] = []
    files: dict[str, Upload] = {}
    size = max(len(body), 1)
    limits: dict[str, Any] = {"memory_limit": size * 2, "disk_limit": 0, "part_limit": MOST_FIELDS}
    for part in MultipartParser(BytesIO(body), boundary, len(body), **limits):
        if not part.name:
            raise BadForm("a part of the form has no name")
        if part.filename is None:
            pairs.append((part.name, part.raw.decode("utf-8", "replace")))
        else:
            files[part.name] = Upload(part.filename, part.content_type, part.raw)
    return Form(pairs, files)
