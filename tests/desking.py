"""A desk as an operator has it: `wiredesk up` in a home of its own, and what its tests ask of Prefect's server."""

import contextlib
import itertools
import json
import os
import random
import signal
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, TypeVar

from storage import catalogue
from storage.store import Store, open_store

ROOT = Path(__file__).parent.parent
T = TypeVar("T")
_NUMBERS = itertools.count(1)


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def wait_for(look: Callable[[], T | None], *, seconds: float = 60, what: str = "") -> T:
    """Look again and again until something is there."""
    until = time.monotonic() + seconds
    while not (found := look()):
        assert time.monotonic() < until, f"{what or look} did not come within {seconds:g} s"
        time.sleep(0.05)
    return found


class Server:
    """A Prefect server, as one that looks from outside sees it."""

    def __init__(self, port: int) -> None:
        self.api = f"http://127.0.0.1:{port}/api"

    def ask(self, path: str, body: object = None, *, method: str = "POST") -> Any:
        """Ask Prefect's server."""
        request = urllib.request.Request(
            self.api + path, method=method, headers={"content-type": "application/json"},
            data=None if method == "GET" else json.dumps(body if body is not None else {}).encode(),
        )  # fmt: skip
        for _ in range(100):
            try:
                with urllib.request.urlopen(request, timeout=30) as answer:
                    return json.loads(answer.read() or "null")
            except urllib.error.HTTPError as error:
                if error.code != 503:  # its database is busy
                    raise
            except TimeoutError:
                if method != "GET" and not path.endswith("/filter"):  # asked twice it might be done twice
                    raise
            time.sleep(0.1)
        raise AssertionError(f"{path}: the server stayed busy")

    def answers(self) -> bool:
        """True if Prefect's server does."""
        with contextlib.suppress(OSError):
            return self.ask("/health", method="GET") is True
        return False

    def runs(self, deployment: str = "", **which: object) -> list[dict[str, Any]]:
        body: dict[str, Any] = {"flow_runs": which, "sort": "START_TIME_ASC"}
        if deployment:
            body["deployments"] = {"name": {"any_": [deployment]}}
        return list(self.ask("/flow_runs/filter", body))

    def start(self, deployment: str, **parameters: object) -> str:
        """Start a run by hand, as the UI does."""
        flow = self.ask("/deployments/filter", {"deployments": {"name": {"any_": [deployment]}}})[0]
        return str(self.ask(f"/deployments/{flow['id']}/create_flow_run", {"parameters": parameters})["id"])

    def state(self, run_id: str) -> str:
        return str(self.ask(f"/flow_runs/{run_id}", method="GET")["state"]["name"])

    def large_run(self) -> str:
        """Wait for a run of `ingest` that has many documents in hand; its id."""

        def look() -> str | None:
            for run in self.runs("ingest", state={"type": {"any_": ["RUNNING"]}}):
                if len(run["parameters"].get("items") or ()) >= 10:
                    return str(run["id"])
            return None

        return wait_for(look, what="a run with many documents")


class Up(Server):
    """`wiredesk up`, or a single desk, as a process."""

    def __init__(self, home: Path, port: int, *command: str, **variables: str) -> None:
        super().__init__(port)
        self.home = home
        self.log = home / f"{command[0]}.log"
        known = {k: v for k, v in os.environ.items() if not k.startswith(("WIREDESK_", "PREFECT_"))}
        set_ = {"WIREDESK_HOME": str(home), "WIREDESK_PORT": str(port), **variables}
        home.mkdir(parents=True, exist_ok=True)
        self._before = len(self.said()) if self.log.exists() else 0
        with self.log.open("ab") as log:
            self.process = subprocess.Popen(
                [sys.executable, "-m", "flows", *command], env=known | set_, cwd=ROOT, stdout=log, stderr=log,
                start_new_session=True,
            )  # fmt: skip

    def said(self) -> str:
        return self.log.read_text(encoding="utf-8", errors="replace")

    def ready(self, seconds: float = 180) -> "Up":
        """Wait until this start of it says so; the log may tell of an earlier one."""
        wait_for(
            lambda: "Ready." in self.said()[self._before :] or self.process.poll() is not None,
            seconds=seconds,
            what=self.said(),
        )
        assert self.process.poll() is None, self.said()
        return self

    def children(self) -> dict[str, int]:
        """The pids of the server and of the desk."""
        found = {}
        for pid in subprocess.run(["ps", "-o", "pid=", "--ppid", str(self.process.pid)], capture_output=True,
                                  text=True).stdout.split():  # fmt: skip
            words = Path(f"/proc/{pid}/cmdline").read_bytes()
            found["server" if b"server" in words else "desk"] = int(pid)
        return found

    def stop(self, seconds: float = 60) -> int:
        self.process.send_signal(signal.SIGTERM)
        return self.process.wait(seconds)

    def end(self) -> None:
        """Kill it if it still runs."""
        if self.process.poll() is None:
            self.process.kill()
            self.process.wait(10)

    @contextlib.contextmanager
    def store(self) -> Iterator[Store]:
        with open_store(f"sqlite:///{self.home / 'wiredesk.db'}", raw_url=str(self.home / "raw")) as store:
            yield store

    def filed(self) -> set[str]:
        """The headlines of what is filed."""
        with self.store() as store, store.reading() as conn:
            return {str(stored.article.headline) for stored in catalogue.articles(conn)}


def made_up(topic: str, *, sentences: int = 14) -> tuple[str, bytes]:
    """A made-up article of some 350 words that is like no other: its headline and its page.

    Its words are made of syllables, so that two share hardly a run of three: filing a copy costs many times as much.
    """
    n = next(_NUMBERS)
    drawn = random.Random(f"{os.getpid()} {n}")
    headline = f"{topic} {os.getpid()}-{n} opens {_word(drawn)} {_word(drawn)}"
    said = '"We {} the {} of {} before {}," said {} {}, who runs the {}.'
    told = "The {} of {} {} on Tuesday, while {} in {} {} the {} that {} had {} near {}."
    body = "".join(
        f"<p>{_filled(told, drawn)} {_filled(told, drawn)} {_filled(said, drawn)}</p>" for _ in range(sentences // 2)
    )
    page = (
        f"<html><head><title>{headline}</title></head><body><article><h1>{headline}</h1>{body}</article></body></html>"
    )
    return headline, page.encode()


def _word(drawn: random.Random) -> str:
    return "".join(drawn.choice("bdfgklmnprstv") + drawn.choice("aeiou") for _ in range(drawn.randint(2, 4)))


def _filled(sentence: str, drawn: random.Random) -> str:
    return sentence.format(*(_word(drawn) for _ in range(sentence.count("{}"))))


def drop(home: Path, topic: str) -> str:
    """Let a made-up article come into the drop folder, whole, by a rename. Gives its headline."""
    headline, page = made_up(topic)
    name = headline.replace(" ", "-")
    passing = home / f"{name}.html"
    passing.write_bytes(page)
    (home / "drop").mkdir(exist_ok=True)
    passing.replace(home / "drop" / f"{name}.html")
    return headline
