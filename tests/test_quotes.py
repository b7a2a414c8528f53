"""Quotations: how marks pair, which words are somebody's, and who that is."""

import re
import time
from itertools import pairwise

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from storage.recordjson import quotation_json
from storage.records import Article, Quotation
from tasks import attribution, enrich, grammar, parsing, quotemarks, quotes, scene, sentences


def inside(text: str) -> list[str]:
    return [text[q.start : q.end] for q in quotemarks.pair(text)]


def quotations(text: str, **more: str) -> list[Quotation]:
    article = Article(input="a", body=text, language="en", **more)
    found = list(enrich.enrich_one(article).quotations)
    assert all(text[q.start : q.end] == q.text for q in found)
    return found


def said(text: str) -> list[tuple[str, str | None]]:
    return [(q.text, q.speaker.name if q.speaker else None) for q in quotations(text) if q.type != "indirect"]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("“One two,” he said, “three four.”", ["One two,", "three four."]),
        ('He said "one two" and left.', ["one two"]),
        ('"One two three,” she said.', ["One two three,"]),
        ("Sie sagte: „Eins zwei drei“ und ging.", ["Eins zwei drei"]),
        ("Il a dit « un deux trois » hier.", [" un deux trois "]),
        ("``One two three,'' he said.", ["One two three,"]),
        ("‘It is over,’ she said. ‘We’re going home,’ he added.", ["It is over,", "We’re going home,"]),
        ("It’s the voters’ choice, the ministers’ too.", []),
        ('A 6" pipe and a 12" pipe.', []),
        ("“This one is never closed and runs on to the end of the paragraph.\n“The next one is,” he said.",
         ["This one is never closed and runs on to the end of the paragraph.", "The next one is,"]),
        ("An “ open one.", []),
    ],
)  # fmt: skip
def test_marks_of_every_style_pair(text: str, expected: list[str]) -> None:
    assert inside(text) == expected


def test_abbreviations_end_no_sentence() -> None:
    text = "Mr. J. Holm of the U.S. Navy met Dr. Berg. He left. “We go.” They went."
    assert [text[a:b] for a, b in sentences.split(text, 0, len(text))] == [
        "Mr. J. Holm of the U.S. Navy met Dr. Berg.", "He left.", "“We go.”", "They went.",
    ]  # fmt: skip


def test_a_rule_of_dots_is_looked_at_once() -> None:
    text = "Contents " + "." * 60_000 + "12. The ferry stays"
    began = time.process_time()
    assert sentences.split(text, 0, len(text)) == [(0, len(text) - 16), (len(text) - 15, len(text))]
    assert time.process_time() - began < 1


def test_surname_goes_to_the_full_name() -> None:
    text = "Foreign Minister Ida Holm met reporters in Bergen.\n\n“We will sign it tomorrow,” Holm said."
    assert said(text) == [("We will sign it tomorrow,", "Ida Holm")]


def test_pronoun_follows_the_subject_not_the_nearest_name() -> None:
    text = (
        "Ida Holm, the foreign minister, met Karl Brandt on Monday. She told reporters the talks went well.\n\n"
        "“We are close to a deal,” she said."
    )
    assert ("We are close to a deal,", "Ida Holm") in said(text)


def test_role_goes_to_who_was_introduced_with_it() -> None:
    text = (
        "Norwegian Foreign Minister Ida Holm arrived on Monday with Danish Prime Minister Karl Brandt.\n\n"
        "“There is no other way,” the Norwegian minister said."
    )
    assert said(text) == [("There is no other way,", "Ida Holm")]


def test_person_named_after_the_office_is_a_subject() -> None:
    text = (
        "Wido Karsten scored.\n\nThe coach of the side, Marta Ilves, said she had told them to wait. "
        "“You build a boat,” she said."
    )
    assert ("You build a boat,", "Marta Ilves") in said(text)


def test_unnamed_person_takes_no_name() -> None:
    text = (
        "The minister, Ida Holm, left early.\n\nAccording to a diplomat who was in the room, the talks went badly. "
        "The diplomat called the mood “stiff, but nobody shouted”."
    )
    assert ("stiff, but nobody shouted", "diplomat") in said(text)


def test_listener_is_not_the_speaker() -> None:
    text = "“You have my word,” Ida Holm told Karl Brandt."
    assert said(text) == [("You have my word,", "Ida Holm")]


