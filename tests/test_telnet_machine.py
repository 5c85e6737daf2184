"""One telnet client without a socket: what is offered, understood and answered, option by option."""

import json
import zlib

from hypothesis import given
from hypothesis import strategies as st
from twisted.trial.unittest import SynchronousTestCase

from occwserv.telnet.codes import GMCP, MSSP
from occwserv.telnet.machine import Flooded, Limits, Machine, Said, Wanted
from occwserv.telnet.mud import gmcp, mssp, number, room_info
from occwserv.telnet.parser import TooLong
from occwserv.telnet.text import Style

from .examples import examples

WILL, WONT, DO, DONT, SB, SE = b"\xff\xfb", b"\xff\xfc", b"\xff\xfd", b"\xff\xfe", b"\xff\xfa", b"\xff\xf0"
ECHO, SGA, TTYPE, EOR, NAWS, CHARSET, MCCP2, MCCP3, ATCP = (
    b"\x01",
    b"\x03",
    b"\x18",
    b"\x19",
    b"\x1f",
    b"*",
    b"V",
    b"W",
    b"\xc8",
)

ASK_TYPE = SB + TTYPE + b"\x01" + SE
OFFERS = DO + TTYPE + DO + NAWS + WILL + EOR + WILL + CHARSET + WILL + b"F" + WILL + MCCP2 + WILL + b"\xc9"


def named(name: bytes) -> bytes:
    """An answer about the terminal type."""
    return SB + TTYPE + b"\0" + name + SE


def sized(columns: int, rows: int = 24) -> bytes:
    """NAWS, with a byte of 255 doubled."""
    size = columns.to_bytes(2, "big") + rows.to_bytes(2, "big")
    return WILL + NAWS + SB + NAWS + size.replace(b"\xff", b"\xff\xff") + SE


def program(text: str) -> bytes:
    """GMCP of a client."""
    return SB + b"\xc9" + text.encode() + SE


# What a client says -> what it is answered, and the style it has then.
MTTS = WILL + TTYPE + named(b"TINTIN++") + named(b"xterm")
ASKED = ASK_TYPE * 3
CASES = (
    ("NAWS", sized(100), b"", Style(width=100)),
    ("RFC 1073: a width with a byte of 255", sized(255), b"", Style(width=255)),
    ("a width of 0 is not known", sized(0), b"", Style()),
    ("nobody can read lines of 3 columns, nor of 65535", sized(3) + sized(65535), b"", Style(width=500)),
    ("a size that is none", WILL + NAWS + SB + NAWS + b"abc" + SE, b"", Style()),
    ("a size without WILL", SB + NAWS + b"\0\x50\0\x18" + SE, b"", Style()),
    ("MTTS 0: no colours, ASCII", MTTS + named(b"MTTS 0"), ASKED, Style(charset="ascii")),
    ("MTTS 5: ANSI, UTF-8", MTTS + named(b"MTTS 5"), ASKED, Style(colours=True)),
    ("MTTS 12: 256 colours, UTF-8", MTTS + named(b"MTTS 12"), ASKED, Style(colours=True)),
    ("MTTS 69: a screen reader has no colours", MTTS + named(b"MTTS 69"), ASKED, Style(quiet=True)),
    ("MTTS at once", WILL + TTYPE + named(b"MTTS 5"), ASK_TYPE, Style(colours=True)),
    ("RFC 1091: a name twice is the last", WILL + TTYPE + named(b"vt100") * 3, ASK_TYPE * 2, Style()),
    ("a client with names without end", WILL + TTYPE + b"".join(named(b"x%d" % n) for n in range(9)), ASKED, Style()),
    ("bits that are none", WILL + TTYPE + named(b"MTTS x") + named(b"MTTS 99999999999"), ASKED, Style()),
    ("a type that was not asked for", named(b"MTTS 5"), b"", Style()),
    ("CHARSET", DO + CHARSET,
     SB + CHARSET + b"\x01;UTF-8;ISO-8859-1;ISO-8859-15;WINDOWS-1252;US-ASCII" + SE, Style()),
    ("RFC 2066: a client's request", WILL + CHARSET + SB + CHARSET + b"\x01;KOI8-R;iso-8859-1" + SE,
     DO + CHARSET + SB + CHARSET + b"\x02iso-8859-1" + SE, Style(charset="latin-1")),
    ("with tables", WILL + CHARSET + SB + CHARSET + b"\x01[TTABLE]\x01 US-ASCII" + SE,
     DO + CHARSET + SB + CHARSET + b"\x02US-ASCII" + SE, Style(charset="ascii")),
    ("for what is not spoken", WILL + CHARSET + SB + CHARSET + b"\x01;X;Y" + SE,
     DO + CHARSET + SB + CHARSET + b"\x03" + SE, Style()),
    ("for nothing", WILL + CHARSET + SB + CHARSET + b"\x01" + SE, DO + CHARSET + SB + CHARSET + b"\x03" + SE, Style()),
    ("a table", WILL + CHARSET + SB + CHARSET + b"\x04x" + SE, DO + CHARSET + SB + CHARSET + b"\x05" + SE, Style()),
    ("MCCP3 is refused: nothing that is compressed is read", DO + MCCP3 + WILL + MCCP3,
     WONT + MCCP3 + DONT + MCCP3, Style()),
    ("what is not known is refused", DO + ATCP + WILL + ATCP + DONT + ATCP, WONT + ATCP + DONT + ATCP, Style()),
    ("RFC 858", DO + SGA, WILL + SGA, Style()),
    ("RFC 854: are you there", b"\xff\xf6", b"\r\n[Yes]\r\n", Style()),
    ("GMCP: a ping", DO + b"\xc9" + program("Core.Ping 12"), SB + b"\xc9Core.Ping" + SE, Style()),
)  # fmt: skip


