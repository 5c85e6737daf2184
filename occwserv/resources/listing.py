"""Adapter. A folder without an index page, as a page."""

import os
from datetime import UTC, datetime

from ..http.answer import Answer
from .files import Root
from .pages import render
from .paths import escape_path


def list_folder(root: Root, relative: bytes) -> Answer:
    """The page that lists a folder: folders first, then files, by name; hidden ones are left out.

    :param relative: the folder's path below the root, with a slash at its end; empty for the root.
    """
    entries = [row for entry in root.scan(relative) if (row := _row(root, entry)) is not None]
    entries.sort(key=lambda row: (not row["folder"], row["name"].casefold(), row["name"]))
    page = render("listing.html", path=_text(b"/" + relative), entries=entries, top=not relative)
    fields = ((b"Content-Type", b"text/html; charset=utf-8"), (b"Cache-Control", b"no-cache"))
    return Answer(200, fields, (page,))


def _row(root: Root, entry: os.DirEntry) -> dict | None:
    if entry.name.startswith(b"."):
        return None
    try:
        if entry.is_symlink() and not root.holds(os.path.realpath(entry.path)):
            return None
        facts = entry.stat()
        folder = entry.is_dir()
        if not folder and not entry.is_file():
            return None
    except OSError:
        return None  # a broken link, or gone since
    name = entry.name + (b"/" if folder else b"")
    return {
        "name": _text(name),
        # "./" keeps a name like "a:b" from being read as a scheme.
        "link": "." + escape_path(name).decode("ascii"),
        "folder": folder,
        "size": None if folder else facts.st_size,
        "modified": _moment(facts.st_mtime),
    }


def _moment(seconds: float) -> str:
    """A time since 1970 for people; empty for a year that has not four digits, which some file systems can keep."""
    try:
        return datetime.fromtimestamp(int(seconds), UTC).strftime("%Y-%m-%d %H:%M")
    except (ValueError, OverflowError):
        return ""


def _text(name: bytes) -> str:
    return name.decode("utf-8", "replace")
