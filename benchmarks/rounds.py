"""The rounds: servers take turns (A B C A B C ...), so that what else the machine does meets all of them."""

import sys
from collections.abc import Callable, Iterator, Sequence
from contextlib import AbstractContextManager, ExitStack, contextmanager
from dataclasses import dataclass, field

from .scenarios import Bench, Run, Scenario, at_rate
from .servers import Server, Unfit, running


@dataclass
class Results:
    """The runs of each server, in the order of the rounds, and why a server is not among them."""

    runs: dict[str, list[Run]] = field(default_factory=dict)
    left_out: dict[str, str] = field(default_factory=dict)


def say(text: str) -> None:
    """Progress; the results alone go to standard output."""
    print(text, file=sys.stderr, flush=True)


@contextmanager
def leaving_out(results: Results, name: str) -> Iterator[None]:
    """A server that turns out to be unfit is left out, with all of its runs."""
    try:
        yield
    except Unfit as error:
        say(f"{name} is left out: {error}")
        results.left_out[name] = str(error)
        results.runs.pop(name, None)


def serve(bench: Bench, name: str) -> AbstractContextManager[Server]:
    return running(name, bench.site, bench.server_core, bench.settings, bench.idle + 1000)


def lasting(scenario: Scenario, name: str, bench: Bench, stack: ExitStack) -> Callable[[], Run]:
    """What measures a server that is started now and stays until the stack is left."""
    with ExitStack() as own:
        measure = scenario.prepare(bench, own.enter_context(serve(bench, name)))
        stack.push(own.pop_all())
        return measure


def anew(scenario: Scenario, name: str, bench: Bench) -> Run:
    """One run of a server that is started for it."""
    with serve(bench, name) as server:
        return scenario.prepare(bench, server)()


def interleave(scenario: Scenario, peers: Sequence[str], bench: Bench) -> Results:
    """All rounds of a scenario."""
    results = Results()
    with ExitStack() as stack:
        measures: dict[str, Callable[[], Run]] = {}
        for name in peers:
            with leaving_out(results, name):
                if scenario.fresh:
                    measures[name] = lambda name=name: anew(scenario, name, bench)
                else:
                    measures[name] = lasting(scenario, name, bench, stack)
        for number in range(bench.rounds):
            for name, measure in measures.items():
                if name not in results.left_out:
                    with leaving_out(results, name):
                        run = measure()
                        results.runs.setdefault(name, []).append(run)
                        told = ", ".join(f"{key} {value:,.5g}" for key, value in run.items())
                        say(f"({scenario.letter}) round {number + 1} of {bench.rounds}: {name}: {told}")
    return results


def rising(peers: Sequence[str], bench: Bench) -> dict[int, Results]:
    """The paper's experiment: all rounds at each rate of connections."""
    found = {}
    for rate in bench.rates:
        say(f"(c) {rate} connections/s")
        found[rate] = interleave(at_rate(rate), peers, bench)
    return found
