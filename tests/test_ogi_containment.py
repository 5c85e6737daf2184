"""What goes wrong in a module costs its own connections, and nothing else."""

from pathlib import Path

from .ogi_stage import OgiTestCase

SHIPPED = Path(__file__).parent.parent / "ogi"
CRASH = (SHIPPED / "crash.py").read_text()
BESIDE = """
    async def ogimain(ogi):
        await ogi.persist()
        async for c in ogi:
            await c.text("untouched")
"""


class CrashTestCase(OgiTestCase):
    """The shipped crash module, and one beside it that must not notice."""

    modules = {"crash": CRASH, "beside": BESIDE}
    ogi = {"faults": 10_000, "answer": 5}

    def setUp(self) -> None:
        super().setUp()
        self.assertEqual(self.text("/ogi/beside"), "untouched")
        self.addCleanup(self.look_for_traces)

    def look_for_traces(self) -> None:
        """Nothing is left, and others are as they were."""
        self.assertEqual(self.text("/ogi/beside"), "untouched")
        self.assertEqual(self.get("/robots.txt").status, 200)
        self.assertEqual((self.figures()["processes"], self.figures()["handlers"]["busy"]), (1, 1))
        faults = self.server.figures()["faults"]
        self.assertEqual((faults["lost"], faults["crashed"]), (0, 0))

    def crash(self, kind: str, seconds: float = 0):
        """The one answer."""
        client = self.ask(f"/ogi/crash?kind={kind}")
        if seconds:
            self.assertEqual(client.sees(), b"")
            self.wait(seconds)
        answer = client.answer()
        self.assertEqual(client.sees(), b"")
        client.close()
        return answer


class KindTests(CrashTestCase):
    """Each kind of the crash module that needs no real time."""

    def test_what_is_raised(self) -> None:
        for kind, error, line in (
            ("exception", "RuntimeError: as you asked", 'raise RuntimeError("as you asked")'),
            ("index", "IndexError: list index out of range", "return [][3]"),
            ("division", "ZeroDivisionError: division by zero", "return 1 / 0"),
            ("recursion", "RecursionError", "[Previous line repeated"),
            ("exit", "SystemExit: 3", "sys.exit(3)"),
        ):
            told = self.incident(self.crash(kind))
            self.assertIn(error, told.splitlines()[0])
            self.assertIn("Traceback (most recent call last):", told)
            self.assertIn("crash.py", told)
            self.assertIn(line, told)
        self.assertEqual(self.figures()["faults"], 5)

    def test_a_process_that_stops_is_found(self) -> None:
        told = self.incident(self.crash("stop", 1.5))
        self.assertIn("Deadlock: crash.2 waits for nothing: it has stopped", told)

    def test_a_deadlock_is_found_by_its_names(self) -> None:
        told = self.incident(self.crash("deadlock", 1.5))
        self.assertIn("crash.2 waits to receive from left", told)
        self.assertIn("crash.2/other waits to receive from right", told)
        self.assertIn("deadlock: ", self.said())

    def test_never_an_answer(self) -> None:
        told = self.incident(self.crash("never", 5.5), 504)
        self.assertIn("no answer within 5.0 s", told)

    def test_two_answers(self) -> None:
        answer = self.crash("twice")
        self.assertEqual((answer.status, answer.body), (200, b"once"))
        self.assertRegex(self.said(), r"Misuse: the connection was answered already, at .*/crash\.py:\d+")
        self.assertEqual((self.figures()["faults"], self.server.figures()["faults"]["twice"]), (1, 1))

    def test_a_forgotten_connection(self) -> None:
        self.assertIn("a connection was forgotten without an answer", self.incident(self.crash("drop")))

    def test_half_an_answer_is_cut_off(self) -> None:
        client = self.ask("/ogi/crash?kind=half")
        self.assertTrue(client.ended)
        self.assertNotIn(b"0\r\n\r\n", client.sees())
        self.assertIn("in the middle of an answer", self.said())

    def test_a_great_many_feeds(self) -> None:
        self.assertIn(self.crash("feeds").status, (200, 500))

    def test_the_list_of_kinds(self) -> None:
        page = self.text("/ogi/crash")
        for kind in ("exception", "index", "regex", "half", "descriptors"):
            self.assertIn(f"?kind={kind}", page)

    def test_a_thousand_faults_leave_nothing(self) -> None:
        client = self.connect()
        for n in range(1000):
            self.ask("/ogi/crash?kind=" + ("exception", "index", "drop", "exit")[n % 4], client=client)
            self.assertEqual(client.answer().status, 500)
        self.assertEqual(self.figures()["faults"], 1000)


class SpinningTests(CrashTestCase):
    """A module that does not yield is interrupted. This alone takes real time."""

    ogi = {"faults": 100, "watchdog": 0.1, "imports": 2}

    def test_it_is_interrupted_where_it_is(self) -> None:
        for kind, line in (
            ("loop", "while True"),
            ("stubborn", "while True"),
            ("sleep", "time.sleep(60)"),
            ("regex", "re.match("),
        ):
            told = self.incident(self.crash(kind))
            self.assertRegex(told.splitlines()[0], r"Spinning: crash\.\d+ did not yield for 0\.1 s", kind)
            self.assertIn(line, told)
        self.assertEqual(self.figures()["interrupted"], 4)

    def test_what_is_imported_may_take_a_while_and_not_for_ever(self) -> None:
        library = self.folder / "library.py"
        load = f"spec_from_file_location('library', {str(library)!r})"
        run = "spec.loader.exec_module(i.module_from_spec(spec))"
        code = f"    import importlib.util as i\n    spec = i.{load}\n    {run}"
        for name, text, status in (("slow", "import time\ntime.sleep(0.3)", 200), ("spins", "while True: pass", 500)):
            library.write_text(text)
            self.write(name, f"{code}\n    async def ogimain(ogi):\n        await (await ogi.receive()).text('well')")
            self.assertEqual(self.get(f"/ogi/{name}").status, status)

    def test_descriptors_that_leak(self) -> None:
        self.assertRegex(self.incident(self.crash("descriptors")), "OSError|Spinning")
