"""Which quotations are one statement, which events are one: pure decisions."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from storage.records import Carried, Event, Quotation, QuotationType, Reported, Speaker
from tasks.statements import group_events, group_quotations

DAY = datetime(2026, 3, 1, tzinfo=UTC)
LINKED = {("a", "b"), ("b", "c")}


def said(
    article: str, text: str, speaker: str | Speaker | None = "Ada Voss", kind: QuotationType = "direct", *,
    story: str | None = None, start: int = 0, day: int = 0,
) -> Carried:  # fmt: skip
    named = Speaker(name=speaker) if isinstance(speaker, str) else speaker
    quotation = Quotation(text=text, start=start, end=start + len(text), type=kind, speaker=named)
    key = sum(map(ord, f"{article}{text}{speaker}{kind}{start}")) * 7 + start
    at = DAY + timedelta(days=day)
    return Carried(key=key, article=article, story=story or article, published_at=at, quotation=quotation)


def told(article: str, text: str, date: str = "2026-03-06", precision: str = "day") -> Reported:
    event = Event(date=date, precision=precision, text=text, start=0, end=len(text), people=())  # type: ignore[arg-type]
    return Reported(
        key=sum(map(ord, article + text + date)), article=article, story=article, published_at=DAY, event=event
    )


ONE_STATEMENT = {
    "letter for letter": ("the boats are older than we are", "the boats are older than we are", "same"),
    "other marks and case": ("The boats, are older than we are.", "the boats are older than we are", "same"),
    "a clip": ("earned their rest", "the ferry crews have earned their rest and will take it", "variant"),
    "a tail more": (
        "there are talks with the union, but nothing worth announcing",
        "there are talks with the union, but nothing worth announcing in this regard",
        "variant",
    ),
    "small words changed": ("no indication it was disputed", "There was not any indication it was disputed", "variant"),
    "two translations": (
        "I do not see the islands ready to sign a contract in the coming weeks",
        "I don't believe that the islands are currently willing to sign a contract in the coming days or even weeks",
        "variant",
    ),
}
TWO_STATEMENTS = {
    "other words": ("the boats are older than we are", "no captain should sail with half a crew"),
    "names alone in common": (
        "Minister Orla Kettering should visit Port Lisbane",
        "nobody in Port Lisbane has ever met Orla Kettering",
    ),
    "small words in common": ("it is what it is and we will see", "it is not what we will do"),
    "a fragment of two small words": ("we will", "we will fight the closure of the northern line"),
}


@pytest.mark.parametrize(("one", "other", "agreement"), ONE_STATEMENT.values(), ids=ONE_STATEMENT)
def test_one_statement(one: str, other: str, agreement: str) -> None:
    (found,) = group_quotations([said("a", one), said("b", other)], LINKED)
    assert found.agreement == agreement
    assert len(found.members) == 2


@pytest.mark.parametrize(("one", "other"), TWO_STATEMENTS.values(), ids=TWO_STATEMENTS)
def test_two_statements(one: str, other: str) -> None:
    assert len(group_quotations([said("a", one), said("b", other)], LINKED)) == 2


def test_articles_that_nothing_links_are_not_compared() -> None:
    text = "the boats are older than we are"
    assert len(group_quotations([said("a", text), said("c", text)], LINKED)) == 2
    assert len(group_quotations([said("a", text, story="s"), said("c", text, story="s")], set())) == 1


def test_article_between_ties_two_that_nothing_links() -> None:
    text = "the boats are older than we are"
    (found,) = group_quotations([said(name, text) for name in "abc"], LINKED)
    assert len(found.members) == 3


@pytest.mark.parametrize(
    ("one", "other", "together"),
    [
        ("Ada Voss", "Voss", True),
        ("Ada Voss", "A. Voss", True),
        ("Ada Voß", "ADA VOSS", True),
        ("Zoë Ångström", "Zoe Angstrom", True),
        ("Ada Voss", None, True),
        ("Ada Voss", Speaker(name="Ferry Union", type="Organization"), True),
        ("Ada Voss", "Bram Voss", False),
        ("Ada Voss", "Orla Kettering", False),
        (Speaker(name="Ferry Union", type="Organization"), Speaker(name="Port", type="Organization"), False),
    ],
)
def test_speakers_decide_too(one: str | Speaker, other: str | Speaker | None, together: bool) -> None:
    text = "the boats are older than we are"
    assert len(group_quotations([said("a", text, one), said("b", text, other)], LINKED)) == (1 if together else 2)


def test_unnamed_quotation_never_joins_two_speakers() -> None:
    text = "the boats are older than we are"
    carried = [said("a", text, "Ada Voss"), said("b", text, None), said("c", text, "Orla Kettering")]
    assert len(group_quotations(carried, LINKED)) == 3


def test_what_one_quotes_and_another_only_reports_is_disputed() -> None:
    quoted = said("a", "we have had no similar offer from other islands")
    reported = said("b", "no similar offer has come from other islands", kind="indirect")
    (found,) = group_quotations([quoted, reported], LINKED)
    assert (found.agreement, found.type, found.text) == ("disputed", "direct", quoted.quotation.text)


def test_statement_is_known_by_its_earliest_carrier_and_told_in_the_fullest_words() -> None:
    clip, full = said("b", "earned their rest", "Voss"), said("a", "the crews have earned their rest", day=1)
    (found,) = group_quotations([full, clip], LINKED)
    assert found.members == (clip.key, full.key)
    assert (found.text, found.speaker) == (full.quotation.text, "Ada Voss")
    (alone,) = group_quotations([clip], LINKED)
    assert alone.members == (clip.key,)


WORDS = ["crews", "rest", "boats", "older", "captain", "harbour", "strike", "we", "the", "will"]


@given(st.data())
def test_order_of_arrival_never_matters(data: st.DataObject) -> None:
    texts = st.lists(st.sampled_from(WORDS), min_size=1, max_size=6).map(" ".join)
    speakers = st.sampled_from(["Ada Voss", "Orla Kettering", None])
    drawn = data.draw(st.lists(st.tuples(st.sampled_from("abcd"), texts, speakers), max_size=12))
    carried = [
        replace(said(article, text, speaker, start=i), key=i) for i, (article, text, speaker) in enumerate(drawn)
    ]
    links = data.draw(st.sets(st.sampled_from([("a", "b"), ("b", "c"), ("a", "d"), ("c", "d")])))
    found = group_quotations(carried, links)
    assert group_quotations(data.draw(st.permutations(carried)), links) == found
    assert sorted(key for s in found for key in s.members) == list(range(len(carried)))
    for statement in found:
        people = {s.name for c in carried if c.key in statement.members and (s := c.quotation.speaker)}
        assert len(people) < 2


@given(st.text(max_size=60), st.text(max_size=60))
def test_any_text_is_taken(one: str, other: str) -> None:
    carried = [replace(said("a", one), key=1), replace(said("b", other), key=2)]
    assert sum(len(s.members) for s in group_quotations(carried, LINKED)) == 2


def test_reports_of_one_day_in_much_the_same_words_are_one_event() -> None:
    one = told("a", "Ferry crews walked out at Port Lisbane on Friday over unpaid overtime.")
    retold = told("b", "Over unpaid overtime, crews of the ferry at Port Lisbane walked out.")
    (found,) = group_events([one, retold], LINKED)
    assert set(found.members) == {one.key, retold.key}


def test_other_day_or_other_happening_is_another_event() -> None:
    one = told("a", "Ferry crews walked out at Port Lisbane on Friday over unpaid overtime.")
    later = replace(one, key=2, article="b", event=replace(one.event, date="2026-03-07"))
    other = told("b", "The minister opened a bridge on Friday in front of two hundred guests.")
    assert len(group_events([one, later, other], LINKED)) == 3


def test_time_of_day_makes_an_event_finer_not_another() -> None:
    text = "Ferry crews walked out at Port Lisbane over unpaid overtime."
    timed = told("b", text, "2026-03-06T09:00", "time")
    (found,) = group_events([told("a", text), timed], LINKED)
    assert (found.date, found.precision) == ("2026-03-06T09:00", "time")
