"""Time expressions: what counts as one, its value, and what stays open without a day of publication."""

import re

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from storage.records import Article
from tasks import enrich, grammar, times, timevalues

WEDNESDAY = "2026-02-11"


def found(text: str, published: str | None = WEDNESDAY, language: str = "en") -> list[tuple[str, str, str | None]]:
    timexes = times.find(text, grammar.lay_out(text), published=published, language=language)
    assert all(text[t.start : t.end] == t.text for t in timexes)
    return [(t.text, t.type, t.value) for t in timexes]


@pytest.mark.parametrize(
    ("text", "expression", "value"),
    [
        ("The minister resigned on Tuesday.", "Tuesday", "2026-02-10"),
        ("The court said Wednesday it would wait.", "Wednesday", "2026-02-11"),
        ("Voting will begin on Friday.", "Friday", "2026-02-13"),
        ("The president faces an election in October.", "October", "2026-10"),
        ("Farmers need the river from April onwards.", "April", "2026-04"),
        ("They want water in May.", "May", "2026-05"),
        ("A treaty is to be negotiated from November.", "November", "2026-11"),
        ("The bank reported the theft in November.", "November", "2025-11"),
        ("The boxes were back in the shop by Monday.", "Monday", "2026-02-09"),
        ("The offer holds from April 1 to September 30.", "September 30", "2026-09-30"),
        ("They met on February 1, a Sunday.", "Sunday", "2026-02-01"),
        ("They parted on 2 January, and she sued a week later.", "a week later", "2026-01-09"),
        ("The gate opens every April.", "every April", "XXXX-04"),
        ("Profit rose in the first half.", "first half", "2026-H1"),
        ("The talks, scheduled for Monday, were moved.", "Monday", "2026-02-16"),
        ("He left last December.", "last December", "2025-12"),
        ("They met in December 2025 in Bergen.", "December 2025", "2025-12"),
        ("She was born on 4 March 1961 in Oslo.", "4 March 1961", "1961-03-04"),
        ("Signed Wednesday (February 4, 2026) in Riga.", "Wednesday (February 4, 2026)", "2026-02-04"),
        ("The plan runs until 2031.", "2031", "2031"),
        ("Prices doubled in the 1990s.", "the 1990s", "199"),
        ("Sales rose in the third quarter of 2025.", "third quarter of 2025", "2025-Q3"),
        ("It happened two weeks ago.", "two weeks ago", "2026-W05"),
        ("It opened last summer.", "last summer", "2025-SU"),
        ("The vote is expected next month.", "next month", "2026-03"),
        ("They talked for three hours.", "three hours", "PT3H"),
        ("Buses run every day.", "every day", "P1D"),
        ("The train left at 10:35 a.m. Tuesday.", "10:35 a.m. Tuesday", "2026-02-10T10:35"),
        ("Shops close on Christmas Eve.", "Christmas Eve", "2025-12-24"),
        ("The post-1959 ferries are wider.", "post-1959", "1959"),
        ("A storm hit on 3 February. Power returned the next day.", "the next day", "2026-02-04"),
    ],
)
def test_expression_has_its_value(text: str, expression: str, value: str) -> None:
    assert (expression, value) in [(t, v) for t, _, v in found(text)]


@pytest.mark.parametrize(
    ("text", "expression", "value"),
    [
        ("They linked arms on Saturday and were planning to march to the court on Monday.", "Monday", "2026-02-16"),
        ("On Friday, the League of Ferry Users in Sant will hold a rally.", "Friday", "2026-02-13"),
        ("On Friday, the League of Ferry Users in Sant held a rally.", "Friday", "2026-02-06"),
        ("The envoy’s upcoming visit in September had worried the board.", "September", "2026-09"),
        ("The envoy, who said nothing, came in September to see the quay.", "September", "2025-09"),
        ("Divers found the wreck over the weekend.", "the weekend", "2026-W06-WE"),
        ("Divers will look for the wreck over the weekend.", "the weekend", "2026-W07-WE"),
        ("The storm may have sunk the ferry on Tuesday, divers said.", "Tuesday", "2026-02-10"),
        ("Nobody had signed the papers by Monday.", "Monday", "2026-02-09"),
        ("Among the first to reach the quay on Friday were two divers.", "Friday", "2026-02-06"),
        ("The ferry sank off the islands on May 25 after a storm.", "May 25", "2025-05-25"),
    ],
)
def test_tense_of_the_governing_verb_tells_the_direction(text: str, expression: str, value: str) -> None:
    done = enrich.enrich_one(Article(input="x", body=text, language="en", published=WEDNESDAY))
    assert (expression, value) in [(t.text, t.value) for t in done.timexes]


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("The pier fell on 3 March 2019. On 5 April the board met, and nobody came.", "2019-04-05"),
        ("The pier fell on 30 November 2019. On 5 January the board met, and nobody came.", "2020-01-05"),
        ("The pier fell in 2019. On 5 January the board met, and nobody came.", "2026-01-05"),
        ("The pier fell on 3 March 2019. It was news on Tuesday. On 5 January the board met.", "2026-01-05"),
        ("The pier fell on 3 March 2019. On 5 April the board will meet.", "2026-04-05"),
    ],
)
def test_day_in_a_story_of_former_years_is_of_its_year(text: str, value: str) -> None:
    done = enrich.enrich_one(Article(input="x", body=text, language="en", published=WEDNESDAY))
    assert done.timexes[-1].value == value


