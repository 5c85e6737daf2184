"""`python -m benchmarks`: occwserv beside other web servers, on this machine. It installs nothing.

Results go to standard output, progress to standard error.
"""

import argparse
import dataclasses
import json
import os
import platform
import resource
import tempfile
from pathlib import Path
from typing import Any

from . import loads, processes, site
from .peers import PEERS
from .picture import figures
from .rounds import Results, interleave, rising, say
from .scenarios import SCENARIOS, Bench, Scenario
from .servers import ROOT
from .tables import compared, last_good, medians, peers_of, show, show_paper

RATES = tuple(range(1000, 10_001, 1000))
DESCRIPTORS = 65536


def words(text: str) -> tuple[str, ...]:
    return tuple(filter(None, text.split(",")))


def numbers(text: str) -> tuple[int, ...]:
    return tuple(map(int, words(text)))


def scenarios(text: str) -> tuple[str, ...]:
    """Names or letters of scenarios."""
    letters = {scenario.letter: name for name, scenario in SCENARIOS.items()}
    names = tuple(letters.get(word, word) for word in words(text))
    if unknown := set(names) - set(SCENARIOS):
        raise argparse.ArgumentTypeError(f"no such scenario: {', '.join(unknown)}")
    return names


def servers(text: str) -> tuple[str, ...]:
    if unknown := set(words(text)) - set(PEERS):
        raise argparse.ArgumentTypeError(f"no such server: {', '.join(unknown)}; there are {', '.join(PEERS)}")
    return words(text)


def options() -> argparse.Namespace:
    """What the command line says."""
    listed = "; ".join(f"{scenario.letter} or {name}: {scenario.title}" for name, scenario in SCENARIOS.items())
    parser = argparse.ArgumentParser("python -m benchmarks", description=__doc__, epilog=f"Scenarios are {listed}.")
    parser.add_argument("--only", type=scenarios, metavar="A,B", help="these scenarios alone, by letter or name")
    parser.add_argument("--peers", type=servers, metavar="A,B", help="these servers, the first compared with each")
    parser.add_argument("--rounds", type=int, default=5, help="runs of each server (%(default)s)")
    parser.add_argument("--seconds", type=int, default=4, help="length of a run (%(default)s)")
    parser.add_argument("--idle", type=int, default=10_000, help="idle connections in (f) (%(default)s)")
    parser.add_argument("--rates", type=numbers, default=RATES, metavar="N,N", help="connections/s in (c)")
    parser.add_argument("--cores", type=numbers, metavar="N,N", help="of the server, and of the load (0,1)")
    parser.add_argument("--set", action="append", default=[], metavar="KEY=VALUE", help="a setting for occwserv")
    parser.add_argument("--json", type=Path, metavar="FILE", help="write every run and ratio to this file, too")
    parser.add_argument("--pictures", type=Path, default=ROOT / "docs", metavar="FOLDER", help="of (c) (docs)")
    chosen = parser.parse_args()
    if chosen.rounds < 1 or chosen.seconds < 1 or chosen.idle <= 1000 or not chosen.rates:
        parser.error("--rounds and --seconds must be at least 1, --idle above 1000, --rates not empty")
    chosen.cores = chosen.cores or sorted(os.sched_getaffinity(0))[:2]
    if len(set(chosen.cores)) != 2 or not os.sched_getaffinity(0).issuperset(chosen.cores):
        parser.error("two different cores of this process are needed, one for the server and one for the load")
    if chosen.only is None:  # with servers of one's own choice, (g) would be (a) once more
        chosen.only = tuple(name for name in SCENARIOS if not (chosen.peers and name == "python"))
    return chosen


def prepare_machine(load_core: int) -> None:
    """As many descriptors as we may have; the harness itself out of the server's way."""
    processes.watch_over_children()
    os.sched_setaffinity(0, {load_core})
    hard = resource.getrlimit(resource.RLIMIT_NOFILE)[1]
    for limit in (max(hard, DESCRIPTORS), hard):
        try:
            resource.setrlimit(resource.RLIMIT_NOFILE, (limit, limit))
            return
        except (ValueError, OSError):
            continue


def machine() -> dict[str, Any]:
    """What the figures were taken on."""
    lines = Path("/proc/cpuinfo").read_text().splitlines()
    models = [line.partition(":")[2].strip() for line in lines if line.startswith("model name")]
    return {
        "processor": models[0] if models else platform.machine(),
        "cores": os.cpu_count(),
        "kernel": platform.release(),
        "python": platform.python_version(),
        "load": os.getloadavg()[0],
    }


def report(scenario: Scenario, results: Results) -> dict[str, Any]:
    """A scenario's results for the JSON."""
    return {
        "title": scenario.title,
        "medians": {peer: medians(runs) for peer, runs in results.runs.items()},
        "ratios": compared(scenario, results),
        **dataclasses.asdict(results),
    }


def measure(name: str, chosen: argparse.Namespace, bench: Bench) -> dict[str, Any]:
    """Run a scenario, print its table, draw its pictures."""
    scenario = SCENARIOS[name]
    peers = chosen.peers or scenario.peers
    if name != "paper":
        results = interleave(scenario, peers, bench)
        print(show(scenario, results), flush=True)
        return report(scenario, results)
    found = rising(peers, bench)
    print(show_paper(scenario, found), flush=True)
    for file, picture in figures(found).items():
        chosen.pictures.joinpath(file).write_text(picture)
        say(f"drawn: {chosen.pictures / file}")
    return {
        "title": scenario.title,
        "last_good": {peer: last_good(found, peer) for peer in peers_of(found)},
        "rates": {rate: report(scenario, results) for rate, results in found.items()},
    }


def main() -> int:
    """Run what was chosen; returns the exit code."""
    chosen = options()
    wanted = dict.fromkeys(peer for name in chosen.only for peer in chosen.peers or SCENARIOS[name].peers)
    missing = [f"{program} is not installed (Debian: {program})" for program in loads.missing()]
    if missing:
        say("\n".join(missing))
        return 1
    about = machine()
    print(f"{about['processor']}, kernel {about['kernel']}; medians of {chosen.rounds} runs of {chosen.seconds} s")
    if about["load"] > 0.3:
        print(f"Beware: the machine is busy with other things (load {about['load']:.1f}); the figures will be noisy.")
    versions = {}
    for peer in wanted:
        versions[peer] = PEERS[peer].missing() or PEERS[peer].described()
        print(f"{peer}: {versions[peer]}")
    print(flush=True)
    everything: dict[str, Any] = {"machine": about, "servers": versions, "scenarios": {}}
    prepare_machine(chosen.cores[1])
    with tempfile.TemporaryDirectory(prefix="benchmark-") as folder:
        bench = Bench(
            site.build(Path(folder)),
            *chosen.cores,
            chosen.rounds,
            chosen.seconds,
            chosen.idle,
            chosen.rates,
            chosen.set,
        )
        for name in chosen.only:
            everything["scenarios"][name] = measure(name, chosen, bench)
            if chosen.json:
                chosen.json.write_text(json.dumps(everything, indent=1) + "\n")
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
