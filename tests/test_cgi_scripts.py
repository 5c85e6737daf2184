"""Which file is the program, and which files are never run, nor shown."""

import os
from pathlib import Path

from twisted.trial import unittest

from .cgi_site import SharedCgi, lines, program

ENV = "echo 'Content-Type: text/plain'; echo; env"
SOURCE = "secret source"


class ScriptTests(SharedCgi, unittest.SynchronousTestCase):
    """A root with programs, and folders of programs elsewhere."""

    mounts = (
        "{mount: /cgi-bin/, index: [index.cgi, index.sh]},"
        "{mount: /one/, dir: root/elsewhere/single, env: {ONE: '1'}},"
        "{mount: /ext/, dir: root/scripts, match: [.sh], interpreters: {.sh: sh}, path_info: false,"
        " methods: [GET, HEAD], pass_env: [OCCWSERV_TEST, NOT_SET], isindex_args: true},"
        "{mount: /keep/, dir: root/scripts, encoded_slash: keep},"
        "{mount: /decode/, dir: root/scripts, encoded_slash: decode},"
        "{mount: /broken/, dir: root/scripts, interpreters: {.sh: sh}}"
    )
    options = (
        "--set",
        f"cgi.mounts=[{mounts}]",
        "--set",
        "static.listing=true",
        "--set",
        "cgi.names=[a.example, b.example]",
    )
    programs = {
        "env": ENV,
        "sub/env": ENV,
        "sub/index.sh": ENV,
        "plain.txt": ENV,
        "writable": ENV,
        "setuid": ENV,
        "open/env": ENV,
        ".hidden": ENV,
        "../elsewhere/single": ENV,
        "../scripts/env.sh": ENV,
        "../scripts/args.sh": "echo 'Content-Type: text/plain'; echo; for each; do echo \"<$each>\"; done",
        "../scripts/run": ENV,
        "../scripts/other.pl": ENV,
        "../outside/env": ENV,
    }

    @classmethod
    def fill(cls, root: Path) -> None:
        super().fill(root)
        os.environ["OCCWSERV_TEST"] = "passed"
        below = root / "cgi-bin"
        (root.parent / "far").mkdir()
        program(root.parent / "far", "env", ENV)
        (below / "plain.txt").write_text(SOURCE)
        (below / "plain.txt").chmod(0o644)
        (root / "scripts" / "env.sh").chmod(0o644)
        (below / "writable").chmod(0o777)
        (below / "setuid").chmod(0o4755)
        (below / "open").chmod(0o777)
        (below / "away").symlink_to(root.parent / "far" / "cgi-bin" / "env")
        (below / "within").symlink_to(below / "sub" / "env")
        (below / "away-folder").symlink_to(root.parent / "far" / "cgi-bin")
        os.mkfifo(below / "fifo", 0o755)
        (root / "linked.txt").symlink_to(below / "plain.txt")

    def env(self, path: str, *fields: str) -> dict[str, str]:
        answer = self.get(self.server, path, *fields)
        self.assertEqual(answer.status, 200, path)
        return lines(answer.body)

    def test_the_path_is_walked_down_to_a_file_and_the_rest_is_told(self) -> None:
        for path, name, info in (
            ("/cgi-bin/env", "/cgi-bin/env", None),
            ("/cgi-bin/env/", "/cgi-bin/env", "/"),
            ("/cgi-bin/env/a/b?c/d", "/cgi-bin/env", "/a/b"),
            ("/cgi-bin/env/a%20b%3F", "/cgi-bin/env", "/a b?"),
            ("/cgi-bin/env//a", "/cgi-bin/env", "//a"),
            ("/%63gi-bin/env", "/cgi-bin/env", None),
            ("/cgi-bin/sub/env/x", "/cgi-bin/sub/env", "/x"),
            ("/cgi-bin/sub/", "/cgi-bin/sub/index.sh", None),
            ("/cgi-bin/within", "/cgi-bin/within", None),
            ("/one", "/one", None),
            ("/one/", "/one", "/"),
            ("/one/deep/down", "/one", "/deep/down"),
            ("/ext/env.sh", "/ext/env.sh", None),
            ("/keep/run/a%2Fb%2fc", "/keep/run", "/a%2Fb%2fc"),
            ("/decode/run/a%2Fb", "/decode/run", "/a/b"),
        ):
            env = self.env(path)
            self.assertEqual((env["SCRIPT_NAME"], env.get("PATH_INFO")), (name, info), path)

    def test_what_is_missing_or_hidden_is_404(self) -> None:
        for path in (
            "/cgi-bin/", "/cgi-bin/none", "/cgi-bin/none/env", "/cgi-bin/.hidden", "/cgi-bin/env/a%2Fb",
            "/cgi-bin//env", "/cgi-bin/open/none", "/ext/env.sh/info", "/cgi-bin/%2e%2e/elsewhere/single",
            "/decode/%2e%2e%2fscripts/run", "/decode/run/..%2f..%2fx", "/cgi-bin/" + "a" * 300,
            "/cgi-bin/sub/none", "/cgi-bin%2Fenv", "/one%2fx",
        ):  # fmt: skip
            self.assertEqual(self.get(self.server, path).status, 404, path)

    def test_what_is_not_safe_to_run_is_403_and_said_in_the_log(self) -> None:
        for path, reason in (
            ("/cgi-bin/plain.txt", "not executable"),
            ("/cgi-bin/writable", "can be written by others"),
            ("/cgi-bin/setuid", "setuid"),
            ("/cgi-bin/open/env", "its folder can be written by others"),
            ("/cgi-bin/away", "symbolic link leads out"),
            ("/cgi-bin/away-folder/env", "symbolic link leads out"),
            ("/cgi-bin/fifo", "not a regular file"),
            ("/ext/other.pl", "extension"),
        ):
            self.assertEqual(self.get(self.server, path).status, 403, path)
            self.server.wait_for(f"is not run: .*{reason}")

    def test_no_source_is_shown_by_whatever_path(self) -> None:
        for path in (
            "/cgi-bin/plain.txt", "//cgi-bin/plain.txt", "/./cgi-bin/plain.txt", "/scripts/env.sh", "/scripts/",
            "/linked.txt", "/elsewhere/single", "/%2fcgi-bin/plain.txt", "/cgi-bin//plain.txt", "///scripts//env.sh",
            "//cgi-bin/", "/scripts/run",
        ):  # fmt: skip
            for method in ("GET", "HEAD", "OPTIONS"):
                answer = self.get(self.server, path, method=method)
                if method != "OPTIONS":
                    self.assertIn(answer.status, (403, 404), path)
                for text in (b"secret", b"echo", b"env.sh"):
                    self.assertNotIn(text, answer.body, path)
        self.assertEqual(self.get(self.server, "/outside/env").status, 200, "a page is a page")

    def test_methods_of_a_mount(self) -> None:
        self.assertEqual(self.get(self.server, "/ext/env.sh", method="HEAD").status, 200)
        refused = self.get(self.server, "/ext/env.sh", "Content-Length: 0", method="POST")
        self.assertEqual((refused.status, refused["allow"]), (405, "GET, HEAD"))
        self.assertEqual(self.get(self.server, "/ext/env.sh", method="OPTIONS")["allow"], "GET, HEAD")

    def test_the_environment_is_clean(self) -> None:
        env = self.env("/cgi-bin/env")
        self.assertEqual(env["PATH"], "/usr/local/bin:/usr/bin:/bin")
        for name in ("HOME", "PYTHONPATH", "PYTHONUNBUFFERED", "USER", "OCCWSERV_TEST", "ONE", "LANG"):
            self.assertNotIn(name, env)
        self.assertEqual(self.env("/one")["ONE"], "1")
        passed = self.env("/ext/env.sh")
        self.assertEqual(passed["OCCWSERV_TEST"], "passed")
        self.assertNotIn("NOT_SET", passed)

    def test_the_name_of_the_server_is_one_of_its_names(self) -> None:
        for host, name in (("B.example:80", "b.example"), ("evil.example", "a.example"), ("a.example", "a.example")):
            client = self.connect(self.server)
            client.send(f"GET /cgi-bin/env HTTP/1.1\r\nHost: {host}\r\n\r\n".encode())
            env = lines(client.answer().body)
            self.assertEqual((env["SERVER_NAME"], env["SERVER_PORT"]), (name, str(self.server.port)))
            client.close()

    def test_search_words_are_arguments_where_the_mount_says_so(self) -> None:
        self.assertEqual(self.get(self.server, "/ext/args.sh?a+-d+%3Cb").body, b"<a>\n<-d>\n<<b>\n")
        self.assertEqual(self.get(self.server, "/broken/args.sh?a+-d").body, b"")

    def test_it_runs_where_it_lies_with_no_descriptor_but_its_three(self) -> None:
        program(self.root, "fds", "echo 'Content-Type: text/plain'; echo; pwd; ls /proc/self/fd | wc -l")
        folder, count = self.get(self.server, "/cgi-bin/fds").body.decode().split()
        self.assertEqual((folder, count), (str(self.root / "cgi-bin"), "4"))  # the fourth is that of ls itself
