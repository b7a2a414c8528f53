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
