"""The deployments as Prefect finds them: each loads by itself, says what it is, and can be started from its form."""

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from prefect.events import DeploymentEventTrigger
from prefect.flows import load_flow_from_entrypoint
from prefect.utilities.callables import parameter_schema

from flows import announce
from flows.register import FILE, POOL, read_deployments

ROOT = Path(__file__).parent.parent
NAMES = {"sweep-drop-folder", "poll-feeds", "fetch-pages", "ingest", "backfill", "upkeep", "keep-timeline"}

LOADS = """
import json, sys
from prefect.flows import load_flow_from_entrypoint
print(json.dumps([load_flow_from_entrypoint(e, use_placeholder_flow=False).name for e in sys.argv[1:]]))
"""


def entries() -> dict[str, dict[str, Any]]:
    return {entry["name"]: entry for entry in read_deployments()}


def test_all_of_them_are_there_on_the_one_pool() -> None:
    assert entries().keys() == NAMES
    assert {entry["work_pool"]["name"] for entry in entries().values()} == {POOL}
    assert FILE.is_file()


@pytest.mark.parametrize("written", ["module", "file"])
def test_each_loads_in_a_fresh_process(written: str, tmp_path: Path) -> None:
    points = [str(entry["entrypoint"]) for entry in entries().values()]
    if written == "file":
        points = [f"{'/'.join(p.split('.')[:-1])}.py:{p.split('.')[-1]}" for p in points]
    environment = {k: v for k, v in os.environ.items() if not k.startswith(("WIREDESK_", "PREFECT_"))}
    done = subprocess.run(
        [sys.executable, "-c", LOADS, *points], cwd=ROOT, capture_output=True, text=True, timeout=120,
        env=environment | {"PREFECT_HOME": str(tmp_path), "PREFECT_SERVER_ALLOW_EPHEMERAL_MODE": "false"},
    )  # fmt: skip
    assert done.returncode == 0, done.stderr[-2000:]
    assert json.loads(done.stdout) == [*entries()]


@pytest.mark.parametrize("name", sorted(NAMES))
def test_the_form_says_what_each_parameter_is(name: str) -> None:
    entry = entries()[name]
    assert len(entry["description"]) > 40
    assert entry["concurrency_limit"]["collision_strategy"] == "ENQUEUE"
    assert "wiredesk" in entry["tags"]
    for parameter, says in parameter_schema(load_flow_from_entrypoint(entry["entrypoint"])).properties.items():
        assert says.get("description"), f"{name}: {parameter} has no help text"
        assert {"type", "anyOf", "$ref", "allOf"} & says.keys(), f"{name}: {parameter} has no type"


def test_automations_wait_for_what_is_announced_and_are_switched_off() -> None:
    triggers = [DeploymentEventTrigger(**said) for entry in entries().values() for said in entry.get("triggers", [])]
    assert triggers
    assert not any(trigger.enabled for trigger in triggers)
    assert {event for trigger in triggers for event in trigger.expect} <= set(announce._ANNOUNCED.values())
