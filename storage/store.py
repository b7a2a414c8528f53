"""The store: one database and one raw shelf, opened together, and the only way to a connection.

Nothing below commits: a `with` block is one transaction, and foreign errors that a person can act on are translated at
its edge. Reads no environment and knows no article.
"""

import sqlite3
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path
from types import TracebackType
from typing import Any, Final, Self

import sqlalchemy.exc
from sqlalchemy import URL, Connection, Engine, create_engine, event, make_url, text

from storage import migrate
from storage.errors import Misconfigured, StoreBusy, WiredeskError
from storage.raw import Raw
from storage.turns import TooLate, Turns

FILING: Final = 7_094_177_283_120_553
"""The key of the PostgreSQL advisory lock under which articles are filed and changes numbered."""

_WRITERS_ROOM: Final = ("cache_size=-32768", "wal_autocheckpoint=4000")
"""SQLite's memory for pages (32 MB; 2 by default) and how many of the log it gathers before it copies them (16 MB):
filing into a large database touches many pages at random."""
_READERS_ROOM: Final = ("cache_size=-8192",)
"""There are several of them, and each keeps what it has read."""
_PATIENCE: Final = 10
"""How many times as long a writer waits for its turn among those of its process as for another process: they get on."""
_LASTING: Final = ("journal_mode=WAL", "synchronous=FULL")
"""What was committed outlives a power cut. With WAL and `NORMAL`, SQLite's usual advice, the last commits may be undone
by one, and a file that they say was taken in lies in the drop folder's `done/` already. `FULL` costs a commit .7 ms
(ext4), and a commit is a batch."""
_HOPELESS: Final = {
    "unable to open database file": "the database file cannot be opened; check that its folder exists and is yours",
    "readonly database": "the database file may not be written; check its permissions",
    "file is not a database": "this file is not an SQLite database; name another one",
    "malformed": "the database file is damaged; restore it from a copy",
    "disk is full": "the disk is full; make room and start again",
}
"""What SQLite says, and what a person can do about it. Anything else that it calls operational may pass by itself."""

_REFUSED_STATES: Final = {"28000": "user", "28P01": "password", "3D000": "database name", "42501": "permissions"}
"""SQLSTATEs (PostgreSQL appendix A) after which trying again is useless."""


@dataclass(frozen=True, slots=True)
class Store:
    """An open store. Give connections back before closing it; it may be shared by threads, never across a fork.

    On SQLite all writers of a process share one connection and queue for it in order. Each with a connection of its
    own would ask again and again whether the database is free, and one that is unlucky never finds it so.
    """

    engine: Engine
    raw: Raw
    writer: Engine
    """The same as `engine` on PostgreSQL."""
    patience_s: float
    _turns: Turns = field(default_factory=Turns)

    @property
    def dialect(self) -> str:
        """`sqlite` or `postgresql`."""
        return self.engine.dialect.name

    @contextmanager
    def reading(self) -> Iterator[Connection]:
        """Open one snapshot for reading.

        Raises:
            StoreBusy: the database is locked or does not answer.
            Misconfigured: it refuses us for good.
        """
        with self._transaction(wiredesk_mode="reading") as conn:
            yield conn

    @contextmanager
    def writing(self) -> Iterator[Connection]:
        """Open one transaction for the inbox and cursors. Commits at the end, or rolls back. Raises as `reading`."""
        with self._transaction(wiredesk_mode="writing") as conn:
            yield conn

    @contextmanager
    def filing(self) -> Iterator[Connection]:
        """Open one transaction under the writer lock: one filer at a time, over all processes. Raises as `reading`."""
        with self._transaction(wiredesk_mode="filing") as conn:
            if self.dialect == "postgresql":
                conn.execute(text("SELECT pg_advisory_xact_lock(:key)"), {"key": FILING})
            yield conn

    @contextmanager
    def _transaction(self, **options: Any) -> Iterator[Connection]:
        writes = options["wiredesk_mode"] != "reading"
        engine = self.writer if writes else self.engine
        with ExitStack() as stack:
            stack.enter_context(_translated(engine.url))
            if writes and self.dialect == "sqlite":
                stack.enter_context(self._turns.mine(self.patience_s))
            conn = stack.enter_context(engine.connect())
            conn.execution_options(**options)
            if self.dialect == "postgresql" and options["wiredesk_mode"] == "reading":
                conn.execution_options(isolation_level="REPEATABLE READ", postgresql_readonly=True)
            with conn.begin():
                yield conn

    def close(self) -> None:
        """Close every connection."""
        self.engine.dispose()
        self.writer.dispose()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()


def open_store(
    database_url: str, *, raw_url: str, create: bool = True, busy_timeout: timedelta = timedelta(seconds=30)
) -> Store:
    """Open the store, and with `create` bring its tables to what this version needs.

    `busy_timeout` is how long a writer waits for another one.

    Raises:
        StoreBusy: the database is locked or does not answer.
        Misconfigured: an unknown kind of database, one that refuses us, one made by a newer version, or (without
            `create`) one without our tables or with older ones.
    """
    url = _read_url(database_url)
    engine = _engine(url, busy_timeout)
    lite = engine.dialect.name == "sqlite"
    writer = _sqlite(url, busy_timeout, _WRITERS_ROOM) if lite else engine
    try:
        with _translated(engine.url):
            if create:
                migrate.upgrade(engine)
            else:
                migrate.require_head(engine)
        return Store(
            engine=engine, raw=Raw(raw_url), writer=writer, patience_s=_PATIENCE * busy_timeout.total_seconds()
        )
    except BaseException:
        engine.dispose()
        raise


