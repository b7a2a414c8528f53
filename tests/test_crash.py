"""Killed anywhere, nothing is lost and nothing doubled: a rerun leaves what an undisturbed run leaves.

`tests/crashing.py` runs the desk's work in children that kill themselves at exact points. A failure names job and
points; `python tests/crashing.py JOB POINT...` meets them again, `--postgresql` on the other database.
"""

import random
from collections.abc import Iterator
from pathlib import Path

import pytest
from conftest import Databases
from crashing import JOBS, Case, Yard, site
from faultyserver import FaultyServer

ROOT = Path(__file__).parent.parent
SEED = 20261122
KILLS = {"ingest": 45, "sweep": 45, "watch": 35, "poll": 35, "backfill": 25, "renew": 15}
"""How often each job is killed, on each database: 200 times together."""


@pytest.fixture(scope="module")
def yard() -> Iterator[Yard]:
    with Yard() as running:
        yield running


@pytest.fixture
def case(yard: Yard, job: str, tmp_path: Path, databases: Databases, dialect: str, server: FaultyServer) -> Case:
    made = Case(yard, job, tmp_path, lambda: databases.fresh(dialect), databases.drop, site(server))
    made.measure()
    return made


def attack(case: Case, job: str, dialect: str, many: int) -> None:
    dice = random.Random(f"{SEED} {job} {dialect}")
    failures = [said for kills in case.draw(dice, many) if (said := case.attack(kills)) is not None]
    assert not failures, f"seed {SEED}, {dialect}, {len(failures)} of {many}:\n" + "\n".join(failures[:5])


def test_the_jobs_are_killed_two_hundred_times() -> None:
    assert set(KILLS) == set(JOBS)
    assert sum(KILLS.values()) == 200


@pytest.mark.hard
@pytest.mark.timeout(900)
@pytest.mark.parametrize("job", JOBS)
def test_a_rerun_leaves_what_an_undisturbed_run_leaves(case: Case, job: str, dialect: str) -> None:
    assert {label.split()[0] for label in case.points} >= {"execute", "commit"}
    assert case.expected["articles"]
    assert case.expected["in hand"] == []
    assert case.expected["rebuilt from the change feed"] == [
        dict.fromkeys(("articles", "copies", "stories", "quotes", "timeline"), True)
    ]
    attack(case, job, dialect, KILLS[job])


@pytest.mark.parametrize("dialect", ["sqlite"])
@pytest.mark.parametrize("job", ["sweep"])
def test_a_sweep_that_was_killed_is_made_good(case: Case, job: str, dialect: str) -> None:
    attack(case, job, dialect, 5)
