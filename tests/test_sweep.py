"""The drop folder: what is whole is kept and moved away, what grows is left, no name overwrites another."""

import json
import os
import signal
import subprocess
import sys
import time
import zipfile
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from storage import inbox
from storage.errors import Misconfigured
from storage.records import Hints
from storage.store import Store, open_store
from tasks import dropfolder, intake, looks, moving, sweep
from tasks.dropfolder import DropFolder, is_held
from tasks.looks import Looks
from tasks.sweep import Swept

ROOT = Path(__file__).parent.parent
NOW = datetime.now(UTC)
LONG_AGO = (NOW - timedelta(hours=1)).timestamp()


def drop(folder: Path, name: str, text: str) -> Path:
    (folder / name).parent.mkdir(parents=True, exist_ok=True)
    (folder / name).write_text(text, encoding="utf-8")
    os.utime(folder / name, (LONG_AGO, LONG_AGO))
    return folder / name


def test_a_whole_file_is_kept_noted_and_moved_to_done(store: Store, tmp_path: Path) -> None:
    drop(tmp_path, "tidewater/a.txt", "The ferry runs again.")
    assert sweep.sweep(store, tmp_path, now=NOW, max_bytes=1000) == Swept(taken=1)
    assert (tmp_path / "done" / f"{NOW:%Y-%m-%d}" / "a.txt").read_text() == "The ferry runs again."
    with store.reading() as conn:
        assert inbox.counts(conn)["captured"] == 1
    assert sweep.sweep(store, tmp_path, now=NOW, max_bytes=1000) == Swept()


def test_a_file_that_was_just_written_is_left_for_the_next_sweep(store: Store, tmp_path: Path) -> None:
    path = drop(tmp_path, "a.txt", "half a sen")
    os.utime(path)
    assert sweep.sweep(store, tmp_path, now=datetime.now(UTC), max_bytes=1000) == Swept(growing=1)
    assert path.exists()


def test_the_same_name_twice_overwrites_nothing(store: Store, tmp_path: Path) -> None:
    for text in ("first", "second", "third"):
        drop(tmp_path, "a.txt", text)
        sweep.sweep(store, tmp_path, now=NOW, max_bytes=1000)
    done = sorted((tmp_path / "done" / f"{NOW:%Y-%m-%d}").iterdir())
    assert [(p.name, p.read_text()) for p in done] == [
        ("a.1.txt", "second"),
        ("a.2.txt", "third"),
        ("a.txt", "first"),
    ]


def test_a_refused_file_moves_to_rejected_with_its_reason(store: Store, tmp_path: Path) -> None:
    drop(tmp_path, "big.txt", "x" * 2000)
    assert sweep.sweep(store, tmp_path, now=NOW, max_bytes=1000) == Swept(refused=1)
    assert (tmp_path / "rejected" / "big.txt").exists()
    assert (tmp_path / "rejected" / "big.txt.reason.txt").read_text().startswith("too-big: ")
    assert not (tmp_path / "rejected" / "big.txt.reason.txt").stat().st_mode & 0o111, "it is no program"


def test_a_missing_folder_is_made(store: Store, tmp_path: Path) -> None:
    assert sweep.sweep(store, tmp_path / "new" / "drop", now=NOW, max_bytes=10) == Swept()
    assert os.path.isdir(tmp_path / "new" / "drop")


def test_a_time_in_the_future_is_not_growing_for_ever(store: Store, tmp_path: Path) -> None:
    path = drop(tmp_path, "a.txt", "The ferry runs again.")
    ahead = (NOW + timedelta(days=400)).timestamp()
    os.utime(path, (ahead, ahead))
    assert sweep.sweep(store, tmp_path, now=NOW, max_bytes=1000) == Swept(taken=1)


def test_the_longest_names_keep_their_reasons_and_overwrite_nothing(store: Store, tmp_path: Path) -> None:
    long = "é" * 125 + ".txt"  # 254 bytes
    texts = ("x" * 2000, "y" * 2000, "z" * 2000)
    for text in texts:
        drop(tmp_path, long, text)
        assert sweep.sweep(store, tmp_path, now=NOW, max_bytes=1000) == Swept(refused=1)
    moved = list((tmp_path / "rejected").iterdir())
    reasons = [p for p in moved if p.name.endswith(".reason.txt")]
    assert len(reasons) == 3
    assert all(p.read_text().startswith("too-big: ") for p in reasons)
    assert sorted(p.read_text() for p in moved if p not in reasons) == sorted(texts)


