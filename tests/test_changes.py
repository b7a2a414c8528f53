"""The change feed: in order, complete, and enough to rebuild what the exports print."""

import json
import pickle
import random
import re
import threading
import time
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any, get_args

import pytest
from alembic import command
from alembic.script import ScriptDirectory
from rebuilding import Model, by_id
from shelving import Desk, article, quoting, relation, verdicts
from sqlalchemy import create_engine, event, select, text
from test_filing import NOW, file_all, reprints

from flows import report
from storage import catalogue, changes, consumers, migrate, pairs, quotebook, tables, timeline
from storage.changes import Dropped
from storage.consumers import Held
from storage.errors import Misconfigured, WiredeskError
from storage.overview import overview
from storage.records import Article, Wire
from storage.renewal import EVERYTHING
from storage.store import Store, open_store
from tasks import filing, redo, versions, withdrawing

REMARKS = [
    "the ferry crews have earned their rest and will take it",
    "no captain should sail with half a crew on board",
    "islanders must be able to rely on the morning boat",
    "the subsidy was promised twice and paid not once",
]


def feed_of(store: Store, page: int = 500) -> list[dict[str, Any]]:
    """Read the whole feed, as programs do that know nothing else."""
    found: list[dict[str, Any]] = []
    after = 0
    with store.reading() as conn:
        while read := changes.read(conn, after=after, limit=page):
            found += [json.loads(json.dumps(changes.change_row(change))) for change in read]
            after = read[-1].number
        assert after == changes.last(conn)
    return found


def assert_rebuilt(store: Store, page: int = 500) -> Model:
    """Hold what the feed says from 0 on against what the exports print."""
    model = Model()
    for change in feed_of(store, page):
        model.take(change)
    with store.reading() as conn:
        assert model.articles() == [catalogue.article_row(a) for a in catalogue.articles(conn)]
        assert model.copies() == by_id(map(catalogue.relation_row, catalogue.copies(conn)), "article", "other")
        assert model.stories() == by_id(map(catalogue.story_row, catalogue.stories(conn)), "id")
        assert model.quotes() == by_id(quotebook.quotes(conn), "id")
        assert model.timeline() == by_id(timeline.events(conn), "id")
    return model


class Work:
    """A desk at random work: what comes first, anew, as a copy, or is taken back, made anew or spoken of."""

    def __init__(self, store: Store, seed: int) -> None:
        self.store = store
        self.dice = random.Random(seed)
        self.now = NOW
        self.coming = [*reprints(9, seed), *(quoting(f"{seed}-{i}", *self.dice.sample(REMARKS, 2)) for i in range(4))]
        self.filed: list[Article] = []
        self.done: Counter[str] = Counter()

    def go_on(self, steps: int) -> None:
        for _ in range(steps):
            self.now += timedelta(minutes=1)
            known = [self.revise, self.withdraw, self.delete, self.redo, self.redo, self.speak] if self.filed else []
            step = self.dice.choice([*[self.file] * (4 if self.coming else 0), *known, *known])
            self.done[step.__name__] += 1
            step()

    def file(self) -> None:
        some = [self.coming.pop(self.dice.randrange(len(self.coming))) for _ in range(min(2, len(self.coming)))]
        self.filed += some
        file_all(self.store, some)

    def revise(self) -> None:
        one = self.dice.randrange(len(self.filed))
        before = self.filed[one]
        headline = f"{before.headline} ({self.now:%H:%M})"
        cut = before.body.rpartition("\n\n")[0] if self.dice.random() < 0.5 else before.body
        self.filed[one] = replace(
            before, headline=headline, body=cut or before.body,
            quotations=tuple(q for q in before.quotations if q.end <= len(cut or before.body)),
            events=tuple(e for e in before.events if e.end <= len(cut or before.body)),
            published=self.dice.choice([before.published, before.published, None]),
        )  # fmt: skip
        file_all(self.store, [self.filed[one]])

    def withdraw(self, *, delete: bool = False) -> None:
        withdrawing.withdraw(self.store, self.dice.choice(self.filed).id, reason="", now=self.now, delete=delete)

    def delete(self) -> None:
        gone = self.filed.pop(self.dice.randrange(len(self.filed)))
        withdrawing.withdraw(self.store, gone.id, reason="", now=self.now, delete=True)
        if self.dice.random() < 0.7:
            self.coming.append(gone)

    def redo(self) -> None:
        """Make what is filed anew: some of it says or carries something else then."""
        wanted = {stage: version + 1 for stage, version in versions.current().items()}
        tasks = redo.claim(
            self.store, wanted, EVERYTHING, holder="test", after=0, limit=3, lease=timedelta(minutes=5), now=self.now,
            max_attempts=9,
        )  # fmt: skip
        work = [(task, self._made(task.stored.article)) for task in tasks]
        redo.redo_batch(self.store, work, holder="test", now=self.now, max_attempts=9, trial=self.dice.random() < 0.2)

    def _made(self, article: Article) -> Article:
        made = tuple((dict(article.stages) | versions.current()).items())
        if self.dice.random() < 0.3:
            return replace(article, stages=made, headline=f"{article.headline} again")
        return replace(article, stages=made, quotations=article.quotations[self.dice.randrange(2) :])

    def speak(self) -> None:
        if len(self.filed) > 1:
            one, other = self.dice.sample(self.filed, 2)
            word = self.dice.choice(["join", "split", None])
            filing.speak(self.store, one.id, other.id, word, now=self.now)  # type: ignore[arg-type]


