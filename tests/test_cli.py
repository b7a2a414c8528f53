"""The command line as a person uses it: real processes, real files, real flows."""

import json
import os
import sqlite3
import subprocess
import sys
import time
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from desking import free_port
from shelving import Desk, quoting

from flows import cli, demo, export, lists, showbooks
from flows.settings import Settings, read_settings
from storage import catalogue, inbox, migrate, quotebook
from storage.errors import Misconfigured, WiredeskError
from storage.records import Article, Hints, sort_time
from storage.searching import Asked
from storage.store import Store, open_store

ROOT = Path(__file__).parent.parent
NOW = datetime(2026, 3, 10, 12, tzinfo=UTC)
EXPECTED = json.loads((ROOT / "seeds" / "expected.json").read_text(encoding="utf-8"))


def wiredesk(
    *arguments: object, home: Path, status: int = 0, stdout: Any = subprocess.PIPE, **variables: str
) -> subprocess.CompletedProcess[str]:
    """Run the command; its environment has no setting of the one who runs the tests."""
    environment = {k: v for k, v in os.environ.items() if not k.startswith(("WIREDESK_", "PREFECT_"))} | variables
    done = subprocess.run(
        [Path(sys.executable).with_name("wiredesk"), *map(str, arguments), "--home", home],
        stdout=stdout, stderr=subprocess.PIPE, encoding="utf-8", cwd=ROOT, env=environment, timeout=200,
    )  # fmt: skip
    assert done.returncode == status, f"{(done.stdout or '')[-2000:]}\n{done.stderr[-4000:]}"
    return done


def lines(text: str) -> list[dict[str, Any]]:
    return [json.loads(line) for line in text.splitlines()]


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


def here(*arguments: object, home: Path) -> int:
    """Run a command in this process."""
    parsed = cli.parser().parse_args([str(a) for a in arguments])
    database = f"sqlite:///{home.absolute() / 'wiredesk.db'}"
    return int(parsed.run(parsed, Settings(home=home, database_url=database, raw_url=str(home / "raw"))))


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


def test_inspect_prints_a_record_for_each_document_in_order(tmp_path: Path) -> None:
    samples, bad = ROOT / "seeds" / "samples", ROOT / "seeds" / "bad"
    paths = [samples / "02_lakewire.txt", bad / "picture.html", samples / "12_saved_page.html", tmp_path / "gone.txt"]
    done = wiredesk("inspect", *paths, home=tmp_path, status=1)
    records = lines(done.stdout)
    assert [r["input"] for r in records] == [str(p) for p in paths]
    assert [r.get("rejected") for r in records] == [None, "not-text", None, "unreadable"]
    body = records[0]["articleBody"]
    assert records[0]["quotations"]
    assert all(body[q["start"] : q["end"]] == q["text"] for q in records[0]["quotations"])
    assert [p.name for p in tmp_path.iterdir()] == []


def test_what_the_caller_says_wins(tmp_path: Path) -> None:
    sample = ROOT / "seeds" / "samples" / "04_no_year.txt"
    (silent,) = lines(wiredesk("inspect", sample, home=tmp_path).stdout)
    (told,) = lines(wiredesk("inspect", sample, "--published", "2026-03-12", home=tmp_path).stdout)
    assert (silent["datePublished"], silent["datePublished_basis"]) == (None, "no-year")
    assert (told["datePublished"], told["datePublished_basis"]) == ("2026-03-12", "given")


@pytest.mark.parametrize(
    ("arguments", "status", "says"),
    [
        (["timeline", "--since", "yesterday"], 2, "write it as 2026-02-10"),
        (["ingest"], 2, "PATH"),
        (["stories"], 1, "Begin with: wiredesk ingest PATH"),
        (["rejected", "show"], 2, "say which items"),
        (["rejected", "retry"], 2, "say which items"),
        (["rejected", "list", "4"], 2, "wiredesk rejected show ITEM"),
        (["ingest", ""], 2, "this is empty, and names nothing"),
        (["inspect", "a.txt", "--url", "x"], 2, "write it as https://HOST"),
        (["stories", "--min", "-4"], 2, "write 1 or more"),
        (["stories", "0123", "--limit", "4"], 2, "leave them out with STORY"),
        (["status", "--database", "mysql://x/y"], 2, "WIREDESK_DATABASE_URL: mysql is not"),
        (["status", "--database", "nothing"], 2, "write sqlite:///FILE or postgresql://HOST/NAME"),
    ],
)
def test_wrong_usage_is_told_in_a_sentence(arguments: list[str], status: int, says: str, tmp_path: Path) -> None:
    done = wiredesk(*arguments, home=tmp_path, status=status)
    assert says in done.stderr
    assert "Traceback" not in done.stderr


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


