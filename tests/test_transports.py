"""uvloop's transports under Twisted protocols do what Twisted's own do: the same scenes on both, each told beforehand.

The scenes of a module are played in two child processes, one for each kind of transport, since a process has one
reactor. What the server's side and the client's side noted has to be the same in both, and what the scene says.
"""

from functools import cache
from importlib.util import find_spec
from types import ModuleType

from twisted.trial.unittest import SynchronousTestCase

from . import (
    transport_scenes,
    transport_scenes_files,
    transport_scenes_flow,
    transport_scenes_foreign,
    transport_scenes_ports,
    transport_scenes_web,
)
from .transport_stage import KINDS, play

played = cache(play)


class SceneTests(SynchronousTestCase):
    """The tests of a module of scenes: one for each."""

    if find_spec("uvloop") is None:
        skip = "uvloop is not installed"

    def __init_subclass__(cls, module: ModuleType) -> None:
        for name, act in vars(module).items():
            if hasattr(act, "scene"):
                setattr(cls, f"test_{name}", cls._test(module.__name__, name, act.scene))

    @staticmethod
    def _test(module: str, name: str, told: dict):
        def test(self: "SceneTests") -> None:
            for kind in KINDS:
                self.assertEqual(played(module)[kind][name], told[kind], kind)

        return test


class WayTests(SceneTests, module=transport_scenes):
    """Writing, reading, and the ways a connection ends."""


class FlowTests(SceneTests, module=transport_scenes_flow):
    """Producers and mistakes."""


class FileTests(SceneTests, module=transport_scenes_files):
    """What leaves through an outlet: bytes, and pieces of files by `sendfile`."""


class PortTests(SceneTests, module=transport_scenes_ports):
    """Ports, addresses and options."""


class ForeignTests(SceneTests, module=transport_scenes_foreign):
    """Protocols of Twisted."""


class WebTests(SceneTests, module=transport_scenes_web):
    """Twisted's web server, a web client, TLS."""