@pytest.mark.parametrize(("seed", "page"), [(1, 7), (2, 500)])
def test_reading_all_of_it_rebuilds_the_exports(store: Store, seed: int, page: int) -> None:
    work = Work(store, seed)
    for _ in range(3):
        work.go_on(12)
        assert_rebuilt(store, page)
    assert len(work.done) >= 5
    with store.reading() as conn:
        assert min(changes.count(conn, after=0).values()) > 0
        assert changes.count(conn, after=0).keys() == set(get_args(changes.Kind))


def test_what_an_article_said_is_read_as_it_was_told_then(store: Store, now: datetime) -> None:
    told: list[dict[str, Any]] = []
    first = quoting("a", REMARKS[0], authors=("Ida Holm",), wire=Wire(format="ninjs", version=1, keywords=("ferry",)))
    bodies = ["One.", "Two, with more in it.", "Three."]
    for step, body in enumerate(bodies):
        with store.filing() as conn:
            Desk().file(conn, replace(first, body=body, quotations=(), events=()), now + timedelta(hours=step))
        with store.reading() as conn:
            (stored,) = catalogue.articles(conn)
        told.append({k: v for k, v in catalogue.article_row(stored).items() if k not in {"story", "copy_of"}})
    withdrawing.withdraw(store, first.id, reason="legal grounds", now=now)
    articles = [c["payload"] for c in feed_of(store) if c["kind"] in {"article.filed", "article.revised"}]
    assert articles == told
    assert [a["articleBody"] for a in articles] == bodies


def test_feed_keeps_no_text_of_what_was_deleted(store: Store, now: datetime) -> None:
    with store.filing() as conn:
        for body in ("A secret.", "Another secret."):
            filed = Desk().file(conn, article("a", body), now)
    withdrawing.withdraw(store, filed.id, reason="legal grounds", now=now, delete=True)
    told = feed_of(store)
    assert "secret" not in json.dumps(told)
    gone = {"id": filed.id, "deleted": True}
    assert [c["payload"] for c in told if c["kind"] in {"article.filed", "article.revised"}] == [
        gone | {"revision": 1},
        gone | {"revision": 2},
    ]
    with store.filing() as conn:
        Desk().file(conn, article("a", "A secret."), now)
    assert [c["payload"].get("articleBody") for c in feed_of(store) if c["kind"] == "article.filed"] == [
        None,
        "A secret.",
    ], "the first one is not the one that has come again"


