"""The drop folder: what is whole is kept and moved away, what grows is left, no name overwrites another."""

import os
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from storage import inbox
from storage.store import Store
from tasks import sweep
from tasks.sweep import Swept

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


def test_a_crash_before_the_move_takes_the_file_once(
    store: Store, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    drop(tmp_path, "a.txt", "The ferry runs again.")

    def crash(*_: object) -> None:
        raise KeyboardInterrupt

    with monkeypatch.context() as broken:
        broken.setattr(sweep, "_move", crash)
        with pytest.raises(KeyboardInterrupt):
            sweep.sweep(store, tmp_path, now=NOW, max_bytes=1000)
    assert sweep.sweep(store, tmp_path, now=NOW, max_bytes=1000) == Swept(taken=1)
    with store.reading() as conn:
        assert inbox.counts(conn)["captured"] == 1


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


def test_what_was_moved_away_is_not_looked_at_again(
    store: Store, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("done/2026-01-01/a.txt", "rejected/b.txt", "Halcyon/done/c.txt"):
        drop(tmp_path, name, f"The ferry runs again: {name}.")
    listed: list[Path] = []
    scan = os.scandir

    def watched(path: str) -> object:
        listed.append(Path(path))
        return scan(path)

    monkeypatch.setattr(os, "scandir", watched)
    assert sweep.sweep(store, tmp_path, now=NOW, max_bytes=1000) == Swept(taken=1)
    assert {p.relative_to(tmp_path).as_posix() for p in listed} == {".", "Halcyon", "Halcyon/done"}
