"""The change feed: in order, complete, and enough to rebuild what the exports print."""

import random
import threading
from dataclasses import replace
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from shelving import Desk, article, quoting, relation, verdicts

from storage import catalogue, changes, quotebook, timeline
from storage.errors import Misconfigured
from storage.store import Store, open_store

REMARKS = [
    "the ferry crews have earned their rest and will take it",
    "no captain should sail with half a crew on board",
    "islanders must be able to rely on the morning boat",
    "the subsidy was promised twice and paid not once",
]


class Model:
    """What a consumer knows that has read the feed and nothing else."""

    def __init__(self) -> None:
        self.articles: dict[str, dict[str, Any]] = {}
        self.place: dict[str, tuple[str, str | None]] = {}
        self.stories: dict[str, dict[str, Any]] = {}
        self.carried: dict[str, dict[str, Any]] = {}

    def take(self, change: changes.Change) -> None:
        payload = change.payload
        if change.kind.startswith("article."):
            self.articles[change.subject] = payload
        elif change.kind == "story.changed":
            self.stories[change.subject] = {k: payload[k] for k in ("size", "first_at", "last_at", "merged_into")}
            for member in payload["members"]:
                self.place[member["article"]] = (change.subject, member["copy_of"])
        else:
            known = self.carried.setdefault(change.subject, {"carriers": set()})
            known["carriers"] -= {tuple(sorted(c.items())) for c in payload["removed"]}
            known["carriers"] |= {tuple(sorted(c.items())) for c in payload["added"]}
            known |= {k: v for k, v in payload.items() if k not in {"added", "removed"}}
            if payload.get("gone"):
                assert not known["carriers"]
                del self.carried[change.subject]


def _exported(row: dict[str, Any], carriers: str) -> dict[str, Any]:
    kept = {k: v for k, v in row.items() if k not in {carriers, "id", "story"}}
    return kept | {"carriers": {tuple(sorted(c.items())) for c in row[carriers]}}


@pytest.mark.parametrize(("seed", "page"), [(1, 3), (2, 500)])
def test_reading_all_of_it_rebuilds_the_exports(store: Store, now: datetime, seed: int, page: int) -> None:
    draw = random.Random(seed)
    names = [f"{seed}-{i}" for i in range(12)]
    published = {name: draw.choice([None, *(f"2026-03-0{d}" for d in range(1, 9))]) for name in names}
    made = [article(name, published=published[name]) for name in names]
    ties = [
        relation(*draw.sample(made, 2), draw.choice(["near", "near", "shared-quotes"]))  # type: ignore[arg-type]
        for _ in range(9)
    ]
    desk = Desk(verdicts(*ties))
    for step in range(30):
        name = draw.choice(names)
        says = draw.sample(REMARKS, draw.randint(0, 3))
        with store.filing() as conn:
            desk.file(conn, quoting(name, *says, published=published[name]), now + timedelta(minutes=step))
    model, after = Model(), 0
    with store.reading() as conn:
        while read := changes.read(conn, after=after, limit=page):
            for change in read:
                model.take(change)
            after = read[-1].number
        assert after == changes.last(conn)
        for stored in catalogue.articles(conn):
            record = model.articles.pop(stored.id)
            story, copy_of = model.place.pop(stored.id)
            assert record | {"story": story, "copy_of": copy_of} == catalogue.article_row(stored)
        assert not model.articles
        assert not model.place
        told = {s.id: s.size for s in catalogue.stories(conn)}
        assert {id_: s["size"] for id_, s in model.stories.items() if s["size"]} == told
        carried = {row["id"]: _exported(row, "carriers") for row in quotebook.quotes(conn)}
        carried |= {row["id"]: _exported(row, "articles") for row in timeline.events(conn)}
    assert model.carried == carried


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


def test_no_number_appears_behind_a_reader(databases, dialect: str, tmp_path: Path, now: datetime) -> None:
    url, stop, errors = databases.fresh(dialect), threading.Event(), []
    seen: list[int] = []
    with open_store(url, raw_url=str(tmp_path)) as store:

        def write(name: str) -> None:
            try:
                draw = random.Random(name)
                for _ in range(12):
                    with store.filing() as conn:
                        changes.append(conn, [("article.filed", name, {})] * draw.randint(1, 3), now=now)
                        stop.wait(draw.random() / 200)
            except BaseException as error:  # noqa: BLE001 - handed to the test
                errors.append(error)

        def read() -> None:
            while True:
                last_look = stop.is_set()
                with store.reading() as conn:
                    seen.extend(c.number for c in changes.read(conn, after=seen[-1] if seen else 0, limit=2))
                    done = not changes.read(conn, after=seen[-1] if seen else 0, limit=1)
                if last_look and done:
                    return

        reader = threading.Thread(target=read)
        writers = [threading.Thread(target=write, args=(f"w{i}",)) for i in range(4)]
        for thread in (reader, *writers):
            thread.start()
        for thread in writers:
            thread.join()
        stop.set()
        reader.join()
        with store.reading() as conn:
            written = [c.number for c in changes.read(conn, limit=9999)]
    assert errors == []
    assert seen == written
    databases.drop(url)


def test_consumer_goes_on_where_it_left_off(store: Store, now: datetime) -> None:
    with store.filing() as conn:
        changes.append(conn, [("article.filed", "x", {})] * 3, now=now)
    with store.writing() as conn:
        assert changes.cursor(conn, "timeline") == 0
        changes.acknowledge(conn, "timeline", 2, now=now)
        changes.acknowledge(conn, "timeline", 3, now=now)
        changes.acknowledge(conn, "books", 1, now=now)
        assert (changes.cursor(conn, "timeline"), changes.cursor(conn, "books")) == (3, 1)
        changes.acknowledge(conn, "timeline", 0, now=now)
        assert len(changes.read(conn, after=changes.cursor(conn, "timeline"))) == 3
        with pytest.raises(Misconfigured, match="ahead of the feed, which ends at 3"):
            changes.acknowledge(conn, "timeline", 4, now=now)


def test_change_row_is_a_json_line(store: Store, now: datetime) -> None:
    with store.filing() as conn:
        changes.append(conn, [("story.changed", "s", {"size": 2})], now=now)
        (change,) = changes.read(conn)
    assert changes.change_row(change) == {
        "number": change.number, "kind": "story.changed", "subject": "s", "at": now.isoformat(), "payload": {"size": 2},
    }  # fmt: skip
