"""The raw shelf: bytes under the name of their content, whole or not at all."""

import threading
from pathlib import Path

import pytest

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
    written = file.stat().st_mtime_ns
    assert raw.put(BYTES) == digest
    assert [p for p in tmp_path.rglob("*") if p.is_file()] == [file]
    assert file.stat().st_mtime_ns == written
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


def test_shelf_that_cannot_be_written_names_the_setting(tmp_path: Path) -> None:
    (tmp_path / "taken").write_text("a file, no folder")
    with pytest.raises(Misconfigured, match="RAW_URL"):
        Raw(str(tmp_path / "taken")).put(b"x")


def test_unknown_kind_of_address_is_refused() -> None:
    with pytest.raises(Misconfigured, match="not an address"):
        Raw("nosuchscheme://somewhere")
