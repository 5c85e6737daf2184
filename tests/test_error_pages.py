"""Errors as pages: those of the root, and those the server makes itself."""

import os

from .test_static import StaticTestCase


class ErrorPageTests(StaticTestCase):
    """A page of the root stands in for a status."""

    def test_it_is_the_body_whatever_was_asked_for(self) -> None:
        self.write("error404.html", b"not here")
        for target in (b"/none", b"/folder/none.txt", b"/.hidden"):
            answer = self.get(target)
            self.assertEqual((answer.status, answer.body), (404, b"not here"))
            self.assertEqual(answer["content-type"], "text/html; charset=utf-8")
            self.assertNotIn("etag", answer)
        self.assertEqual(self.get(b"/none", method=b"HEAD")["content-length"], "8")

    def test_it_is_sent_to_its_end(self) -> None:
        self.write("error404.html", page := b"not here" * 30_000)
        self.assertEqual(self.get(b"/none").body, page)

    def test_a_large_one_is_not_read_at_once(self) -> None:
        with open(self.root / "error404.html", "wb") as page:
            page.truncate(1 << 40)  # which no memory holds
        self.assertEqual(self.get(b"/none", method=b"HEAD")["content-length"], str(1 << 40))

    def test_a_folder_or_something_odd_in_its_place_is_passed_over(self) -> None:
        (self.root / "error404.html").mkdir()
        os.mkfifo(self.root / "error405.html")
        self.assertIn(b"404", self.get(b"/none").body)
        answer = self.get(b"/", method=b"POST")
        self.assertEqual((answer.status, answer["allow"]), (405, "GET, HEAD, OPTIONS"))

    def test_what_the_server_says_itself_is_escaped(self) -> None:
        self.assertNotIn(b"<script>", self.get(b"/%3Cscript%3E").body)
