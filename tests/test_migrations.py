"""Migrations: one lineage, and at its end exactly the tables that the code knows."""

import threading
from pathlib import Path

import pytest
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import text

from storage import migrate, tables
from storage.errors import Misconfigured
from storage.store import Store, open_store


def test_head_is_the_newest_file() -> None:
    scripts = ScriptDirectory(str(Path(migrate.__file__).parent / "migrations"))
    assert scripts.get_heads() == [migrate.HEAD]


def test_migrated_database_has_the_tables_of_the_code(store: Store) -> None:
    with store.reading() as conn:
        context = MigrationContext.configure(
            conn, opts={"compare_type": migrate.differs, "include_object": migrate.is_of_the_code}
        )
        assert compare_metadata(context, tables.metadata) == []
        assert migrate.current(conn) == migrate.HEAD


def test_constraints_are_named_as_the_convention_says(store: Store) -> None:
    query = {
        "sqlite": "SELECT name FROM sqlite_master WHERE type = 'index' AND name NOT LIKE 'sqlite_autoindex%'",
        "postgresql": "SELECT conname FROM pg_constraint c JOIN pg_class t ON t.oid = c.conrelid "
        "WHERE t.relname IN ('articles', 'relations', 'inbox_items') AND contype IN ('f', 'p', 'u')",
    }[store.dialect]
    with store.reading() as conn:
        names = set(conn.execute(text(query)).scalars())
    assert names
    assert {name for name in names if not name.startswith(("ix__", "fk__", "pk__", "uq__"))} == set()


def test_every_foreign_key_says_what_deleting_does() -> None:
    keys = [key for table in tables.metadata.sorted_tables for key in table.foreign_keys]
    assert keys
    assert [str(key.parent) for key in keys if key.ondelete not in {"CASCADE", "SET NULL"}] == []


def test_newer_database_is_refused(database_url: str, tmp_path: Path) -> None:
    with open_store(database_url, raw_url=str(tmp_path)) as store, store.writing() as conn:
        conn.execute(text("UPDATE alembic_version SET version_num = '9999'"))
    for create in (True, False):
        with pytest.raises(Misconfigured, match="newer version"):
            open_store(database_url, raw_url=str(tmp_path), create=create)


def test_empty_database_is_refused_unless_it_may_be_made(databases, dialect: str, tmp_path: Path) -> None:
    url = databases.empty(dialect)
    with pytest.raises(Misconfigured, match="wiredesk db upgrade"):
        open_store(url, raw_url=str(tmp_path), create=False)
    with open_store(url, raw_url=str(tmp_path)) as store:
        assert migrate.upgrade(store.engine) == migrate.HEAD, "nothing left to do"
    databases.drop(url)


def test_several_processes_may_make_one_database(databases, dialect: str, tmp_path: Path) -> None:
    url, errors, barrier = databases.empty(dialect), [], threading.Barrier(3)

    def work() -> None:
        try:
            barrier.wait()
            open_store(url, raw_url=str(tmp_path)).close()
        except BaseException as error:  # noqa: BLE001 - handed to the test
            errors.append(error)

    threads = [threading.Thread(target=work) for _ in range(3)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert errors == []
    databases.drop(url)
