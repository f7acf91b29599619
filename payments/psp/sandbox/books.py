"""The sandbox's books: one SQLite file in WAL mode, one connection, one lock.

Lives here: transactions, storing and finding objects, idempotent answers, settings. Does not live here: what
the objects mean (the faces), sums over them (`summary.py`), webhook rows (`webhooks.py`).
"""

import json
import sqlite3
import threading
import zlib
from collections.abc import Iterable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from .schema import COLUMNS, DDL

Body = dict[str, Any]

FOLD_EVERY_SECONDS = 1.0


def to_json(value: Any) -> str:
    return json.dumps(value, separators=(",", ":"), ensure_ascii=False)


@dataclass(slots=True)
class Record:
    """One stored object: `body` is what the API shows, `private` is what only the sandbox knows."""

    table: str
    account: str
    created_at: float
    body: Body
    private: Body = field(default_factory=dict)
    seq: int = 0  # place in the table; rises with time

    @property
    def id(self) -> str:
        return str(self.body["id"])


@dataclass(frozen=True, slots=True)
class RememberedAnswer:
    path: str
    fingerprint: str
    status: int
    answer: bytes
    request_id: str
    created_at: float


class Books:
    """Every method takes the lock; callers that need several steps to be one hold `transaction()` or
    `reading()`.
    """

    def __init__(self, path: str | Path) -> None:
        self._lock = threading.RLock()
        self._connection = sqlite3.connect(
            str(path), isolation_level=None, check_same_thread=False, cached_statements=512
        )
        self._connection.execute("PRAGMA journal_mode = WAL")
        self._connection.execute("PRAGMA wal_autocheckpoint = 0")
        self._connection.execute("PRAGMA synchronous = NORMAL")
        self._connection.execute("PRAGMA cache_size = -32768")
        self._connection.executescript(DDL)
        self._accounts: set[str] = {key for (key,) in self.rows("SELECT key FROM accounts")}
        self._insert = {table: _insert_sql(table) for table in COLUMNS}
        self._update = {table: _update_sql(table) for table in COLUMNS}
        self._closing = threading.Event()
        self._folder = threading.Thread(target=self._fold, args=(str(path),), daemon=True)
        self._folder.start()

    def close(self) -> None:
        """Leaves one file behind: the write-ahead log is folded in."""
        self._closing.set()
        self._folder.join(timeout=2)
        with self._lock:
            self._connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
            self._connection.close()

    def _fold(self, path: str) -> None:
        """Fold the log into the file from a connection of its own: a commit that had to do it waits for the
        disk, and a payment behind it as well."""
        connection = sqlite3.connect(path, isolation_level=None)
        while not self._closing.wait(FOLD_EVERY_SECONDS):
            with suppress(sqlite3.OperationalError):  # busy: the next round folds more
                connection.execute("PRAGMA wal_checkpoint(PASSIVE)").fetchone()
        connection.close()

    @contextmanager
    def transaction(self) -> Iterator[None]:
        """All writes inside are committed together, or none of them when the block raises. Nests."""
        with self._lock:
            if self._connection.in_transaction:
                yield
                return
            self._connection.execute("BEGIN IMMEDIATE")
            try:
                yield
            except BaseException:
                self._connection.execute("ROLLBACK")
                raise
            self._connection.execute("COMMIT")

    @contextmanager
    def reading(self) -> Iterator[None]:
        with self._lock:
            yield

    def rows(self, sql: str, parameters: Iterable[Any] = ()) -> list[tuple[Any, ...]]:
        with self._lock:
            return self._connection.execute(sql, tuple(parameters)).fetchall()

    def row(self, sql: str, parameters: Iterable[Any] = ()) -> tuple[Any, ...] | None:
        with self._lock:
            found: tuple[Any, ...] | None = self._connection.execute(sql, tuple(parameters)).fetchone()
            return found

    def execute(self, sql: str, parameters: Iterable[Any] = ()) -> int:
        """Run one statement; returns the row id it inserted (meaningless otherwise)."""
        with self._lock:
            return self._connection.execute(sql, tuple(parameters)).lastrowid or 0

    # Objects

    def insert(self, record: Record) -> None:
        body = record.body
        self.execute(
            self._insert[record.table],
            (
                record.id,
                record.account,
                record.created_at,
                *(body.get(name) for name in COLUMNS[record.table]),
                to_json(body),
                to_json(record.private),
            ),
        )
        for key, value in (body.get("metadata") or {}).items():
            self._index_metadata(record, key, value)

    def update(self, record: Record) -> None:
        body = record.body
        self.execute(
            self._update[record.table],
            (
                *(body.get(name) for name in COLUMNS[record.table]),
                to_json(body),
                to_json(record.private),
                record.id,
            ),
        )

    def update_metadata(self, record: Record, changes: dict[str, str]) -> None:
        """Merge into the object's metadata; an empty value removes its key."""
        metadata = record.body["metadata"] = dict(record.body.get("metadata") or {})
        for key, value in changes.items():
            if key in metadata:
                self.execute(
                    "DELETE FROM metadata WHERE kind = ? AND account = ? AND key = ? AND value = ? AND id = "
                    "?",
                    (record.table, record.account, key, metadata.pop(key), record.id),
                )
            if value != "":
                metadata[key] = value
                self._index_metadata(record, key, value)

    def _index_metadata(self, record: Record, key: str, value: str) -> None:
        self.execute(
            "INSERT OR IGNORE INTO metadata (kind, account, key, value, id) VALUES (?, ?, ?, ?, ?)",
            (record.table, record.account, key, value, record.id),
        )

    def delete(self, record: Record) -> None:
        self.execute(f"DELETE FROM {record.table} WHERE id = ?", (record.id,))  # noqa: S608 - table is ours
        self.execute("DELETE FROM metadata WHERE kind = ? AND id = ?", (record.table, record.id))

    def find(self, table: str, account: str, object_id: str) -> Record | None:
        row = self.row(
            f"SELECT account, created_at, body, private, seq FROM {table} WHERE id = ?",  # noqa: S608
            (object_id,),
        )
        return None if row is None or row[0] != account else _record(table, row)

    def find_anywhere(self, table: str, object_id: str) -> Record | None:
        """For the pages a cardholder opens, who has no account key."""
        row = self.row(f"SELECT account FROM {table} WHERE id = ?", (object_id,))  # noqa: S608 - table is ours
        return None if row is None else self.find(table, row[0], object_id)

    def select(self, table: str, where: str, parameters: Iterable[Any], tail: str = "") -> list[Record]:
        """`where` and `tail` are SQL written in this package; values travel in `parameters`."""
        rows = self.rows(
            f"SELECT account, created_at, body, private, seq FROM {table} WHERE {where} {tail}",  # noqa: S608
            parameters,
        )
        return [_record(table, row) for row in rows]

    # Contents of files

    def keep_content(self, file_id: str, content: bytes) -> None:
        self.execute("INSERT INTO file_contents (id, content) VALUES (?, ?)", (file_id, content))

    def content_of(self, file_id: str) -> bytes | None:
        """As it was uploaded; whose it is, its row in `files` says."""
        row = self.row("SELECT content FROM file_contents WHERE id = ?", (file_id,))
        return None if row is None else bytes(row[0])

    # Accounts, settings, idempotent answers

    def open_account(self, key: str, account_id: str, now: float) -> None:
        """Any key is an account from its first request on."""
        if key in self._accounts:
            return
        with self._lock:
            self.execute("INSERT OR IGNORE INTO accounts VALUES (?, ?, ?)", (key, account_id, now))
            self._accounts.add(key)

    def setting(self, name: str, default: str) -> str:
        row = self.row("SELECT value FROM settings WHERE name = ?", (name,))
        return default if row is None else str(row[0])

    def keep_setting(self, name: str, value: str) -> None:
        self.execute("INSERT OR REPLACE INTO settings VALUES (?, ?)", (name, value))

    def remembered(self, account: str, key: str) -> RememberedAnswer | None:
        row = self.row(
            "SELECT path, fingerprint, status, answer, request_id, created_at FROM idempotency_keys "
            "WHERE account = ? AND key = ?",
            (account, key),
        )
        if row is None:
            return None
        path, fingerprint, status, answer, request_id, created_at = row
        return RememberedAnswer(path, fingerprint, status, zlib.decompress(answer), request_id, created_at)

    def remember(self, account: str, key: str, answer: RememberedAnswer) -> None:
        self.execute(
            "INSERT OR REPLACE INTO idempotency_keys VALUES (?, ?, ?, ?, ?, ?, ?, ?)",
            (
                account,
                key,
                answer.path,
                answer.fingerprint,
                answer.status,
                zlib.compress(answer.answer, 1),
                answer.request_id,
                answer.created_at,
            ),
        )


def _record(table: str, row: tuple[Any, ...]) -> Record:
    return Record(table, row[0], row[1], json.loads(row[2]), json.loads(row[3]), row[4])


def _insert_sql(table: str) -> str:
    names = ("id", "account", "created_at", *COLUMNS[table], "body", "private")
    return f"INSERT INTO {table} ({', '.join(names)}) VALUES ({', '.join('?' * len(names))})"  # noqa: S608


def _update_sql(table: str) -> str:
    names = (*COLUMNS[table], "body", "private")
    return f"UPDATE {table} SET {', '.join(f'{name} = ?' for name in names)} WHERE id = ?"  # noqa: S608
