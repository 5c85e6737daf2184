"""The transcripts of docs/adventure.md are played."""

import re
from pathlib import Path

from .adventurers import SHIPPED, WorldTestCase

PAGE = (Path(__file__).parent.parent / "docs" / "adventure.md").read_text()
BLOCKS = re.findall(r"^```(\w*)\n(.*?)^```", PAGE, re.M | re.S)
SCRIPTS = [text for kind, text in BLOCKS if not kind and "\n> " in "\n" + text]


class TranscriptTests(WorldTestCase):
    """In the shipped world, without its bots: those are not always in the same place."""

    text = SHIPPED.partition("\nbots:\n")[0]

    def test_the_page_tells_the_truth(self) -> None:
        self.assertEqual(len(SCRIPTS), 2)
        for number, script in enumerate(SCRIPTS):
            player = self.enter("Ada" + "ab"[number])
            role = re.match(r"# role (\w+)\n", script)
            if role is not None:
                player.card.role = role[1]
            self.settle()
            for turn in script.partition("> ")[2].split("\n> "):
                line, _, answer = turn.partition("\n")
                self.assertEqual(self.play(player, line), answer.rstrip("\n"), line)
                self.after(1)
            self.play(player, "quit")
