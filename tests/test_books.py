"""The commands that open the books: what they print, how they go on, and what they answer when there is nothing."""

import json
from collections.abc import Callable
from dataclasses import replace
from datetime import datetime
from pathlib import Path
from typing import Any

import pytest
from shelving import Desk, quoting, relation, verdicts

from flows import cli
from flows.settings import Settings
from storage import families
from storage.errors import Misconfigured, WiredeskError
from storage.store import open_store

REST = "the crews have earned their rest and will take it"
Ask = Callable[..., int]


@pytest.fixture
def ask(tmp_path: Path, now: datetime) -> Ask:
    """Run a command on a store with a story of two, one that became part of another, and one revision."""
    database = f"sqlite:///{tmp_path / 'wiredesk.db'}"
    one, two = quoting("a", REST), quoting("b", "earned their rest", published="2026-03-02")
    late, early = quoting("late", "we sail on Sunday", published="2026-03-05"), quoting("early", published="2026-03-04")
    desk = Desk(verdicts(relation(one, two)))
    with open_store(database, raw_url=str(tmp_path / "raw")) as store:
        for made in (
            one,
            two,
            late,
            early,
            replace(early, headline="Corrected", body=early.body + " Nobody was hurt."),
        ):
            with store.filing() as conn:
                desk.file(conn, made, now)
        with store.filing() as conn:
            families.set_stories(conn, {late.id: early.id, early.id: early.id}, parents={late.id: early.id}, now=now)

    def run(*arguments: object) -> int:
        parsed = cli.parser().parse_args([str(a) for a in arguments])
        return int(parsed.run(parsed, Settings(home=tmp_path, database_url=database, raw_url=str(tmp_path / "raw"))))

    return run


def _rows(out: str) -> list[dict[str, Any]]:
    return [json.loads(line) for line in out.splitlines()]


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        (["quotes", "--speaker", "Ada Vos"], ""),
        (["quotes", "--speaker", "Adda Foss"], "nobody who is quoted has this name. Perhaps: Ada Voss?"),
        (["quotes", "--speaker", "Xqz"], "nobody who is quoted has this name."),
        (["quotes", "--outlet", "Gazette"], "no outlet has this name."),
        (["timeline", "--person", "Ida Voss"], "nobody in the timeline has this name. Perhaps: Ada Voss?"),
        (["timeline", "--place", "Grenholt"], "no place in the timeline has this name."),
        (["timeline", "--since", "2031-01-01"], "The first of all is of 2026-03-06, the last of 2026-03-06."),
        (["quotes", "--until", "1999-12-31"], "The first of all is of 2026-03-01, the last of 2026-03-01."),
        (["quotes", "--words", "submarine"], "No such quotation is filed."),
        (["stories", "--min", "9"], "No story has 9 articles."),
    ],
)
def test_nothing_found_is_told_with_a_reason(
    ask: Ask, arguments: list[str], says: str, capsys: pytest.CaptureFixture[str]
) -> None:
    for form in ("text", "jsonl"):
        assert ask(*arguments, "--format", form) == 0
        out, err = capsys.readouterr()
        assert says in err
        assert bool(out) == (not says)


@pytest.mark.parametrize(
    ("arguments", "kind", "says"),
    [
        (["timeline", "--since", "2026-03-09", "--until", "2026-03-01"], Misconfigured, "no day lies between"),
        (["quotes", "--words", "!!"], Misconfigured, "no word in this"),
        (["quotes", "--after", "0123"], WiredeskError, "begin the listing anew"),
        (["stories", "0123"], WiredeskError, "no story or article has this id"),
        (["timeline", "--story", ""], WiredeskError, "no story or article has this id"),
    ],
)
def test_wrong_question_is_told_what_is_wrong(
    ask: Ask, arguments: list[str], kind: type[WiredeskError], says: str
) -> None:
    with pytest.raises(kind, match=says):
        ask(*arguments)


@pytest.mark.parametrize("arguments", ["--since 2026-02-30", "--until soon", "--limit 0", "--limit x"])
def test_malformed_option_is_refused_in_a_sentence(
    ask: Ask, arguments: str, capsys: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(SystemExit) as refused:
        ask("timeline", *arguments.split())
    assert refused.value.code == 2
    assert "write" in capsys.readouterr().err


def test_story_that_was_merged_answers_and_says_where_it_went(ask: Ask, capsys: pytest.CaptureFixture[str]) -> None:
    late, early = (quoting(name, published=day).id for name, day in (("late", "2026-03-05"), ("early", "2026-03-04")))
    assert ask("stories", late, "--format", "jsonl") == 0
    out, err = capsys.readouterr()
    (story,) = _rows(out)
    assert (story["id"], story["merged"]) == (early, [late])
    assert f"Story {late} has become part of story {early}." in err
    assert ask("quotes", "--story", late[:9], "--format", "jsonl") == 0
    out, err = capsys.readouterr()
    assert [row["text"] for row in _rows(out)] == ["we sail on Sunday"]
    assert early in err


def test_story_in_full_tells_spread_passages_and_revisions(ask: Ask, capsys: pytest.CaptureFixture[str]) -> None:
    assert ask("stories", quoting("b", "earned their rest", published="2026-03-02").id, "--format", "jsonl") == 0
    (story,) = _rows(capsys.readouterr().out)
    assert story["first"]["outlet"] == "Outlet a"
    assert [(o["outlet"], o["articles"], o["hours"]) for o in story["spread"]] == [
        ("Outlet a", 1, 0.0),
        ("Outlet b", 1, 24.0),
    ]
    lead, copy = story["articles"]
    assert "passages" not in lead
    assert (copy["grade"], copy["score"], copy["passages"][0]["text"]) == ("near", 0.9, "Ferry")
    early = quoting("early", published="2026-03-04").id
    assert ask("stories", early, "--format", "jsonl") == 0
    (revision,) = _rows(capsys.readouterr().out)[0]["revisions"]
    assert revision["changed"] == {"headline": ["Headline early", "Corrected"]}
    assert (revision["added"], revision["removed"]) == (["Nobody was hurt."], [])
    assert ask("stories", early) == 0
    shown = capsys.readouterr().out
    assert "Corrected" in shown
    assert "+ Nobody was hurt." in shown
    assert "+24.0 h" in shown


def test_listing_goes_on_where_it_stopped(ask: Ask, capsys: pytest.CaptureFixture[str]) -> None:
    for command in ("quotes", "timeline", "stories"):
        ask(command, "--format", "jsonl")
        whole = [row["id"] for row in _rows(capsys.readouterr().out)]
        assert len(whole) > 1
        found: list[str] = []
        while len(found) < len(whole):
            more = ["--after", found[-1]] if found else []
            assert ask(command, "--limit", 1, "--format", "jsonl", *more) == 0
            out, err = capsys.readouterr()
            found += [row["id"] for row in _rows(out)]
            assert f"--after {found[-1]}" in err
        assert found == whole
        assert ask(command, "--after", whole[-1]) == 0
        assert "no more" in capsys.readouterr().err


def test_quotation_is_shown_in_its_context(ask: Ask, capsys: pytest.CaptureFixture[str]) -> None:
    assert ask("quotes", "--words", "earned", "--outlet", "outlet b") == 0
    shown = capsys.readouterr().out
    assert f"“{REST}”" in shown
    assert "Outlet b: “earned their rest”" in shown
