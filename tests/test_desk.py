"""The desk under Prefect, as it runs: one `wiredesk up` for all tests here, looked at from outside."""

import json
import os
import signal
import time
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

import pytest
from desking import Up, drop, free_port, wait_for

from storage import timeline
from storage.store import open_store

ENVIRONMENT = {"WIREDESK_WORKERS": "1", "PREFECT_SERVER_SERVICES_SCHEDULER_LOOP_SECONDS": "5"}


@pytest.fixture(scope="module")
def up(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Up]:
    started = Up(tmp_path_factory.mktemp("up"), free_port(), "up", **ENVIRONMENT).ready()
    yield started
    assert started.stop() == 0
    assert "Traceback" not in started.said(), started.said()
    log = (started.home / "log" / "server.log").read_text()
    assert "locked" not in log, log


def test_what_is_dropped_is_filed_by_a_run_of_its_deployment(up: Up) -> None:
    headline = drop(up.home, "Halcyon")
    wait_for(lambda: headline in up.filed(), what=headline)
    (run,) = wait_for(lambda: up.runs("ingest", name={"like_": "ingest 1 article from"}), what="a run that says so")
    assert "wake-up" in run["tags"]
    assert list((up.home / "drop" / "done").rglob("*.html"))
    wait_for(lambda: up.state(run["id"]) == "Completed")


def test_runs_started_by_hand_are_run_and_upkeep_leaves_the_overview(up: Up) -> None:
    by_hand = up.start("upkeep", thorough=True)
    wait_for(lambda: up.state(by_hand) == "Completed", what="upkeep")
    assert by_hand in {r["id"] for r in up.runs("upkeep", name={"any_": ["upkeep, thorough"]})}
    (overview,) = up.ask("/artifacts/filter", {"artifacts": {"key": {"any_": ["desk-overview"]}}})[:1]
    assert "backlog" in overview["data"]


def test_the_scheduler_makes_runs_and_the_desk_runs_them(up: Up) -> None:
    # With SQLAlchemy 2.1 Prefect's scheduler fails at every loop, while manual runs work and nobody notices.
    (deployment,) = up.ask("/deployments/filter", {"deployments": {"name": {"any_": ["upkeep"]}}})
    often = {"schedule": {"interval": 10, "anchor_date": "2026-01-01T00:00:00Z"}, "active": True}
    (schedule,) = up.ask(f"/deployments/{deployment['id']}/schedules", [often])
    wait_for(
        lambda: [r for r in up.runs("upkeep") if r["auto_scheduled"] and r["state_name"] == "Completed"],
        what="a run that the scheduler made",
    )
    # Its runs go with it: each would hold the one place that runs of upkeep have, which others here wait for.
    up.ask(f"/deployments/{deployment['id']}/schedules/{schedule['id']}", method="DELETE")


def test_a_desk_that_is_killed_is_started_again_and_its_run_marked(up: Up) -> None:
    headlines = {drop(up.home, "Killed") for _ in range(40)}
    run = up.large_run()
    os.kill(up.children()["desk"], signal.SIGKILL)
    wait_for(lambda: up.state(run) == "Crashed", seconds=60, what="the run's end")
    wait_for(lambda: headlines <= up.filed(), seconds=60, what="what it had in hand")


def test_a_run_says_what_was_rejected_in_it(up: Up) -> None:
    (up.home / "drop" / "empty.html").write_bytes(b"<html></html>")
    wait_for(
        lambda: up.runs("ingest", name={"like_": "nothing new in 1 document, 1 rejected"}), what="a run that says so"
    )


@pytest.mark.hard
def test_a_run_that_is_cancelled_ends_and_gives_back_what_it_held(up: Up) -> None:
    headlines = {drop(up.home, "Cancelled") for _ in range(60)}
    run = up.large_run()
    up.ask(f"/flow_runs/{run}/set_state", {"state": {"type": "CANCELLING"}})
    wait_for(lambda: up.state(run) == "Cancelled", seconds=20, what="the run's end")
    assert not headlines <= up.filed()
    up.start("ingest")
    wait_for(lambda: headlines <= up.filed(), seconds=60, what="what it gave back")


@pytest.mark.hard
def test_a_run_that_is_suspended_stops_and_goes_on_when_it_is_resumed(up: Up) -> None:
    headlines = {drop(up.home, "Suspended") for _ in range(60)}
    run = up.large_run()
    until = (datetime.now(UTC) + timedelta(hours=1)).isoformat()
    details = {"pause_timeout": until, "pause_reschedule": True}
    state = {"type": "PAUSED", "name": "Suspended", "state_details": details}
    up.ask(f"/flow_runs/{run}/set_state", {"state": state, "force": True})
    wait_for(lambda: up.state(run) == "Suspended", what="the run to stand still")
    time.sleep(5)
    assert up.state(run) == "Suspended"
    assert not headlines <= up.filed()
    up.ask(f"/flow_runs/{run}/resume", {})
    wait_for(lambda: up.state(run) == "Completed", seconds=60, what="the run's end")
    wait_for(lambda: headlines <= up.filed(), seconds=60, what="what was left")


