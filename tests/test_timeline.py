"""The timeline: one event a row, with everyone who reports it."""

from dataclasses import replace
from datetime import datetime

import pytest
from shelving import RANK, Desk, article, quoting, relation, verdicts

from storage import catalogue, timeline
from storage.records import Article, Event, Precision
from storage.store import Store


def _file(store: Store, desk: Desk, now: datetime, *made: Article) -> None:
    for one in made:
        with store.filing() as conn:
            desk.file(conn, one, now)


def _dated(name: str, date: str, precision: Precision = "day", people: tuple[str, ...] = ()) -> Article:
    made = article(name)
    event = Event(date=date, precision=precision, text=made.body, start=0, end=len(made.body), people=people)
    return replace(made, events=(event,))


def test_event_of_copies_is_told_once_with_every_report(store: Store, now: datetime) -> None:
    one, two = quoting("a"), quoting("b", "we will not sail", published="2026-03-02")
    _file(store, Desk(verdicts(relation(one, two))), now, one, two)
    with store.reading() as conn:
        (row,) = timeline.events(conn)
    assert (row["date"], row["precision"], row["text"], row["people"]) == ("2026-03-06", "day", RANK, ["Ada Voss"])
    assert row["story"] == one.id
    assert row["articles"] == [
        {"article": one.id, "start": 0, "end": len(RANK), "text": RANK},
        {"article": two.id, "start": 0, "end": len(RANK), "text": RANK},
    ]


def test_timeline_goes_by_date_and_keeps_coarse_dates_coarse(store: Store, now: datetime) -> None:
    dates: dict[str, Precision] = {
        "2026-03-06": "day", "2025": "year", "2026-03": "month", "2026-03-06T09:00": "time", "2026-02-28": "day",
    }  # fmt: skip
    _file(store, Desk(), now, *(_dated(date, date, precision) for date, precision in dates.items()))
    with store.reading() as conn:
        told = [(row["date"], row["precision"]) for row in timeline.events(conn)]
    assert told == sorted(dates.items())


@pytest.mark.parametrize(
    ("since", "until", "found"),
    [
        (None, None, ["2025", "2026-02-28", "2026-03", "2026-03-06", "2026-03-06T09:00", "2026-03-07"]),
        ("2026-03-06", "2026-03-06", ["2026-03", "2026-03-06", "2026-03-06T09:00"]),
        ("2026-03-07", None, ["2026-03", "2026-03-07"]),
        (None, "2026-02-28", ["2025", "2026-02-28"]),
        ("2027-01-01", None, []),
    ],
)
def test_range_takes_what_touches_it(
    store: Store, now: datetime, since: str | None, until: str | None, found: list[str]
) -> None:
    dates: dict[str, Precision] = {
        "2025": "year", "2026-02-28": "day", "2026-03": "month", "2026-03-06": "day", "2026-03-06T09:00": "time",
        "2026-03-07": "day",
    }  # fmt: skip
    _file(store, Desk(), now, *(_dated(date, date, precision) for date, precision in dates.items()))
    with store.reading() as conn:
        assert [row["date"] for row in timeline.events(conn, since=since, until=until)] == found


def test_timeline_of_a_story_or_a_person(store: Store, now: datetime) -> None:
    voss, other = _dated("a", "2026-03-06", people=("Ada Voss",)), _dated("b", "2026-03-07", people=("Jörg Müller",))
    _file(store, Desk(), now, voss, other)
    with store.reading() as conn:
        assert [row["date"] for row in timeline.events(conn, story=voss.id)] == ["2026-03-06"]
        assert [row["date"] for row in timeline.events(conn, person="Müller")] == ["2026-03-07"]
        assert list(timeline.events(conn, person="nobody")) == []


@pytest.mark.parametrize("asked", ["éloïse ÇELIK", "волкова", "ВОЛКОВА"])
def test_person_is_found_in_any_case_of_any_script(store: Store, now: datetime, asked: str) -> None:
    named = _dated("a", "2026-03-06", people=("Éloïse Çelik", "Ирина Волкова"))
    _file(store, Desk(), now, named, _dated("b", "2026-03-07", people=("Eloise Celik",)))
    with store.reading() as conn:
        assert [row["date"] for row in timeline.events(conn, person=asked)] == ["2026-03-06"]
        assert list(timeline.events(conn, person='", "')) == [], "a search looks into names, not between them"


def test_event_moves_with_its_story(store: Store, now: datetime) -> None:
    late, early = quoting("late", published="2026-03-02"), quoting("early", published="2026-03-01")
    _file(store, Desk(verdicts(relation(late, early))), now, late, early)
    with store.reading() as conn:
        (row,) = timeline.events(conn)
    assert row["story"] == early.id


def test_revision_takes_its_events_back(store: Store, now: datetime) -> None:
    _file(store, Desk(), now, _dated("a", "2026-03-06"), replace(_dated("a", "2026-03-07"), headline="Corrected"))
    with store.reading() as conn:
        assert [row["date"] for row in timeline.events(conn)] == ["2026-03-07"]


@pytest.mark.parametrize("page", [1, 2, 200])
def test_pages_of_any_size_give_every_event_once(
    store: Store, now: datetime, page: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    dates = [f"2026-03-{day:02}" for day in range(1, 6)] * 2
    _file(store, Desk(), now, *(_dated(f"{i}", date) for i, date in enumerate(dates)))
    monkeypatch.setattr(catalogue, "PAGE", page)
    with store.reading() as conn:
        assert [row["date"] for row in timeline.events(conn)] == sorted(dates)
