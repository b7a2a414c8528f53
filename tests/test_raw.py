"""The raw shelf: bytes under the name of their content, whole or not at all."""

import contextlib
import os
import threading
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from fsspec import AbstractFileSystem

import storage.raw
from storage.errors import Misconfigured, Rejected
from storage.raw import Raw

BYTES = b"<p>The ferry sails at nine.</p>" * 50


@pytest.fixture(params=["folder", "file", "memory"])
def raw(request: pytest.FixtureRequest, tmp_path: Path) -> Raw:
    address = {"folder": str(tmp_path), "file": f"file://{tmp_path}", "memory": f"memory://{tmp_path.name}"}
    return Raw(address[request.param])


@pytest.mark.parametrize("data", [b"", b"\x00\xff", BYTES])
def test_gives_back_what_was_kept(raw: Raw, data: bytes) -> None:
    digest = raw.put(data)
    assert raw.holds(digest)
    assert raw.get(digest) == data


def test_same_bytes_are_one_capture(tmp_path: Path) -> None:
    raw = Raw(str(tmp_path))
    digest = raw.put(BYTES)
    (file,) = [p for p in tmp_path.rglob("*") if p.is_file()]
    written = file.stat().st_ino  # a file written anew is another one
    assert raw.put(BYTES) == digest
    assert [p for p in tmp_path.rglob("*") if p.is_file()] == [file]
    assert file.stat().st_ino == written
    assert file.stat().st_size < len(BYTES)


