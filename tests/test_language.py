"""The language of a text, and what is found in other languages than English, or where no model is installed."""

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from storage.records import Article
from tasks import enrich, grammar, language, times


@pytest.mark.parametrize(
    ("code", "text"),
    [
        ("en", "The council agreed on Tuesday to keep the old ferry running for another winter."),
        ("de", "Der Rat beschloss am Dienstag, die alte Fähre einen weiteren Winter fahren zu lassen."),
        ("fr", "Le conseil a décidé mardi de maintenir le vieux ferry un hiver de plus."),
        ("es", "El consejo acordó el martes mantener el viejo ferry un invierno más."),
        ("ru", "Совет решил во вторник сохранить старый паром ещё на одну зиму."),
        ("ja", "評議会は火曜日、古いフェリーをもう一冬運航することに合意した。"),
        ("zh", "理事会星期二同意让旧渡轮再运行一个冬天，主席在会后对记者说。"),
    ],
)
def test_language_is_named(code, text):
    assert language.name(text) == code


def test_minority_script_does_not_vote():
    english = "The council agreed on Tuesday to keep the old ferry running for another winter. "
    assert language.name(f"{english} Пресс-служба портового совета https://example.org/лицензия") == "en"


@pytest.mark.parametrize(
    "text", ["", "12345 67", "Hello", "Ja", "Ferry stays", "* * *", "asdf qwer zxcv lkjh poiu mnbv"]
)
def test_too_little_gives_none(text):
    assert language.name(text) is None


QUOTED = {
    "after a title": ("de", "„{}“, sagte Verkehrsministerin Ida Holm am Montag.", "Ida Holm"),
    "by surname": ("de", "Die Anwältin Ida Holm schwieg. Später sagte Holm: „{}“.", "Ida Holm"),
    "so": ("de", "„{}“, so Ida Holm.", "Ida Holm"),
    "a body": ("de", "„{}“, sagte die Deutsche Kreditbank.", None),
    "a pronoun": ("de", "Ida Holm kam. „{}“, sagte sie.", None),
    "two of one surname": ("de", "Ida Holm und Karl Holm kamen. „{}“, sagte Holm.", None),
    "office": ("fr", "« {} », a déclaré le ministre Jean Marchand.", "Jean Marchand"),
    "a paper": ("fr", "« {} », selon le Figaro.", None),
    "two surnames": ("es", "Ayer vino Marta Ruiz Soler. Ruiz Soler afirmó: “{}”.", "Marta Ruiz Soler"),
    "Cyrillic": ("ru", "«{}», — сказал министр Иван Петров.", "Иван Петров"),
    "a particle": ("nl", "„{}”, zei burgemeester Jan van der Berg.", "Jan van der Berg"),
    "no list of verbs": ("fi", "”{}”, sanoi Ida Holm.", None),
}


@pytest.mark.parametrize(("code", "text", "speaker"), QUOTED.values(), ids=QUOTED)
def test_foreign_quotation_has_the_name_beside_its_marks_or_none(code: str, text: str, speaker: str | None) -> None:
    words = "one two three four five six"
    body = text.format(words)
    done = enrich.enrich_one(Article(input="x", body=body, language=code))
    (found,) = done.quotations
    assert (found.text, found.speaker and found.speaker.name) == (words, speaker)
    assert done.quotations_basis == "marks"
    assert body[found.start : found.end] == words
    if found.speaker and found.speaker.mention:
        mention = found.speaker.mention
        assert body[mention.start : mention.end] == mention.text


@pytest.mark.parametrize(
    ("code", "text", "values"),
    [
        (
            "de",
            "Am 4. Februar 2026, am 12. März, seit Mai 2025; 15 Jahre 2019.",
            ["2026-02-04", "2026-03-12", "2025-05"],
        ),
        ("fr", "Le 1er mars 2026, puis le 3 janvier ; 12 personnes en 2024.", ["2026-03-01", "2026-01-03"]),
        ("es", "El 4 de febrero de 2026 y en mayo de 2024.", ["2026-02-04", "2024-05"]),
        ("ru", "4 февраля 2026 года и 12 марта", ["2026-02-04", "2026-03-12"]),
        ("ja", "2026年2月4日に", ["2026-02-04"]),
        ("de", "Am 9. August war es heiß.", ["XXXX-08-09"]),
        ("qq", "4 xyz 2026, 2026-02-04, 31.02.2026", ["2026-02-04"]),
        (None, "Am 4. Februar 2026 und am 05.02.2026.", ["2026-02-05"]),
    ],
)
def test_foreign_dates_are_those_in_figures_or_with_a_month(code: str | None, text: str, values: list[str]) -> None:
    found = times.find(text, grammar.lay_out(text), published="2026-02-05", language=code)
    assert [t.value for t in found] == values
    assert all(text[t.start : t.end] == t.text for t in found)


