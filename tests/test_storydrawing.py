"""Words and drawings of a page: as exact as what they are made of, whatever that is."""

from datetime import UTC, datetime, timedelta
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from flows import storydrawing, storywords
from flows.storydrawing import Dot, Scale

MOMENTS = st.datetimes(min_value=datetime(1, 1, 1), max_value=datetime(9999, 12, 31), timezones=st.just(UTC))  # noqa: DTZ001
BODIES = st.text(alphabet="ab \n.“”é", max_size=60)


@pytest.mark.parametrize(
    ("date", "words", "machine"),
    [
        (None, "no date", ""),
        ("2026-03-10", "10 March 2026", "2026-03-10"),
        ("2026-03-10T21:48:09", "10 March 2026, 21:48", "2026-03-10T21:48:09"),
        ("2026-03-10T21:48+01:00", "10 March 2026, 21:48 UTC+01:00", "2026-03-10T21:48+01:00"),
        ("2026-03-10T21:48Z", "10 March 2026, 21:48 UTC", "2026-03-10T21:48Z"),
        ("2026-03", "March 2026", "2026-03"),
        ("2026", "2026", "2026"),
        ("2026-W11", "week of 9 March 2026", "2026-W11"),
        ("2026-21", "spring 2026", ""),
        ("2026-24", "winter 2026/27", ""),
        ("1999-24", "winter 1999/00", ""),
        ("2026-34", "second quarter of 2026", ""),
        ("2026-40", "first half of 2026", ""),
        ("199X", "the 1990s", ""),
        ("19XX", "between 1900 and 1999", ""),
        ("2026-02-30", "2026-02-30", ""),
        ("soon", "soon", ""),
    ],
)
def test_date_in_words_is_as_exact_as_it_is_and_no_more(date: str | None, words: str, machine: str) -> None:
    assert storywords.when(date) == storywords.When(words=words, machine=machine)


@pytest.mark.parametrize(
    ("address", "linked"),
    [
        ("https://northwater.example/a?b=c#d", True),
        ("http://[::1]/", True),
        ("HTTPS://northwater.example/", True),
        ("javascript:alert(1)", False),
        (" javascript:alert(1)", False),
        ("java\nscript:alert(1)", False),
        ("data:text/html,x", False),
        ("file:///etc/passwd", False),
        ("//northwater.example/", False),
        ("https://me:secret@northwater.example/", False),
        ("http://[", False),
        ("https://", False),
        ("", False),
        (None, False),
    ],
)
def test_only_addresses_of_the_web_are_linked(address: str | None, linked: bool) -> None:
    assert storywords.link(address) == (address if linked else "")


@given(
    BODIES, st.lists(st.tuples(st.integers(-3, 70), st.integers(-3, 70)).map(lambda s: (min(s), max(s))), max_size=6)
)
def test_marks_are_on_what_passages_hold_and_no_letter_is_lost(body: str, spans: list[tuple[int, int]]) -> None:
    paragraphs = storywords.marked(body, spans)
    assert ["".join(p.text for p in pieces) for pieces in paragraphs] == [li for li in body.split("\n") if li.strip()]
    held = {at for start, end in spans for at in range(max(0, start), min(len(body), end))}
    wanted = [at in held for at, letter in enumerate(body) if letter != "\n" and _line(body, at).strip()]
    assert [p.marked for pieces in paragraphs for p in pieces for _ in p.text] == wanted
    numbers = [n for pieces in paragraphs for p in pieces for n in p.passages]
    assert len(numbers) == len(set(numbers))


def _line(body: str, at: int) -> str:
    return body[body.rfind("\n", 0, at) + 1 :].partition("\n")[0]


def test_passage_behind_the_cut_is_not_shown() -> None:
    text = storywords.marked("a" * 50 + " kept and lost", [(0, 5), (56, 60)], limit=55)
    assert storywords.shown(text) == {1}