def test_split_quotation_has_one_speaker() -> None:
    text = "“The bridge,” Karl Brandt said, “will be closed until the spring at least.”"
    assert [name for _, name in said(text)] == ["Karl Brandt", "Karl Brandt"]


def test_quotation_over_paragraphs_stays_with_its_speaker() -> None:
    text = (
        "“We waited for three hours and nobody came to tell us what was going on,” said Karl Brandt, a teacher.\n\n"
        "“Then the lights went out and everyone ran for the doors at once.”"
    )
    assert [name for _, name in said(text)] == ["Karl Brandt", "Karl Brandt"]


def test_turns_of_a_transcript_between_marks_that_never_close_are_no_quotations() -> None:
    text = (
        "Ida Holm, the harbour minister, was on the radio on Sunday. A transcript of it:\n"
        '"BERG: Let us begin with the pier. Will it be open in the spring as you have promised?\n'
        '"HOLM: Well, look, the pier has been a concern of mine for many years and it will be.\n'
        '"BERG: But, minister, you have said so before and you are saying so again tonight.\n'
        "The programme went on for an hour."
    )
    assert said(text) == []


def test_paragraph_left_open_belongs_to_who_opened_it() -> None:
    text = (
        '"We have waited for ten years for this pier," said Ida Holm, the harbour minister. "Nobody believed in it.\n'
        '"And now it is here," Holm said.'
    )
    assert said(text)[1] == ("Nobody believed in it.", "Ida Holm")


@pytest.mark.parametrize(
    ("words", "who", "nobody", "doubtful"),
    [
        (3, 0.42, 0.15, False),  # somebody's, though it is not sure whose
        (3, 0.5, 0.45, True),
        (4, 0.5, 0.45, False),
        (12, 0.28, 0.05, True),
    ],
)
def test_short_words_are_scare_quotes_if_nobody_may_well_say_them(
    words: int, who: float, nobody: float, doubtful: bool
) -> None:
    layout = grammar.lay_out("Holm said it was “" + "good " * words + "” then.")
    at = scene.scene(layout, layout.quoted[0], {})
    assert quotes.is_doubtful(at, attribution.Choice(holm(), who, nobody)) is doubtful
    assert quotes.is_doubtful(at, attribution.Choice(None, 0.9, 0.9))


def holm() -> grammar.Mention:
    return grammar.Mention(
        start=0, end=4, sentence=0, paragraph=0, token=0, relation="nsubj", kind="name", noun="holm", head_start=0,
        verbs=(),
    )  # fmt: skip


@given(st.text(alphabet='ab “”"«»\n', max_size=80), st.integers(0, 80), st.integers(1, 20))
def test_quoted_stretches_are_found_by_place(text: str, start: int, length: int) -> None:
    layout = grammar.lay_out(text)
    end = start + length
    assert layout.quoted_within(start, end) == [q for q in layout.quoted if q.outer < end and q.outer_end > start]
    assert layout.is_quoted(start) == any(q.start <= start < q.end for q in layout.quoted)


def test_capital_may_speak() -> None:
    found = quotations("The Kremlin said on Tuesday that it was ready for talks with its neighbours.")
    assert [(q.type, q.speaker and q.speaker.name, q.speaker and q.speaker.type) for q in found] == [
        ("indirect", "Kremlin", "Organization")
    ]


def test_reported_speech_has_its_clause_verb_and_day() -> None:
    found = quotations(
        "Ida Holm said on 4 May 2024 that the harbour would be closed for repairs.", published="2024-05-06"
    )
    assert [(q.type, q.text, q.verb, q.speaker and q.speaker.name, q.said, q.said_basis) for q in found] == [
        ("indirect", "the harbour would be closed for repairs", "said", "Ida Holm", "2024-05-04", "sentence")
    ]


def test_day_inside_a_statement_is_not_when_it_was_said() -> None:
    text = "Ida Holm, the foreign minister, said on Monday that the two sides would exchange their lists on Sunday."
    days = {q.said for q in quotations(text, published="2026-02-11")}
    assert days == {"2026-02-09"}


def test_titles_and_nicknames_have_no_speaker() -> None:
    text = "Ida Holm sang her new single “Northern Light” in Bergen. Jon “Sparky” Berg played the drums for her."
    assert said(text) == []


