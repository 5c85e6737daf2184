"""The examples of docs/ogi.md, each served and asked."""

import re
from pathlib import Path

from .ogi_stage import OgiTestCase
from .test_ogi_body import URLENCODED

DOCS = Path(__file__).parent.parent / "docs" / "ogi.md"
EXAMPLES = re.findall(r"```python\n(.*?)```", DOCS.read_text(), re.DOTALL)


class DocsTests(OgiTestCase):
    """In the order of the page."""

    modules = {f"example{number}": text for number, text in enumerate(EXAMPLES)}

    def test_there_are_as_many_as_are_asked(self) -> None:
        self.assertEqual(len(EXAMPLES), 6)

    def test_for_one_request(self) -> None:
        self.assertEqual(self.text("/ogi/example0?name=Fred"), "Hello, Fred!\n")
        self.assertEqual(self.figures()["handlers"]["busy"], 0)

    def test_for_all(self) -> None:
        self.assertEqual([self.text("/ogi/example1") for _ in range(2)], ["<p>1 hits", "<p>2 hits"])

    def test_forked(self) -> None:
        clients = [self.ask("/ogi/example2") for _ in range(2)]
        self.wait(0.5)
        self.assertEqual([client.answer().body for client in clients], [b"at last\n"] * 2)

    def test_a_form_and_a_stream(self) -> None:
        self.assertEqual(self.text("/ogi/example3", URLENCODED, method=b"POST", body=b"to=4"), "0\n1\n2\n3\n")

    def test_feeds(self) -> None:
        listener = self.ask("/ogi/example4")
        self.assertEqual(self.text("/ogi/example4", method=b"POST", body=b"news"), "told\n")
        self.assertIn(b"data: news\n\n", listener.sees())
        listener.close()
        self.assertEqual(self.figures()["processes"], 1)

    def test_a_connection_that_is_moved(self) -> None:
        self.assertEqual(self.text("/ogi/example5"), "by the clerk\n")

    def tearDown(self) -> None:
        self.assertEqual(self.figures()["faults"], 0, self.said())
