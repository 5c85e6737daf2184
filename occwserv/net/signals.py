"""Adapter. What the process does on a signal."""

import signal
from collections.abc import Callable, Mapping


def handle_signals(reactor, actions: Mapping[str, Callable[[], None]]) -> None:
    """Call the action of a signal from the reactor. To be called when the reactor runs: it has handlers of its own,
    after which `twistd` would end with the signal's status and not with 0.

    :param actions: by the signal's name; names the system does not have are left out.
    """
    # Twisted would wake up for every program that ends. Ours are noticed by `net/process.py`, and nobody uses
    # `reactor.spawnProcess`, whose programs this would be needed for.
    if hasattr(signal, "SIGCHLD"):
        signal.signal(signal.SIGCHLD, signal.SIG_DFL)
    for name, act in actions.items():
        number = getattr(signal, name, None)
        if number is not None:
            signal.signal(number, lambda *_, act=act: reactor.callFromThread(act))
