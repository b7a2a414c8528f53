"""The demo, and every look at what it has filed: real processes, real files, real flows."""

import json
import os
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest
from commandline import ROOT, here, lines, wiredesk

from flows import export
from storage.errors import WiredeskError
from storage.records import sort_time

EXPECTED = json.loads((ROOT / "seeds" / "expected.json").read_text(encoding="utf-8"))


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("home")


@pytest.fixture(scope="module")
def shown(home: Path) -> str:
    """What the demo prints. Its store in `home/demo` serves the tests that follow."""
    done = wiredesk("demo", home=home)
    assert "Traceback" not in done.stderr
    return done.stdout


def exported(home: Path, what: str) -> list[dict[str, Any]]:
    return lines(wiredesk("export", what, home=home / "demo").stdout)


def name(record: dict[str, Any]) -> str:
    return Path(record["input"]).name


def test_demo_shows_stories_passages_quotations_and_the_timeline(shown: str) -> None:
    for heading in ("Stories", "Quote book", "Timeline", "derived", "copy of", "rejected 6"):
        assert heading in shown
    assert "I would not yet call them" in shown
    (copy,) = (li for li in shown.splitlines() if "Northwater: Useful" in li)
    assert copy.split()[3] == "derived"


def test_demo_files_what_a_careful_reader_expects(shown: str, home: Path) -> None:
    articles = {name(a): a for a in exported(home, "articles")}
    wanted = {d["input"]: d for d in EXPECTED["documents"]}
    assert articles.keys() >= wanted.keys()
    for input_, document in wanted.items():
        article = articles[input_]
        assert article["headline"] == document["headline"], input_
        assert sort_time(article["datePublished"]) == sort_time(document["published"]), input_
        assert not [b for b in document["not_in_body"] if any(b in li for li in article["articleBody"].splitlines())]
        assert document["body_starts"] in article["articleBody"][:300], input_
        assert document["body_ends"] in article["articleBody"][-300:], input_


def test_demo_makes_the_expected_copies_and_stories(shown: str, home: Path) -> None:
    articles = {a["id"]: a for a in exported(home, "articles")}
    copies = {
        frozenset(name(articles[c[end]]) for end in ("article", "other")): c["grade"] for c in exported(home, "copies")
    }
    for pair in EXPECTED["copies"]:
        assert copies.get(frozenset((pair["article"], pair["other"]))) in pair["grades"], pair
    linked = {frozenset((p["article"], p["other"])): p["grades"] for p in EXPECTED["linked"]}
    found = {pair: grade for pair, grade in copies.items() if pair in linked}
    assert all(grade in linked[pair] for pair, grade in found.items())
    assert len(found) >= len(linked) - 1  # one shares a single quotation of common words, too little to look it up by
    told = {frozenset(pair) for pair, grade in copies.items() if grade in {"exact", "near", "derived"}}
    assert told == {frozenset((p["article"], p["other"])) for p in EXPECTED["copies"]}


def test_every_passage_stands_in_both_bodies_to_the_letter_but_for_case_and_marks(shown: str, home: Path) -> None:
    bodies = {a["id"]: a["articleBody"] for a in exported(home, "articles")}
    found = 0
    for copy in exported(home, "copies"):
        for passage in copy["passages"]:
            (start, end), (other_start, other_end) = passage["article"], passage["other"]
            assert bodies[copy["article"]][start:end] == passage["text"]
            assert len(bodies[copy["other"]][other_start:other_end]) > 0
            found += 1
    assert found > 10


def test_listings_answer_in_text_and_in_lines(shown: str, home: Path) -> None:
    demo = home / "demo"
    assert "Ossel" in wiredesk("stories", "--min", 2, home=demo).stdout
    stories = lines(wiredesk("stories", "--min", 2, "--format", "jsonl", home=demo).stdout)
    assert all(len(s["articles"]) >= 2 for s in stories)
    article = stories[0]["articles"][1]["article"]
    assert "passages" in wiredesk("copies", article[:8], home=demo).stdout
    quotes = lines(wiredesk("quotes", "--speaker", "pellarin", "--format", "jsonl", home=demo).stdout)
    assert quotes
    assert all("Pellarin" in q["speaker"]["name"] for q in quotes)
    events = lines(
        wiredesk("timeline", "--since", "2026-03-09", "--until", "2026-03-18", "--format", "jsonl", home=demo).stdout
    )
    assert len(events) > 10
    days = [e["date"] for e in events if e["precision"] == "day"]
    assert days == sorted(days)
    assert "2026-03-09" <= days[0] <= days[-1] <= "2026-03-18"
    assert "articles" in wiredesk("status", home=demo).stdout


def test_change_feed_is_read_on_by_a_consumer_from_where_it_stopped(shown: str, home: Path) -> None:
    demo = home / "demo"
    everything = lines(wiredesk("changes", home=demo).stdout)
    numbers = [c["number"] for c in everything]
    assert numbers == sorted(set(numbers))
    first = lines(wiredesk("changes", "--consumer", "test", home=demo).stdout)
    assert first == everything
    assert not wiredesk("changes", "--consumer", "test", home=demo).stdout


def test_the_same_documents_again_write_nothing(shown: str, home: Path) -> None:
    demo = home / "demo"
    before = wiredesk("changes", home=demo).stdout
    done = wiredesk("ingest", ROOT / "seeds" / "samples", home=demo)
    assert "filed 0" in done.stdout
    assert "seen 15" in done.stdout
    assert wiredesk("changes", home=demo).stdout == before


