"""Adapter. The statistics as a page, as JSON and for Prometheus (the paper, 2.5 and 2.6).

Nothing is computed before somebody asks: `figures` then collects from the parts of the server what they count.
"""

from collections.abc import Callable, Iterable, Iterator, Sequence
from ipaddress import IPv4Network, IPv6Network, ip_address, ip_network

import msgspec
from prometheus_client import CollectorRegistry, generate_latest
from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, Metric

from ..connection import Connection
from ..http.answer import REASONS, Answer
from ..http.errors import HTTPError
from .pages import render

Figures = dict
MOST_PAGES = 100
"""Pages of each half of the cache's table that the page for people shows."""

_ALLOW = (b"Allow", b"GET, HEAD, OPTIONS")


class StatusPage:
    """One form of the statistics.

    :param figures: collects them.
    :param write: turns them into a page.
    :param allow: networks or addresses of those who may see it; empty for everybody.
    """

    def __init__(
        self,
        name: str,
        media_type: bytes,
        figures: Callable[[], Figures],
        write: Callable[[Figures], bytes],
        allow: Sequence[str] = (),
    ) -> None:
        self.name = name
        self._media_type = media_type
        self._figures = figures
        self._write = write
        self._allow = [ip_network(network) for network in allow]

    def serve(self, connection: Connection) -> None:
        """Answer with the figures of this moment."""
        method = connection.request.method
        if not may_see(connection.client.address, self._allow):
            raise HTTPError(403, "the statistics are not shown to this address")
        if method == b"OPTIONS":
            connection.reply(Answer(204, (_ALLOW,)))
        elif method in (b"GET", b"HEAD"):
            fields = ((b"Content-Type", self._media_type), (b"Cache-Control", b"no-store"))
            connection.reply(Answer(200, fields, (self._write(self._figures()),)))
        else:
            raise HTTPError(405, "statistics are read, not written to", (_ALLOW,))


def may_see(address: str, networks: Iterable[IPv4Network | IPv6Network]) -> bool:
    """Whether an address is in one of the networks; an IPv4 client of an IPv6 socket counts as IPv4."""
    networks = list(networks)
    if not networks:
        return True
    try:
        client = ip_address(address.partition("%")[0])
    except ValueError:
        return False  # a UNIX socket has no address to be allowed by
    client = getattr(client, "ipv4_mapped", None) or client
    return any(client in network for network in networks)


def as_json(figures: Figures) -> bytes:
    """The figures as JSON."""
    return msgspec.json.format(msgspec.json.encode(figures), indent=2) + b"\n"


def as_page(figures: Figures) -> bytes:
    """The figures for people, without scripts: the page asks to be fetched again every five seconds."""
    reasons = {str(status): phrase for status, phrase in REASONS.items()}
    pages = [(key.decode("utf-8", "replace"), *facts) for key, *facts in figures.pop("pages")]
    halves = {
        "Pages in memory": [row for row in pages if row[3]],
        "Pages that compete for a place": [row for row in pages if not row[3]],
    }
    return render("stats.html", reasons=reasons, halves=halves, most=MOST_PAGES, **figures)


def as_metrics(figures: Figures) -> bytes:
    """The figures in the text format of Prometheus."""
    registry = CollectorRegistry(auto_describe=False)
    registry.register(_Collector(figures))
    return generate_latest(registry)


class _Collector:
    """Presents the figures as metric families."""

    def __init__(self, figures: Figures) -> None:
        self._figures = figures

    def collect(self) -> Iterator[Metric]:
        figures = self._figures
        yield GaugeMetricFamily(
            "occwserv_uptime_seconds", "Seconds since the server started.", value=figures["server"]["uptime"]
        )
        yield GaugeMetricFamily(
            "occwserv_connections_open", "Clients connected now.", value=figures["connections"]["open"]
        )
        yield _total("connections", "Clients so far.", "fate", _but(figures["connections"], "open"))
        yield CounterMetricFamily("occwserv_requests", "Requests answered.", value=figures["requests"]["total"])
        yield _total("bytes", "Bytes on the wire.", "direction", figures["bytes"])
        yield _total("answers", "Answers by status.", "status", figures["answers"])
        yield _total("resource_requests", "Requests by what answered them.", "resource", figures["resources"])
        stations = figures["stations"]
        yield _total(
            "station_seconds", "Time spent at a station.", "station", {k: v["seconds"] for k, v in stations.items()}
        )
        yield _total(
            "station_passages", "Passages of a station.", "station", {k: v["count"] for k, v in stations.items()}
        )
        yield _total("faults", "Connections that did not come home as they should.", "kind", figures["faults"])
        for part in ("cache", "door", "cgi"):
            family = GaugeMetricFamily(f"occwserv_{part}", f"What the {part} holds.", labels=["of"])
            for name, value in figures[part].items():
                if not isinstance(value, list):
                    family.add_metric([name], value)
            yield family
        ogi = figures["ogi"]
        yield GaugeMetricFamily("occwserv_ogi_handlers", "Instances of modules.", value=ogi["handlers"]["busy"])
        yield GaugeMetricFamily("occwserv_ogi_processes", "Processes of modules.", value=ogi["processes"])
        yield CounterMetricFamily("occwserv_ogi_faults", "Faults of modules.", value=ogi["faults"])
        players = GaugeMetricFamily("occwserv_game_players", "Who plays, by doors.", labels=["door"])
        for name, value in figures["game"]["players"].items():
            players.add_metric([name], value)
        yield players
        yield _total("log_lines", "Lines of the access log.", "fate", figures["log"])
        yield _total("reloads", "Reloads of the settings.", "outcome", figures["reloads"])


def _total(name: str, help: str, label: str, values: dict) -> CounterMetricFamily:
    family = CounterMetricFamily(f"occwserv_{name}", help, labels=[label])
    for value, count in values.items():
        family.add_metric([value], count)
    return family


def _but(values: dict, name: str) -> dict:
    return {key: value for key, value in values.items() if key != name}
