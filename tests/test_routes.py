"""Which resource a request goes to."""

from twisted.trial.unittest import SynchronousTestCase

from occwserv.frontend.route import Routes
from occwserv.http.head import Limits, parse_head

from .sockets import request
from .standstill import Act

ROUTES = [
    # the target, the resource
    (b"/", "otherwise"),
    (b"/page.html", "otherwise"),
    (b"/stats.html", "stats"),
    (b"/stats.html?sort=1", "stats"),
    (b"/stats%2ehtml", "stats"),
    (b"/stat%73.html", "stats"),
    (b"http://a/stats.html", "stats"),
    (b"/stats.html/", "otherwise"),
    (b"/stats.htm", "otherwise"),
    (b"/Stats.html", "otherwise"),
    (b"//stats.html", "otherwise"),
    (b"/ogi/", "ogi"),
    (b"/ogi/counter", "ogi"),
    (b"/ogi/counter/more?a=b", "ogi"),
    (b"/ogi", "otherwise"),
    (b"/ogi2/", "otherwise"),
    (b"/ogi/admin/", "admin"),
    (b"/ogi/admin/x", "admin"),
    (b"/ogi/admin", "ogi"),
    (b"/ogi/status", "status"),
    (b"/ogi/status/x", "ogi"),
    (b"/ogi%2fcounter", "ogi"),
    (b"/x/ogi/", "otherwise"),
]


class RoutesTests(SynchronousTestCase):
    """One path, one way: the exact path first, then the longest that fits, then the rest."""

    def setUp(self) -> None:
        def act(name: str) -> Act:
            return Act(name, lambda connection: None)

        prefixes = {b"/ogi/": act("ogi"), b"/ogi/admin/": act("admin")}
        exact = {b"/stats.html": act("stats"), b"/ogi/status": act("status"), b"*": act("server")}
        self.routes = [Routes(exact, prefixes, act("otherwise"))]
        self.routes.append(Routes(exact, dict(reversed(prefixes.items())), act("otherwise")))

    def test_the_table_whatever_order_it_was_built_in(self) -> None:
        for routes in self.routes:
            for target, name in ROUTES:
                self.assertEqual(routes(parse_head(request(target), Limits())).name, name, target)

    def test_the_server_itself_is_asked_with_an_asterisk(self) -> None:
        for target, method, name in (
            (b"*", b"OPTIONS", "server"),
            (b"http://a", b"OPTIONS", "server"),
            (b"/*", b"OPTIONS", "otherwise"),
            (b"a:80", b"CONNECT", "otherwise"),
        ):
            self.assertEqual(self.routes[0](parse_head(request(target, method=method), Limits())).name, name, target)
