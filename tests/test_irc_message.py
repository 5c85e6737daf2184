"""Lines of IRC: the public vectors, whatever bytes, and never a line that is two, or too long."""

from hypothesis import given
from hypothesis import strategies as st
from twisted.trial.unittest import SkipTest, SynchronousTestCase

from occwserv.irc.message import Message, fold, form, is_hostname, matches, parse, parse_source
from occwserv.irc.text import Decoder, clean, join, read_legacy, split

from .examples import examples

try:
    import parser_tests.data as vectors
except ImportError:
    vectors = None

ANY = st.text(st.characters(codec="utf-8"))


class VectorTests(SynchronousTestCase):
    """The vectors of `irc_parser_tests`."""

    def setUp(self) -> None:
        if vectors is None:
            raise SkipTest("irc_parser_tests is not installed")

    def test_split(self) -> None:
        for test in vectors.msg_split["tests"]:
            atoms = test["atoms"]
            wanted = Message(
                atoms["verb"].upper(), tuple(atoms.get("params", ())), atoms.get("source", ""), atoms.get("tags", {})
            )
            self.assertEqual((test["input"], parse(test["input"])), (test["input"], wanted))

    def test_join(self) -> None:
        for test in vectors.msg_join["tests"]:
            atoms = test["atoms"]
            line = form(atoms["verb"], *atoms.get("params", ()), source=atoms.get("source", ""), tags=atoms.get("tags"))
            self.assertIn(line, test["matches"])

    def test_masks(self) -> None:
        for test in vectors.mask_match["tests"]:
            for wanted in ("matches", "fails"):
                for text in test[wanted]:
                    self.assertEqual(
                        (test["mask"], text, matches(test["mask"], text)), (test["mask"], text, wanted == "matches")
                    )

    def test_sources(self) -> None:
        for test in vectors.userhost_split["tests"]:
            atoms = {key: value or "" for key, value in test["atoms"].items()}
            self.assertEqual(
                parse_source(test["source"]), (atoms.get("nick", ""), atoms.get("user", ""), atoms.get("host", ""))
            )

    def test_hostnames(self) -> None:
        for test in vectors.validate_hostname["tests"]:
            self.assertEqual((test["host"], is_hostname(test["host"])), (test["host"], test["valid"]))


class LineTests(SynchronousTestCase):
    """What no vector asks."""

    @examples(100)
    @given(ANY)
    def test_reading_never_fails(self, line: str) -> None:
        message = parse(line)
        self.assertTrue(message is None or (message.command and message.param(99) == "" and message.sender is not None))

    @examples(100)
    @given(st.binary(max_size=10_000))
    def test_any_bytes_are_text(self, line: bytes) -> None:
        self.assertIsInstance(Decoder().read(line), str)

    @examples(100)
    @given(st.lists(ANY, min_size=1, max_size=4))
    def test_a_line_is_one_line(self, words: list[str]) -> None:
        self.assertFalse(set("\r\n\0") & set(form("PRIVMSG", *words)))

    @examples(100)
    @given(ANY)
    def test_the_last_parameter_comes_back(self, text: str) -> None:
        flat = text.translate(dict.fromkeys(b"\r\n\0", " "))
        self.assertEqual(parse(form("PRIVMSG", "ada", text)).params, ("ada", flat))

    def test_names_are_compared_as_the_network_does(self) -> None:
        for mapping, folded in (
            ("ascii", "a[]\\~^é"), ("rfc1459", "a{}|^^é"), ("rfc1459-strict", "a{}|~^é"),
            ("strict-rfc1459", "a{}|~^é"), ("one that we do not know", "a[]\\~^é"),
        ):  # fmt: skip
            self.assertEqual(fold("A[]\\~^é", mapping), folded)

    def test_masks_take_no_time(self) -> None:
        self.assertFalse(matches("*a" * 200, "a" * 199 + "b"))


class TextTests(SynchronousTestCase):
    """Encodings, control characters, and pieces."""

    def test_every_byte_is_read(self) -> None:
        self.assertEqual(read_legacy(bytes(range(256)))[0xE9], "é")
        self.assertEqual(read_legacy(b"\x80\x81"), "€\x81")

    def test_the_encoding_of_a_sender_is_remembered(self) -> None:
        decoder = Decoder(senders=2)
        cut = ":ada!a@h PRIVMSG x :caf\u00e9".encode()[:-1]
        self.assertEqual(decoder.read(cut)[-4:], "cafÃ")  # who was never seen to write UTF-8
        decoder.read(":ada!a@h PRIVMSG x :\u20ac".encode())
        self.assertEqual(decoder.read(cut)[-3:], "caf")
        self.assertEqual(decoder.read(b"@t=1 :ben!b@h PRIVMSG x :caf\xe9")[-4:], "café")
        decoder.read(b":cyd!b@h PRIVMSG x :caf\xe9")  # ada is forgotten for him
        self.assertEqual(decoder.read(cut)[-4:], "cafÃ")

    def test_what_is_no_text_is_left_out(self) -> None:
        for said, meant in (
            ("\x02bold\x02 \x0304,12red\x03 \x1funder\x0f", "bold red under"),
            ("\x0399\x04ff00ff,000000hex", "hex"),
            ("a\r\nQUIT :b\0c\x07d\x7f\u0085e\u2028f", "a QUIT :b c d e f"),
            ("\x01VERSION\x01", "VERSION"),
        ):
            self.assertEqual(clean(said), meant)

    @examples(100)
    @given(ANY, st.integers(4, 60))
    def test_pieces_fit_and_lose_nothing_but_spaces(self, text: str, room: int) -> None:
        pieces = list(split(text, room))
        self.assertLessEqual(max((len(piece.encode()) for piece in pieces), default=0), room)
        self.assertEqual("".join(pieces).replace(" ", ""), text.replace(" ", ""))

    def test_pieces_end_between_words_and_characters(self) -> None:
        for text, room, pieces in (
            ("one two three", 8, ["one two", "three"]),
            ("abcdefgh", 4, ["abcd", "efgh"]),
            ("ééé", 5, ["éé", "é"]),
            ("aaae\u0301b", 4, ["aaa", "e\u0301b"]),
            ("", 4, []),
            ("abcdefgh", -300, ["abcd", "efgh"]),
        ):
            self.assertEqual(list(split(text, room)), pieces)

    def test_short_texts_share_a_line(self) -> None:
        self.assertEqual(join(["one", "two", "three", "four five six"], 12), ["one / two", "three", "four five", "six"])