def test_rejected_are_listed_shown_and_retried(shown: str, home: Path) -> None:
    demo = home / "demo"
    rejected = lines(wiredesk("rejected", "list", "--format", "jsonl", home=demo).stdout)
    reasons = {Path(r["input"]).name: r["rejected"] for r in rejected}
    assert reasons == {
        "broken.json": "broken",
        "empty.txt": "empty",
        "no_body.json": "no-body",
        "one_bad_line.jsonl#2": "broken",
        "one_bad_line.jsonl#3": "no-body",
        "picture.html": "not-text",
    }
    item = rejected[0]["item"]
    assert "bytes kept" in wiredesk("rejected", "show", item, home=demo).stdout
    (broken,) = (r for r in rejected if r["input"].endswith("broken.json"))
    assert "control character at line" in broken["detail"]
    assert "1 of 1" in wiredesk("rejected", "retry", item, home=demo).stderr


def test_export_to_a_file_is_whole_and_csv_has_a_head(shown: str, home: Path, tmp_path: Path) -> None:
    out = tmp_path / "quotes.csv"
    wiredesk("export", "quotes", "--format", "csv", "--out", out, home=home / "demo")
    assert out.read_text(encoding="utf-8").startswith("id,text,type,speaker")
    assert [p.name for p in tmp_path.iterdir()] == ["quotes.csv"]
    done = wiredesk("export", "quotes", "--out", tmp_path / "no" / "x.jsonl", home=home / "demo", status=1)
    assert "check the folder" in done.stderr


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        (["copies", "0123"], "no article has this id"),
        (["quotes", "--story", "0123"], "no story or article has this id"),
        (["rejected", "show", "99"], "no such item"),
        (["export", "quotes", "--story", "0123"], "no story or article has this id"),
        (["report", "684e0c34", "--beside", "bb7d"], "wiredesk stories 684e0c34abea9cd8` lists them"),
        (["export", "stories", "--out", "/none/x"], r"/none/x: .* the room on it \(No such file or directory\)$"),
    ],
)
def test_what_is_not_there_is_told_in_a_sentence(arguments: list[str], says: str, shown: str, home: Path) -> None:
    with pytest.raises(WiredeskError, match=says):
        here(*arguments, home=home / "demo")


@pytest.mark.parametrize("kind", export.COLUMNS)
def test_csv_has_its_columns_whatever_is_filed(kind: str, shown: str, home: Path, tmp_path: Path) -> None:
    out = tmp_path / "out"
    here("export", kind, "--out", out, home=home / "demo")
    assert list(lines(out.read_text(encoding="utf-8"))[0]) == export.COLUMNS[kind].split()
    here("export", kind, "--format", "csv", "--out", out, home=home / "demo")
    filled = out.read_text(encoding="utf-8").splitlines()[0]
    here("db", "upgrade", home=tmp_path)
    here("export", kind, "--format", "csv", "--out", out, home=tmp_path)
    assert out.read_text(encoding="utf-8").splitlines() == [filled]


def test_export_writes_straight_into_what_is_no_file(shown: str, home: Path, tmp_path: Path) -> None:
    pipe, plain, link = tmp_path / "pipe", tmp_path / "plain", tmp_path / "link"
    os.mkfifo(pipe)
    with ThreadPoolExecutor(1) as reader:
        read = reader.submit(pipe.read_text, encoding="utf-8")
        here("export", "copies", "--out", pipe, home=home / "demo")
        assert lines(read.result()) == exported(home, "copies")
    assert pipe.is_fifo()
    plain.write_text("old")
    link.symlink_to(plain)
    here("export", "copies", "--out", link, home=home / "demo")
    assert link.is_symlink()
    assert lines(plain.read_text(encoding="utf-8")) == exported(home, "copies")
    here("export", "copies", "--out", "/dev/null", home=home / "demo")
    assert Path("/dev/null").is_char_device()
    with plain.open("w") as out:
        out.write("before\n")
        out.flush()
        wiredesk("export", "copies", "--out", "/dev/stdout", home=home / "demo", stdout=out)
    assert plain.read_text(encoding="utf-8").startswith("before\n{")


def test_reading_past_the_end_says_where_the_feed_ends(
    shown: str, home: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    end = exported(home, "changes")[-1]["number"]
    assert here("changes", "--after", end, home=home / "demo") == 0
    assert capsys.readouterr() == ("", "")
    assert here("changes", "--after", end + 1, home=home / "demo") == 0
    assert f"ends at number {end};" in capsys.readouterr().err


def test_members_of_a_story_go_on_under_themselves(shown: str, home: Path) -> None:
    told = wiredesk("stories", home=home / "demo").stdout.splitlines()
    where = next(
        line.index("Halcyon Press") for line in told if line.startswith("   lead ") and "Halcyon Press" in line
    )
    assert all(line[:3] != "   " or (len(line) <= 120 and line[where - 1] == " ") for line in told)
    assert any(line[:where].isspace() for line in told)


PRINTING = ["stories", "export articles"]


@pytest.mark.parametrize("command", PRINTING)
def test_a_reader_that_has_enough_is_no_failure(command: str, shown: str, home: Path) -> None:
    read, write = os.pipe()
    os.close(read)
    try:
        done = wiredesk(*command.split(), home=home / "demo", stdout=write)
    finally:
        os.close(write)
    assert done.stderr == ""


@pytest.mark.parametrize("command", PRINTING)
def test_results_that_cannot_be_written_are_told_in_a_sentence(command: str, shown: str, home: Path) -> None:
    with open("/dev/full", "w") as full:
        done = wiredesk(*command.split(), home=home / "demo", stdout=full, status=1)
    assert done.stderr.startswith("wiredesk: stdout: the results could not be written")
    assert len(done.stderr.splitlines()) == 1
