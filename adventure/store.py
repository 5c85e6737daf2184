"""Adapter. The file in which a world is kept: SQLite, one row for each room, body, machine and account, as JSON.

Its journal (WAL) sees to it that a transaction is there or is not, whatever happens. It may be written by a thread.
"""

import json
import sqlite3
from collections.abc import Iterable
from pathlib import Path
from threading import Lock
from typing import Any

Place = tuple[str, str]
Rows = dict[Place, str]
Kept = dict[str, dict[str, Any]]  # what rows say, by their kinds and keys


Unwritten = sqlite3.Error


class Store:
    """The file.

    :raise OSError: it can not be used.
    """

    def __init__(self, path: Path | str) -> None:
        self._path = path
        try:
            self._open()
        except sqlite3.Error as error:
            raise self._unusable(error) from None

    def _unusable(self, error: sqlite3.Error) -> OSError:
        return OSError(f"the world can not be kept in {self._path} (adventure.save): {error}")

    def _open(self) -> None:
        self._file = sqlite3.connect(self._path, isolation_level=None, check_same_thread=False)
        self._lock = Lock()
        self._stamps = self._written = 0
        self._closed = False
        self._file.execute("PRAGMA journal_mode=WAL")
        self._file.execute("PRAGMA synchronous=NORMAL")
        self._file.execute("CREATE TABLE IF NOT EXISTS kept (kind TEXT, key TEXT, value TEXT, PRIMARY KEY (kind, key))")

    def stamp(self) -> int:
        """The number of a save, given when its rows are made."""
        self._stamps += 1
        return self._stamps

    def save(self, stamp: int, rows: Rows, gone: Iterable[Place] = ()) -> None:
        """Write rows, and take out others, in one transaction. A thread that comes too late writes nothing: newer rows
        were written meanwhile, of all that it has.

        :raise sqlite3.Error: that is not possible; nothing of it is written.
        """
        with self._lock:
            if stamp < self._written or self._closed:
                return
            self._file.execute("BEGIN")
            try:
                self._file.executemany("DELETE FROM kept WHERE kind = ? AND key = ?", gone)
                self._file.executemany(
                    "INSERT INTO kept VALUES (?, ?, ?) ON CONFLICT (kind, key) DO UPDATE SET value = excluded.value",
                    [(kind, key, value) for (kind, key), value in rows.items()],
                )
                self._file.execute("COMMIT")
                self._written = stamp
            except sqlite3.Error:
                self._file.execute("ROLLBACK")
                raise

    def rows(self) -> Rows:
        """All that is kept, in the order in which it was first written.

        :raise OSError: it can not be read.
        """
        try:
            with self._lock:
                found = self._file.execute("SELECT kind, key, value FROM kept ORDER BY rowid").fetchall()
        except sqlite3.Error as error:
            raise self._unusable(error) from None
        return {(kind, key): value for kind, key, value in found}

    def close(self) -> None:
        with self._lock:
            self._closed = True
            self._file.close()


def read(rows: Rows) -> Kept:
    """What rows say."""
    kept: Kept = {}
    for (kind, key), value in rows.items():
        kept.setdefault(kind, {})[key] = json.loads(value)
    return kept