@given(BODIES, st.integers(0, 60), st.integers(0, 60))
def test_context_holds_the_quotation_and_stays_in_its_paragraphs(body: str, one: int, other: int) -> None:
    start, end = sorted((min(one, len(body)), min(other, len(body))))
    found = storywords.context(body, start, end)
    assert found.said == body[start:end].replace("\n", " ")
    assert " ".join(body.split("\n")).startswith(
        (found.before + found.said + found.after).strip("…"), start - len(found.before)
    )


def test_long_context_is_cut_at_both_ends() -> None:
    body = "word " * 1000
    found = storywords.context(body, 2000, 2010)
    assert found.before.startswith("…")
    assert found.after.endswith("…")
    assert len(found.before + found.said + found.after) <= storywords.LONGEST_CONTEXT + 2


@given(st.lists(st.tuples(MOMENTS, MOMENTS).map(lambda e: (min(e), max(e))), min_size=1, max_size=5))
def test_any_stretch_of_time_has_a_scale_with_few_marks_in_order(extents: list[tuple[datetime, datetime]]) -> None:
    scale = Scale.around(extents)
    assert scale is not None
    places = [scale.at(moment) for extent in sorted(extents) for moment in extent[:1]]
    assert places == sorted(places)
    assert all(2 <= x <= 98 for x in places)
    for finest in (timedelta(hours=1), timedelta(days=1)):
        ticks = scale.ticks(finest=finest)
        assert len(ticks) <= 6
        assert all(a.x <= b.x for a, b in pairwise(ticks))


@pytest.mark.parametrize(
    ("first", "last", "labels"),
    [
        ("2026-03-10T15:41", "2026-03-10T21:48", ["16:00", "17:00", "18:00", "19:00", "20:00", "21:00"]),
        ("2026-03-14T18:10", "2026-03-15T07:15", ["21:00", "15 Mar", "03:00", "06:00"]),
        ("2026-03-10", "2026-03-14", ["10 Mar 2026", "11 Mar", "12 Mar", "13 Mar", "14 Mar", "15 Mar"]),
        ("2025-11-20", "2026-03-14", ["Dec 2025", "Jan 2026", "Feb 2026", "Mar 2026"]),
        ("1974", "2026", ["1980", "1990", "2000", "2010", "2020"]),
    ],
)
def test_scale_is_marked_at_round_times(first: str, last: str, labels: list[str]) -> None:
    scale = Scale.around([e for e in map(storydrawing.extent, (first, last)) if e])
    assert scale is not None
    assert [tick.label for tick in scale.ticks()] == labels


def test_date_is_drawn_as_wide_as_it_is_vague() -> None:
    widths = [
        e[1] - e[0]
        for date in ("2026-03-10T09:00", "2026-03-10", "2026-03", "2026")
        if (e := storydrawing.extent(date))
    ]
    assert widths == [timedelta(0), timedelta(days=1), timedelta(days=31), timedelta(days=365)]
    assert storydrawing.extent("9999-12-31") is not None
    assert storydrawing.extent("soon") is storydrawing.extent(None) is None


def test_bars_in_a_lane_do_not_cover_each_other_and_the_vaguest_give_way() -> None:
    bars = [Dot(x=x, wide=wide, kind="bar", title="") for x, wide in ((0, 10), (5, 10), (20, 5), (0, 90))]
    lanes = storydrawing.lanes(bars, most=2)
    assert [[(b.x, b.wide) for b in lane] for lane in lanes] == [[(20, 5), (0, 10)], [(5, 10)]]


def test_many_dots_at_one_place_are_one_mark() -> None:
    same = [Dot(x=10.1, wide=0, kind="near", title=f"{n}") for n in range(1000)]
    (one, other) = storydrawing.gathered([*same, Dot(x=10.1, wide=0, kind="lead", title="lead")])
    assert (one.count, one.title, other.title) == (1000, "1000 articles, the first: 0", "lead")
    (column,) = storydrawing.columns([10.1] * 50)
    assert (column.dots, column.count) == (8, 50)
