"""The command line run as a person runs it, or in this process."""

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

from flows import cli
from flows.settings import Settings

ROOT = Path(__file__).parent.parent


def wiredesk(
    *arguments: object, home: Path, status: int = 0, stdout: Any = subprocess.PIPE, **variables: str
) -> subprocess.CompletedProcess[str]:
    """Run the command; its environment has no setting of the one who runs the tests."""
    environment = {k: v for k, v in os.environ.items() if not k.startswith(("WIREDESK_", "PREFECT_"))} | variables
    done = subprocess.run(
        [Path(sys.executable).with_name("wiredesk"), *map(str, arguments), "--home", home],
        stdout=stdout, stderr=subprocess.PIPE, encoding="utf-8", cwd=ROOT, env=environment, timeout=200,
    )  # fmt: skip
    assert done.returncode == status, f"{(done.stdout or '')[-2000:]}\n{done.stderr[-4000:]}"
    return done


def lines(text: str) -> list[dict[str, Any]]:
    return [json.loads(line) for line in text.splitlines()]


def here(*arguments: object, home: Path) -> int:
    """Run a command in this process."""
    parsed = cli.parser().parse_args([str(a) for a in arguments])
    database = f"sqlite:///{home.absolute() / 'wiredesk.db'}"
    return int(parsed.run(parsed, Settings(home=home, database_url=database, raw_url=str(home / "raw"))))
