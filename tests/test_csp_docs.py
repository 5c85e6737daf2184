"""docs/processes.md: its examples run, and print what it says."""

import contextlib
import io
import re
from pathlib import Path
from typing import Any

from twisted.trial.unittest import SynchronousTestCase

PAGE = Path(__file__).parent.parent / "docs" / "processes.md"
BLOCK = re.compile(r"^```(python)?\n(.*?)^```$", re.MULTILINE | re.DOTALL)


class PageTests(SynchronousTestCase):
    """From top to bottom, as a reader would try it."""

    def test_the_examples_print_what_the_page_says(self) -> None:
        names: dict[str, Any] = {}
        printed, tried = "", 0
        for language, text in BLOCK.findall(PAGE.read_text()):
            if language:
                self.assertEqual(printed, "", "it printed something, and the page does not say so")
                out = io.StringIO()
                with contextlib.redirect_stdout(out):
                    exec(compile(text, str(PAGE), "exec"), names)
                printed = out.getvalue()
            elif "python -m" not in text and "us" not in text.partition("\n")[0].split():
                self.assertEqual(printed, text)
                printed, tried = "", tried + 1
        self.assertGreater(tried, 5)