@pytest.mark.hard
def test_a_paused_pool_holds_what_comes_until_it_is_resumed(up: Up) -> None:
    up.ask("/work_pools/wiredesk", {"is_paused": True}, method="PATCH")
    time.sleep(6)
    headline = drop(up.home, "Paused")
    wait_for(lambda: not list((up.home / "drop").glob("*.html")), what="the file to be taken in")
    time.sleep(2)
    assert headline not in up.filed()
    up.ask("/work_pools/wiredesk", {"is_paused": False}, method="PATCH")
    wait_for(lambda: headline in up.filed(), what=headline)


@pytest.mark.hard
def test_with_the_server_away_files_are_kept_and_filed_within_half_a_minute_of_its_return(up: Up) -> None:
    server = up.children()["server"]
    os.kill(server, signal.SIGSTOP)
    headlines = {drop(up.home, "Alone") for _ in range(10)}
    wait_for(lambda: not list((up.home / "drop").glob("*.html")), what="the files to be taken in")
    os.kill(server, signal.SIGKILL)
    wait_for(lambda: up.children().get("server", server) != server, what="a new server")
    wait_for(up.answers, what="its answer")
    wait_for(lambda: headlines <= up.filed(), seconds=30, what="what came meanwhile")


@pytest.mark.hard
def test_a_run_is_retried_from_the_ui(up: Up) -> None:
    run = up.start("upkeep")
    wait_for(lambda: up.state(run) == "Completed")
    up.ask(f"/flow_runs/{run}/set_state", {"state": {"type": "SCHEDULED", "name": "AwaitingRetry"}, "force": True})
    wait_for(lambda: up.ask(f"/flow_runs/{run}", method="GET")["run_count"] == 2, what="a second attempt")
    wait_for(lambda: up.state(run) == "Completed")


@pytest.mark.hard
def test_an_event_starts_whoever_listens(up: Up) -> None:
    (deployment,) = up.ask("/deployments/filter", {"deployments": {"name": {"any_": ["upkeep"]}}})
    trigger = {"type": "event", "posture": "Reactive", "expect": ["wiredesk.article.filed"], "threshold": 1,
               "within": 0, "match": {"prefect.resource.id": "wiredesk.article"}}  # fmt: skip
    action = {"type": "run-deployment", "source": "selected", "deployment_id": deployment["id"]}
    up.ask("/automations/", {"name": "listens", "trigger": trigger, "actions": [action]})
    time.sleep(3)
    before = {r["id"] for r in up.runs("upkeep")}
    headline = drop(up.home, "Heard")

    def started() -> bool:
        new = [r for r in up.runs("upkeep") if r["id"] not in before and not r["auto_scheduled"]]
        return any(r["state_name"] == "Completed" for r in new)

    wait_for(started, what="the run of the deployment that listens")
    assert headline in up.filed()


@pytest.mark.hard
def test_the_automation_of_the_timeline_file_starts_its_deployment_once_it_is_switched_on(up: Up) -> None:
    (automation,) = up.ask("/automations/filter", {"automations": {"name": {"any_": ["keep-timeline"]}}})
    assert not automation["enabled"]
    headline = drop(up.home, "Unheard")
    wait_for(lambda: headline in up.filed(), what=headline)
    assert up.runs("keep-timeline") == []
    up.ask(f"/automations/{automation['id']}", {"enabled": True}, method="PATCH")
    time.sleep(3)
    dated = {
        "headline": "Gates opened",
        "articleBody": "The gates of Grenholt were opened on 11 March 2026 in Brennick.",
    }
    passing = up.home / "dated.json"
    passing.write_text(json.dumps(dated))
    passing.rename(up.home / "drop" / passing.name)
    kept = up.home / "timeline.json"

    def written() -> list[tuple[str, str]]:
        # It may be there before: Prefect may hand on late what was filed before the automation was switched on.
        return [(e["date"], e["text"]) for e in json.loads(kept.read_text())["events"]] if kept.exists() else []

    wait_for(written, what="the event in the file that the deployment writes")
    assert written() == [("2026-03-11", dated["articleBody"])]
    with open_store(f"sqlite:///{up.home}/wiredesk.db", raw_url=str(up.home / "raw")) as store, store.reading() as conn:
        assert [(event["date"], event["text"]) for event in timeline.events(conn)] == written()
    wait_for(lambda: "Completed" in {run["state_name"] for run in up.runs("keep-timeline")}, what="its run")
