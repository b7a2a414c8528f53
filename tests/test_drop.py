"""The door to the disk: what is found, what is left alone, what is refused."""

import os
from pathlib import Path

import pytest

from storage.errors import Rejected
from tasks import drop


def names(found: list[Path | Rejected]) -> list[str]:
    return [f.name if isinstance(f, Path) else f.reason for f in found]


def test_folder_gives_its_documents_in_order_and_leaves_the_unfinished(tmp_path: Path) -> None:
    for name in ("b.txt", "a.html", "sub/c.json", ".hidden.txt", "growing.txt.part", "x.tmp", "picture.png"):
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_text("x")
    assert names(list(drop.find([str(tmp_path)]))) == ["a.html", "b.txt", "c.json"]


def test_a_named_file_is_taken_whatever_its_suffix(tmp_path: Path) -> None:
    (tmp_path / "wire.0421").write_text("x")
    assert names(list(drop.find([str(tmp_path / "wire.0421")]))) == ["wire.0421"]


@pytest.mark.parametrize(
    ("given", "reason"), [("gone.txt", "unreadable"), ("empty", "no-documents"), ("*.nothing", "no-documents")]
)
def test_what_cannot_be_taken_is_a_refusal_that_names_it(tmp_path: Path, given: str, reason: str) -> None:
    (tmp_path / "empty").mkdir()
    (refused,) = drop.find([str(tmp_path / given)])
    assert isinstance(refused, Rejected)
    assert refused.reason == reason
    assert given in refused.subject


def test_glob_finds_files_and_the_brackets_of_a_real_name_are_no_glob(tmp_path: Path) -> None:
    (tmp_path / "a[1].txt").write_text("x")
    (tmp_path / "a2.txt").write_text("x")
    assert names(list(drop.find([str(tmp_path / "a[1].txt")]))) == ["a[1].txt"]
    assert names(list(drop.find([str(tmp_path / "a*.txt")]))) == ["a2.txt", "a[1].txt"]


def test_a_link_out_of_the_folder_is_not_followed(tmp_path: Path) -> None:
    (tmp_path / "secret.txt").write_text("x")
    inside = tmp_path / "drop"
    inside.mkdir()
    (inside / "own.txt").write_text("x")
    (inside / "out.txt").symlink_to(tmp_path / "secret.txt")
    (inside / "loop.txt").symlink_to(inside / "loop.txt")
    (inside / "alias.txt").symlink_to(inside / "own.txt")
    assert names(list(drop.find([str(inside)]))) == ["alias.txt", "own.txt"]


def test_a_pipe_is_refused_and_never_waited_for(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe.txt")
    with pytest.raises(Rejected) as refused:
        drop.read(tmp_path / "pipe.txt", max_bytes=10)
    assert refused.value.reason == "unreadable"


def test_a_file_over_the_limit_is_too_big_and_names_the_setting(tmp_path: Path) -> None:
    (tmp_path / "big.txt").write_bytes(b"x" * 11)
    assert drop.read(tmp_path / "big.txt", max_bytes=11) == b"x" * 11
    with pytest.raises(Rejected, match="WIREDESK_MAX_DOCUMENT_BYTES") as refused:
        drop.read(tmp_path / "big.txt", max_bytes=10)
    assert refused.value.reason == "too-big"


def test_a_folder_in_place_of_a_file_is_refused(tmp_path: Path) -> None:
    (tmp_path / "x.html").mkdir()
    with pytest.raises(Rejected) as refused:
        drop.read(tmp_path / "x.html", max_bytes=10)
    assert refused.value.reason == "unreadable"