def test_pair_is_told_once_and_only_where_it_is_something_else(store: Store, now: datetime) -> None:
    one, two = article("a"), article("b")
    tie = relation(one, two)
    desk = Desk(verdicts(tie))
    with store.filing() as conn:
        for each in (one, two, replace(two, headline="Another headline")):
            filed = desk.file(conn, each, now)
    (told,) = (c for c in feed_of(store) if c["kind"] == "copy.changed")
    with store.reading() as conn:
        (printed,) = map(catalogue.relation_row, catalogue.copies(conn))
        before = changes.last(conn)
    assert told["payload"] == printed
    with store.filing() as conn:
        pairs.unrelate(conn, filed.n)
        pairs.relate(conn, [tie], version=2, now=now)
        pairs.announce(conn, now=now)
        assert changes.last(conn) == before
        pairs.unrelate(conn, filed.n)
        pairs.announce(conn, now=now)
    told = feed_of(store)[-1]
    assert (told["number"], told["payload"]) == (before + 1, {"article": tie.article, "other": tie.other, "gone": True})


def test_change_is_announced_only_where_the_outcome_differs(store: Store, now: datetime) -> None:
    desk, first = Desk(), quoting("a", REMARKS[0])
    with store.filing() as conn:
        desk.file(conn, first, now)
        before = changes.last(conn)
        desk.file(conn, replace(first, headline="Another headline"), now)
        fresh = changes.read(conn, after=before)
    assert [c.kind for c in fresh] == ["article.revised"]


def test_numbers_are_taken_under_the_writer_lock_only(store: Store, now: datetime) -> None:
    with store.writing() as conn, pytest.raises(RuntimeError, match=r"store\.filing"):
        changes.append(conn, [("article.filed", "x", {})], now=now)


def read_beside_writers(store: Store, now: datetime, *, locked: bool = True) -> tuple[list[str], list[str]]:
    """Let eight write at once and poll all the while. Gives the subjects as read, and as they are in the end."""
    start = threading.Barrier(8)

    def write(name: str) -> None:
        draw = random.Random(name)
        start.wait()
        for n in range(12):
            with store.filing() if locked else store.writing() as conn:
                conn.execution_options(wiredesk_mode="filing")
                for part in range(draw.randint(1, 4)):
                    changes.append(conn, [("story.changed", f"{name} {n} {part}", {})], now=now)
                    time.sleep(draw.random() ** 4 / 20)
                if draw.random() < 0.2:
                    conn.rollback()  # its numbers are never seen

    seen: list[changes.Change] = []
    found: tuple[changes.Change, ...] = ()
    with ThreadPoolExecutor(8) as pool:
        writers = [pool.submit(write, f"w{i}") for i in range(8)]
        over = False
        while not over or found:
            over = all(writer.done() for writer in writers)
            with store.reading() as conn:
                found = changes.read(conn, after=seen[-1].number if seen else 0)
            seen += found
        for writer in writers:
            writer.result()
    with store.reading() as conn:
        written = changes.read(conn, limit=9999)
    assert [c.number for c in seen] == sorted({c.number for c in seen})
    return [c.subject for c in seen], [c.subject for c in written]


def test_no_number_of_eight_writers_appears_behind_a_reader(database_url: str, tmp_path: Path, now: datetime) -> None:
    with open_store(database_url, raw_url=str(tmp_path)) as store:
        seen, written = read_beside_writers(store, now)
    assert seen == written
    assert len({subject.split()[0] for subject in written}) == 8
    assert len(written) > 100


@pytest.mark.parametrize("dialect", ["postgresql"])
def test_without_the_writer_lock_numbers_would_be_missed(database_url: str, tmp_path: Path, now: datetime) -> None:
    """What the test above would find: PostgreSQL hands numbers out at once and shows them when they are committed."""
    with open_store(database_url, raw_url=str(tmp_path)) as store:
        seen, written = read_beside_writers(store, now, locked=False)
    assert set(written) > set(seen)


def tell(store: Store, count: int, at: datetime) -> None:
    with store.filing() as conn:
        changes.append(conn, [("story.changed", "s", {})] * count, now=at)


