"""Adapter. The pages below a root: which form of one a client is sent, from memory or from its file.

A page may have precompressed neighbours (`page.html.br`): other forms of it. Pages that are asked for often win a place
in memory, with all their forms (`pagecache`, `cached`).
"""

import os
from collections.abc import Callable, Sequence
from functools import partial

from ..http.errors import HTTPError
from ..http.media import MediaTypes
from ..http.negotiation import choose_coding
from .cached import CachedPage, Folder
from .files import OpenFile, Root, facts_of
from .pagecache import Entry, PageCache

FOLDERS = 1024
"""Folders whose state is shared by the pages in them."""

_CODINGS = {"br": b"br", "zst": b"zstd", "gz": b"gzip"}


class Library:
    """Finds pages by their path below the root.

    :param precompressed: endings of neighbours ("br", "zst", "gz"), the favourite first.
    :param pages: the table in which pages compete for a place in memory.
    """

    def __init__(self, root: Root, types: MediaTypes, precompressed: Sequence[str], pages: PageCache) -> None:
        self.root = root
        self.type_of = types.of
        self._endings = [(_CODINGS[ending], b"." + ending.encode()) for ending in precompressed]
        self._pages = pages
        self._alone: set[bytes] = set()  # pages found to have no neighbours, in this second
        self._bulky: set[bytes] = set()  # pages found to be too large with all their forms, in this second
        self._second = 0
        self._folders: dict[bytes, Folder] = {}

    def cached(self, relative: bytes, second: int) -> CachedPage | None:
        """The page, if it is in memory and its files are still what they were."""
        entry = self._pages.get(relative)
        if entry is None or not entry.cached:
            return None
        if entry.content.alive(second):
            return entry.content
        self._pages.drop(entry)
        return None

    def open(self, relative: bytes, accept: bytes | None, second: int) -> tuple[OpenFile, bytes, bool]:
        """The file to send, its coding (empty for the plain page), and whether other clients are sent another one.

        :raise HTTPError: as `Root.open`. :raise IsADirectoryError: it is a folder.
        """
        plain = self.root.open(relative)
        if relative in self._alone and second == self._second:
            return plain, b"", False
        others = self._neighbours(relative, plain, second)
        if not others:
            return plain, b"", False
        chosen = choose_coding(accept, list(others))
        file = others.pop(chosen) if chosen is not None else plain
        for other in [*others.values(), *([plain] if file is not plain else [])]:
            other.close()
        return file, chosen or b"", True

    def sent(self, relative: bytes, size: int, second: int, file: OpenFile | None = None, body: bytes = b"") -> None:
        """A page of this size was sent whole from its file: perhaps it has earned a place in memory by that.

        :param file: the plain page, if it is that whose `body` was read, and found unchanged.
        """
        entry = None if relative in self._bulky else self._pages.missed(relative, size)
        if entry is None:
            return
        used = partial(self._pages.hit, entry)
        if file is not None and relative in self._alone:
            forms = {b"": (body, file.validators())}
            facts = {self.root.place(relative): file.facts}
            entry.content = self._keep(relative, forms, facts, second, used)
            return
        page = self._load(entry, second, used)
        if page is not None:
            entry.content = page
        else:
            self._pages.drop(entry)

    def _neighbours(self, relative: bytes, plain: OpenFile, second: int) -> dict[bytes, OpenFile]:
        """The other forms there are, by coding. One that is older than the page was made of an older page."""
        if second != self._second:
            self._second = second
            self._alone.clear()
            self._bulky.clear()
        others: dict[bytes, OpenFile] = {}
        if relative in self._alone:
            return others
        alone = True
        for coding, ending in self._endings:
            facts = facts_of(self.root.place(relative + ending))
            alone = alone and facts is None
            if facts is None or facts[0] < plain.modified_ns:
                continue
            try:
                others[coding] = self.root.open(relative + ending)
            except (HTTPError, IsADirectoryError):
                continue
        if alone:
            self._alone.add(relative)
        return others

    def _load(self, entry: Entry, second: int, used: Callable[[], None]) -> CachedPage | None:
        """Read a page in all its forms, if they have room together; None when that does not work out now."""
        relative = entry.key
        self._alone.discard(relative)  # a neighbour that has come since must not be taken for one that was passed over
        places = [self.root.place(relative), *(self.root.place(relative + ending) for _, ending in self._endings)]
        facts = {place: found for place in places if (found := facts_of(place)) is not None}
        try:
            plain = self.root.open(relative)
        except (HTTPError, IsADirectoryError):
            return None
        files = {b"": plain, **self._neighbours(relative, plain, second)}
        forms = {}
        whole = self._pages.resize(entry, sum(file.size for file in files.values()))
        if not whole:
            self._bulky.add(relative)
        for coding, file in files.items():
            body = file.read() if whole else None
            whole = body is not None
            forms[coding] = (body, file.validators(coding))
            file.close()
        return self._keep(relative, forms, facts, second, used) if whole else None

    def _keep(self, relative: bytes, forms: dict, facts: dict, second: int, used: Callable[[], None]) -> CachedPage:
        place = self.root.place(relative)
        absent = [place + ending for _, ending in self._endings if place + ending not in facts]
        # What a link that leads nowhere will lead to comes into another folder: the page looks after that itself.
        facts = {**facts, **{neighbour: None for neighbour in absent if os.path.islink(neighbour)}}
        path = place.rpartition(b"/")[0]
        folder = self._folders.get(path)
        if folder is None:
            if len(self._folders) >= FOLDERS:
                self._folders.clear()  # those in use live on with their pages
            folder = self._folders[path] = Folder(path)
        return CachedPage(forms, facts, absent, folder, self.type_of(relative), second, used)