class MachineTests(SynchronousTestCase):
    def machine(self, said: bytes = b"", **limits) -> Machine:
        """A machine whose offers are out, and that was told something."""
        machine = Machine(Limits(**limits))
        machine.take()
        self.events = self.tell(machine, said)
        return machine

    def tell(self, machine: Machine, said: bytes) -> list:
        machine.receive(said)
        events = []
        while (event := machine.next_event()) is not None and len(events) < 50:
            events.append(event)
        return events

    def test_what_is_offered(self) -> None:
        self.assertEqual(Machine(Limits()).take(), OFFERS)
        self.assertNotIn(WILL + MCCP2, Machine(Limits(compress=False)).take())
        self.assertEqual(self.machine(DO + MCCP2, compress=False).take(), WONT + MCCP2)

    def test_what_is_answered(self) -> None:
        for name, said, answer, style in CASES:
            machine = self.machine(said)
            self.assertEqual((machine.take(), machine.style), (answer, style), name)
            self.assertTrue(machine.speaks)

    def test_a_client_that_does_not_speak_telnet(self) -> None:
        machine = self.machine("Ada\nsay é\n".encode() + b"say caf\xe9\n")
        self.assertEqual([event.text for event in self.events], ["Ada", "say é", "say café"])
        self.assertEqual((machine.mark, machine.speaks), (None, False))

    def test_charsets_agreed_on(self) -> None:
        machine = self.machine(DO + CHARSET)
        machine.take()
        self.tell(machine, SB + CHARSET + b"\x01;UTF-8" + SE)  # at once with ours: RFC 2066 says who gives way
        self.assertEqual(machine.take(), SB + CHARSET + b"\x03" + SE)
        self.tell(machine, SB + CHARSET + b"\x02ISO-8859-1" + SE)
        self.assertEqual(machine.style.charset, "latin-1")
        self.assertEqual(self.tell(machine, b"say \xe4\xff\xff\n"), [Said("say äÿ")])

    def test_ends_of_prompts(self) -> None:
        for said, mark in (
            (DO + ATCP, b"\xff\xf9"),
            (DO + EOR, b"\xff\xef"),
            (DO + SGA, b""),
            (DO + SGA + DO + EOR, b"\xff\xef"),
        ):
            self.assertEqual(self.machine(said).mark, mark)

    def test_passwords_are_not_shown(self) -> None:
        machine = self.machine()
        machine.hide_typing(True)
        machine.hide_typing(True)
        self.assertEqual(machine.take(), WILL + ECHO)
        self.tell(machine, DO + ECHO)
        machine.hide_typing(False)
        self.assertEqual(machine.take(), WONT + ECHO)

    def test_gmcp(self) -> None:
        machine = self.machine(DO + b"\xc9" + program('Core.Hello {"client": "x"}'))
        machine.tell("Room.Info", {})
        self.assertEqual((machine.take(), self.events), (b"", []))
        self.assertEqual(
            self.tell(machine, program('Core.Supports.Set ["Room 1", "Char.Status 1", "Comm 0", 7]')), [Wanted(GMCP)]
        )
        machine.tell("Room.Info", {"name": "\xff"})
        machine.tell("Char.Status", 1)
        machine.tell("Char.Name", 1)
        machine.tell("Comm.Channel.Text", 1)
        self.assertEqual(
            machine.take(), SB + b'\xc9Room.Info {"name": "\xc3\xbf"}' + SE + SB + b"\xc9Char.Status 1" + SE
        )
        self.tell(
            machine, program('Core.Supports.Remove ["Room", "Char.Status"]') + program('Core.Supports.Add ["Char 1"]')
        )
        machine.tell("Room.Info", {})
        machine.tell("Char.Name", 1)
        self.assertEqual(machine.take(), SB + b"\xc9Char.Name 1" + SE)
        for odd in (
            "",
            "x",
            "Core.Supports.Set",
            "Core.Supports.Set {",
            "Core.Supports.Set " + "[" * 3000,
            "\xff \xff",
            "Core.Supports.Add 7",
        ):
            self.tell(machine, program(odd))
        self.assertEqual(machine.take(), b"")

    def test_what_gmcp_is_told_of_a_room(self) -> None:
        state = {"room": "quay", "room_name": "The Quay", "exits": {"north": "square"}}
        told = room_info(state)
        self.assertEqual(
            told, {"num": number("quay"), "id": "quay", "name": "The Quay", "exits": {"north": number("square")}}
        )
        self.assertTrue(0 < told["num"] < 2**31)
        self.assertEqual(json.loads(gmcp("Room.Info", told)[13:-2]), told)

    def test_mssp(self) -> None:
        self.machine(DO + b"F")
        self.assertEqual(self.events, [Wanted(MSSP)])
        self.assertEqual(mssp({"NAME": "S", "PLAYERS": 3}), SB + b"F\x01NAME\x02S\x01PLAYERS\x023" + SE)

    def test_mccp2_begins_behind_its_own_words_and_can_end(self) -> None:
        machine = self.machine()
        machine.put(b"plain")
        self.tell(machine, DO + MCCP2)
        machine.put(b"first ")
        plain, sent = machine.take().split(SB + MCCP2 + SE)
        unpacker = zlib.decompressobj()
        self.assertEqual((plain, unpacker.decompress(sent)), (b"plain", b"first "))
        machine.put(b"second ")
        self.assertEqual(unpacker.decompress(machine.take()), b"second ")
        self.assertEqual(machine.take(), b"")
        machine.put(b"third")
        self.tell(machine, DONT + MCCP2)
        machine.put(b"plain again")
        self.assertEqual(unpacker.decompress(machine.take()), b"third" + WONT + MCCP2)
        self.assertEqual((unpacker.eof, unpacker.unused_data), (True, b"plain again"))

    def test_what_is_too_much(self) -> None:
        self.machine(b"x" * 11 + b"\nlook\n", line=10)
        self.assertEqual(self.events, [TooLong(), Said("look")])
        self.machine((DO + ATCP) * 5 + b"a\n" + (DO + ATCP) * 5 + b"b\n", commands=5)
        self.assertEqual(self.events, [Said("a"), Said("b")])
        self.machine((DO + ATCP) * 6 + b"a\n", commands=5)
        self.assertEqual(self.events[0], Flooded())

    @given(
        st.lists(st.one_of(st.binary(max_size=6), st.sampled_from([case[1] for case in CASES])), max_size=12),
        st.randoms(),
    )
    @examples(200)
    def test_any_bytes_cut_anywhere_mean_the_same(self, parts: list[bytes], chance) -> None:
        said = b"".join(parts)
        whole, events = self.machine(said), self.events
        cut, cut_events = self.machine(), []
        while said:
            at = chance.randint(1, 8)
            cut_events += self.tell(cut, said[:at])
            said = said[at:]
        self.assertEqual((cut_events[:50], cut.style), (events, whole.style))
        if whole._compressor is None:
            self.assertEqual(cut.take(), whole.take())

    def test_every_byte_after_every_byte(self) -> None:
        for first in range(256):
            for second in range(256):
                self.machine(bytes((255, first, second, 255, 240, 10)))
