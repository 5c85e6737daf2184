"""Paths made safe: the quick way to a plain path agrees with the plain way."""

from hypothesis import given
from hypothesis import strategies as st
from twisted.trial import unittest

from occwserv.http.errors import HTTPError
from occwserv.http.target import parse_target
from occwserv.resources import paths

from .examples import examples

PIECES = st.sampled_from(
    [b"/", b"a", b"Z9", b"-_", b".", b"..", b"index.html", b"%2e", b"%61", b"~", b"x" * 200, b"\\"]
)


def outcome(read, raw: bytes) -> bytes | int:
    """What a way makes of a path: the path below the root, or the status it refuses it with."""
    try:
        return read(parse_target(b"GET", raw))
    except HTTPError as error:
        return error.status


class QuickWayTests(unittest.SynchronousTestCase):
    @examples(2000)
    @given(st.lists(PIECES, max_size=12).map(lambda pieces: b"/" + b"".join(pieces)))
    def test_it_gives_what_the_plain_way_gives(self, raw: bytes) -> None:
        self.assertEqual(outcome(paths.relative_path, raw), outcome(paths.look_closely, raw))

    def test_plain_paths_take_it(self) -> None:
        for raw in (b"/", b"/a", b"/a/", b"/a-b/c_d/e.f.html", b"/" + b"x" * 254):
            self.assertTrue(paths.is_plain(raw), raw)

    def test_no_other_path_takes_it(self) -> None:
        for raw in (b"//", b"/.a", b"/a/.b", b"/..", b"/a/../b", b"/%61", b"/a b", b"/\\", b"/" + b"x" * 255):
            self.assertFalse(paths.is_plain(raw), raw)
