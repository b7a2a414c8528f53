"""The views for other people's tools: as documented, the same on both databases; and the README's snippets run."""

import json
import os
import re
import sqlite3
import subprocess
import sys
from dataclasses import replace
from datetime import datetime
from pathlib import Path
from typing import Any

import pytest
from shelving import Desk, article, quoting, relation, verdicts
from sqlalchemy import make_url, text

from storage import catalogue, families, quotebook, timeline
from storage.store import Store

README = (Path(__file__).parent.parent / "README.md").read_text(encoding="utf-8")
READING = README.split("## Reading what is filed")[1].split("\n## ")[0]
VIEWS = {
    view: re.findall(r"`([a-z_]+)`", columns)
    for view, columns in re.findall(r"^\| `([a-z_]+_v1)` \|[^|]*\|([^|]*)\|$", READING, re.MULTILINE)
}


def snippet(language: str) -> str:
    (found,) = re.findall(rf"```{language}\n(.*?)```", READING, re.DOTALL)
    return str(found)


@pytest.fixture
def filed(store: Store, now: datetime) -> Store:
    """A story of two, one alone that has been revised, and one that became part of another."""
    one = quoting("a", "the crews have earned their rest", "the boats are older than we are")
    two = quoting("b", "earned their rest", published="2026-03-02")
    late, early = quoting("late", published="2026-03-05"), quoting("early", published="2026-03-04")
    late = replace(late, publisher=None, agency="Halcyon Wire")
    desk = Desk(verdicts(relation(one, two)))
    for made in (one, two, late, replace(late, headline="Corrected"), early, article("none", published=None)):
        with store.filing() as conn:
            desk.file(conn, made, now)
    with store.filing() as conn:
        joined = {late.id: early.id, early.id: early.id}
        families.set_stories(conn, joined, parents={late.id: early.id}, now=now)
    return store


def _rows(store: Store, query: str) -> list[dict[str, Any]]:
    with store.reading() as conn:
        return [dict(row) for row in conn.execute(text(query)).mappings()]


def test_views_have_the_columns_that_the_readme_promises(filed: Store) -> None:
    assert len(VIEWS) == 7
    for view, columns in VIEWS.items():
        rows = _rows(filed, f"SELECT * FROM {view}")
        assert rows, view
        assert list(rows[0]) == columns, view


def test_views_say_what_the_exports_say(filed: Store) -> None:
    with filed.reading() as conn:
        stored = {a.id: catalogue.article_row(a) for a in catalogue.articles(conn)}
        quotes = {q["id"]: q for q in quotebook.quotes(conn)}
        events = {e["id"]: e for e in timeline.events(conn)}
        stories = {s.id: s for s in catalogue.stories(conn)}
        copies = [(r.article, r.other, r.grade) for r in catalogue.copies(conn)]
    for row in _rows(filed, "SELECT * FROM articles_v1"):
        record = stored[row["article"]]
        assert (row["body"], row["story"], row["revision"]) == (
            record["articleBody"], record["story"], record["revision"],
        )  # fmt: skip
        assert datetime.fromisoformat(row["filed_at"]) == datetime.fromisoformat(record["filed_at"])
        assert (row["published"] is None) == (row["published_at"] is None)
    merged = {r["story"]: r["merged_into"] for r in _rows(filed, "SELECT * FROM stories_v1 WHERE articles = 0")}
    assert len(merged) == 1
    assert set(merged.values()) <= set(stories)
    for row in _rows(filed, "SELECT * FROM stories_v1 WHERE articles > 0"):
        story = stories[row["story"]]
        assert (row["headline"], row["outlet"], row["articles"]) == (story.headline, story.outlet, story.size)
        assert row["outlets"] == len({m.outlet for m in story.members})
    assert [(r["article"], r["other"], r["grade"]) for r in _rows(filed, "SELECT * FROM copies_v1")] == copies
    assert json.loads(_rows(filed, "SELECT passages FROM copies_v1")[0]["passages"])
    for row in _rows(filed, "SELECT * FROM quotes_v1"):
        quote = quotes[row["quote"]]
        assert (row["text"], row["said"], row["agreement"]) == (quote["text"], quote["dateSaid"], quote["agreement"])
        assert row["first_article"] == quote["carriers"][0]["article"]
        assert row["articles"] == len({c["article"] for c in quote["carriers"]})
    for row in _rows(filed, "SELECT * FROM timeline_v1"):
        event = events[row["event"]]
        assert (row["date"], row["text"], row["story"]) == (event["date"], event["text"], event["story"])
        assert (json.loads(row["people"]), row["articles"]) == (event["people"], len(event["articles"]))
    carried = {(r["quote"], r["article"], r["start_offset"]) for r in _rows(filed, "SELECT * FROM quote_carriers_v1")}
    assert carried == {(q["id"], c["article"], c["start"]) for q in quotes.values() for c in q["carriers"]}
    reported = {(r["event"], r["article"]) for r in _rows(filed, "SELECT * FROM event_reports_v1")}
    assert reported == {(e["id"], a["article"]) for e in events.values() for a in e["articles"]}
    assert {r["outlet"] for r in _rows(filed, "SELECT outlet FROM articles_v1")} >= {"Halcyon Wire", "Outlet a"}


