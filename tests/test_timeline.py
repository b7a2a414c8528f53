"""The timeline: one event a row, with everyone who reports it."""

from dataclasses import replace
from datetime import date as Day  # noqa: N812
from datetime import datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st
from shelving import RANK, Desk, article, quoting, relation, verdicts

from storage import catalogue, rows, timeline
from storage.records import Article, Event, Precision
from storage.searching import Asked
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
    ("date", "earliest", "latest"),
    [
        ("2026-03-06", "2026-03-06", "2026-03-06"),
        ("2026-03-06T09:00+01:00", "2026-03-06", "2026-03-06"),
        ("2026-W10", "2026-03-02", "2026-03-08"),
        ("2026-W01", "2025-12-29", "2026-01-04"),
        ("2024-02", "2024-02-01", "2024-02-29"),
        ("2026-21", "2026-03-01", "2026-05-31"),
        ("2027-24", "2027-12-01", "2028-02-29"),
        ("2026-33", "2026-01-01", "2026-03-31"),
        ("2026-36", "2026-10-01", "2026-12-31"),
        ("2026-41", "2026-07-01", "2026-12-31"),
        ("2026", "2026-01-01", "2026-12-31"),
        ("199X", "1990-01-01", "1999-12-31"),
        ("19XX", "1900-01-01", "1999-12-31"),
        ("00XX", "0001-01-01", "0099-12-31"),
        ("199X-02", "1990-02-01", "1999-02-28"),
        ("2026-XX", "2026-01-01", "2026-12-31"),
        ("2026-XX-05", "2026-01-01", "2026-12-31"),
        ("2026-03-XX", "2026-03-01", "2026-03-31"),
        *((what, None, None) for what in ("", "soon", "XXXX", "0000", "2026-13", "2026-02-30", "2026-W54", "9999-24")),
        *((what, None, None) for what in ("2026-00", "2026-03-06/2026-03-09", "٢٠٢٦", "2026-24-01", "2026-03-06\n")),
    ],
)
def test_date_covers_days(date: str, earliest: str | None, latest: str | None) -> None:
    assert rows.days(date) == (earliest, latest)


@given(st.text() | st.from_regex(r"[0-9X]{4}(-W?[0-9X]{2}(-[0-9X]{2})?)?(T.*)?", fullmatch=True))
def test_any_text_covers_some_days_or_none(date: str) -> None:
    earliest, latest = rows.days(date)
    assert (earliest is None) == (latest is None)
    assert earliest is None or latest is None or Day.fromisoformat(earliest) <= Day.fromisoformat(latest)


MIXED = [
    "19XX", "199X", "2025-24", "2026", "2026-33", "2026-01", "2026-01-01", "2026-01-01T08:00", "2026-01-01T17:30",
    "2026-02", "2026-21", "2026-03", "2026-03-01", "2026-W10", "2026-03-02", "2026-03-08", "2026-34", "around then",
    "soon",
]  # fmt: skip


@pytest.mark.parametrize("page", [1, 3, 200])
def test_dates_of_every_kind_have_one_order(
    store: Store, now: datetime, page: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    _file(store, Desk(), now, *(_dated(date, date) for date in sorted(MIXED)))
    monkeypatch.setattr(catalogue, "PAGE", page)
    with store.reading() as conn:
        assert [row["date"] for row in timeline.events(conn)] == MIXED


@pytest.mark.parametrize(
    ("since", "until", "found"),
    [
        ("2026-03-08", "2026-03-08", ["2026", "2026-33", "2026-21", "2026-03", "2026-W10", "2026-03-08"]),
        ("2026-03-09", "2026-03-31", ["2026", "2026-33", "2026-21", "2026-03"]),
        ("2026-04-01", None, ["2026", "2026-21", "2026-34"]),
        (None, "1995-01-01", ["19XX", "199X"]),
        ("2025-12-01", "2025-12-31", ["2025-24"]),
    ],
)
def test_range_takes_weeks_seasons_quarters_and_decades_that_touch_it(
    store: Store, now: datetime, since: str | None, until: str | None, found: list[str]
) -> None:
    _file(store, Desk(), now, *(_dated(date, date) for date in MIXED))
    with store.reading() as conn:
        told = [row["date"] for row in timeline.find(conn, Asked(since=since, until=until))]
    assert told[:-2] == found
    assert set(told[-2:]) == {"around then", "soon"}, "what cannot be read is in every range, at the end"


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
        assert [row["date"] for row in timeline.find(conn, Asked(since=since, until=until))] == found


def test_timeline_of_a_story_or_a_person(store: Store, now: datetime) -> None:
    voss, other = _dated("a", "2026-03-06", people=("Ada Voss",)), _dated("b", "2026-03-07", people=("Jörg Müller",))
    _file(store, Desk(), now, voss, other)
    with store.reading() as conn:
        assert [row["date"] for row in timeline.events(conn, story=voss.id)] == ["2026-03-06"]
        assert [row["date"] for row in timeline.find(conn, Asked(person="Müller"))] == ["2026-03-07"]
        assert list(timeline.find(conn, Asked(person="nobody"))) == []


@pytest.mark.parametrize("asked", ["éloïse ÇELIK", "волкова", "ВОЛКОВА"])
def test_person_is_found_in_any_case_of_any_script(store: Store, now: datetime, asked: str) -> None:
    named = _dated("a", "2026-03-06", people=("Éloïse Çelik", "Ирина Волкова"))
    _file(store, Desk(), now, named, _dated("b", "2026-03-07", people=("Jan Ruud",)))
    with store.reading() as conn:
        assert [row["date"] for row in timeline.find(conn, Asked(person=asked))] == ["2026-03-06"]
        assert list(timeline.find(conn, Asked(person="Éloïse Volkova"))) == [], "a search looks into one name at a time"


def test_event_says_whether_it_has_happened(store: Store, now: datetime) -> None:
    one = _dated("a", "2026-03-06")
    two = replace(_dated("b", "2026-03-06"), published="2026-03-07")
    planned = replace(one, events=(replace(one.events[0], modality="planned"),))
    past = replace(two, events=(replace(two.events[0], modality="past"),))
    _file(store, Desk(verdicts(relation(one, two))), now, planned)
    with store.reading() as conn:
        assert [row["modality"] for row in timeline.events(conn)] == ["planned"]
        assert catalogue.article(conn, one.id).article.events == planned.events  # type: ignore[union-attr]
    _file(store, Desk(verdicts(relation(one, two))), now, past)
    with store.reading() as conn:
        assert [(row["modality"], len(row["articles"])) for row in timeline.events(conn)] == [("past", 2)]


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
