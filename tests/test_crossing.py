"""A drop folder of which a part is a disk of its own: a file goes there whole, once, or stays where it is."""

import os
import shutil
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from tasks import moving
from tasks.dropfolder import DropFolder
from tasks.looks import Look

MEMORY = Path("/dev/shm")
LONG_AGO = 1_770_000_000


@pytest.fixture
def away(tmp_path: Path) -> Iterator[Path]:
    """A folder on another file system than the drop folder."""
    if not MEMORY.is_dir() or MEMORY.stat().st_dev == tmp_path.stat().st_dev:
        pytest.skip("there is no second file system")
    with tempfile.TemporaryDirectory(dir=MEMORY) as folder:
        yield Path(folder)


@pytest.fixture
def drop(tmp_path: Path, away: Path) -> Iterator[DropFolder]:
    """A drop folder whose `done` is on the other disk, as if it were mounted there."""
    with DropFolder(tmp_path / "drop") as folder:
        folder._targets["done"] = os.open(away, os.O_RDONLY | os.O_DIRECTORY)
        yield folder


def put(drop: DropFolder, text: str, name: str = "a.txt") -> Look:
    (drop.path / name).write_text(text)
    (drop.path / name).chmod(0o640)
    os.utime(drop.path / name, (LONG_AGO, LONG_AGO))
    return look(drop, name)


def look(drop: DropFolder, name: str = "a.txt") -> Look:
    seen = drop.look(name)
    assert seen is not None
    return seen


def replace(drop: DropFolder) -> None:
    """What a producer does who has a new version."""
    (drop.path / "a.txt.tmp").write_text("the second version")
    (drop.path / "a.txt.tmp").replace(drop.path / "a.txt")


def rewrite(drop: DropFolder) -> None:
    (drop.path / "a.txt").write_text("the second version")


def lying(folder: Path) -> dict[str, str]:
    return {path.name: path.read_text() for path in folder.iterdir()}


@pytest.mark.parametrize("kernel", [True, False])
def test_a_file_goes_to_another_disk_and_overwrites_nothing(
    drop: DropFolder, away: Path, kernel: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    if not kernel:
        monkeypatch.setattr(moving, "_RENAMEAT2", None)  # as on a network folder
    for text, place in (("first", "done/a.txt"), ("second", "done/a.1.txt")):
        assert drop.move("a.txt", "done", put(drop, text), note=(".why", "because")) == place
        assert lying(drop.path) == {}
    assert lying(away) == {"a.txt": "first", "a.1.txt": "second", "a.txt.why": "because", "a.1.txt.why": "because"}
    moved = (away / "a.1.txt").stat()
    assert (moved.st_mtime, moved.st_mode & 0o777) == (LONG_AGO, 0o640)
    assert drop.move("a.txt", "done", look_of_one_that_is_gone(drop)) is None


def look_of_one_that_is_gone(drop: DropFolder) -> Look:
    seen = put(drop, "gone")
    (drop.path / "a.txt").unlink()
    return seen


@pytest.mark.parametrize("change", [replace, rewrite])
@pytest.mark.parametrize("when", ["before", "copied", "looked"])
def test_what_takes_the_place_of_a_file_on_its_way_is_never_lost(
    drop: DropFolder, away: Path, monkeypatch: pytest.MonkeyPatch, change: Callable[[DropFolder], None], when: str
) -> None:
    seen = put(drop, "the first version")
    if when == "before":
        change(drop)
    if when == "copied":
        copy = shutil.copyfileobj
        monkeypatch.setattr(shutil, "copyfileobj", lambda *both: (copy(*both), change(drop)))
    if when == "looked":
        rename = moving.rename_new

        def renamed(parent: int, last: str, target: int, place: str) -> None:
            if (last, target) == ("a.txt", parent):
                change(drop)
            rename(parent, last, target, place)

        monkeypatch.setattr(moving, "rename_new", renamed)
    assert drop.move("a.txt", "done", seen) is None
    assert lying(drop.path) == {"a.txt": "the second version"}
    assert lying(away) == {}
    monkeypatch.undo()
    assert drop.move("a.txt", "done", look(drop)) == "done/a.txt"
    assert (lying(drop.path), lying(away)) == ({}, {"a.txt": "the second version"})


@pytest.mark.parametrize("failing", ["copyfileobj", "_unlink_seen"])
def test_a_file_that_cannot_go_stays_and_leaves_no_copy(
    drop: DropFolder, away: Path, monkeypatch: pytest.MonkeyPatch, failing: str
) -> None:
    def refused(*_: object) -> None:
        raise PermissionError(1, "not yours")

    monkeypatch.setattr(shutil if failing == "copyfileobj" else moving, failing, refused)
    with pytest.raises(PermissionError):
        drop.move("a.txt", "done", put(drop, "one"))
    assert (lying(drop.path), lying(away)) == ({"a.txt": "one"}, {})


def test_no_link_and_no_pipe_is_followed_to_another_disk(drop: DropFolder, away: Path, tmp_path: Path) -> None:
    (tmp_path / "secret.txt").write_text("never to be read")
    (drop.path / "link.txt").symlink_to(tmp_path / "secret.txt")
    os.mkfifo(drop.path / "pipe.txt")
    for name in ("link.txt", "pipe.txt"):
        with pytest.raises(OSError, match="only a regular file"):
            drop.move(name, "done", look(drop, name))
    seen = put(drop, "one")
    (drop.path / "a.txt").unlink()
    (drop.path / "a.txt").symlink_to(tmp_path / "secret.txt")
    with pytest.raises(OSError, match="symbolic links"):
        drop.move("a.txt", "done", seen)
    assert lying(away) == {}
    assert sorted(os.listdir(drop.path)) == ["a.txt", "link.txt", "pipe.txt"]