def test_consumer_goes_on_where_it_left_off(store: Store, now: datetime) -> None:
    tell(store, 3, now)
    with store.writing() as conn:
        assert consumers.register(conn, "timeline", now=now).cursor == 0
        consumers.register(conn, "books", after=1, now=now)
        consumers.acknowledge(conn, "timeline", 2, now=now)
        consumers.acknowledge(conn, "timeline", 3, now=now)
        assert consumers.register(conn, "timeline", now=now).cursor == 3
        assert [(c.name, c.cursor) for c in consumers.consumers(conn)] == [("books", 1), ("timeline", 3)]
        assert consumers.register(conn, "timeline", after=0, now=now).cursor == 0, "it reads all of it again"
        assert len(changes.read(conn, after=0)) == 3


def test_consumer_is_told_clearly_where_it_cannot_be(store: Store, now: datetime) -> None:
    tell(store, 3, now)
    with store.writing() as conn:
        consumers.register(conn, "books", now=now)
        with pytest.raises(Misconfigured, match="change 4 is ahead of the feed, which ends at 3"):
            consumers.acknowledge(conn, "books", 4, now=now)
        with pytest.raises(Misconfigured, match="ahead of the feed"):
            consumers.register(conn, "books", after=4, now=now)
        for call in (lambda: consumers.acknowledge(conn, "book", 1, now=now), lambda: consumers.forget(conn, "book")):
            with pytest.raises(WiredeskError, match=r"book: no consumer of this name .* \(there are: books\)"):
                call()
        for name in ("", " ", "a\nb", "x" * 300):
            with pytest.raises(Misconfigured, match="no name"):
                consumers.register(conn, name, now=now)
        consumers.forget(conn, "books")
        assert consumers.consumers(conn) == ()


def test_feed_is_let_go_of_up_to_the_slowest_consumer_and_says_who_holds_it(store: Store, now: datetime) -> None:
    old, limit = now - timedelta(days=40), now - timedelta(days=30)
    tell(store, 10, old)
    tell(store, 5, now)
    with store.writing() as conn:
        consumers.register(conn, "slow", after=4, now=old)
        consumers.register(conn, "quick", after=15, now=now)
        consumers.register(conn, "wake-ups", after=2, holds=False, now=now)
    assert consumers.drop(store, before=limit, now=now) == 4
    with store.reading() as conn:
        assert changes.dropped(conn) == 4
        assert [c.number for c in changes.read(conn, after=4, limit=2)] == [5, 6]
        assert consumers.held(conn, before=limit) == Held(consumer="slow", cursor=4, since=old)
        found = overview(conn, now=now, keep_changes=timedelta(days=30))
        assert f"WARNING: kept since {old:%Y-%m-%d} for slow" in report.rows(found, {}, now=now)["change feed"]
        assert "WARNING" not in report.rows(overview(conn, now=now), {}, now=now)["change feed"]
    assert consumers.drop(store, before=limit, now=now) == 0
    with store.writing() as conn:
        consumers.forget(conn, "slow")
    assert consumers.drop(store, before=limit, now=now) == 6, "what is younger stays, though all have read it"
    with store.reading() as conn:
        assert consumers.held(conn, before=limit) is None
        assert changes.last(conn) == 15
    assert consumers.drop(store, before=now + timedelta(days=1), now=now) == 5
    with store.reading() as conn:
        assert changes.last(conn) == 15, "numbers go on where they stopped"
    tell(store, 1, now)
    with store.reading() as conn:
        assert [c.number for c in changes.read(conn, after=15)] == [16]


def test_who_wants_to_read_what_was_let_go_of_is_told_so(store: Store, now: datetime) -> None:
    tell(store, 10, now - timedelta(days=40))
    assert consumers.drop(store, before=now, now=now) == 10
    tell(store, 1, now)
    with store.writing() as conn:
        for call in (
            lambda: changes.read(conn, after=9),
            lambda: consumers.register(conn, "new", now=now),
            lambda: consumers.register(conn, "new", after=3, now=now),
        ):
            with pytest.raises(Dropped, match=r"changes up to 10 have been let go of\. Take a place at its end, 11"):
                call()
        assert consumers.register(conn, "wake-ups", holds=False, now=now).cursor == 10
        assert consumers.register(conn, "new", after=10, now=now).cursor == 10
        assert pickle.loads(pickle.dumps(Dropped(3, up_to=10, end=11))).up_to == 10