def test_many_writers_of_one_capture_leave_one_whole_file(tmp_path: Path) -> None:
    raw = Raw(str(tmp_path))
    threads = [threading.Thread(target=raw.put, args=(BYTES,)) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    (file,) = [p for p in tmp_path.rglob("*") if p.is_file()]
    assert raw.get(file.stem) == BYTES


def test_missing_capture_is_said_to_be_gone(raw: Raw) -> None:
    with pytest.raises(Rejected, match="gone") as caught:
        raw.get("0" * 64)
    assert caught.value.reason == "unreadable"


@pytest.mark.parametrize("damage", [lambda b: b[:-5], lambda _: b"not zstd", lambda b: b""])
def test_damaged_capture_is_never_handed_out(tmp_path: Path, damage) -> None:
    raw = Raw(str(tmp_path))
    digest = raw.put(BYTES)
    (file,) = [p for p in tmp_path.rglob("*") if p.is_file()]
    file.write_bytes(damage(file.read_bytes()))
    with pytest.raises(Rejected, match="damaged") as caught:
        raw.get(digest)
    assert caught.value.reason == "broken"


def test_capture_under_a_false_name_is_found_out(tmp_path: Path) -> None:
    raw = Raw(str(tmp_path))
    one, other = raw.put(b"one"), raw.put(b"other")
    files = {p.stem: p for p in tmp_path.rglob("*") if p.is_file()}
    files[one].write_bytes(files[other].read_bytes())
    with pytest.raises(Rejected, match="not those that came"):
        raw.get(one)


def test_what_a_power_cut_emptied_is_kept_anew(tmp_path: Path) -> None:
    raw = Raw(str(tmp_path))
    digest = raw.put(BYTES)
    (file,) = [p for p in tmp_path.rglob("*") if p.is_file()]
    file.write_bytes(b"")
    assert not raw.holds(digest)
    assert raw.get(raw.put(BYTES)) == BYTES


def test_a_capture_is_on_the_disk_before_it_has_its_name(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    done: list[str] = []
    fsync, replace = os.fsync, Path.replace

    def synced(descriptor: int) -> None:
        done.append(f"synced {Path(os.readlink(f'/proc/self/fd/{descriptor}')).relative_to(tmp_path)}")
        fsync(descriptor)

    def replaced(path: Path, to: Path) -> Path:
        done.append(f"renamed to {to.relative_to(tmp_path)}")
        return replace(path, to)

    monkeypatch.setattr(os, "fsync", synced)
    monkeypatch.setattr(Path, "replace", replaced)
    raw = Raw(str(tmp_path / "raw"))
    digest = raw.put(BYTES)
    folders = [f"raw/{digest[:2]}", f"raw/{digest[:2]}/{digest[2:4]}"]
    (content,) = [d for d in done if d.startswith("synced raw/.passing/")]
    made = ["synced .", "synced raw", "synced raw", f"synced {folders[0]}"]
    assert done == [*made, content, f"renamed to {folders[1]}/{digest}.zst", f"synced {folders[1]}"]


def test_many_captures_are_kept_together_or_not_at_all(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    raw, synced = Raw(str(tmp_path)), []
    sync = storage.raw._sync_all

    def synced_all(folder: Path) -> bool:
        synced.append(sorted(p.suffix for p in tmp_path.rglob("*") if p.is_file()))
        return sync(folder)

    monkeypatch.setattr(storage.raw, "_sync_all", synced_all)
    some = [BYTES + bytes([n]) for n in range(9)]
    with raw.together() as put:
        digests = [put(data) for data in (*some, some[0])]
        assert not raw.holds(digests[0])
    assert [raw.get(digest) for digest in digests] == [*some, some[0]]
    assert synced == [[".part"] * 9, [".zst"] * 9]
    with contextlib.suppress(KeyError), raw.together() as put:
        put(b"one more")
        raise KeyError
    assert [p for p in tmp_path.rglob("*") if p.is_file() and p.suffix != ".zst"] == []


def test_what_the_dead_began_to_write_is_cleared_and_what_the_living_write_is_not(tmp_path: Path) -> None:
    raw = Raw(str(tmp_path))
    digest = raw.put(BYTES)
    dead, alive = (tmp_path / ".passing" / name for name in ("dead.part", "alive.part"))
    dead.write_bytes(b"half")
    alive.write_bytes(b"half")
    now = datetime.now(UTC)
    os.utime(dead, times=(now.timestamp() - 7200,) * 2)
    assert raw.clear(before=now - timedelta(hours=1)) == 1
    assert (dead.exists(), alive.exists(), raw.get(digest)) == (False, True, BYTES)
    assert Raw(str(tmp_path / "none")).clear(before=now) == 0


def test_what_comes_again_to_a_server_is_not_thrown_away(tmp_path: Path) -> None:
    raw = Raw(f"memory://{tmp_path.name}")
    digest = raw.put(BYTES)
    (kept,) = [file for place, file in raw._files.store.items() if tmp_path.name in place and digest in place]
    assert not raw.remove(digest), "it has just come"
    kept.modified -= timedelta(hours=2)
    raw.put(BYTES)
    assert not raw.remove(digest), "it has just come again"
    assert raw.get(digest) == BYTES
    (kept,) = [file for place, file in raw._files.store.items() if tmp_path.name in place and digest in place]
    kept.modified -= timedelta(hours=2)
    assert (raw.remove(digest), raw.holds(digest), raw.remove(digest)) == (True, False, False)


def test_a_server_that_does_not_say_when_is_believed_to_hold_what_it_holds(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    raw = Raw(f"memory://{tmp_path.name}")
    digest = raw.put(BYTES)
    monkeypatch.setattr(type(raw._files), "modified", AbstractFileSystem.modified)
    monkeypatch.setattr(raw._files, "pipe_file", None)  # it is not written again
    assert raw.put(BYTES) == digest
    assert (raw.remove(digest), raw.holds(digest)) == (True, False)


def test_shelf_that_cannot_be_written_names_the_setting(tmp_path: Path) -> None:
    (tmp_path / "taken").write_text("a file, no folder")
    with pytest.raises(Misconfigured, match="RAW_URL"):
        Raw(str(tmp_path / "taken")).put(b"x")


def test_unknown_kind_of_address_is_refused() -> None:
    with pytest.raises(Misconfigured, match="not an address"):
        Raw("nosuchscheme://somewhere")
