"""Speakers: whom an office, a description, a pronoun or another word for a person means."""

import pytest

from storage.records import Article, Quotation
from tasks import enrich


def quotations(text: str, headline: str | None = None) -> list[Quotation]:
    return list(enrich.enrich_one(Article(input="a", body=text, language="en", headline=headline)).quotations)


def speaker(text: str, words: str) -> str | None:
    found = next(q for q in quotations(text) if words in q.text)
    return found.speaker.name if found.speaker else None


WORDS = "We will not wait for another winter"


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        (f"“{WORDS},” said Ana Ruiz, a Bergen, Norway-based harbour lawyer.", "Ana Ruiz"),
        (f"“{WORDS},” the head of research at the Fjord Institute, Ana Ruiz, told reporters.", "Ana Ruiz"),
        (f"“{WORDS},” Fjordline global manager of fleet planning Ana Ruiz said on Monday.", "Ana Ruiz"),
        (f"Minister of Water Affairs, Ana Ruiz, only said: “{WORDS}.”", "Ana Ruiz"),
        (f"University of Holmvik at Sund history professor Ana Ruiz said: “{WORDS}.”", "Ana Ruiz"),
        (f"It began with a biologist at Fjordline, Ana Ruiz, who wrote that “{WORDS}”.", "Ana Ruiz"),
        (f"Ana Ruiz spoke first. The singer was late.\n\n“{WORDS},” the singer said.", "Ana Ruiz"),
        (f"Ana Ruiz and Jon Berg wrote to the council on Monday.\n\n“{WORDS},” they said in the letter.", "Ana Ruiz"),
        (f"“{WORDS},” reported user Trawler77 on the forum.", "Trawler77"),
    ],
)
def test_person_is_named_wherever_the_sentence_puts_the_name(text: str, expected: str) -> None:
    assert speaker(text, WORDS) == expected


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        (f"The Holmvik Bureau of Fisheries sent a boat. “{WORDS},” the bureau said.", "Holmvik Bureau of Fisheries"),
        (f"The Holmvik border service closed the road. “{WORDS},” the service said.", "Holmvik border service"),
        (f"Fjordline cut its fares. Fjordline has nine ships. “{WORDS},” the company said.", "Fjordline"),
        (f"Jon Berg read a study published by the Fjord Institute. “{WORDS},” the study said.", "Fjord Institute"),
        (f"A spot by the Fjord Institute lamented that “{WORDS}”.", "Fjord Institute"),
        (f"One spot on the radio lamented that “{WORDS}”.", None),
    ],
)
def test_common_noun_speaks_for_the_organisation_behind_it(text: str, expected: str | None) -> None:
    assert speaker(text, WORDS) == expected


def test_stranger_is_not_whoever_was_named_last() -> None:
    text = f"Ana Ruiz, a doctor, examined the man.\n\nShe sent him home. “{WORDS},” the patient said."
    assert speaker(text, WORDS) == "patient"


def test_hope_speaks_for_its_owner() -> None:
    text = "Jon Berg opened the meeting. Berg’s hope is that the town “can draw a map for the year to come” in talks."
    assert speaker(text, "can draw") == "Jon Berg"


def test_share_of_people_are_the_people() -> None:
    assert speaker(f"About 40 percent of the voters told the paper: “{WORDS}.”", WORDS) == "voters"


def test_prince_goes_by_his_rank() -> None:
    text = f"Prince Olvar came late.\n\n“{WORDS},” he said. Olvar then left with his guard."
    assert speaker(text, WORDS) == "Prince Olvar"


def test_surname_that_is_a_title_is_a_name() -> None:
    text = f"“The tide is low,” said Ken Doctor, an analyst.\n\n“{WORDS},” says Doctor."
    assert speaker(text, WORDS) == "Ken Doctor"


def test_headline_in_title_case_gives_the_full_name() -> None:
    found = quotations(f"Aoki came late.\n\n“{WORDS},” Aoki said.", "Aoki Maria Holm Grew Up by the Sea and Never Left")
    assert [q.speaker and q.speaker.name for q in found if WORDS in q.text] == ["Aoki Maria Holm"]


def test_surname_that_is_a_month_or_a_season_is_a_name() -> None:
    text = f"Ida May met Jon Winter in May.\n\n“{WORDS},” May said.\n\n“No winter is as long as that,” Winter said."
    assert speaker(text, WORDS) == "Ida May"
    assert speaker(text, "No winter") == "Jon Winter"


def test_short_paragraph_left_open_goes_on_in_the_next() -> None:
    text = "“It sells,” said Jon Berg. “The upside sells.\n“But nobody talks about the downside here,” he added."
    assert speaker(text, "The upside sells") == "Jon Berg"


def test_letter_of_several_speaks_for_its_writers() -> None:
    text = (
        "Ana Ruiz and Jon Berg, who runs the harbour, said the plan was “in conflict with the law”.\n\n"
        f"“{WORDS},” their statement said."
    )
    assert speaker(text, WORDS) == "Ana Ruiz"


def test_whole_sentence_is_somebodys() -> None:
    text = "Jon Berg, the founder, called him a master of the trade. “He showed again and again how to build a boat.”"
    assert speaker(text, "He showed") == "Jon Berg"


def test_newspaper_spoken_to_is_not_the_office_behind_it() -> None:
    text = (
        "Norwegian President Ana Ruiz came home. Ruiz was tired.\n\n"
        f"Speaking to Nordlys Zeitung, the Norwegian president argued that nobody wants it: “{WORDS}.”"
    )
    assert speaker(text, WORDS) == "Ana Ruiz"