def version(database_url: str) -> str | None:
    """Say at which migration a database stands, whether this version can open it or not; None if it holds no store.

    Raises:
        StoreBusy, Misconfigured: as `open_store`, but for the version.
    """
    engine = _engine(_read_url(database_url), timedelta(seconds=30))
    try:
        with _translated(engine.url), engine.connect() as conn:
            return migrate.current(conn)
    finally:
        engine.dispose()


def _read_url(database_url: str) -> URL:
    try:
        url = make_url(database_url)
    except sqlalchemy.exc.ArgumentError as error:
        raise Misconfigured(
            "this is not a database address; write sqlite:///FILE or postgresql://HOST/NAME",
            subject="WIREDESK_DATABASE_URL",
        ) from error
    if url.drivername in {"postgres", "postgresql", "postgresql+psycopg"}:
        return url.set(drivername="postgresql+psycopg")
    if url.drivername in {"sqlite", "sqlite+pysqlite"}:
        if url.database in {None, "", ":memory:"}:
            raise Misconfigured("the store is a file: write sqlite:///FILE", subject="WIREDESK_DATABASE_URL")
        return url
    raise Misconfigured(
        f"{url.drivername} is not a database that Wiredesk keeps its store in; use sqlite or postgresql",
        subject="WIREDESK_DATABASE_URL",
    )


def _engine(url: URL, busy_timeout: timedelta) -> Engine:
    wait_ms = int(busy_timeout.total_seconds() * 1000)
    if url.drivername == "postgresql+psycopg":
        # Filers queue on the advisory lock, for as long as lock_timeout says; claimers never wait.
        options = f"-c lock_timeout={wait_ms} -c timezone=UTC"
        return create_engine(
            url, pool_pre_ping=True, hide_parameters=True, connect_args={"options": options, "connect_timeout": 10}
        )
    try:
        Path(str(url.database)).parent.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise Misconfigured("the folder of the database cannot be made", subject=_name(url)) from error
    return _sqlite(url, busy_timeout, _READERS_ROOM)


def _sqlite(url: URL, busy_timeout: timedelta, room: Sequence[str]) -> Engine:
    wait_s = busy_timeout.total_seconds()
    engine = create_engine(url, hide_parameters=True, connect_args={"timeout": wait_s, "check_same_thread": False})

    @event.listens_for(engine, "connect")
    def _prepare(connection: sqlite3.Connection, _record: Any) -> None:
        # The driver's own BEGIN leaves SELECT, DDL and SAVEPOINT outside of the transaction; `_begin` takes it over.
        connection.isolation_level = None
        for pragma in (*_LASTING, "foreign_keys=ON", f"busy_timeout={int(wait_s * 1000)}", *room):
            connection.execute(f"PRAGMA {pragma}")

    @event.listens_for(engine, "begin")
    def _begin(conn: Connection) -> None:
        # A deferred transaction that reads and then writes fails under WAL without waiting: writers say so first.
        mode = conn.get_execution_options().get("wiredesk_mode", "reading")
        conn.exec_driver_sql("BEGIN" if mode == "reading" else "BEGIN IMMEDIATE")

    return engine


@contextmanager
def _translated(url: URL) -> Iterator[None]:
    try:
        yield
    except TooLate as error:
        raise StoreBusy("others in this process are writing; it will be tried again", subject=_name(url)) from error
    except sqlalchemy.exc.TimeoutError as error:
        raise StoreBusy("every connection is in use; it will be tried again", subject=_name(url)) from error
    except sqlalchemy.exc.DBAPIError as error:
        translated = _translate(error, _name(url))
        if translated is None:
            raise
        raise translated from error.orig


def _translate(error: sqlalchemy.exc.DBAPIError, name: str) -> WiredeskError | None:
    """Give our error for one that a person or a second attempt can mend; None for a bug, which stays raw."""
    said = str(error.orig)
    if isinstance(error.orig, sqlite3.Error):
        for words, remedy in _HOPELESS.items():
            if words in said:
                return Misconfigured(remedy, subject=name)
        if not isinstance(error.orig, sqlite3.OperationalError):
            return None
        if "I/O" in said:
            what = "the disk did not take or give what is in the database; check the disk, and make room on it"
            return StoreBusy(f"{what}; it will be tried again", subject=name)
        busy = "locked" in said or "busy" in said
        return StoreBusy("another process is writing; it will be tried again", subject=name) if busy else None
    state = getattr(error.orig, "sqlstate", None)
    for code, what in _REFUSED_STATES.items():
        if state == code or (state is None and _says(said, code)):
            return Misconfigured(f"the database server refuses us; check the {what} in DATABASE_URL", subject=name)
    if state is None and "failed to resolve host" in said:
        return Misconfigured("there is no such host; check DATABASE_URL", subject=name)
    if state in {"55P03", "40P01", "40001", "57014"}:
        return StoreBusy("another process is writing; it will be tried again", subject=name)
    if state in {"53100", "25006"}:
        return Misconfigured("the database server cannot write (disk full or read-only); make room", subject=name)
    if error.connection_invalidated or state is None or state[:2] in {"08", "53", "57"}:
        return StoreBusy("the database does not answer; it will be tried again", subject=name)
    return None


def _says(said: str, state: str) -> bool:
    """psycopg gives no SQLSTATE for a refused connection, only the server's words."""
    words = {
        "28P01": "password authentication failed",
        "28000": "role ",
        "3D000": "database ",
        "42501": "permission denied",
    }
    return words[state] in said and ("does not exist" in said or state in {"28P01", "42501"})


def _name(url: URL) -> str:
    return url.render_as_string(hide_password=True)
