"""What a module remembers."""

from pathlib import Path

from .ogi_stage import OgiTestCase

KEEP = """
    async def ogimain(ogi):
        await ogi.persist()
        async for c in ogi:
            if c.path_info == "/set":
                ogi.state[c.args["name"]] = eval(c.args["value"])
            if c.path_info == "/fail":
                raise RuntimeError("asked to")
            await c.json(sorted((name, str(value)) for name, value in ogi.state.items()))
"""


class RememberedTests(OgiTestCase):
    """A mapping, and its file."""

    modules = {"keep": KEEP}

    @property
    def path(self) -> Path:
        return self.folder / "state" / "keep.json"

    def set(self, name: str, value: str) -> None:
        self.text(f"/ogi/keep/set?name={name}&value={value}")

    def again(self) -> None:
        """End the server, and start it anew."""
        self.end()
        self.serve()

    def test_it_survives_a_restart(self) -> None:
        self.set("a", "[1,None,'%C3%BC']")
        self.again()
        self.assertEqual(self.json("/ogi/keep"), [["a", "[1, None, 'ü']"]])

    def test_it_survives_a_crash_of_the_module(self) -> None:
        self.set("a", "1")
        self.assertEqual(self.get("/ogi/keep/fail").status, 500)
        self.assertEqual(self.json("/ogi/keep"), [["a", "1"]])

    def test_it_is_on_disk_within_a_second(self) -> None:
        self.assertFalse(self.path.exists())
        self.set("a", "1")
        self.wait(1)
        self.assertEqual(self.path.read_bytes(), b'{"a":1}')
        self.set("a", "2")
        self.wait(1)
        self.assertEqual(self.path.read_bytes(), b'{"a":2}')
        self.assertEqual([path.name for path in self.path.parent.iterdir()], ["keep.json"])

    def test_what_has_not_changed_is_not_written(self) -> None:
        self.set("a", "1")
        self.wait(1)
        self.path.unlink()
        self.text("/ogi/keep")
        self.wait(2)
        self.assertFalse(self.path.exists())

    def test_a_file_that_can_not_be_read_is_set_aside(self) -> None:
        self.path.parent.mkdir()
        for text in (b"{", b"[1]", b'[["a",1]]', b"3", b"\xff"):
            self.path.write_bytes(text)
            self.again()
            self.assertEqual(self.json("/ogi/keep"), [], text)
            self.assertEqual(self.path.with_suffix(".unreadable").read_bytes(), text)
            self.assertFalse(self.path.exists())
            self.assertIn("can not be read", self.said())

    def test_what_is_not_json_is_told_of_once(self) -> None:
        self.set("a", "1")
        self.wait(1)
        self.set("b", "object()")
        self.wait(5)
        self.assertEqual(self.said().count("can not be written as JSON"), 1)
        self.assertEqual(len(self.json("/ogi/keep")), 2)
        self.assertEqual(self.path.read_bytes(), b'{"a":1}')
        self.set("b", "2")
        self.wait(1)
        self.assertEqual(self.path.read_bytes(), b'{"a":1,"b":2}')

    def test_a_folder_that_can_not_be_written_to_is_told_of_once_and_tried_again(self) -> None:
        self.path.parent.write_bytes(b"a file where the folder should be")
        self.set("a", "1")
        self.wait(5)
        self.assertEqual(self.said().count("can not be written: "), 1)
        self.path.parent.unlink()
        self.wait(1)
        self.assertEqual(self.path.read_bytes(), b'{"a":1}')
