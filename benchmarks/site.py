"""What the servers serve, and what is asked of them: the same files and requests with every run."""

import math
import os
import random
import shutil
import subprocess
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

PAGE = "/page.html"
PAGE_BYTES = 8192
LARGE = "/large.bin"
LARGE_BYTES = 100_000_000
PROGRAM = "/cgi-bin/hello"
HELLO = b"hello\n"
SOURCE = r"""
#include <unistd.h>
int main(void) {
    static const char said[] = "Content-Type: text/plain\n\nhello\n";
    return write(1, said, sizeof said - 1) < 0;
}
"""
FILES = 1000
BROWSERS = 500
REQUESTS = 40_000
SEED = 2003


@dataclass(frozen=True)
class Site:
    """The files below `root`, and the mixed load."""

    root: Path
    sizes: dict[str, int]
    """Bytes of each file, by its path in the URL."""
    mixed: tuple[str, ...]
    """The paths of the mixed load, the most wanted one first."""
    headers: tuple[dict[str, str], ...]
    """Header blocks of browsers."""
    requests: Path
    """A file with the mixed load's prepared requests, one after the other."""


def build(folder: Path) -> Site:
    """Make everything below this folder."""
    chance = random.Random(SEED)
    root = folder / "www"
    (root / "mixed").mkdir(parents=True)
    sizes = {PAGE: PAGE_BYTES, LARGE: LARGE_BYTES}
    mixed = tuple(f"/mixed/{number:03}.html" for number in range(FILES))
    sizes |= {path: min(200_000, max(300, int(chance.lognormvariate(8.5, 1.2)))) for path in mixed}
    for path, size in sizes.items():
        write(root / path[1:], size)
    (root / "index.html").write_text("<title>benchmark</title>\n")
    compile_program(root / PROGRAM[1:])
    headers = tuple(browsers(chance))
    requests = folder / "requests"
    requests.write_bytes(b"".join(ask(chance, mixed, headers) for _ in range(REQUESTS)))
    for made in (folder, root, *root.rglob("*"), requests):
        made.chmod(
            0o755 if made.is_dir() or made.parent.name == "cgi-bin" else 0o644
        )  # servers that are started by root serve as somebody else
    return Site(root, sizes, mixed, headers, requests)


def compile_program(file: Path) -> None:
    """A program as small as one can be, if there is a compiler; else none, and whoever needs it says so."""
    compiler = shutil.which("gcc") or shutil.which("cc")
    if compiler is not None:
        file.parent.mkdir()
        subprocess.run([compiler, "-O2", "-o", file, "-x", "c", "-"], input=SOURCE.encode(), check=True)


def write(file: Path, size: int) -> None:
    """A page of words, or with another ending than .html a file of noise, of exactly this size."""
    if file.suffix != ".html":
        block = os.urandom(1_000_000)
        with file.open("wb") as out:
            for start in range(0, size, len(block)):
                out.write(block[: size - start])
        return
    words = random.Random(f"{SEED} {file.name}")
    text = f"<!DOCTYPE html><title>{file.name}</title>\n"
    while len(text) < size:
        text += f"<p>{words.getrandbits(256):x} {words.getrandbits(256):x}</p>\n"
    file.write_bytes(text.encode()[: size - 1] + b"\n")


def browsers(chance: random.Random) -> Iterator[dict[str, str]]:
    """Header blocks of ten fields that differ in the name of the browser."""
    systems = ("X11; Linux x86_64", "Windows NT 10.0; Win64; x64", "Macintosh; Intel Mac OS X 10_15_7")
    for number in range(BROWSERS):
        version = f"{90 + number % 50}.0.{chance.randrange(7000)}.{number}"
        yield {
            "Host": "localhost",
            "User-Agent": f"Mozilla/5.0 ({systems[number % 3]}) AppleWebKit/537.36 (KHTML, like Gecko) "
            f"Chrome/{version} Safari/537.36",
            "Accept": "text/html,application/xhtml+xml,application/xml;q=0.9,image/webp,*/*;q=0.8",
            "Accept-Language": "en-GB,en;q=0.9,de;q=0.7",
            "Accept-Encoding": "gzip, deflate, br",
            "Connection": "keep-alive",
            "Upgrade-Insecure-Requests": "1",
            "Sec-Fetch-Dest": "document",
            "Sec-Fetch-Mode": "navigate",
            "Sec-Fetch-Site": "same-origin",
        }


def ask(chance: random.Random, paths: Sequence[str], headers: Sequence[dict[str, str]]) -> bytes:
    """One prepared request: few of the pages are wanted often (Zipf), every browser equally often."""
    path = paths[int(math.exp(chance.random() * math.log(len(paths)))) - 1]
    fields = "".join(f"{name}: {value}\r\n" for name, value in chance.choice(headers).items())
    return f"GET {path} HTTP/1.1\r\n{fields}\r\n".encode()
