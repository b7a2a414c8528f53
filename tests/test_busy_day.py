"""A day of a busy desk, small: what is sent is filed once, copies are found, and nothing goes wrong on the way."""

import os
import subprocess
import sys
from pathlib import Path

import pytest
from desking import ROOT

pytestmark = [pytest.mark.hard, pytest.mark.timeout(900)]


def test_a_small_busy_day_comes_out_as_planned(tmp_path: Path) -> None:
    command = [sys.executable, str(ROOT / "tests" / "bench" / "busy_day.py"), "--articles", "300", "--feeds", "30",
               "--rounds", "4", "--minutes", "12", "--every", "1", "--out", str(tmp_path)]  # fmt: skip
    known = {k: v for k, v in os.environ.items() if not k.startswith(("WIREDESK_", "PREFECT_"))}
    done = subprocess.run(command, cwd=ROOT, env=known | {"PYTHONPATH": str(ROOT)}, capture_output=True, text=True)
    assert done.returncode == 0, done.stdout[-3000:] + done.stderr[-3000:]
    assert done.stdout.rstrip().endswith("all as planned")
    table = (tmp_path / "memory.tsv").read_text().splitlines()
    assert len({line.split("\t")[2] for line in table[1:]}) >= 4
    assert (tmp_path / "memory.svg").read_text().startswith("<svg")
