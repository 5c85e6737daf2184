"""Where the folders and files of the settings are, for a user who may not look or write everywhere."""

import os
import shutil
import tempfile
from pathlib import Path

from twisted.trial.unittest import SynchronousTestCase

from occwserv.config import ConfigError, parse
from occwserv.places import absolute, can_be_written, resolve, shipped
from occwserv.tap import Options

NOBODY = 65534


class Somebody(SynchronousTestCase):
    """A folder that may be read, and not written to, by who runs the test: not by root, who may all."""

    def setUp(self) -> None:
        self.folder = Path(tempfile.mkdtemp(prefix="occwserv-test-")).resolve()
        self.addCleanup(shutil.rmtree, self.folder)
        self.addCleanup(self.folder.chmod, 0o700)

    def become_somebody(self) -> None:
        shipped("ogi")  # imports what it needs, where that may still be looked at
        if os.geteuid() == 0:
            os.seteuid(NOBODY)
            self.addCleanup(os.seteuid, 0)

    def test_a_log_may_be_a_file_in_a_folder_where_none_may_be_made(self) -> None:
        for name, mode in (("open", 0o666), ("shut", 0o444)):
            (self.folder / name).touch()
            (self.folder / name).chmod(mode)
        self.folder.chmod(0o555)
        self.become_somebody()
        found = [can_be_written(str(self.folder / name)) for name in ("open", "shut", "new", ".", "no/where")]
        self.assertEqual(found, [True, False, False, False, False])
        self.assertTrue(can_be_written(os.devnull))

    def test_what_may_not_be_looked_at_is_a_mistake_that_is_named(self) -> None:
        self.folder.chmod(0)
        self.become_somebody()
        settings = {"static.root": "site", "ogi.root": "ogi", "adventure.world": "a.yaml", "cgi.script_log.path": "log"}
        given = [absolute(f"{setting}={name}", self.folder) for setting, name in settings.items()]
        with self.assertRaises(ConfigError) as raised:
            resolve(parse("cgi: {mounts: [{dir: a.cgi}]}", overrides=given), self.folder, "tap.yaml", None)
        paths = sorted(mistake.path for mistake in raised.exception.mistakes)
        self.assertEqual(paths, sorted([*settings, "cgi.mounts[0].dir"]))

    def test_settings_that_may_not_be_looked_for_are_a_mistake_too(self) -> None:
        options = Options()
        options._here = self.folder
        self.folder.chmod(0)
        self.become_somebody()
        with self.assertRaises(ConfigError) as raised:
            options.load()
        self.assertIn(f"{self.folder}/tap.yaml: can not be read", str(raised.exception))
