"""The command `changes` as consumers use it: their places, what they are told, and how following ends."""

import json
import re
import signal
import subprocess
import sys
import textwrap
import time
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from flows import changefeed, cli
from flows.settings import read_settings
from storage import changes, consumers
from storage.changes import Dropped
from storage.errors import Misconfigured, StoreBusy, WiredeskError
from storage.store import Store, open_store

OLD = timedelta(days=40)


@pytest.fixture
def filled(home: Path) -> Store:
    """A store whose feed has ten changes."""
    store = open_store(f"sqlite:///{home / 'wiredesk.db'}", raw_url=f"file://{home / 'raw'}")
    with store.filing() as conn:
        changes.append(conn, [("story.changed", "s", {"size": n}) for n in range(10)], now=datetime.now(UTC) - OLD)
    return store


def here(*arguments: object) -> int:
    parsed = cli.parser().parse_args(["changes", *map(str, arguments)])
    return int(parsed.run(parsed, read_settings()))


def places(store: Store) -> dict[str, int]:
    with store.reading() as conn:
        return {c.name: c.cursor for c in consumers.consumers(conn)}


def numbers(printed: str) -> list[int]:
    return [json.loads(line)["number"] for line in printed.splitlines()]


def test_consumers_are_read_for_listed_put_elsewhere_and_forgotten(
    filled: Store, capsys: pytest.CaptureFixture[str]
) -> None:
    assert here("--consumer", "books", "--after", 8) == 0
    said = capsys.readouterr()
    assert numbers(said.out) == [9, 10]
    assert said.err == "books is a new consumer; it begins after change 8.\n"
    assert here("--consumer", "books") == 0
    assert capsys.readouterr() == ("", "")
    here("--consumer", "slow", "--after", 3)
    with filled.writing() as conn:
        consumers.acknowledge(conn, "slow", 4, now=datetime.now(UTC))
    capsys.readouterr()
    assert here("--consumers") == 0
    listed: list[dict[str, Any]] = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
    assert [(c["consumer"], c["cursor"], c["behind"]) for c in listed] == [("slow", 4, 6), ("books", 10, 0)]
    assert here("--consumer", "books", "--after", 0) == 0
    assert numbers(capsys.readouterr().out) == list(range(1, 11)), "all of it once more"
    assert here("--forget", "books") == 0
    assert places(filled) == {"slow": 4}


def test_who_cannot_be_served_is_told_in_a_sentence(filled: Store, capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(Misconfigured, match="ahead of the feed, which ends at 10"):
        here("--consumer", "books", "--after", 11)
    with pytest.raises(WiredeskError, match=r"books: no consumer of this name is registered \(there are: none\)"):
        here("--forget", "books")
    for wrong in (["--after", "-3"], ["--forget", "books", "--follow"], ["--consumer", "a", "--forget", "b"]):
        with pytest.raises(SystemExit) as ended:
            here(*wrong)
        assert ended.value.code == 2
    now = datetime.now(UTC)
    consumers.drop(filled, before=now, now=now)
    for arguments in ([], ["--after", 9], ["--consumer", "new"]):
        with pytest.raises(Dropped, match="changes up to 10 have been let go of"):
            here(*arguments)
    assert here("--consumer", "new", "--after", 10) == 0
    assert places(filled) == {"new": 10}


def test_reader_is_told_for_whom_more_is_kept(
    filled: Store, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    here("--consumer", "gone")
    with filled.writing() as conn:
        consumers.acknowledge(conn, "gone", 2, now=datetime.now(UTC))
    capsys.readouterr()
    here("--after", 10)
    assert capsys.readouterr().err == ""
    monkeypatch.setenv("WIREDESK_KEEP_CHANGES_DAYS", "30")
    here("--after", 10)
    said = capsys.readouterr().err
    assert "are kept for gone, which has read up to 2." in said
    assert "wiredesk changes --forget gone" in said


def test_what_could_not_be_printed_is_not_acknowledged(filled: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(_: object) -> None:
        raise WiredeskError("no room")

    with monkeypatch.context() as broken:
        broken.setattr(changefeed, "_line", full)
        with pytest.raises(WiredeskError, match="no room"):
            here("--consumer", "books")
    assert places(filled) == {"books": 0}


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_following_prints_what_comes_and_ends_cleanly(filled: Store, home: Path, number: signal.Signals) -> None:
    command = [Path(sys.executable).with_name("wiredesk"), "changes", "--follow", "--consumer", "f", "--home", home]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) as following:
        assert following.stdout
        assert numbers("".join(following.stdout.readline() for _ in range(10))) == list(range(1, 11))
        with filled.filing() as conn:
            changes.append(conn, [("story.changed", "s", {})], now=datetime.now(UTC))
        assert numbers(following.stdout.readline()) == [11]
        following.send_signal(number)
        rest, said = following.communicate(timeout=60)
    assert (rest, following.returncode) == ("", 0)
    assert said == "f is a new consumer; it begins after change 0.\n"
    assert places(filled) == {"f": 11}


def test_follower_waits_for_a_database_that_is_busy_and_leaves_nothing_out(
    filled: Store, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    read, asked = changes.read, iter([StoreBusy("busy"), None, StoreBusy("busy"), None, None])

    def sometimes(*given: Any, **more: Any) -> Any:
        if (error := next(asked, None)) is not None:
            raise error
        return read(*given, **more)

    def rest(stop: changefeed.Stop, seconds: float) -> None:
        rests.append(seconds)
        stop.asked = len(rests) == 3

    rests: list[float] = []
    monkeypatch.setattr(changes, "read", sometimes)
    monkeypatch.setattr(changefeed.Stop, "sleep", rest)
    assert here("--consumer", "books", "--follow") == 0
    said = capsys.readouterr()
    assert numbers(said.out) == list(range(1, 11))
    assert said.err.count("wiredesk: busy") == 2
    assert rests == [changefeed.PATIENCE_S, changefeed.PATIENCE_S, changefeed.FOLLOW_EVERY_S]
    assert places(filled) == {"books": 10}


def test_signal_ends_a_rest_at_once_and_leaves_work_alone() -> None:
    before = signal.getsignal(signal.SIGINT)  # in the background of a shell it is ignored
    with changefeed.Stop() as stop:
        signal.raise_signal(signal.SIGINT)
        assert stop.asked, "what is in hand goes on"
        began = time.monotonic()
        stop.sleep(60)
        assert time.monotonic() - began < 30
        with pytest.raises(KeyboardInterrupt):
            signal.raise_signal(signal.SIGINT)
    assert signal.getsignal(signal.SIGINT) is before


def test_consumer_in_the_readme_reads_and_acknowledges(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    readme = (Path(__file__).parent.parent / "README.md").read_text(encoding="utf-8")
    (snippet,) = re.findall(
        r"^(      from datetime import .*?consumers\.acknowledge\(.*?\n)", readme, re.MULTILINE | re.DOTALL
    )
    (tmp_path / "var").mkdir()
    monkeypatch.chdir(tmp_path)
    with open_store("sqlite:///var/wiredesk.db", raw_url="file://var/raw") as store:
        exec(textwrap.dedent(snippet))
        assert places(store) == {"books": 0}
        with store.filing() as conn:
            changes.append(conn, [("story.changed", "s", {})] * 3, now=datetime.now(UTC))
        exec(textwrap.dedent(snippet))
        assert places(store) == {"books": 3}
