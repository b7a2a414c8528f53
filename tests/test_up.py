"""`wiredesk up` where it cannot start: one clear sentence, at once, and nothing left running."""

import signal
import socket
import sqlite3
import time
from pathlib import Path

import psutil
import pytest
from desking import Up, free_port, wait_for

from flows import settings as environment
from flows.standing import DESK_LOCK, is_held, only_one
from storage.store import open_store


def refused(home: Path, port: int | None = None, **variables: str) -> str:
    """What it says when it gives up. It is one line."""
    (home / "up.log").unlink(missing_ok=True)
    up = Up(home, port or free_port(), "up", **variables)
    assert up.process.wait(60) == 2, up.said()
    (line,) = up.said().splitlines()
    return line


def test_a_port_in_use(tmp_path: Path) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        said = refused(tmp_path, port)
    assert f"127.0.0.1:{port}" in said
    assert "WIREDESK_PORT" in said
    assert f"PREFECT_API_URL=http://127.0.0.1:{port}/api" in said


def test_a_drop_folder_that_is_not_there(tmp_path: Path) -> None:
    assert str(tmp_path / "gone") in refused(tmp_path, WIREDESK_DROP_FOLDER=str(tmp_path / "gone"))


def test_a_second_desk_for_the_same_home(tmp_path: Path) -> None:
    with only_one(tmp_path / "desk.lock", "taken"):
        assert "a desk runs already" in refused(tmp_path)
    with only_one(tmp_path / environment.SERVING, "taken", note="http://127.0.0.1:1/api"):
        assert "`wiredesk up` runs already" in refused(tmp_path)
        assert environment.running_server(tmp_path) == "http://127.0.0.1:1/api"
    assert environment.running_server(tmp_path) is None


def test_a_database_that_is_newer_or_does_not_answer(tmp_path: Path) -> None:
    open_store(f"sqlite:///{tmp_path / 'wiredesk.db'}", raw_url=str(tmp_path / "raw")).close()
    with sqlite3.connect(tmp_path / "wiredesk.db") as conn:
        conn.execute("UPDATE alembic_version SET version_num = '9999'")
    conn.close()
    assert "newer version (9999" in refused(tmp_path)
    nobody = f"postgresql://wire@127.0.0.1:{free_port()}/desk"
    up = Up(tmp_path / "other", free_port(), "up", WIREDESK_DATABASE_URL=nobody)
    assert up.process.wait(60) == 1
    (line,) = up.said().splitlines()
    assert "does not answer" in line


def test_a_prefect_server_that_is_named_and_not_there(tmp_path: Path) -> None:
    said = refused(tmp_path, PREFECT_API_URL=f"http://127.0.0.1:{free_port()}/api")
    assert "no Prefect server answers there" in said


@pytest.mark.hard
@pytest.mark.parametrize("command", ["up", "desk"])
def test_a_second_ctrl_c_ends_everything_at_once(command: str, tmp_path: Path) -> None:
    port = free_port()
    up = Up(tmp_path, port, "up").ready()
    ended = up
    try:
        if command == "desk":
            ended = Up(tmp_path / "other", port, "desk", PREFECT_API_URL=up.api)
            wait_for(lambda: is_held(ended.home / DESK_LOCK), what="the desk")
            time.sleep(3)  # it has its worker processes by then
        below = psutil.Process(ended.process.pid).children(recursive=True)
        until = time.monotonic() + 5
        while ended.process.poll() is None and time.monotonic() < until:  # two at once may come as one
            ended.process.send_signal(signal.SIGINT)
            time.sleep(0.1)
        assert ended.process.wait(0) == 130
        _, left = psutil.wait_procs(below, timeout=30)  # those that were loading their models finish that
        assert left == []
        with only_one(ended.home / DESK_LOCK, "taken"):
            pass
    finally:
        if ended is not up:
            up.process.send_signal(signal.SIGTERM)  # twice is not at once, as it is for Ctrl-C
            time.sleep(0.2)
            assert up.stop() == 0
