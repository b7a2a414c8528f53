"""The command line as a person uses it: real processes, real files, real flows."""

import logging
import os
import sqlite3
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from commandline import ROOT, here, lines, wiredesk
from desking import free_port
from shelving import Desk, quoting

from flows import cli, demo, lists, reading, showbooks
from flows.settings import read_settings
from storage import catalogue, inbox, migrate, quotebook
from storage.errors import Misconfigured, StoreBusy, WiredeskError
from storage.records import Article, Hints
from storage.searching import Asked
from storage.store import Store, open_store

NOW = datetime(2026, 3, 10, 12, tzinfo=UTC)


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


def test_ingest_says_once_what_it_waits_for(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    pause = time.sleep
    given = tmp_path / "a.txt"
    given.write_bytes(b"The same note, in the hands of another run.")
    with (
        open_store(f"sqlite:///{tmp_path / 'wiredesk.db'}", raw_url=str(tmp_path / "raw")) as store,
        ThreadPoolExecutor(1) as pool,
    ):
        item = take_for_another(store, given.read_bytes())
        rounds = threading.Semaphore(0)
        monkeypatch.setattr(reading.time, "sleep", lambda _: (rounds.release(), pause(0.01)))
        asked = pool.submit(here, "ingest", given, home=tmp_path)
        try:
            assert all(rounds.acquire(timeout=30) for _ in range(5))
        finally:
            with store.writing() as conn:
                inbox.settle(conn, item, state="rejected", reason="too-short", now=NOW, holder="another")
        assert asked.result(30) == 1
    assert capsys.readouterr().err.count("waiting for what another run has in hand, documents: 1; ") == 1


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
        ("WIREDESK_PROXY", "http://user:pa ss@[::1", "no proxy's address"),
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


@pytest.mark.parametrize(
    ("error", "verbose", "lines"),
    [(StoreBusy("it does not answer"), False, 1), (StoreBusy("x"), True, 2), (KeyError(), False, 2)],
)
def test_an_error_that_explains_itself_is_logged_in_one_line(error: Exception, verbose: bool, lines: int) -> None:
    record = logging.LogRecord("prefect", logging.ERROR, "", 0, "failed: %r", (error,), (type(error), error, None))
    said = cli._Lines("%(message)s", verbose=verbose).format(record)
    assert len(said.splitlines()) == lines


def test_a_prefect_server_that_is_away_is_told_in_a_sentence(tmp_path: Path) -> None:
    nobody = f"http://127.0.0.1:{free_port()}/api"
    sample = ROOT / "seeds" / "samples" / "05_agency.txt"
    done = wiredesk("ingest", sample, home=tmp_path, status=1, PREFECT_API_URL=nobody)
    assert f"{nobody}: Prefect's server does not answer; start it, or unset PREFECT_API_URL" in done.stderr
    assert "Traceback" not in done.stderr
    # What came is kept, and filed when it is there.
    assert "filed 1" in wiredesk("ingest", sample, home=tmp_path).stdout


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
        names = [os.fsencode(Path(r["input"]).name) for r in records]
        assert names == [b"caf\xe9.txt", "naïve.txt".encode(), b"\xff.json"]
    # In the last of them, which writes no such letters.
    shown = wiredesk("inspect", folder, "--format", "text", home=tmp_path, status=1, **locale)
    assert "\\udcff.json: broken" in shown.stdout
    assert "Traceback" not in shown.stderr