def test_what_was_moved_away_is_not_looked_at_again(store: Store, tmp_path: Path) -> None:
    for name in ("done/2026-01-01/a.txt", "rejected/b.txt", "Halcyon/done/c.txt"):
        drop(tmp_path, name, f"The ferry runs again: {name}.")
    with DropFolder(tmp_path) as folder:
        assert [name for name in folder.names() if name.endswith(".txt")] == ["Halcyon/done/c.txt"]
    assert sweep.sweep(store, tmp_path, now=NOW, max_bytes=1000) == Swept(taken=1)


def hints_of(store: Store) -> dict[str, Hints]:
    with store.reading() as conn:
        items = [inbox.item(conn, n) for n in range(1, 1 + sum(inbox.counts(conn).values()))]
    return {Path(i.input).name: i.hints for i in items if i is not None}


def test_a_folder_names_the_publisher_and_a_sidecar_says_more(store: Store, tmp_path: Path) -> None:
    folder = tmp_path / "drop"
    known = {"url": "https://landline.example/1", "publisher": "Landline", "published": "2026-03-10", "section": 7}
    drop(folder, "Halcyon/2026/a.txt", "one")
    drop(folder, "2026-03/b.txt", "two")
    drop(folder, "Halcyon/c.txt", "three")
    drop(folder, "Halcyon/c.txt.meta.json", json.dumps(known))
    assert sweep.sweep(store, folder, now=NOW, max_bytes=1000) == Swept(taken=3)
    assert hints_of(store) == {
        "a.txt": Hints(publisher="Halcyon"),
        "b.txt": Hints(),
        "c.txt": Hints(url="https://landline.example/1", publisher="Landline", published="2026-03-10"),
    }
    done = folder / "done" / f"{NOW:%Y-%m-%d}"
    assert sorted(p.name for p in done.iterdir()) == ["a.txt", "b.txt", "c.txt", "c.txt.meta.json"]


@pytest.mark.parametrize("broken", ["{", "[]", '{"published": "in March"}', '{"url": 7}'])
def test_a_document_with_a_broken_sidecar_is_rejected_beside_it(store: Store, tmp_path: Path, broken: str) -> None:
    drop(tmp_path, "a.txt", "one")
    drop(tmp_path, "a.txt.meta.json", broken)
    assert sweep.sweep(store, tmp_path, now=NOW, max_bytes=1000) == Swept(refused=1)
    assert {p.name for p in (tmp_path / "rejected").iterdir()} == {"a.txt", "a.txt.meta.json", "a.txt.reason.txt"}
    assert "sidecar" in (tmp_path / "rejected" / "a.txt.reason.txt").read_text()


def test_a_sidecar_waits_for_its_document_and_not_for_ever(store: Store, tmp_path: Path) -> None:
    path = drop(tmp_path, "a.txt.meta.json", "{}")
    os.utime(path, times=(NOW.timestamp() - 60,) * 2)
    assert sweep.sweep(store, tmp_path, now=NOW, max_bytes=1000) == Swept()
    later = datetime.now(UTC) + sweep.ORPHAN
    assert sweep.sweep(store, tmp_path, now=later, max_bytes=1000) == Swept(refused=1)
    assert (tmp_path / "rejected" / "a.txt.meta.json").exists()


def test_a_sidecar_that_keeps_an_old_time_waits_for_its_document_without_any_memory(
    store: Store, tmp_path: Path
) -> None:
    drop(tmp_path, "a.txt.meta.json", '{"publisher": "Landline"}')  # as `cp -p` does
    assert sweep.sweep(store, tmp_path, now=NOW, max_bytes=1000) == Swept()
    drop(tmp_path, "a.txt", "one")
    assert sweep.sweep(store, tmp_path, now=NOW, max_bytes=1000) == Swept(taken=1)
    assert hints_of(store) == {"a.txt": Hints(publisher="Landline")}


