"""Stores as an older version left them: rows in every table of a migration, made up from the tables themselves."""

import itertools
import json
from datetime import UTC, datetime, timedelta
from typing import Any

from alembic import command
from alembic.script import ScriptDirectory
from sqlalchemy import Column, Connection, Engine, MetaData, Table, create_engine, event, func, select, types

from storage import migrate

ROWS = 3
AT = datetime(2026, 3, 1, 12, 0, tzinfo=UTC)
NOT_OURS = ("alembic_version", "finds_words", "sqlite_")
WORDS = ("The ferry will sail", "The bridge stays shut", "The harbour is open")
NAMES = ("Ilka Sarovin", "Tomas Vell", "Odette Brennick")


def chain() -> list[str]:
    """Give the migrations, the first one first."""
    scripts = ScriptDirectory(str(migrate.Path(migrate.__file__).parent / "migrations"))
    return [script.revision for script in scripts.walk_revisions()][::-1]


def engine_of(url: str) -> Engine:
    """Give an engine for a database that no version of the program may touch before its time."""
    engine = create_engine(url.replace("postgresql:", "postgresql+psycopg:"))
    if engine.dialect.name == "sqlite":  # as the store does it, so that tables are made within the transaction

        @event.listens_for(engine, "connect")
        def _own(connection: Any, _record: Any) -> None:
            connection.isolation_level = None
            connection.execute("PRAGMA foreign_keys=ON")

        @event.listens_for(engine, "begin")
        def _begin(conn: Connection) -> None:
            conn.exec_driver_sql("BEGIN")

    return engine


def make(engine: Engine, revision: str) -> None:
    """Bring an empty database to a migration, and put rows into every table that there is then."""
    with engine.begin() as conn:
        command.upgrade(migrate._config(conn), revision)
    with engine.begin() as conn:
        for table in tables(conn):
            rows = [{c.name: _value(table.name, c, i) for c in _written(table)} for i in range(ROWS)]
            conn.execute(table.insert(), rows)
            for column in table.columns:
                if "nextval" in str(getattr(column.server_default, "arg", "")):  # PostgreSQL has not seen these numbers
                    conn.execute(select(func.setval(f"{table}_{column.name}_seq", ROWS)))


def tables(conn: Connection) -> list[Table]:
    """Read the tables that the database has, parents before children."""
    metadata = MetaData()
    metadata.reflect(conn, only=lambda name, _: not name.startswith(NOT_OURS))
    return metadata.sorted_tables


def contents(conn: Connection) -> dict[str, list[dict[str, Any]]]:
    """Give every row of every table, in the order of its key."""
    return {
        table.name: [
            {c.name: row[c.name] for c in _written(table)}
            for row in conn.execute(table.select().order_by(*table.primary_key.columns)).mappings()
        ]
        for table in tables(conn)
    }


def _written(table: Table) -> list[Column[Any]]:
    return [column for column in table.columns if column.computed is None]


def _id(i: int, of: str = "") -> str:
    """Give the i-th id. Stories have those of articles, statements and events have others."""
    return f"{of or '0'}{i % ROWS + 1:015x}"


def _value(table: str, column: Column[Any], i: int) -> Any:
    """Make up what stands in a column in the i-th row; null where it may be, in the last row."""
    made = _particular(table, column.name, i)
    if made is not None:
        return made[0]
    if column.nullable and i == ROWS - 1 and not column.foreign_keys:
        return None
    kind = column.type
    if isinstance(kind, types.DateTime):
        moment = AT + timedelta(minutes=i)
        return moment if getattr(kind, "timezone", False) else moment.replace(tzinfo=None)
    if isinstance(kind, types.Boolean):
        return False
    if isinstance(kind, types.Float):
        return 0.25 + i / 4
    if isinstance(kind, types.LargeBinary):
        return bytes([i, 1, 2, 3])
    if isinstance(kind, types.Integer):
        return i + 1
    return f"{column.name} {i}"


def _particular(table: str, name: str, i: int) -> tuple[Any] | None:
    """Give what must be of a shape, or fit what stands elsewhere; None where anything will do."""
    day, said = f"2026-02-{i + 10}", WORDS[i]
    pairs = list(itertools.combinations(range(1, ROWS + 1), 2))
    known: dict[str, Any] = {
        "articles.id": _id(i), "articles.story_id": _id(0), "articles.copy_of": _id(0) if i else None,
        "articles.authors": _json([NAMES[i]]), "articles.wire": _json({"slug": "ferry"}), "articles.body": f"{said}.",
        "articles.published": day, "articles.revision": ROWS + 1 if i == 0 else 1,
        "backfills.key": f"k{i}", "changes.subject": _id(i), "changes.payload": _json(_payload(i)),
        "changes.kind": ("article.filed", "article.revised", "story.changed")[i], "changes.n": i + 1,
        "change_drops.up_to": i, "consumers.name": f"reader-{i}", "consumers.cursor": i,
        "events.start": 0, "events.stop": len(said),
        "events.occurrence_id": _id(i, "e"), "events.people": _json([NAMES[i]]), "events.places": None,
        "feeds.state": _json({"address": f"https://feed{i}.example/", "next_poll_at": AT.isoformat()}),
        "feeds.address": f"https://feed{i}.example/", "feed_attempts.record": _json({"at": AT.isoformat()}),
        "feed_entries.hints": "{}", "finds.id": _id(i, "c"), "inbox_items.hints": "{}", "inbox_items.key": _id(i) * 4,
        "inbox_items.state": ("filed", "filed", "rejected")[i], "inbox_items.article_id": _id(i),
        "mentions.type": "Place", "mentions.name": f"Port {i}", "mentions.spans": _json([[0, 5]]),
        "occurrences.id": _id(i, "e"), "occurrences.people": _json([NAMES[i]]), "quotations.statement_id": _id(i, "c"),
        "quotations.text": said, "quotations.speaker": NAMES[i],
        "quotations.speaker_mention": _json({"text": "he", "start": 0, "end": 2}),
        "quotations.start": 0, "quotations.stop": len(said), "quotations.type": "direct",
        "relations.a_n": pairs[i][0], "relations.b_n": pairs[i][1], "relations.grade": "near",
        "relations.passages": _json([[0, 5, 0, 5, said[:5]]]), "revisions.n": 1, "revisions.revision": i + 1,
        "revisions.content": _json({"id": _id(0), "articleBody": f"Formerly {i}."}), "statements.id": _id(i, "c"),
        "statements.speaker": NAMES[i], "statements.speaker_folded": NAMES[i].lower(), "statements.text": said,
        "statements.type": "direct", "statements.agreement": "same", "occurrences.people_folded": NAMES[i].lower(),
        "stories.id": _id(i), "stories.size": ROWS if i == 0 else 0, "stories.merged_into": _id(0) if i else None,
        "verdicts.a_id": _id(i), "verdicts.b_id": _id(i + 1), "chores.chore": f"none-{i}",
    }  # fmt: skip
    if name in {"date", "earliest", "latest", "said", "said_earliest", "said_latest"}:
        return (day,)
    if name == "precision":
        return ("day",)
    return (known[f"{table}.{name}"],) if f"{table}.{name}" in known else None


def _payload(i: int) -> dict[str, Any]:
    if i == ROWS - 1:
        return {"size": ROWS, "members": []}
    return {"id": _id(i), "articleBody": f"{WORDS[i]}.", "revision": i + 1}


def _json(value: Any) -> str:
    return json.dumps(value, ensure_ascii=False, separators=(",", ":"))
