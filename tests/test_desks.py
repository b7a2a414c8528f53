"""Growing past one desk: two on one PostgreSQL and one Prefect server, one of them killed; and no desk at all."""

import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from datetime import UTC, datetime
from pathlib import Path

import pytest
from conftest import Databases
from desking import ROOT, Server, Up, drop, free_port, made_up, wait_for

from storage import catalogue, inbox
from storage.records import Hints
from storage.store import open_store
from tasks import intake
from tasks.stages import Document

pytestmark = [pytest.mark.hard, pytest.mark.timeout(900)]

EACH = 1000
"""Documents that each of two desks is given."""


def plain() -> dict[str, str]:
    return {k: v for k, v in os.environ.items() if not k.startswith(("WIREDESK_", "PREFECT_"))}


@contextmanager
def prefect(folder: Path, *command: str, **variables: str) -> Iterator[subprocess.Popen[bytes]]:
    """One of Prefect's own processes."""
    log = (folder / f"{command[0]}.log").open("wb")
    settings = {"PREFECT_HOME": str(folder / "prefect"), "PREFECT_SERVER_SERVICES_LATE_RUNS_ENABLED": "false",
                "PREFECT_SERVER_ANALYTICS_ENABLED": "false", "DO_NOT_TRACK": "1"}  # fmt: skip
    process = subprocess.Popen(
        [sys.executable, "-m", "prefect", *command], env=plain() | settings | variables, cwd=ROOT, stdout=log,
        stderr=log, start_new_session=True,
    )  # fmt: skip
    try:
        yield process
    finally:
        process.terminate()
        try:
            process.wait(30)
        except subprocess.TimeoutExpired:  # Prefect's worker forgets a signal that comes while a run ends
            process.kill()
            process.wait()
        log.close()


def test_two_desks_share_the_work_and_one_takes_over_from_the_other(databases: Databases, tmp_path: Path) -> None:
    database, port = databases.fresh("postgresql"), free_port()
    shared = {"WIREDESK_DATABASE_URL": database, "WIREDESK_RAW_URL": str(tmp_path / "raw"), "WIREDESK_WORKERS": "1"}
    with ExitStack() as stack:
        stack.enter_context(prefect(tmp_path, "server", "start", "--host", "127.0.0.1", "--port", str(port)))
        shared["PREFECT_API_URL"] = f"http://127.0.0.1:{port}/api"
        desks = [Up(tmp_path / f"home-{n}", port, "desk", WIREDESK_DESK_NAME=f"desk-{n}", **shared) for n in (1, 2)]
        for desk in desks:
            stack.callback(desk.end)
        first, second = desks
        wait_for(first.answers, seconds=120, what="Prefect's server")
        headlines = {drop(desk.home, "Shared") for _ in range(EACH) for desk in desks}
        with open_store(database, raw_url=shared["WIREDESK_RAW_URL"]) as store:

            def filed() -> list[str]:
                with store.reading() as conn:
                    return [str(stored.article.headline) for stored in catalogue.articles(conn)]

            wait_for(lambda: len(filed()) > EACH // 2, seconds=400, what="half of them")
            run = first.large_run()
            first.process.send_signal(signal.SIGKILL)
            first.process.wait(10)
            # What it had taken in is the other's to file; what still lies in its folder waits for its next start.
            left = {p.stem.replace("-", " ") for p in (first.home / "drop").glob("*.html")}
            wait_for(lambda: second_has(headlines, left, filed()), seconds=600, what="all of them")
            wait_for(
                lambda: first.state(run) in {"Crashed", "Completed"}, seconds=120, what="the dead desk's run to end"
            )
            with store.reading() as conn:
                counts = inbox.counts(conn)
                found = filed()
            assert len(found) == len(set(found)) == counts["filed"], counts
            assert counts["rejected"] == 0
        assert second.stop() == 0
        assert "Traceback" not in second.said(), second.said()[-3000:]
    databases.drop(database)


def second_has(headlines: set[str], left: set[str], filed: list[str]) -> bool:
    names = {name.replace("-", " ") for name in filed}
    return {h.replace("-", " ") for h in headlines} - left <= names


def test_a_plain_worker_runs_the_deployments_without_a_desk(tmp_path: Path) -> None:
    port = free_port()
    variables = {
        "PREFECT_API_URL": f"http://127.0.0.1:{port}/api", "WIREDESK_HOME": str(tmp_path), "WIREDESK_WORKERS": "1",
    }  # fmt: skip
    with prefect(tmp_path, "server", "start", "--host", "127.0.0.1", "--port", str(port)):
        server = Server(port)
        wait_for(server.answers, seconds=120, what="Prefect's server")
        for command in (
            ["work-pool", "create", "wiredesk", "--type", "process"],
            ["--no-prompt", "deploy", "--all", "--prefect-file", "deployments/prefect.yaml"],
        ):
            done = subprocess.run(
                [sys.executable, "-m", "prefect", *command],
                cwd=ROOT,
                env=plain() | variables,
                capture_output=True,
                text=True,
            )
            assert done.returncode == 0, done.stdout[-3000:] + done.stderr[-3000:]
        assert len(server.ask("/deployments/filter")) == 7
        with open_store(f"sqlite:///{tmp_path / 'wiredesk.db'}", raw_url=str(tmp_path / "raw")) as store:
            headline, page = made_up("Plain")
            arrival = Document(input="plain.html", raw=page, hints=Hints())
            list(intake.take_in(store, [arrival], now=datetime.now(UTC)))
            run = server.start("ingest", batch_size=5)
            with prefect(
                tmp_path, "worker", "start", "--pool", "wiredesk", PREFECT_WORKER_QUERY_SECONDS="1", **variables
            ):
                wait_for(lambda: server.state(run) == "Completed", seconds=120, what="the run")
            with store.reading() as conn:
                assert [stored.article.headline for stored in catalogue.articles(conn)] == [headline]
