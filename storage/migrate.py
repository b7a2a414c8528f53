"""Brings a database to the tables that this version needs. Reads no setting: it is given an engine.

One Alembic lineage serves SQLite and PostgreSQL. Alembic is only imported when there is something to do: opening a
store that is up to date costs one query.
"""

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial
from pathlib import Path
from typing import Any, Final

from sqlalchemy import Connection, Engine, Text, delete, insert, inspect, select, text

from storage.columns import Line
from storage.errors import Misconfigured
from storage.tables import Chore

HEAD: Final = "0014"
"""The newest migration; a test holds it against the files."""

_ALEMBIC = threading.Lock()  # its configuration is global
_UPGRADING: Final = 7_094_177_283_120_554
_INDEX: Final = "index"
"""The chore of an upgrade that brings the index of the quote book and the timeline: to fill it."""


def current(conn: Connection) -> str | None:
    """Give the migration that the database stands at; None if it has none of our tables."""
    if not inspect(conn).has_table("alembic_version"):
        return None
    found = conn.execute(text("SELECT version_num FROM alembic_version")).scalar()
    return None if found is None else str(found)


def upgrade(engine: Engine) -> str | None:
    """Bring the database to `HEAD`; give where it stood before. Safe to call from many processes.

    The tables are altered in one transaction. An index that comes with them is filled in many, and until it is full
    the database is not at `HEAD` for those who only look: an upgrade that is broken off goes on at the next one.

    Raises:
        Misconfigured: the database was made by a newer version.
    """
    with engine.connect() as conn, conn.begin():
        before = current(conn)
        if before == HEAD and not _chores(conn):
            return before
    with _ALEMBIC, _alone(engine) as conn:
        stands = current(conn)
        if stands != HEAD:  # another process may have been quicker
            _refuse_newer(conn)
            lacks_index = stands is not None and not inspect(conn).has_table("finds")
            _alembic().command.upgrade(_config(conn), "head")
            if lacks_index:
                conn.execute(insert(Chore).values(chore=_INDEX))
        chores = _chores(conn)
    if _INDEX in chores:
        _fill_index(engine)
    return before


@contextmanager
def _alone(engine: Engine) -> Iterator[Connection]:
    """Open a transaction that no other upgrade runs beside."""
    with engine.connect() as conn:
        conn.execution_options(wiredesk_mode="writing")
        with conn.begin():
            if engine.dialect.name == "postgresql":
                conn.execute(text("SELECT pg_advisory_xact_lock(:key)"), {"key": _UPGRADING})
            yield conn


def _chores(conn: Connection) -> frozenset[str]:
    return frozenset(conn.execute(select(Chore.chore)).scalars())


def _fill_index(engine: Engine) -> None:
    from storage import indexing  # which knows all shelves

    indexing.fill(partial(_alone, engine))
    with _alone(engine) as conn:
        conn.execute(delete(Chore).where(Chore.chore == _INDEX))


def require_head(engine: Engine) -> None:
    """Do nothing if the database stands at `HEAD`.

    Raises:
        Misconfigured: it is empty, older or newer; the message says what to do.
    """
    with engine.connect() as conn, conn.begin():
        found = current(conn)
        if found == HEAD and not _chores(conn):
            return
        if found is not None:
            _refuse_newer(conn)
        what = "holds no store yet" if found is None else f"is at {found}, this version needs {HEAD}"
        if found == HEAD:
            what = "is being upgraded, or an upgrade was broken off"
    raise Misconfigured(f"the database {what}; run `wiredesk db upgrade`", subject=_subject(engine))


def _refuse_newer(conn: Connection) -> None:
    found = current(conn)
    if found is None:
        return
    known = {s.revision for s in _alembic().script.ScriptDirectory.from_config(_config(conn)).walk_revisions()}
    if found not in known:
        raise Misconfigured(
            f"the database was made by a newer version ({found}, this one knows {HEAD}); install that version",
            subject=_subject(conn.engine),
        )


def is_of_the_code(_thing: Any, name: str | None, _kind: str, _reflected: bool, _other: Any) -> bool:
    """Tell Alembic what to compare: not its own table, nor what the databases make for their full text."""
    made = ("alembic_version", "finds_words", "vector", "bigrams", "ix__finds__vector", "ix__finds__bigrams")
    return not str(name).startswith(made)


def differs(_context: Any, _there: Any, _here: Any, there: Any, here: Any) -> bool | None:
    """Tell Alembic that text is text: it takes the collation that PostgreSQL's columns carry for another type."""
    return not isinstance(there, Text) if isinstance(here, Line) else None


def _alembic() -> Any:
    import alembic.command
    import alembic.config
    import alembic.script

    return alembic


def _config(conn: Connection) -> Any:
    config = _alembic().config.Config()
    config.set_main_option("script_location", str(Path(__file__).parent / "migrations").replace("%", "%%"))
    config.attributes["connection"] = conn
    return config


def _subject(engine: Engine) -> str:
    return engine.url.render_as_string(hide_password=True)