def test_nobody_takes_a_place_that_is_let_go_of_in_the_same_moment(
    database_url: str, tmp_path: Path, now: datetime
) -> None:
    deleting, asked = threading.Event(), threading.Event()

    def pause(_conn: Any, _cursor: Any, said: str, *_: Any) -> None:
        if said.startswith("DELETE FROM changes"):
            deleting.set()
            asked.wait(1)  # on SQLite nobody asks before this is over
            time.sleep(0.2)
        elif deleting.is_set() and said.startswith(("LOCK TABLE consumers", "INSERT INTO consumers")):
            asked.set()

    with (
        open_store(database_url, raw_url=str(tmp_path / "raw"), busy_timeout=timedelta(seconds=20)) as store,
        ThreadPoolExecutor() as threads,
    ):
        tell(store, 10, now)
        event.listen(store.writer, "before_cursor_execute", pause)
        dropped = threads.submit(consumers.drop, store, before=now + timedelta(days=1), now=now)
        assert deleting.wait(20)
        with pytest.raises(Dropped), store.writing() as conn:
            consumers.register(conn, "late", now=now)
        assert dropped.result(20) == 10


def test_slow_reader_never_reads_across_a_gap(store: Store, now: datetime) -> None:
    """It is nobody's consumer, and the feed is let go of between two of its pages."""
    tell(store, 6, now)
    with store.reading() as conn:
        place = changes.read(conn, limit=2)[-1].number
    consumers.drop(store, before=now + timedelta(days=1), now=now)
    tell(store, 2, now)
    with store.reading() as conn, pytest.raises(Dropped):
        changes.read(conn, after=place)


