"""Which quotations are one statement, which events are one: pure decisions."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from storage.records import Carried, Event, Modality, Precision, Quotation, QuotationType, Reported, Speaker
from tasks.statements import group_events, group_quotations

DAY = datetime(2026, 3, 1, tzinfo=UTC)
LINKED = {("a", "b"), ("b", "c")}


def said(
    article: str, text: str, speaker: str | Speaker | None = "Ada Voss", kind: QuotationType = "direct", *,
    story: str | None = None, start: int = 0, day: int = 0, lead: str = "", tail: str = "",
) -> Carried:  # fmt: skip
    named = Speaker(name=speaker) if isinstance(speaker, str) else speaker
    quotation = Quotation(text=text, start=start, end=start + len(text), type=kind, speaker=named)
    key = sum(map(ord, f"{article}{text}{speaker}{kind}{start}")) * 7 + start
    at = DAY + timedelta(days=day)
    return Carried(
        key=key, article=article, story=story or article, published_at=at, quotation=quotation, lead=lead, tail=tail
    )


def told(
    article: str, text: str, date: str = "2026-03-06", precision: Precision = "day", modality: Modality | None = None
) -> Reported:
    event = Event(date=date, precision=precision, text=text, start=0, end=len(text), modality=modality)
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


WHOLE = "the grave shortage of pilots between the islands will not mend itself"
MOVED = {
    "before": ("will not mend itself", "a grave lack of pilots between the islands", ""),
    "behind": (
        "the grave shortage of pilots",
        "the minister spoke of",
        "between the islands that will not mend by itself",
    ),
}
NOT_MOVED = {
    "a clip": ("will not mend itself", "she told the harbour that it", ""),
    "one word": ("grave shortage", "the ministry speaks of a", "among all who steer a vessel between two ports"),
    "a name": ("will not mend itself", "and of Islands, Pilots, Grave and Shortage", ""),
    "other words far off": (
        "grave shortage",
        "it will not mend itself, she said; she spoke of one most rare and dear",
        "",
    ),
}


@pytest.mark.parametrize(("fragment", "lead", "tail"), MOVED.values(), ids=MOVED)
def test_moved_quotation_marks_are_disputed(fragment: str, lead: str, tail: str) -> None:
    whole, part = said("a", WHOLE), said("b", fragment, kind="mixed", lead=lead, tail=tail)
    for carried in ([whole, part], [part, whole]):
        (found,) = group_quotations(carried, LINKED)
        assert (found.agreement, len(found.members)) == ("disputed", 2)


@pytest.mark.parametrize(("fragment", "lead", "tail"), NOT_MOVED.values(), ids=NOT_MOVED)
def test_clip_is_a_variant_whatever_else_its_reporter_says(fragment: str, lead: str, tail: str) -> None:
    (found,) = group_quotations([said("a", WHOLE), said("b", fragment, kind="mixed", lead=lead, tail=tail)], LINKED)
    assert (found.agreement, len(found.members)) == ("variant", 2)


def test_article_that_tells_a_statement_twice_does_not_dispute_it() -> None:
    fragment, lead, _ = MOVED["before"]
    (found,) = group_quotations([said("a", WHOLE), said("a", fragment, kind="mixed", lead=lead, start=99)], LINKED)
    assert found.agreement == "variant"


def test_few_words_that_another_only_reports_are_no_tie() -> None:
    fragment = said("a", "open waters", kind="mixed")
    quoted = said("b", "the islands keep the open waters between them free of any customs")
    reported = replace(quoted, quotation=replace(quoted.quotation, type="indirect"))
    assert len(group_quotations([fragment, quoted], LINKED)) == 1
    assert len(group_quotations([fragment, reported], LINKED)) == 2


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
    later = replace(one, key=2, article="b", story="b", event=replace(one.event, date="2026-03-07"))
    other = told("b", "The minister opened a bridge on Friday in front of two hundred guests.")
    assert len(group_events([one, later, other], LINKED)) == 3


def test_copy_that_keeps_a_sentence_keeps_its_day() -> None:
    text = "Ferry crews walked out at Port Lisbane today over unpaid overtime."
    one = told("a", text)
    reprint = replace(told("b", text, "2026-03-07"), story="a", published_at=DAY + timedelta(days=1))
    for reports in ([one, reprint], [reprint, one]):
        (found,) = group_events(reports, LINKED)
        assert (found.date, found.members) == ("2026-03-06", (one.key, reprint.key))
    independent = replace(reprint, story="b")
    assert len(group_events([one, independent], LINKED)) == 2, "next week's report in the same words is another event"


def test_time_of_day_makes_an_event_finer_not_another() -> None:
    text = "Ferry crews walked out at Port Lisbane over unpaid overtime."
    timed = told("b", text, "2026-03-06T09:00", "time")
    (found,) = group_events([told("a", text), timed], LINKED)
    assert (found.date, found.precision) == ("2026-03-06T09:00", "time")


def test_what_one_report_tells_as_past_has_happened() -> None:
    text = "Ferry crews walk out at Port Lisbane over unpaid overtime."
    reports = [told("a", text, modality="planned"), told("b", text + " Then", modality="past"), told("c", text)]
    for some, surest in ((reports, "past"), (reports[::2], "planned"), (reports[2:], None)):
        (found,) = group_events(some, LINKED | {("a", "c")})
        assert found.modality == surest