def test_programme_named_after_its_station_is_nobodys_words() -> None:
    text = "Ida Holm told Channel Nine’s “Evening Watch” that the harbour was safe. “Nobody is in danger,” she said."
    assert said(text) == [("Nobody is in danger,", "Ida Holm")]


def test_words_that_name_nobody_are_kept_beside_the_missing_name() -> None:
    text = "The case took four years.\n\n“The harbour was never safe and nobody looked after it,” the ruling said."
    (found,) = quotations(text)
    assert found.speaker is None
    assert found.unnamed is not None
    assert quotation_json(found)["speaker"] == {
        "name": None, "type": None,
        "mention": {"text": "the ruling", "start": text.index("the ruling"), "end": text.index(" said.")},
    }  # fmt: skip


def test_what_was_parsed_before_is_parsed_the_same_and_belongs_to_the_caller() -> None:
    parser = parsing.load()
    assert parser is not None
    sentences = ["Ida Holm said the harbour was safe.", "Karl Brandt did not agree with her.", "Nobody asked him."]
    first = parser.parse(sentences)
    first[0].tags[0] = first[0].words[0] = "spoilt"
    again = parser.parse([sentences[2], sentences[0], sentences[0]])
    assert again[0] == first[2]
    assert again[1] == again[2]
    assert again[1].words[0] == "Ida"
    assert again[1].tags[0] == "NNP"


def test_memory_of_sentences_has_an_end(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(parsing, "REMEMBERED", 2)
    asked: list[str] = []
    memory = parsing.Memory(lambda texts: [asked.append(t) or t.upper() for t in texts])
    assert memory.read(["a", "b", "a"]) == ["A", "B", "A"]
    assert memory.read(["b", "c"]) == ["B", "C"]
    assert memory.read(["a"]) == ["A"]
    assert asked == ["a", "b", "c", "a"]


def test_long_quotation_is_shortened_for_the_parser_and_offsets_hold() -> None:
    text = (
        "“"
        + "We have a very long way to go and nobody knows it better than I do, " * 3
        + "really,” Ida Holm said on Monday."
    )
    layout = grammar.lay_out(text)
    sentence = layout.sentences[0]
    short = grammar.shortened(layout, sentence)
    assert len(short) < len(text) / 2
    assert short.endswith("Ida Holm said on Monday.")
    assert [name for _, name in said(text)] == ["Ida Holm"]


@settings(max_examples=60, deadline=None)
@given(st.text(alphabet=st.sampled_from("aB .,?!“”\"'‘’«»„\n`é🙂said he"), max_size=120))
def test_any_text_pairs_without_overlap(text: str) -> None:
    found = quotemarks.pair(text)
    assert all(a.outer_end <= b.outer for a, b in pairwise(found))
    assert all(q.outer <= q.start < q.end <= q.outer_end for q in found)


@settings(max_examples=25, deadline=None)
@given(
    st.lists(
        st.sampled_from(
            re.split(
                " ",
                "“We will go,” said he she Ida Holm the minister, told according to him . “No” \n that Holm’s I it "
                "they who .\n\n Mr. ( ) — 🙂 \u00a0",
            )
        ),
        max_size=40,
    )
)
def test_any_words_give_a_record_without_pronouns(words: list[str]) -> None:
    for q in quotations(" ".join(words)):
        assert q.speaker is None or q.speaker.name.casefold() not in {"he", "she", "it", "they", "who", "i", "him"}


def test_weights_are_there() -> None:
    learnt = quotes.lexicon()
    assert learnt.cues["said"] > 0.8
    assert learnt.heads["spokesman"] > 0.2
    assert len(learnt.speaker) > 1000


def reported(text: str) -> list[str]:
    return [q.text for q in quotations(text) if q.type == "indirect"]


def test_refusal_and_calling_off_are_no_statements() -> None:
    text = (
        "Ida Holm, the foreign minister, refused to have it on the wall. Karl Brandt called off the blockade of the "
        "ports on Monday. Holm said that the talks went well."
    )
    assert reported(text) == ["the talks went well"]


def test_when_it_was_said_is_no_part_of_what_was_said() -> None:
    text = "Ida Holm said on Monday that the talks went well, two days before the delegations meet on the island."
    assert not any(r.startswith("two days before") for r in reported(text))