def test_much_is_let_go_of_in_short_transactions(store: Store, now: datetime, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(consumers, "AT_ONCE", 4)
    tell(store, 10, now)
    assert consumers.drop(store, before=now + timedelta(days=1), now=now) == 10
    with store.reading() as conn:
        assert changes.dropped(conn) == 10


def test_change_row_is_a_json_line(store: Store, now: datetime) -> None:
    with store.filing() as conn:
        changes.append(conn, [("story.changed", "s", {"size": 2})], now=now)
        (change,) = changes.read(conn)
    assert changes.change_row(change) == {
        "number": change.number, "kind": "story.changed", "subject": "s", "at": now.isoformat(), "payload": {"size": 2},
    }  # fmt: skip


OLD = """
INSERT INTO stories (id, size) VALUES ('a', 2);
INSERT INTO articles (id, content_digest, revision, filed_at, revised_at, core, input, authors, body, story_id)
VALUES ('a', 'x', 2, '2026-03-01 12:00:00', '2026-03-02 12:00:00', {yes}, 'a.txt', '[]', 'Two.', 'a'),
    ('b', 'y', 1, '2026-03-01 12:00:00', NULL, {yes}, 'b.txt', '[]', 'Other.', 'a');
INSERT INTO revisions (n, revision, content_digest, content, replaced_at)
SELECT n, 1, 'w', '{{"id": "a", "articleBody": "One."}}', '2026-03-02 12:00:00' FROM articles WHERE id = 'a';
INSERT INTO relations (a_n, b_n, grade, score, coverage_a, coverage_b, passages, reason, version, made_at)
SELECT a.n, b.n, 'near', 0.5, 0.5, 0.5, '[]', 'shared', 1, '2026-03-01 12:00:00' FROM articles a, articles b
WHERE a.id = 'a' AND b.id = 'b';
INSERT INTO changes (kind, subject, at, payload) VALUES
    ('article.filed', 'a', '2026-03-01 12:00:00', '{{"id": "a", "articleBody": "One.", "revision": 1}}'),
    ('article.filed', 'gone', '2026-03-01 12:00:00', '{{"id": "gone", "articleBody": "Gone.", "revision": 1}}'),
    ('article.revised', 'a', '2026-03-02 12:00:00', '{{"id": "a", "articleBody": "Two.", "revision": 2}}'),
    ('article.withdrawn', 'gone', '2026-03-02 12:00:00', '{{"reason": "", "deleted": true}}');
INSERT INTO consumers (name, cursor, acknowledged_at) VALUES ('books', 3, '2026-03-02 12:00:00'),
    ('prefect-events', 4, '2026-03-02 12:00:00');
"""


def test_feed_of_an_older_version_reads_on(databases, dialect: str, tmp_path: Path) -> None:
    url = databases.empty(dialect)
    (before,) = (
        s.down_revision
        for s in ScriptDirectory(str(Path(migrate.__file__).parent / "migrations")).walk_revisions()
        if s.revision == "0009"
    )
    engine = create_engine(url.replace("postgresql:", "postgresql+psycopg:"))
    with engine.begin() as conn:
        command.upgrade(migrate._config(conn), before)
        for statement in OLD.format(yes="true" if dialect == "postgresql" else 1).split(";")[:-1]:
            conn.execute(text(statement))
    engine.dispose()
    with open_store(url, raw_url=str(tmp_path)) as store:
        told = feed_of(store)
        with store.reading() as conn:
            assert [(c.name, c.cursor, c.holds) for c in consumers.consumers(conn)] == [
                ("books", 3, True),
                ("prefect-events", 4, False),
            ]
            stored = conn.execute(select(tables.Change.payload)).scalars().all()
    assert [(c["kind"], c["payload"].get("articleBody"), c["payload"].get("revised_at")) for c in told] == [
        ("article.filed", "One.", None),
        ("article.filed", None, None),
        ("article.revised", "Two.", "2026-03-02T12:00:00+00:00"),
        ("article.withdrawn", None, None),
        ("copy.changed", None, None),
    ]
    assert told[-1]["payload"]["grade"] == "near"
    assert "One." not in str(stored)
    databases.drop(url)


FILL = """
INSERT INTO articles (id, content_digest, revision, filed_at, core, input, authors, body)
SELECT 'a' || i, 'x', 1, '2026-03-01 12:00:00', {yes}, '', '[]', '' FROM {many};
INSERT INTO changes (kind, subject, payload, at, n, revision)
SELECT 'article.filed', 'a' || i, '{{}}', '2026-03-01 12:00:00', i, 1 FROM {many};
"""
LITERAL = {"literal_binds": True}
MANY = {
    "sqlite": "(WITH RECURSIVE c(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM c WHERE i < 20000) SELECT i FROM c)",
    "postgresql": "generate_series(1, 20000) AS c(i)",
}


def test_page_of_a_long_feed_is_looked_up_and_nothing_is_read_through(store: Store) -> None:
    with store.filing() as conn:
        yes = "true" if store.dialect == "postgresql" else 1
        for statement in FILL.format(yes=yes, many=MANY[store.dialect]).split(";")[:-1]:
            conn.execute(text(statement))
        conn.execute(text("ANALYZE"))
        explain = "EXPLAIN " if store.dialect == "postgresql" else "EXPLAIN QUERY PLAN "
        asked = str(changes.PAGE.params(after=10_000, limit=20).compile(store.engine, compile_kwargs=LITERAL))
        plan = "\n".join(str(row) for row in conn.exec_driver_sql(explain + asked))
    if store.dialect == "postgresql":
        assert "Index Scan using pk__changes" in plan
        assert "Index Scan using pk__articles" in plan
        assert not {"Seq Scan on articles", "Seq Scan on changes"} & set(re.findall(r"Seq Scan on \w+", plan))
    else:
        assert "SEARCH changes USING INTEGER PRIMARY KEY (rowid>?)" in plan
        assert "SEARCH articles USING INTEGER PRIMARY KEY (rowid=?)" in plan
        assert not re.findall(r"SCAN (?:changes|articles|relations|former|before)", plan)