def test_yesterday_in_a_quotation_is_the_day_before_it_was_said() -> None:
    text = (
        "“We saw it yesterday and will look for it tomorrow,” Ida Holm told reporters on Monday.\n\n"
        "Divers came yesterday, Holm said on Monday. “They come again today,” said Karl Brandt."
    )
    done = enrich.enrich_one(Article(input="x", body=text, language="en", published=WEDNESDAY))
    assert [(t.text, t.value) for t in done.timexes] == [
        ("yesterday", "2026-02-08"),
        ("tomorrow", "2026-02-10"),
        ("Monday", "2026-02-09"),
        ("yesterday", "2026-02-10"),
        ("Monday", "2026-02-09"),
        ("today", "2026-02-11"),
    ]
    assert all(text[t.start : t.end] == t.text for t in done.timexes)


def test_day_of_saying_is_edtf() -> None:
    done = enrich.enrich_one(
        Article(
            input="x",
            body="Ida Holm said last summer that the old pier was unsafe.",
            language="en",
            published=WEDNESDAY,
        )
    )
    assert [q.said for q in done.quotations] == ["2025-22"]


def test_holiday_of_a_past_clause_is_the_last_one() -> None:
    done = [
        enrich.enrich_one(Article(input="x", body=text, language="en", published="2026-12-10")).timexes[0].value
        for text in ("It was no ordinary Christmas on the islands.", "Ferries will not sail at Christmas.")
    ]
    assert done == ["2025-12-25", "2026-12-25"]


def test_relative_expressions_stay_open_without_a_day_of_publication() -> None:
    assert [
        v for _, _, v in found("He spoke on Tuesday, a week after last month ended.", None) if v and v[0] == "2"
    ] == []
    assert found("He spoke on 4 May 2024.", None) == [("4 May 2024", "DATE", "2024-05-04")]


@pytest.mark.parametrize(
    "text",
    [
        "The 44-year-old driver left.",
        "We may march on.",
        "It cost 2,024 euros.",
        "Give me a second chance.",
        "Section 8/3 applies.",
        "The keeper was hurt in the first half.",
        "They lost a quarter of the wheat.",
    ],
)
def test_what_is_no_time_is_left_alone(text: str) -> None:
    assert [f for f in found(text) if f[1] != "SET"] == []


def test_counting_on_from_a_vague_date_stays_open() -> None:
    assert found("In December they parted, and she sued a week later.")[1] == ("a week later", "DATE", None)


def test_time_of_day_in_a_past_clause_is_not_on_a_day_to_come() -> None:
    text = "The post will be read from Tuesday, 24 March. She signed it at 4.20 p.m."
    assert found(text)[1] == ("4.20 p.m.", "TIME", "2026-02-11T16:20")


def test_other_languages_give_full_dates_only() -> None:
    assert found("Am 4. Februar 2026 sprach er, am Montag schwieg er.", language="de") == [
        ("4. Februar 2026", "DATE", "2026-02-04")
    ]
    assert found("Le 12/03/2024, puis hier.", language="fr") == [("12/03/2024", "DATE", "2024-03-12")]


@pytest.mark.parametrize(
    ("value", "first", "last"),
    [
        ("2024-02", "2024-02-01", "2024-02-29"), ("2025-WI", "2025-12-01", "2026-02-28"),
        ("2026-W01", "2025-12-29", "2026-01-04"),
        ("199", "1990-01-01", "1999-12-31"), ("2026-Q1", "2026-01-01", "2026-03-31"),
        ("2026-02-04T10:35", "2026-02-04", "2026-02-04"),
        ("PXW", None, None), ("XXXX-02-10", None, None),
    ],
)  # fmt: skip
def test_value_covers_its_days(value: str, first: str | None, last: str | None) -> None:
    assert timevalues.bounds(value) == (first, last)


@settings(max_examples=150, deadline=None)
@given(
    st.lists(
        st.sampled_from(
            re.split(
                " ",
                "on Friday May 31 February 30 2024 last next this quarter year ago two a.m. 10:75 13th century '90s "
                "noon the weeks every Easter "
                "Q4 half 1/13/2020 2026-13-40 99999 of , . fall spring tonight earlier",
            )
        ),
        max_size=12,
    ),
    st.sampled_from([None, "2024-02-29", "0001-01-01", "9999-12-31"]),
)
def test_any_words_give_expressions_that_re_slice(words: list[str], published: str | None) -> None:
    found(" ".join(words), published)


@pytest.mark.parametrize(
    ("value", "date"),
    [
        ("2026-03-13", "2026-03-13"),
        ("2026-03-13TMO", "2026-03-13"),
        ("2026-03-13T16:20", "2026-03-13T16:20"),
        ("2026-SP", "2026-21"),
        ("2026-Q4", "2026-36"),
        ("199", "199X"),
        ("19", "19XX"),
        ("2026-W11", "2026-W11"),
    ],
)
def test_the_date_of_an_event_is_edtf(value: str, date: str) -> None:
    assert timevalues.edtf(value) == date


@pytest.mark.parametrize("sentence", [
    "It was done in the first half, the latest period and Q3 2025.",
    "They met every Tuesday, twice a week and daily.",
    "She left that same day, the following morning and the day before.",
    "It rained the previous year and that Weekend.",
    "The past decade and the coming century were better, sometime next month and the weekend.",
    "Four weeks ago, three days earlier, a YEAR from now.",
    "It took several minutes, and a two-hour-long wait for years.",
    "At noon, 10:30 a.m. Tuesday, by midnight, 5 o’clock in the afternoon.", "In the 19th century it was nightly.",
])  # fmt: skip
def test_no_rule_is_left_out_that_would_have_found_something(sentence: str, monkeypatch: pytest.MonkeyPatch) -> None:
    layout = grammar.lay_out(sentence)
    before = times.find(sentence, layout, published=WEDNESDAY)
    monkeypatch.setattr(times, "WORDS", {})
    monkeypatch.setattr(times, "NEEDS", {})
    assert before
    assert before == times.find(sentence, layout, published=WEDNESDAY)
