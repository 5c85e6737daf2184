"""SIGHUP: new clients see new settings, those who are here keep theirs, and a file with a mistake changes nothing."""

import resource
import signal

from twisted.trial.unittest import SynchronousTestCase

from .serving import HERE, SERVING, Serving

PAGE = b"GET / HTTP/1.1\r\nHost: a\r\n\r\n"
FOLDER = b"GET /folder/ HTTP/1.1\r\nHost: a\r\n\r\n"


class Reload(Serving, SynchronousTestCase):
    """One server whose file of settings is rewritten while it serves."""

    def setUp(self) -> None:
        self.folder = self.new_folder()
        for name in ("one", "two"):
            (self.folder / name / "folder").mkdir(parents=True)
            (self.folder / name / "index.html").write_text(f"root {name}")
            (self.folder / name / "folder" / f"of-{name}").touch()

    def settings(self, text: str) -> None:
        """Rewrite the file."""
        (self.folder / "tap.yaml").write_text(text)

    def serve(self, text: str):
        """A server under these settings, which say themselves where it listens."""
        self.settings(text)
        return self.start(folder=self.folder, listen=None)

    def reload(self, server, text: str, expected: str = "the settings are reloaded") -> None:
        """Rewrite the file, and wait until it was read."""
        self.settings(text)
        server.tell(signal.SIGHUP)
        server.wait_for(expected)

    def test_new_clients_see_new_settings_and_old_ones_keep_theirs(self) -> None:
        server = self.serve(f"listen: {HERE}\nstatic: {{root: one}}\n")
        old = self.connect(server)
        self.assertEqual(old.send(PAGE).answer().body, b"root one")
        self.assertEqual(old.send(FOLDER).answer().status, 403)
        self.reload(server, f"listen: {HERE}\nstatic: {{root: two, listing: true}}\nstats: {{page: /s}}\n")
        new = self.connect(server)
        self.assertEqual(new.send(PAGE).answer().body, b"root two")
        listed = new.send(FOLDER).answer()
        self.assertEqual(listed.status, 200)
        self.assertIn(b"of-two", listed.body)
        self.assertEqual(new.send(PAGE.replace(b"/ ", b"/s ")).answer().status, 200)
        self.assertEqual(old.send(PAGE).answer().body, b"root one")
        self.assertEqual(old.send(FOLDER).answer().status, 403)
        self.assertEqual(old.send(PAGE.replace(b"/ ", b"/s ")).answer().status, 404)
        self.end(server)

    def test_as_many_files_may_be_open_as_the_new_settings_need(self) -> None:
        server = self.serve(f"listen: {HERE}\n")
        _, most = resource.prlimit(server.pid, resource.RLIMIT_NOFILE)
        resource.prlimit(server.pid, resource.RLIMIT_NOFILE, (100, most))  # as if it had asked for few
        self.reload(server, f"listen: {HERE}\ntimeouts: {{idle: 20}}\n")
        self.assertGreaterEqual(resource.prlimit(server.pid, resource.RLIMIT_NOFILE)[0], min(20_000, most))

    def test_a_request_that_is_half_here_is_answered_under_the_old_settings(self) -> None:
        server = self.serve(f"listen: {HERE}\nstatic: {{root: one}}\n")
        client = self.connect(server).send(PAGE[:20])
        self.until(server, lambda figures: figures["connections"]["open"] == 2)
        self.reload(server, f"listen: {HERE}\nstatic: {{root: two}}\n")
        self.assertEqual(client.send(PAGE[20:]).answer().body, b"root one")

    def test_a_file_with_mistakes_is_refused_as_a_whole_and_the_old_settings_stay(self) -> None:
        server = self.serve(f"listen: {HERE}\nstatic: {{root: one}}\n")
        for text, said in (
            ("static: {root: two}\nlimits: {head: few}\n", "tap.yaml:2: limits.head: expected an integer"),
            (f"listen: {HERE}\nstatic: {{root: three}}\n", 'tap.yaml: static.root: ".*/three" is not a folder'),
            ("static: [\n", "tap.yaml:2: not YAML: "),
        ):
            self.reload(server, text, "the settings are not reloaded, the old ones stay:")
            server.wait_for(said)
            self.assertEqual(self.get(server, "/").body, b"root one")
        (self.folder / "tap.yaml").unlink()
        (self.folder / "tap.yaml").mkdir()
        server.tell(signal.SIGHUP)
        server.wait_for("tap.yaml: can not be read: ")
        (self.folder / "tap.yaml").rmdir()
        self.assertEqual(self.get(server, "/").body, b"root one")
        self.reload(server, f"listen: {HERE}\nstatic: {{root: two}}\n")
        self.assertEqual(self.get(server, "/").body, b"root two")
        self.assertEqual(self.figures(server)["reloads"], {"done": 1, "refused": 4})
        self.end(server)

    def test_endpoints_that_are_new_are_opened_and_those_that_are_gone_closed(self) -> None:
        other = f"{HERE}:backlog=40"
        server = self.serve(f"listen: [{HERE}]\nstatic: {{root: one}}\n")
        first = server.port
        old = self.connect(first)
        self.assertEqual(old.send(PAGE).answer().body, b"root one")
        self.settings(f"listen: [{HERE}, {other}]\nstatic: {{root: one}}\n")
        server.tell(signal.SIGHUP)
        second = int(server.wait_for(SERVING)[2])
        for port in (first, second):
            self.assertEqual(self.connect(port).send(PAGE).answer().body, b"root one")
        server.wait_for("the settings are reloaded")
        self.reload(server, f"listen: [{other}]\nstatic: {{root: two}}\n")
        server.wait_for(f"Port {first} Closed")
        self.assert_refused(first)
        self.assertEqual(self.connect(second).send(PAGE).answer().body, b"root two")
        self.assertEqual(old.send(PAGE).answer().body, b"root one")
        self.end(server)

    def test_an_endpoint_that_can_not_be_opened_is_told_and_the_others_serve(self) -> None:
        server = self.serve(f"listen: [{HERE}]\nstatic: {{root: one}}\n")
        taken = f"tcp:{server.port}:interface=127.0.0.1"
        self.settings(f"listen: [{HERE}, {taken}]\nstatic: {{root: two}}\n")
        server.tell(signal.SIGHUP)
        server.wait_for(f"can not listen at {taken}: ")
        server.wait_for("the settings are reloaded")
        self.assertEqual(self.get(server, "/").body, b"root two")
        self.end(server)

    def test_the_access_log_goes_where_the_new_settings_say(self) -> None:
        server = self.serve(f"listen: {HERE}\nstatic: {{root: one}}\nlog: {{access: a.log}}\n")
        self.get(server, "/?first")
        self.reload(server, f"listen: {HERE}\nstatic: {{root: one}}\nlog: {{access: b.log, format: common}}\n")
        self.get(server, "/?second")
        self.end(server)
        a, b = (self.folder / "a.log").read_text(), (self.folder / "b.log").read_text()
        self.assertRegex(a, r'\A127\.0\.0\.1 .* "GET /\?first HTTP/1.1" 200 8 "-" "-"\n\Z')
        self.assertRegex(b, r'\A127\.0\.0\.1 .* "GET /\?second HTTP/1.1" 200 8\n\Z')

    def test_many_reloads_in_a_row_disturb_nobody(self) -> None:
        server = self.serve(f"listen: {HERE}\nstatic: {{root: one}}\n")
        client = self.connect(server)
        for _ in range(20):
            server.tell(signal.SIGHUP)
            self.assertEqual(client.send(PAGE).answer().body, b"root one")
        server.wait_for("the settings are reloaded")
        self.end(server)

    def test_the_command_line_still_wins_when_the_settings_are_read_anew(self) -> None:
        self.settings("static: {root: two}\n")
        server = self.start("--root", "one", folder=self.folder)
        self.reload(server, "static: {root: two, listing: true}\n")
        self.assertEqual(self.get(server, "/").body, b"root one")
        self.assertIn(b"of-one", self.get(server, "/folder/").body)
        self.end(server)
