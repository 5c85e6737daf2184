"""The clients that are no benchmark program of their own: run by the harness as `python -m benchmarks.client`.

    client download PORT PATH SECONDS    fetches a file again and again on one connection
    client idle PORT PATH                obeys "open N" and "count" on its standard input
    client poll PORT PATH SECONDS        asks for a small file a hundred times a second, and notes how long it takes

Each answers with lines of JSON.
"""

import json
import resource
import socket
import sys
import time

PER_ADDRESS = 2500
"""Idle connections from one address: neither its ports nor a limit for one client run out."""


def ask(path: str) -> bytes:
    return f"GET {path} HTTP/1.1\r\nHost: localhost\r\nUser-Agent: benchmark\r\n\r\n".encode()


def fetch(client: socket.socket, request: bytes, buffer: bytearray) -> int:
    """Send a request, read the whole answer and forget it; returns the bytes of its body."""
    client.sendall(request)
    answer = b""
    while b"\r\n\r\n" not in answer:
        count = client.recv_into(buffer)
        if not count:
            raise ConnectionError(f"closed after {answer!r}")
        answer += buffer[:count]
    head, _, body = answer.partition(b"\r\n\r\n")
    status, *lines = head.split(b"\r\n")
    fields = {name.strip().lower(): value.strip() for name, _, value in (line.partition(b":") for line in lines)}
    if status.split()[1] != b"200":
        raise ConnectionError(f"answered {status!r}")
    length = int(fields[b"content-length"])
    left = length - len(body)
    while left > 0:
        count = client.recv_into(buffer)
        if not count:
            raise ConnectionError(f"closed {left} bytes before the end")
        left -= count
    return length


def download(port: int, path: str, seconds: float) -> None:
    """Fetch a file for some seconds, at least once."""
    buffer = bytearray(1 << 18)
    with socket.create_connection(("127.0.0.1", port)) as client:
        begin = time.monotonic()
        total = 0
        while not total or time.monotonic() - begin < seconds:
            total += fetch(client, ask(path), buffer)
        tell(bytes=total, seconds=time.monotonic() - begin)


def poll(port: int, path: str, seconds: float) -> None:
    """Ask for a file now and then, and tell how long that took (p50, p99 and the most, in ms)."""
    buffer = bytearray(1 << 18)
    took = []
    with socket.create_connection(("127.0.0.1", port)) as client:
        client.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        until = time.monotonic() + seconds
        while time.monotonic() < until:
            begin = time.perf_counter()
            fetch(client, ask(path), buffer)
            took.append(1000 * (time.perf_counter() - begin))
            time.sleep(0.01)
    took.sort()
    tell(p50=took[len(took) // 2], p99=took[len(took) * 99 // 100], most=took[-1])


def idle(port: int, path: str) -> None:
    """Open connections that have asked for one page each, and tell how many are still there."""
    clients: list[socket.socket] = []
    buffer = bytearray(1 << 16)
    for line in sys.stdin:
        order, *number = line.split()
        if order == "open":
            while len(clients) < int(number[0]):
                clients.append(open_from(f"127.0.0.{2 + len(clients) // PER_ADDRESS}", port))
                fetch(clients[-1], ask(path), buffer)
        tell(open=sum(map(is_open, clients)))


def open_from(address: str, port: int) -> socket.socket:
    client = socket.socket()
    client.settimeout(10)
    client.setsockopt(socket.IPPROTO_IP, getattr(socket, "IP_BIND_ADDRESS_NO_PORT", 24), 1)
    client.bind((address, 0))
    client.connect(("127.0.0.1", port))
    return client


def is_open(client: socket.socket) -> bool:
    client.setblocking(False)
    try:
        return client.recv(1, socket.MSG_PEEK) != b""
    except BlockingIOError:
        return True
    except OSError:
        return False
    finally:
        client.settimeout(10)


def tell(**facts: float) -> None:
    print(json.dumps(facts), flush=True)


def main() -> None:
    hard = resource.getrlimit(resource.RLIMIT_NOFILE)[1]
    resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))
    kind, port, path, *more = sys.argv[1:]
    if kind == "download":
        download(int(port), path, float(more[0]))
    elif kind == "poll":
        poll(int(port), path, float(more[0]))
    else:
        idle(int(port), path)


if __name__ == "__main__":
    main()