LOOKING = ["stories", "copies 0123", "quotes", "timeline", "rejected list", "rejected show 3", "rejected retry 3",
           "export articles", "changes", "db current", "backfill --dry-run", "backfill"]  # fmt: skip


@pytest.mark.parametrize("command", LOOKING)
def test_who_only_looks_makes_nothing(command: str, tmp_path: Path) -> None:
    with pytest.raises(WiredeskError, match=r"none/wiredesk\.db\. Begin with: wiredesk ingest PATH"):
        here(*command.split(), home=tmp_path / "none")
    assert not (tmp_path / "none").exists()


@pytest.mark.parametrize(("stands", "says"), [("0001", "wiredesk db upgrade"), ("9999", "newer version (9999")])
def test_version_of_another_database_is_told(
    stands: str, says: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    here("db", "upgrade", home=tmp_path)
    with sqlite3.connect(tmp_path / "wiredesk.db") as conn:
        conn.execute("UPDATE alembic_version SET version_num = ?", [stands])
    conn.close()
    capsys.readouterr()
    assert here("db", "current", home=tmp_path) == 0
    told = capsys.readouterr()
    assert told.out == f"{stands} (this version needs {migrate.HEAD})\n"
    assert says in told.err


def test_status_of_nothing_is_no_failure(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert here("status", home=tmp_path / "none") == 0
    assert "Begin with" in capsys.readouterr().out
    assert not (tmp_path / "none").exists()


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


def test_who_carries_it_is_told_by_what_is_known_of_the_article(
    store: Store, capsys: pytest.CaptureFixture[str]
) -> None:
    nameless = replace(quoting("a", "We stop on Friday"), publisher=None, headline=None, input="wire/a.txt")
    headed = replace(quoting("b", "The boats stay in"), publisher=None)
    for made in (nameless, headed, quoting("c", "Nobody asked us")):
        with store.filing() as conn:
            Desk().file(conn, made, NOW)
    with store.reading() as conn:
        assert set(lists.carriers(conn)([nameless.id, headed.id]).values()) == {"a.txt", "Headline b"}
        showbooks.stories(catalogue.stories(conn), lists.titles(conn))
        showbooks.quotes(quotebook.find(conn, Asked()))
    printed = capsys.readouterr().out
    assert "unknown outlet: a.txt" in printed
    assert "unknown outlet: Headline b" in printed
    assert "Outlet c: Headline c" in printed
    assert nameless.id not in printed.split("Ada Voss", 1)[1]


def test_two_articles_of_one_outlet_are_one_outlet(store: Store) -> None:
    one, again = quoting("a", "We stop on Friday"), replace(quoting("b", "We stop on Friday"), publisher="Outlet a")
    other = quoting("c", "We stop on Friday")
    with store.filing() as conn:
        for made in (one, again, other):
            Desk().file(conn, made, NOW)
    with store.reading() as conn:

        def carried(*articles: Article) -> int:
            return demo.outlets_of(conn, {"carriers": [{"article": a.id} for a in articles]})

        assert carried(one, again) == 1
        assert carried(one, again, other) == 2


def take_for_another(store: Store, raw: bytes) -> int:
    """Take a document in, and in hand for a run that is not there; give its number."""
    with store.writing() as conn:
        known = inbox.receive(
            conn, digest=store.raw.put(raw), size_bytes=len(raw), input="a.txt", hints=Hints(), now=NOW, suffix=".txt"
        )
        now, lease = datetime.now(UTC), timedelta(minutes=5)
        inbox.claim(conn, holder="another", limit=1, lease=lease, now=now, among=[known.item_id])
    return known.item_id


def test_ingest_says_what_it_waits_for(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    given = tmp_path / "a.txt"
    given.write_bytes(b"The same note, in the hands of another run.")
    with (
        open_store(f"sqlite:///{tmp_path / 'wiredesk.db'}", raw_url=str(tmp_path / "raw")) as store,
        ThreadPoolExecutor(1) as pool,
    ):
        item = take_for_another(store, given.read_bytes())
        asked = pool.submit(here, "ingest", given, home=tmp_path)
        said = ""
        until = time.monotonic() + 30
        while "waiting for 1 documents that another run has in hand" not in said:
            assert not asked.done()
            assert time.monotonic() < until
            time.sleep(0.05)
            said += capsys.readouterr().err
        with store.writing() as conn:
            inbox.settle(conn, item, state="rejected", reason="too-short", now=NOW, holder="another")
        assert asked.result(30) == 1
    assert "another run" not in capsys.readouterr().err  # said once


def test_sweep_files_what_lies_in_the_drop_folder(tmp_path: Path) -> None:
    long_ago = 1_700_000_000
    for source in ("samples/05_agency.txt", "bad/broken.json"):
        dropped = tmp_path / "drop" / Path(source).name
        dropped.parent.mkdir(exist_ok=True)
        dropped.write_bytes((ROOT / "seeds" / source).read_bytes())
        os.utime(dropped, (long_ago, long_ago))
    with open_store(f"sqlite:///{tmp_path / 'wiredesk.db'}", raw_url=str(tmp_path / "raw")) as store:
        take_for_another(store, b"A note in the hands of another run.")
    done = wiredesk("sweep", home=tmp_path, status=1)
    for said in (
        "taken 2   refused 0   still growing 0",
        "filed 1 ",
        "rejected 1",
        "wiredesk rejected list",
        "other runs 1; if they have died",
    ):
        assert said in done.stdout
    assert not [p for p in (tmp_path / "drop").iterdir() if p.is_file()]


@pytest.mark.parametrize(
    ("name", "value", "says"),
    [
        ("WIREDESK_WORKERS", "many", "It is: processes that read and enrich"),
        ("WIREDESK_EXTRACT_TIMEOUT_S", "inf", "seconds one document may take to read"),
        ("WIREDESK_FETCH_PORTS", "80-90", "'80-90' will not do.*default: 80,443"),
        ("WIREDESK_WORKER", "1", "no such setting; perhaps you mean WIREDESK_WORKERS"),
    ],
)
def test_a_setting_that_cannot_be_is_named(
    name: str, value: str, says: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(name, value)
    with pytest.raises(Misconfigured, match=rf"^{name}: .*{says}"):
        read_settings()


def test_a_prefect_server_that_is_away_is_told_in_a_sentence(tmp_path: Path) -> None:
    nobody = f"http://127.0.0.1:{free_port()}/api"
    sample = ROOT / "seeds" / "samples" / "05_agency.txt"
    done = wiredesk("ingest", sample, home=tmp_path, status=1, PREFECT_API_URL=nobody)
    assert f"{nobody}: Prefect's server does not answer; start it, or unset PREFECT_API_URL" in done.stderr
    assert "Traceback" not in done.stderr
    # What came is kept, and filed when it is there.
    assert "filed 1" in wiredesk("ingest", sample, home=tmp_path).stdout


def test_members_of_a_story_go_on_under_themselves(shown: str, home: Path) -> None:
    told = wiredesk("stories", home=home / "demo").stdout.splitlines()
    where = next(
        line.index("Halcyon Press") for line in told if line.startswith("   lead ") and "Halcyon Press" in line
    )
    assert all(line[:3] != "   " or (len(line) <= 120 and line[where - 1] == " ") for line in told)
    assert any(line[:where].isspace() for line in told)


PRINTING = ["stories", "export articles"]
"""One that prints tables and one that prints lines."""


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


def test_no_file_name_and_no_locale_loses_a_record(tmp_path: Path) -> None:
    folder = tmp_path / "wire"
    folder.mkdir()
    for name_ in (b"caf\xe9.txt", "naïve.txt".encode()):
        (folder / os.fsdecode(name_)).write_bytes((ROOT / "seeds" / "samples" / "05_agency.txt").read_bytes())
    (folder / os.fsdecode(b"\xff.json")).write_text("{")
    for locale in ({"LC_ALL": "C.UTF-8"}, {"LC_ALL": "C", "PYTHONUTF8": "0"}):
        done = wiredesk("inspect", folder, home=tmp_path, status=1, **locale)
        records = lines(done.stdout)
        assert [len(r.get("articleBody", "")) > 100 for r in records] == [True, True, False]
        wanted = "expecting property name enclosed in double quotes at line 1, column 2. Send the whole record again."
        assert records[2]["detail"] == f"The JSON is broken: {wanted}"
        assert [os.fsencode(name(r)) for r in records] == [b"caf\xe9.txt", "naïve.txt".encode(), b"\xff.json"]
    # In the last of them, which writes no such letters.
    shown = wiredesk("inspect", folder, "--format", "text", home=tmp_path, status=1, **locale)
    assert "\\udcff.json: broken" in shown.stdout
    assert "Traceback" not in shown.stderr
