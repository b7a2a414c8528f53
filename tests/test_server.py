"""Prefect's server as `up` starts it, and the desk's client of it: what is busy is waited for, not failed over."""

import asyncio
import contextlib
import json
import sqlite3
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import httpx
import pytest
from desking import Up, drop, free_port, wait_for
from prefect.client.orchestration import get_client
from prefect.settings import PREFECT_CLIENT_SERVER_VERSION_CHECK_ENABLED, temporary_settings

from flows import askagain
from flows.askagain import AskAgain, PatientClients

READ_THEN_WRITE = """
import asyncio, sys
from flows import server
server.take_turns()
from prefect.server.database import provide_database_interface
from sqlalchemy import text

async def add(db):
    async with db.session_context(begin_transaction=True) as session:
        n = (await session.execute(text("SELECT n FROM one"))).scalar_one()
        await asyncio.sleep(0.02)  # another one has read the same by now, if it may
        await session.execute(text("UPDATE one SET n = :n"), {"n": n + 1})

async def main():
    db = provide_database_interface()
    async with db.session_context(begin_transaction=True) as session:
        await session.execute(text("CREATE TABLE one (n INTEGER)"))
        await session.execute(text("INSERT INTO one VALUES (0)"))
    await asyncio.gather(*(add(db) for _ in range(8)))

asyncio.run(main())
"""


def test_transactions_of_the_server_take_turns(tmp_path: Path) -> None:
    database = tmp_path / "prefect.db"
    environment = {
        "PREFECT_HOME": str(tmp_path),
        "PREFECT_SERVER_DATABASE_CONNECTION_URL": f"sqlite+aiosqlite:///{database}",
        "PATH": "",
    }
    script = subprocess.run([sys.executable, "-c", READ_THEN_WRITE], env=environment, capture_output=True, text=True,
                            timeout=120, cwd=Path(__file__).parent.parent)  # fmt: skip
    assert script.returncode == 0, script.stderr
    with sqlite3.connect(database) as conn:
        assert conn.execute("SELECT n FROM one").fetchone() == (8,)


@contextmanager
def busy(times: int) -> Iterator[tuple[str, list[bytes]]]:
    """Serve 503 so many times, then 201. Gives the address, and what was sent."""
    bodies: list[bytes] = []

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_POST(self) -> None:
            bodies.append(self.rfile.read(int(self.headers["Content-Length"])))
            self.send_response(503 if len(bodies) <= times else 201)
            self.send_header("Content-Length", "2")
            self.end_headers()
            self.wfile.write(b"{}")

        def log_message(self, *_: object) -> None:
            pass

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        try:
            yield f"http://127.0.0.1:{server.server_port}", bodies
        finally:
            server.shutdown()


def test_what_is_answered_busy_is_asked_again_at_once() -> None:
    async def ask(url: str) -> int:
        async with httpx.AsyncClient(transport=AskAgain()) as client:
            return (await client.post(url, json={"name": "ingest"})).status_code

    with busy(3) as (url, bodies):
        began = time.monotonic()
        assert asyncio.run(ask(url)) == 201
        assert time.monotonic() - began < 1
    assert bodies == [b'{"name":"ingest"}'] * 4


def test_a_server_that_stays_busy_is_reported(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(askagain, "PATIENCE_S", 1.0)

    async def ask(url: str) -> int:
        async with httpx.AsyncClient(transport=AskAgain()) as client:
            return (await client.post(url, json={})).status_code

    with busy(1000) as (url, bodies):
        assert asyncio.run(ask(url)) == 503
    assert 1 < len(bodies) < 20


def test_whoever_asks_for_a_client_gets_the_patient_one() -> None:
    async def same() -> bool:
        with temporary_settings({PREFECT_CLIENT_SERVER_VERSION_CHECK_ENABLED: False}):
            async with PatientClients("http://127.0.0.1:1/api") as shared:
                return get_client() is shared.client

    assert asyncio.run(same())


@pytest.mark.hard
@pytest.mark.timeout(600)
def test_prefects_database_is_kept_small(tmp_path: Path) -> None:
    passing = dict.fromkeys(("prefect.task-run.Running", "prefect.task-run.Completed"), 20)
    often = {
        "PREFECT_SERVER_SERVICES_DB_VACUUM_EVENT_RETENTION_OVERRIDES": json.dumps(passing),
        "PREFECT_SERVER_SERVICES_DB_VACUUM_LOOP_SECONDS": "5",
    }
    up = Up(tmp_path, free_port(), "up", WIREDESK_WORKERS="1", **often).ready()
    try:
        headline = drop(tmp_path, "Kept")
        wait_for(lambda: headline in up.filed(), what=headline)
        (run,) = wait_for(lambda: up.runs("ingest", state={"type": {"any_": ["COMPLETED"]}}), what="its run")
        database = tmp_path / "prefect" / "prefect.db"

        def count(event: str) -> int:
            with contextlib.closing(sqlite3.connect(database, timeout=30)) as conn:
                return int(conn.execute("SELECT count(*) FROM events WHERE event = ?", (event,)).fetchone()[0])

        wait_for(lambda: count("prefect.task-run.Completed") == 3, what="the events of its tasks")
        wait_for(lambda: count("prefect.task-run.Completed") == 0, seconds=90, what="their end")
        assert count("prefect.flow-run.Completed")  # of another kind: these stay for a day

        with contextlib.closing(sqlite3.connect(database, timeout=30)) as conn, conn:
            long_ago = "2020-01-01 00:00:00.000000"
            conn.execute("UPDATE flow_run SET end_time = ?", (long_ago,))
        wait_for(lambda: run["id"] not in {r["id"] for r in up.runs("ingest")}, seconds=90, what="the old run's end")
    finally:
        up.stop()
