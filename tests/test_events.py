"""Events: what a sentence makes of its date, by the verb that the date hangs on or by the words of its clause."""

import pytest

from storage.records import Article
from tasks import enrich, events, grammar, parsing, times
from tasks.register import Register

WEDNESDAY = "2026-02-11"


def told(text: str, published: str | None = WEDNESDAY) -> list[tuple[str, str | None]]:
    done = enrich.enrich_one(Article(input="x", body=text, language="en", published=published))
    return [(e.date, e.modality) for e in done.events]


PAST = {
    "The harbour board closed the old pier on Tuesday after a storm.": "2026-02-10",
    "Ida Holm was elected to the board in May 2019 and left it soon.": "2019-05",
    "The board said on Tuesday that the pier would be closed in March.": "2026-02-10",
    "Divers had not signed the papers by Monday if the crews are to be believed.": "2026-02-09",
    "The closure would be the latest of many, including one last month that angered crews.": "2026-01",
    "Crews who walked out on Monday have come back, the union said.": "2026-02-09",
}
PLANNED = {
    "The pier will be closed on Friday, the harbour board said.": "2026-02-13",
    "A hearing is scheduled for March 3 at the court in Sant.": "2026-03-03",
    "The union plans to meet the board in April over the pier.": "2026-04",
    "Ferries stop running on 2 March while the quay is mended.": "2026-03-02",
    "A vote had been planned for 3 February, but the hall was flooded.": "2026-02-03",
    "The harbour court sits on Wednesday over the closing of the pier.": WEDNESDAY,
    "The minister promised to reopen the bridge by 2031 at the latest.": "2031",
}
CONDITIONAL = {
    "The pier could reopen in April, engineers told the board.": "2026-04",
    "If the crews accept the offer, ferries will sail on Friday again.": "2026-02-13",
    "The board may decide on Monday what becomes of the pier.": "2026-02-16",
    "It is not clear whether the ferry will sail on Saturday at all.": "2026-02-14",
    "The storm could have sunk the ferry on Tuesday, divers said.": "2026-02-10",
    "The board is considering closing the pier in June for good.": "2026-06",
}


@pytest.mark.parametrize(
    ("text", "date", "modality"),
    [
        (text, date, modality)
        for modality, told_so in (("past", PAST), ("planned", PLANNED), ("conditional", CONDITIONAL))
        for text, date in told_so.items()
    ],
)
def test_event_is_past_planned_or_conditional(text: str, date: str, modality: str) -> None:
    assert told(text) == [(date, modality)]


def test_what_goes_on_on_the_day_is_neither() -> None:
    assert told("The harbour board is in the old hall on the pier today.") == [(WEDNESDAY, None)]


def test_without_a_day_of_publication_the_verb_alone_tells() -> None:
    assert told("The pier was closed on 3 February 2026 after a storm.", None) == [("2026-02-03", "past")]
    assert told("The pier will be closed on 3 February 2026 for repairs.", None) == [("2026-02-03", "planned")]


def test_words_tell_where_no_model_is_installed() -> None:
    parsing.load.cache_clear()
    for text, modality in (
        ("The pier will be closed on 3 March 2026, the harbour board said.", "planned"),
        ("The pier was closed on 3 January 2026, the harbour board said.", "past"),
        ("The pier might be closed on 3 March 2026, the harbour board said.", "conditional"),
    ):
        layout = grammar.lay_out(text)
        timexes = times.find(text, layout, published=WEDNESDAY)
        (event,) = events.find(layout, timexes, Register([]), times.publication_day(WEDNESDAY))
        assert event.modality == modality


def test_dateline_is_no_event() -> None:
    assert told("PORT LISBANE, February 9 (Harbour News) —") == []
    assert told("PORT LISBANE, February 9 (Harbour News) — The pier was closed.") == [("2026-02-09", "past")]


def test_one_event_a_sentence_with_the_most_exact_date_and_the_people_in_it() -> None:
    text = "Ida Holm, who joined the board in 2019, met Karl Brandt on Tuesday. In May, Brandt left."
    done = enrich.enrich_one(Article(input="x", body=text, language="en", published=WEDNESDAY))
    assert [(e.date, e.precision, e.people) for e in done.events] == [
        ("2026-02-10", "day", ("Ida Holm", "Karl Brandt")),
        ("2025-05", "month", ("Karl Brandt",)),
    ]
    assert all(text[e.start : e.end] == e.text for e in done.events)