def test_sql_of_the_readme_runs(filed: Store) -> None:
    asked = [query for query in snippet("sql").split(";") if query.strip()]
    assert len(asked) == 2
    assert len([line for line in snippet("sql").splitlines() if line]) <= 10
    for query in asked:
        rows = _rows(filed, query.replace("Sarovin", "Voss"))
        assert rows


def test_sqlite_opened_for_reading_only_just_works(filed: Store) -> None:
    if filed.dialect != "sqlite":
        pytest.skip("SQLite's own")
    file = make_url(str(filed.engine.url)).database
    conn = sqlite3.connect(f"file:{file}?mode=ro", uri=True)
    for view in VIEWS:
        assert conn.execute(f"SELECT count(*) FROM {view}").fetchone()[0] > 0
    with pytest.raises(sqlite3.OperationalError, match="readonly"):
        conn.execute("DELETE FROM articles")
    conn.close()


def _run(command: list[str], folder: Path) -> str:
    kept = {k: v for k, v in os.environ.items() if not k.startswith(("WIREDESK_", "PREFECT_"))}
    here = Path(sys.executable).parent
    kept |= {"PATH": f"{here}:{kept['PATH']}", "PYTHONPATH": str(Path(__file__).parent.parent)}
    done = subprocess.run(command, cwd=folder, env=kept, capture_output=True, encoding="utf-8", timeout=280)
    assert done.returncode == 0, done.stderr[-3000:]
    return done.stdout


@pytest.mark.hard
def test_shell_of_the_readme_goes_from_an_empty_folder_to_a_timeline(tmp_path: Path) -> None:
    assert len(snippet("sh").splitlines()) <= 10
    told = _run(["bash", "-euc", snippet("sh")], tmp_path)
    assert "Ilka Sarovin" in told
    assert "The river is open to both countries" in told
    days = [line.split()[0] for line in told.splitlines() if line.startswith("2026-")]
    assert {"2026-03-11", "2026-03-13", "2026-04-02"} <= set(days)
    conn = sqlite3.connect(f"file:{tmp_path / 'desk' / 'wiredesk.db'}?mode=ro", uri=True)
    dated, said = (conn.execute(query).fetchall() for query in snippet("sql").split(";")[:2])
    conn.close()
    assert [row[0] for row in dated] == sorted(row[0] for row in dated)
    assert any(row[0] == "2026-03-11" for row in dated)
    assert said[0][0] == "Ilka Sarovin"


@pytest.mark.hard
def test_python_of_the_readme_goes_from_an_empty_folder_to_a_timeline(tmp_path: Path) -> None:
    assert len([line for line in snippet("python").splitlines() if line]) <= 10
    assert "2026-03-11 The gates were opened" in _run([sys.executable, "-c", snippet("python")], tmp_path)