def test_two_sweeps_at_once_part_no_document_from_its_sidecar(
    store: Store, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = tmp_path / "drop"
    drop(folder, "a.txt", "one")
    drop(folder, "a.txt.meta.json", '{"publisher": "Landline"}')
    opened, others = DropFolder.opened, []

    @contextmanager
    def overtaken(self: DropFolder, name: str, *given: Any, **named: Any) -> Iterator[Any]:
        """The other sweep comes and goes while this one has the document open."""
        with opened(self, name, *given, **named) as file:
            monkeypatch.undo()
            others.append(sweep.sweep(store, folder, now=NOW, max_bytes=1000))
            yield file

    monkeypatch.setattr(DropFolder, "opened", overtaken)
    assert sweep.sweep(store, folder, now=NOW, max_bytes=1000) == Swept(growing=1)
    assert others == [Swept(taken=1)]
    assert hints_of(store) == {"a.txt": Hints(publisher="Landline")}
    with store.reading() as conn:
        assert inbox.counts(conn)["captured"] == 1


@pytest.mark.parametrize("first", ['{"publisher": "Landline"}', None])
def test_a_sidecar_that_comes_during_a_sweep_waits_for_the_next_document(
    store: Store, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, first: str | None
) -> None:
    folder, take_in = tmp_path / "drop", intake.take_in
    drop(folder, "a.txt", "one")
    if first is not None:
        drop(folder, "a.txt.meta.json", first)

    def followed(*given: Any, **named: Any) -> Iterator[Any]:
        yield from take_in(*given, **named)
        drop(folder, "new.tmp", '{"publisher": "Halcyon"}').replace(folder / "a.txt.meta.json")

    monkeypatch.setattr(intake, "take_in", followed)
    assert sweep.sweep(store, folder, now=NOW, max_bytes=1000) == Swept(taken=1)
    monkeypatch.undo()
    assert [p.name for p in folder.iterdir() if p.is_file()] == ["a.txt.meta.json"]
    drop(folder, "a.txt", "another")
    assert sweep.sweep(store, folder, now=NOW, max_bytes=1000) == Swept(taken=1)
    with store.reading() as conn:
        items = [inbox.item(conn, n) for n in (1, 2)]
    assert [i.hints.publisher for i in items if i] == ["Landline" if first else None, "Halcyon"]


def test_what_came_by_a_rename_need_not_settle(store: Store, tmp_path: Path) -> None:
    now = datetime.now(UTC)
    for name in ("a.txt", "b.txt", "Halcyon/c.txt"):
        os.utime(drop(tmp_path, name, name))
    renamed = {tmp_path / "a.txt", tmp_path / "Halcyon"}
    assert sweep.sweep(store, tmp_path, now=now, max_bytes=1000, renamed=renamed) == Swept(taken=2, growing=1)


def test_a_file_that_somebody_has_open_for_writing_is_growing_however_long_it_is_silent(
    store: Store, tmp_path: Path
) -> None:
    path = drop(tmp_path, "a.txt", "half a sen")
    later = datetime.fromtimestamp(LONG_AGO, UTC) + timedelta(minutes=5)
    with path.open("a") as writer:
        assert sweep.sweep(store, tmp_path, now=later, max_bytes=1000, renamed={path}) == Swept(growing=1)
        writer.write("tence.")
    os.utime(path, (LONG_AGO, LONG_AGO))
    assert sweep.sweep(store, tmp_path, now=later, max_bytes=1000) == Swept(taken=1)


def test_a_writer_that_opens_the_file_during_the_look_hurts_nobody(tmp_path: Path) -> None:
    path = drop(tmp_path, "a.txt", "x")
    reading = os.open(path, os.O_RDONLY)
    appending = "import sys\nfor _ in range(3000): open(sys.argv[1], 'a').close()"
    writer = subprocess.Popen([sys.executable, "-c", appending, str(path)])
    said = set()
    while writer.poll() is None:
        said.add(is_held(reading))  # the kernel tells who has a lease by a signal, which ends a process as a rule
    os.close(reading)
    assert writer.returncode == 0
    assert False in said


SECOND = timedelta(seconds=1)


@pytest.mark.parametrize(
    ("age", "unchanged", "renamed", "held", "whole"),
    [
        (SECOND, None, False, False, False),
        (3 * SECOND, None, False, False, True),
        (SECOND, 3 * SECOND, False, False, True),
        (-400 * SECOND, None, False, False, True),  # a clock ahead says nothing
        (SECOND, None, True, False, True),
        (3 * SECOND, 3 * SECOND, True, True, False),
        (601 * SECOND, None, False, True, True),
        (99 * SECOND, SECOND, False, None, False),  # another machine's clock, maybe behind: only two looks count
        (99 * SECOND, 2 * SECOND, False, None, True),
        (99 * SECOND, None, False, None, True),
    ],
)
def test_what_is_whole(
    age: timedelta, unchanged: timedelta | None, renamed: bool, held: bool | None, whole: bool
) -> None:
    assert looks.is_whole(age=age, unchanged=unchanged, renamed=renamed, held=held) is whole


def test_on_a_network_folder_two_looks_decide(store: Store, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(dropfolder, "is_held", lambda _: None)  # as there: the system does not tell
    seen = Looks()

    def look(after: float) -> Swept:
        return sweep.sweep(store, tmp_path, now=NOW + timedelta(seconds=after), max_bytes=1000, looks=seen)

    drop(tmp_path, "a.txt", "half a sen")
    assert look(0) == Swept(growing=1)
    drop(tmp_path, "a.txt", "half a sentence.")  # its time is long ago by a clock that is behind
    assert look(5) == Swept(growing=1)
    assert look(6) == Swept(growing=1)
    assert look(7) == Swept(taken=1)


def test_names_of_every_kind(store: Store, tmp_path: Path) -> None:
    folder = tmp_path / "drop"
    raw_name = os.fsdecode(b"latin-\xe9.txt")
    names = {
        "a\nb.txt",
        "Ünïcødé 新聞.txt",
        "case.txt",
        "CASE.txt",
        "Case.TXT",
        "n" * 251 + ".txt",
        "-rf.txt",
        raw_name,
    }
    names |= {"tab\t.txt", "'quotes\".txt", "x.1.txt", "%d.txt"}
    for name in names:
        drop(folder, name, f"{os.fsencode(name)!r} runs again.")
    assert sweep.sweep(store, folder, now=NOW, max_bytes=1000) == Swept(taken=len(names))
    assert {p.name for p in (folder / "done" / f"{NOW:%Y-%m-%d}").iterdir()} == names
    with store.reading() as conn:
        assert inbox.counts(conn)["captured"] == len(names)


def test_what_is_no_file_of_the_folder_is_never_opened(store: Store, tmp_path: Path) -> None:
    folder, elsewhere = tmp_path / "drop", tmp_path / "elsewhere"
    drop(elsewhere, "secret.txt", "never to be read")
    (folder / "sub").mkdir(parents=True)
    (folder / "link.txt").symlink_to(elsewhere / "secret.txt")
    (folder / "way").symlink_to(elsewhere)
    os.mkfifo(folder / "pipe.txt")
    for name in ("link.txt", "pipe.txt"):
        os.utime(folder / name, (LONG_AGO, LONG_AGO), follow_symlinks=False)
    assert sweep.sweep(store, folder, now=NOW, max_bytes=1000) == Swept(refused=2)
    assert "a link" in (folder / "rejected" / "link.txt.reason.txt").read_text()
    assert (elsewhere / "secret.txt").exists()
    with store.reading() as conn:
        assert {i.reason for i in inbox.rejected(conn)} == {"unreadable"}
        assert inbox.counts(conn)["captured"] == 0


def test_a_folder_that_becomes_a_link_leads_nowhere(tmp_path: Path) -> None:
    drop(tmp_path, "elsewhere/a.txt", "never to be read")
    drop(tmp_path, "drop/Halcyon/a.txt", "the ferry")
    with DropFolder(tmp_path / "drop") as folder:
        look = folder.look("Halcyon/a.txt")
        assert look is not None
        os.rename(tmp_path / "drop" / "Halcyon", tmp_path / "away")
        (tmp_path / "drop" / "Halcyon").symlink_to(tmp_path / "elsewhere")
    with DropFolder(tmp_path / "drop") as folder:
        assert folder.look("Halcyon/a.txt") is None
        assert folder.read("Halcyon/a.txt", look, max_bytes=99, ready=lambda _: True) is None
        assert folder.move("Halcyon/a.txt", "done", look) is None
    (tmp_path / "drop" / "done").rmdir()
    (tmp_path / "drop" / "done").symlink_to(tmp_path / "elsewhere")
    drop(tmp_path, "drop/b.txt", "the ferry")
    with DropFolder(tmp_path / "drop") as folder, pytest.raises(Misconfigured, match="no link"):
        folder.move("b.txt", "done", folder.look("b.txt"))  # type: ignore[arg-type]
    assert [p.name for p in (tmp_path / "elsewhere").iterdir()] == ["a.txt"]


def test_a_file_that_changes_between_look_and_move_stays(tmp_path: Path) -> None:
    path = drop(tmp_path, "a.txt", "one")
    with DropFolder(tmp_path) as folder:
        look = folder.look("a.txt")
        assert look is not None
        assert folder.read("a.txt", look, max_bytes=99, ready=lambda _: True) == b"one"
        path.write_text("another")
        assert folder.read("a.txt", look, max_bytes=99, ready=lambda _: True) is None
        assert folder.move("a.txt", "done", look) is None
        assert path.read_text() == "another"
        path.unlink()
        assert folder.move("a.txt", "done", look) is None
        assert folder.read("a.txt", look, max_bytes=99, ready=lambda _: True) is None
    assert list((tmp_path / "done").iterdir()) == []


def test_without_the_kernels_help_no_name_is_overwritten_either(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(moving, "_RENAMEAT2", None)  # as on a network folder
    with DropFolder(tmp_path) as folder:
        for text in ("first", "second"):
            drop(tmp_path, "a.txt", text)
            look = folder.look("a.txt")
            assert look is not None
            folder.move("a.txt", "done", look)
    assert [(p.name, p.read_text()) for p in sorted((tmp_path / "done").iterdir())] == [
        ("a.1.txt", "second"),
        ("a.txt", "first"),
    ]


def test_what_cannot_be_moved_is_noted_once_and_left(
    store: Store, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    drop(tmp_path, "a.txt", "one")
    drop(tmp_path, "b.txt", "two")
    move = DropFolder.move

    def refused(folder: DropFolder, name: str, into: str, *rest: Any, **more: Any) -> str | None:
        if name == "a.txt":
            raise PermissionError(1, "not yours", name)
        return move(folder, name, into, *rest, **more)

    monkeypatch.setattr(DropFolder, "move", refused)
    seen = Looks()
    first = sweep.sweep(store, tmp_path, now=NOW, max_bytes=1000, looks=seen)
    assert first == Swept(taken=1, stuck=1)
    assert len(first.items) == 2
    assert sweep.sweep(store, tmp_path, now=NOW, max_bytes=1000, looks=seen) == Swept()


@pytest.mark.parametrize("which", ["a.txt", "a.txt.meta.json"])
def test_what_cannot_be_looked_at_keeps_nothing_else_from_being_taken(
    store: Store, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, which: str
) -> None:
    drop(tmp_path, "a.txt", "one")
    drop(tmp_path, "b.txt", "two")
    look = DropFolder.look

    def broken(folder: DropFolder, name: str) -> Any:
        if name == which:
            raise OSError(5, "Input/output error", name)
        return look(folder, name)

    with monkeypatch.context() as disk:
        disk.setattr(DropFolder, "look", broken)
        assert sweep.sweep(store, tmp_path, now=NOW, max_bytes=1000) == Swept(taken=1, growing=1)
    assert sweep.sweep(store, tmp_path, now=NOW, max_bytes=1000) == Swept(taken=1)


def test_an_archive_is_taken_however_large_with_a_limit_for_each_document(store: Store, tmp_path: Path) -> None:
    packed = tmp_path / "drop" / "Halcyon" / "march.zip"
    packed.parent.mkdir(parents=True)
    with zipfile.ZipFile(packed, "w") as archive:
        for n in range(20):
            archive.writestr(f"{n}.txt", f"Ferry number {n} runs again. " * 10)
    os.utime(packed, (LONG_AGO, LONG_AGO))
    assert packed.stat().st_size > 2000
    swept = sweep.sweep(store, tmp_path / "drop", now=NOW, max_bytes=1000)
    assert swept == Swept(taken=1)
    assert (len(swept.items), swept.places) == (20, {})
    assert {hints.publisher for hints in hints_of(store).values()} == {"Halcyon"}


def test_a_document_that_is_refused_when_it_is_read_moves_to_rejected(store: Store, tmp_path: Path) -> None:
    drop(tmp_path, "a.txt", "one")
    drop(tmp_path, "b.txt", "two")
    swept = sweep.sweep(store, tmp_path, now=NOW, max_bytes=1000)
    with store.writing() as conn:
        for item in inbox.claim(conn, holder="me", limit=1, lease=timedelta(minutes=1), now=NOW):
            inbox.settle(conn, item.id, state="rejected", reason="too-short", detail="one word", now=NOW)
    assert sweep.reject_refused(store, tmp_path, swept.places) == 1
    assert (tmp_path / "rejected" / "a.txt.reason.txt").read_text() == "too-short: one word\n"
    assert sweep.reject_refused(store, tmp_path, swept.places) == 0
    assert [p.name for p in (tmp_path / "done" / f"{NOW:%Y-%m-%d}").iterdir()] == ["b.txt"]


KILLED = """
import os, signal, sys
from datetime import UTC, datetime
from pathlib import Path
from storage import inbox, raw as shelf
from storage.store import open_store
from tasks import intake, moving, sweep
from tasks.dropfolder import DropFolder

at, count, url, raw, folder = sys.argv[1], int(sys.argv[2]), *sys.argv[3:]
owner, name = {"keep": (shelf, "_write_passing"), "name": (shelf, "_give_names"), "note": (inbox, "receive"),
               "move": (DropFolder, "move"),
               "rename": (moving, "rename_new"), "reason": (moving, "_write_beside")}[at]
real = getattr(owner, name)
calls = []

def killing(*given, **named):
    calls.append(1)
    if len(calls) > count:
        os.kill(os.getpid(), signal.SIGKILL)
    return real(*given, **named)

setattr(owner, name, killing)
with open_store(url, raw_url=raw) as store:
    sweep.sweep(store, Path(folder), now=datetime.now(UTC), max_bytes=1000)
"""


@pytest.mark.parametrize(
    ("at", "count"),
    [
        ("keep", 0),
        ("keep", 2),
        ("name", 0),
        ("note", 1),
        ("move", 0),
        ("move", 1),
        ("rename", 1),
        ("rename", 2),
        ("reason", 0),
    ],
)
def test_a_crash_at_any_point_takes_every_file_once(
    databases: Any, tmp_path: Path, at: str, count: int, request: pytest.FixtureRequest
) -> None:
    # One database: a transaction that is not committed is gone in both, and the disk is one.
    url = databases.fresh("sqlite")
    request.addfinalizer(lambda: databases.drop(url))
    folder, raw = tmp_path / "drop", str(tmp_path / "raw")
    for name in ("a.txt", "Halcyon/b.txt", "c.txt"):
        drop(folder, name, f"{name} runs again.")
    drop(folder, "c.txt.meta.json", '{"publisher": "Landline"}')
    drop(folder, "d.txt", "x" * 2000)
    killed = subprocess.run([sys.executable, "-c", KILLED, at, str(count), url, raw, str(folder)], cwd=ROOT)
    assert killed.returncode == -signal.SIGKILL
    with open_store(url, raw_url=raw) as store:
        now = datetime.now(UTC)
        for _ in range(2):
            sweep.sweep(store, folder, now=now, max_bytes=1000)
        sweep.sweep(store, folder, now=now + sweep.ORPHAN, max_bytes=1000)
        with store.reading() as conn:
            counts = inbox.counts(conn)
        known = {name: hints.publisher for name, hints in hints_of(store).items()}
    assert (counts["captured"], counts["rejected"] >= 1) == (3, True)
    assert known | {"c.txt.meta.json": None} == {
        "a.txt": None, "b.txt": "Halcyon", "c.txt": "Landline", "d.txt": None, "c.txt.meta.json": None,
    }  # fmt: skip
    left = {p.name: p.stat().st_size for p in folder.rglob("*") if p.is_file()}
    assert {n: s for n, s in left.items() if not n.endswith((".reason.txt", ".meta.json"))} == {
        "a.txt": 17, "b.txt": 25, "c.txt": 17, "d.txt": 2000,
    }  # fmt: skip
    assert [p for p in folder.iterdir() if p.is_file()] == []


@pytest.mark.parametrize("each", [100, pytest.param(1000, marks=pytest.mark.hard)])
def test_thousands_of_files_at_once(databases: Any, tmp_path: Path, each: int, request: pytest.FixtureRequest) -> None:
    url = databases.fresh("sqlite")
    request.addfinalizer(lambda: databases.drop(url))
    folder = tmp_path / "drop"
    for outlet in range(10):
        (folder / f"Outlet {outlet}").mkdir(parents=True)
        for n in range(each):
            path = folder / f"Outlet {outlet}" / f"{n}.txt"
            path.write_text(f"{outlet} {n} runs again.")
            os.utime(path, (LONG_AGO, LONG_AGO))
    with open_store(url, raw_url=str(tmp_path / "raw")) as store:
        began = time.process_time()
        swept = sweep.sweep(store, folder, now=NOW, max_bytes=1000)
        spent = time.process_time() - began
    assert swept == Swept(taken=10 * each)
    assert len(set(swept.items)) == 10 * each
    assert len(list((folder / "done" / f"{NOW:%Y-%m-%d}").iterdir())) == 10 * each
    assert spent < 0.06 * each  # processor time: the disk, and who else uses it, have their own


def test_a_sidecar_that_was_written_long_ago_waits_for_its_document_too(store: Store, tmp_path: Path) -> None:
    drop(tmp_path, "a.txt.meta.json", "{}")
    seen = Looks()
    assert sweep.sweep(store, tmp_path, now=NOW, max_bytes=1000, looks=seen) == Swept()
    assert sweep.sweep(store, tmp_path, now=NOW + sweep.ORPHAN, max_bytes=1000, looks=seen) == Swept(refused=1)


def test_a_sidecar_that_a_crash_left_behind_follows_its_document(store: Store, tmp_path: Path) -> None:
    drop(tmp_path, "a.txt", "one")
    sweep.sweep(store, tmp_path, now=NOW, max_bytes=1000)
    drop(tmp_path, "a.txt.meta.json", "{}")
    assert sweep.sweep(store, tmp_path, now=datetime.now(UTC) + sweep.ORPHAN, max_bytes=1000) == Swept()
    done = tmp_path / "done" / f"{NOW:%Y-%m-%d}"
    assert sorted(p.name for p in done.iterdir()) == ["a.txt", "a.txt.meta.json"]


def test_a_refused_file_that_a_dead_desk_left_in_done_moves_on(store: Store, tmp_path: Path) -> None:
    for name, text in (("a.txt", "one"), ("b.txt", "two"), ("c.txt", "three")):
        drop(tmp_path, name, text)
    swept = sweep.sweep(store, tmp_path, now=NOW, max_bytes=1000)
    done = tmp_path / "done" / f"{NOW:%Y-%m-%d}"
    (done / "c.txt").write_text("somebody else's")
    with store.writing() as conn:
        for item in (swept.items[0], swept.items[2]):
            inbox.settle(conn, item, state="rejected", reason="too-short", detail="it is short", now=NOW)
    assert [sweep.reject_left(store, tmp_path, max_bytes=1000) for _ in range(2)] == [1, 0]
    assert sorted(p.name for p in done.iterdir()) == ["b.txt", "c.txt"]
    assert (tmp_path / "rejected" / "a.txt").read_text() == "one"
    assert (tmp_path / "rejected" / "a.txt.reason.txt").read_text() == "too-short: it is short\n"


def test_a_refused_file_that_cannot_be_moved_on_holds_up_no_other(
    store: Store, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("a.txt", "b.txt"):
        drop(tmp_path, name, name)
    swept = sweep.sweep(store, tmp_path, now=NOW, max_bytes=1000)
    with store.writing() as conn:
        for item in swept.items:
            inbox.settle(conn, item, state="rejected", reason="too-short", detail="it is short", now=NOW)
    move = DropFolder.move

    def refused(folder: DropFolder, name: str, into: str, *rest: Any, **more: Any) -> str | None:
        if name.endswith("a.txt"):
            raise OSError(28, "no room", name)
        return move(folder, name, into, *rest, **more)

    monkeypatch.setattr(DropFolder, "move", refused)
    assert sweep.reject_refused(store, tmp_path, swept.places) == 1
    assert sweep.reject_left(store, tmp_path, max_bytes=1000) == 0
    monkeypatch.undo()
    assert sweep.reject_left(store, tmp_path, max_bytes=1000) == 1
