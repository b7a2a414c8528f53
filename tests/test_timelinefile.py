"""The sample consumer: a file that says what the timeline says, whatever happened to it or to the feed."""

import json
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from test_changes import Work

from storage import changes, consumers, timeline
from storage.changes import Change
from storage.errors import WiredeskError
from storage.store import Store
from tasks import timelinefeed


@pytest.fixture
def bring_up_to_date() -> Any:
    from flows.timelinefile import bring_up_to_date

    return bring_up_to_date


def exported(store: Store) -> list[dict[str, Any]]:
    """What `export timeline` prints, but for the stories, with the reports in the order of the file."""
    with store.reading() as conn:
        return [
            {k: v for k, v in row.items() if k != "story"} | {"articles": timelinefeed.in_order(row["articles"])}
            for row in timeline.events(conn)
        ]


def kept(file: Path) -> dict[str, Any]:
    return dict(json.loads(file.read_text(encoding="utf-8")))


def test_file_says_what_the_timeline_says_through_all_work(store: Store, tmp_path: Path, bring_up_to_date: Any) -> None:
    work, file = Work(store, 4), tmp_path / "timeline.json"
    copies: list[str] = []
    for _ in range(4):
        work.go_on(8)
        done = bring_up_to_date(store, file, "file")
        assert not done.anew
        with store.reading() as conn:
            assert kept(file) == {"change": changes.last(conn), "events": exported(store)}
            assert consumers.consumers(conn)[0].cursor == done.change == kept(file)["change"]
        copies.append(file.read_text(encoding="utf-8"))
    assert len(set(copies)) == 4
    written = file.stat().st_mtime_ns
    assert bring_up_to_date(store, file, "file").events == len(exported(store)) > 0
    assert file.stat().st_mtime_ns == written, "nothing new, nothing written"
    file.write_text(copies[1], encoding="utf-8")  # a crash before it was written, or an old copy put back
    assert not bring_up_to_date(store, file, "file").anew
    assert file.read_text(encoding="utf-8") == copies[3]
    assert [p.name for p in tmp_path.iterdir() if p.suffix == ".part"] == []


def test_file_that_the_feed_no_longer_reaches_is_built_anew(
    store: Store, tmp_path: Path, bring_up_to_date: Any
) -> None:
    work, file = Work(store, 5), tmp_path / "timeline.json"
    work.go_on(8)
    bring_up_to_date(store, file, "file")
    early = file.read_text(encoding="utf-8")
    work.go_on(8)
    bring_up_to_date(store, file, "file")
    late = file.read_text(encoding="utf-8")
    tomorrow = datetime.now(UTC) + timedelta(days=1)
    assert consumers.drop(store, before=tomorrow, now=tomorrow) > 0
    elsewhere = json.dumps({"change": 10**6, "events": []})
    for lost in (early, elsewhere, None):
        if lost is None:
            file.unlink()
        else:
            file.write_text(lost, encoding="utf-8")
        assert bring_up_to_date(store, file, "file").anew
        assert file.read_text(encoding="utf-8") == late
    work.go_on(4)
    assert not bring_up_to_date(store, file, "file").anew
    assert kept(file)["events"] == exported(store)


@pytest.mark.parametrize("content", ["", "[]", "{}", '{"change": null, "events": []}', '{"change": 3, "events": [{}]}'])
def test_what_is_no_timeline_is_not_written_over(
    store: Store, tmp_path: Path, bring_up_to_date: Any, content: str
) -> None:
    file = tmp_path / "precious.json"
    file.write_text(content, encoding="utf-8")
    with pytest.raises(WiredeskError, match="no timeline that was kept here"):
        bring_up_to_date(store, file, "file")
    assert file.read_text(encoding="utf-8") == content


def test_doing_it_twice_does_no_harm(now: datetime) -> None:
    def change(number: int, id_: str, **payload: Any) -> Change:
        return Change(number=number, kind="event.changed", subject=id_, payload=payload, at=now)

    first, second = ({"article": i, "start": 0, "end": 3, "text": "May"} for i in "ab")
    told = [
        change(1, "x", date="2026-05", text="It began in May.", added=[second], removed=[]),
        change(2, "y", date="2026", text="It began this year.", added=[first], removed=[]),
        change(3, "x", date="2026-05", text="It began in May.", added=[first], removed=[second]),
        change(4, "z", date="once", text="It began.", added=[first], removed=[]),
        change(5, "y", gone=True, added=[], removed=[first]),
        change(6, "y", date="2026", text="It ends this year.", added=[first, second], removed=[]),
    ]
    once: timelinefeed.Events = {}
    timelinefeed.take(once, told)
    twice: timelinefeed.Events = {}
    for page in (told[:4], told[1:5], told[2:]):
        timelinefeed.take(twice, page)
    assert twice == once
    assert [(e["id"], [r["article"] for r in e["articles"]]) for e in timelinefeed.in_time(once)] == [
        ("y", ["a", "b"]),
        ("x", ["a"]),
        ("z", ["a"]),
    ]