def test_foreign_event_is_past_or_planned_by_its_date() -> None:
    body = "Der alte Hafen will am 4. März 2026 öffnen. Er schloss am 9. Januar 2026 seine Tore."
    done = enrich.enrich_one(Article(input="x", body=body, language="de", published="2026-02-05"))
    assert [(e.date, e.modality) for e in done.events] == [("2026-03-04", "planned"), ("2026-01-09", "past")]


@settings(max_examples=60, deadline=None)
@given(
    st.sampled_from(["de", "fr", "es", "ru", "zz", None]),
    st.lists(st.sampled_from([*"“„«»”,:.", "sagte ", "Ida ", "Holm ", "4 ", "mai ", "2026 ", "von ", "\n", "word "])),
)
def test_any_foreign_text_gives_a_record(code: str | None, pieces: list[str]) -> None:
    body = "".join(pieces)
    done = enrich.enrich_one(Article(input="x", body=body, language=code, published="2026-02-05"))
    assert all(body[q.start : q.end] == q.text for q in done.quotations)
    assert all(body[t.start : t.end] == t.text for t in done.timexes)


def in_a_process(code: str, *, hidden: str = "") -> dict[str, Any]:
    """Run code that sets `told`, in a process in which packages that begin like `hidden` cannot be imported."""
    script = f"""
import json, sys
class Hide:
    def find_spec(self, name, path=None, target=None):
        if {hidden!r} and name.split(".")[0].startswith({hidden!r}):
            raise ModuleNotFoundError(name)
sys.meta_path.insert(0, Hide())
from storage.recordjson import as_json
from storage.records import Article
from tasks import enrich
{code}
print(json.dumps(told))
"""
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True)
    return dict(json.loads(done.stdout))


ENGLISH = "“Nobody will lose a job over this,” Ida Holm told reporters on Tuesday. Ida Holm leads the board."


@pytest.mark.parametrize("hidden", ["spacy", "en_core_web"])
def test_without_a_model_rules_alone_work_and_the_record_says_so(hidden: str) -> None:
    article = f"Article(input='x', body={ENGLISH!r}, published='2026-02-11', language='en')"
    told = in_a_process(f"told = as_json(enrich.enrich_one({article}))", hidden=hidden)
    assert told["quotations_basis"] == "rules"
    assert [(q["text"], q["speaker"]["name"]) for q in told["quotations"]] == [
        ("Nobody will lose a job over this,", "Ida Holm")
    ]
    assert [t["value"] for t in told["timexes"]] == ["2026-02-10"]
    assert [e["modality"] for e in told["events"]] == ["past"]


def test_only_the_languages_that_are_found_are_loaded() -> None:
    told = in_a_process("""
body = "Am 4. März sagte Ida Holm: „Wir bleiben alle hier in Bergen“."
enrich.enrich_one(Article(input="x", body=body, language="de"))
loaded = [name.rsplit(".", 1)[1] for name in sys.modules if name.startswith("dateparser.data.date_translation_data.")]
told = {"dateparser": loaded, "spacy": "spacy" in sys.modules}
""")
    assert told == {"dateparser": ["de"], "spacy": False}


def test_model_is_a_setting(tmp_path: Path) -> None:
    page = tmp_path / "holm.txt"
    page.write_text(f"Pier stays\n\n{ENGLISH} The board said on Monday that the pier would stay open.\n" * 3)
    environ = os.environ | {"WIREDESK_LANGUAGE_MODEL": "no_such_model", "WIREDESK_WORKERS": "1"}
    command = [sys.executable, "-m", "flows", "inspect", str(page), "--format", "jsonl"]
    done = subprocess.run(command, env=environ, capture_output=True, text=True, check=True)
    assert json.loads(done.stdout)["quotations_basis"] == "rules"
    assert "model=no_such_model is not installed" in done.stderr
