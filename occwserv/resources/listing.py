"""Adapter. A folder without an index page, as a page.

It is made in a thread: a folder may have many thousands of files, or a slow disk, and nobody else is to wait for it.
"""

import os
from datetime import UTC, datetime

from twisted.internet.defer import DeferredLock, inlineCallbacks
from twisted.internet.threads import deferToThreadPool

from ..connection import Connection
from ..http.answer import Answer
from ..http.errors import HTTPError
from ..net.outlet import ClientGone, Outlet
from .files import Root
from .pages import render
from .paths import escape_path


class Listings:
    """Makes such pages, one at a time: several at once would only take the processor from each other, and from all
    other requests.

    :param reactor: for its threads.
    """

    def __init__(self, reactor) -> None:
        self._reactor = reactor
        self._turn = DeferredLock()

    @inlineCallbacks
    def serve(self, connection: Connection, root: Root, relative: bytes):
        """Answer with the page that lists a folder; the connection is given away."""
        threads = self._reactor.getThreadPool()
        outlet = connection.client.outlet
        try:
            answer = yield self._turn.run(deferToThreadPool, self._reactor, threads, _listing, outlet, root, relative)
            connection.reply(answer)
        except ClientGone:
            connection.abort("the client has left")
        except HTTPError as error:
            connection.fail(error)
        except Exception:
            connection.client.site.backend.crashed(connection)


def _listing(outlet: Outlet, root: Root, relative: bytes) -> Answer:
    """In a thread: the page for somebody, if he is still there when it is his turn."""
    if outlet.gone:
        raise ClientGone
    return list_folder(root, relative)


def list_folder(root: Root, relative: bytes) -> Answer:
    """The page that lists a folder: folders first, then files, by name; hidden ones and programs are left out.

    :param relative: the folder's path below the root, with a slash at its end; empty for the root.
    """
    place = os.path.realpath(root.place(relative)) + b"/"
    entries = [row for entry in root.scan(relative) if (row := _row(root, place, entry)) is not None]
    entries.sort(key=lambda row: (not row["folder"], row["name"].casefold(), row["name"]))
    page = render("listing.html", path=_text(b"/" + relative), entries=entries, top=not relative)
    fields = ((b"Content-Type", b"text/html; charset=utf-8"), (b"Cache-Control", b"no-cache"))
    return Answer(200, fields, (page,))


def _row(root: Root, folder_place: bytes, entry: os.DirEntry) -> dict | None:
    if entry.name.startswith(b"."):
        return None
    try:
        place = os.path.realpath(entry.path) if entry.is_symlink() else folder_place + entry.name
        if not root.holds(place) or root.hides(place):
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
