"""The command `up`: Prefect's server and a desk as child processes, watched, started again, and stopped together.

It imports no Prefect and does no work: it must outlive whatever happens to the two.
"""

import argparse
import contextlib
import ctypes
import os
import select
import signal
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Final

from flows import settings as environment
from flows.settings import Settings
from flows.standing import DESK_LOCK, answers, notify, only_one
from storage.errors import Misconfigured, WiredeskError
from storage.store import open_store

START_S: Final = 180.0
"""So long a process may take to answer: the first start of Prefect's server takes 6 s, on a busy machine ten times."""
SERVER_STOP_S: Final = 10.0
LONGEST_PAUSE_S: Final = 30.0
HOPELESS: Final = 2
"""Exit status of a child that a person must help; it is not started again."""


def up(arguments: argparse.Namespace, settings: Settings) -> int:
    """Run everything until SIGTERM or Ctrl-C."""
    del arguments
    other = environment.named_server()
    with contextlib.ExitStack() as stack:
        # What is written there lets other commands for this HOME find the server.
        file, taken = settings.home / environment.SERVING, "`wiredesk up` runs already for this HOME"
        stack.enter_context(only_one(file, taken, note=environment.api_url(settings)))
        database = _check(settings, other)
        return _Watch(settings, other, database).run()


def _check(settings: Settings, other: str | None) -> str:
    """Find out now what would stop the children later. Gives the database's address, fit to be shown.

    Raises:
        Misconfigured: something that a person must mend.
    """
    with only_one(settings.home / DESK_LOCK, "a desk runs already for this HOME; stop it, or give this one its own"):
        pass
    if settings.drop_folder is not None and not settings.drop.is_dir():
        subject = f"WIREDESK_DROP_FOLDER={settings.drop}"
        raise Misconfigured("this folder is not there; make it, or name another", subject=subject)
    with open_store(settings.database, raw_url=settings.raw) as store:
        database = store.engine.url.render_as_string(hide_password=True)
    if other is None:
        _check_port(settings)
    elif not answers(other):
        subject = f"PREFECT_API_URL={other}"
        raise Misconfigured("no Prefect server answers there; start it, or unset this", subject=subject)
    return database


def _check_port(settings: Settings) -> None:
    family = socket.AF_INET6 if ":" in settings.host else socket.AF_INET
    with socket.socket(family) as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((settings.host, settings.port))
        except OSError as error:
            raise Misconfigured(
                "it cannot be listened on; give another WIREDESK_PORT, or, if a Prefect server is there, set "
                f"PREFECT_API_URL={environment.api_url(settings)} to use it",
                subject=f"{settings.host}:{settings.port}",
            ) from error


@dataclass(slots=True)
class _Child:
    """One process that is kept running."""

    name: str
    command: Sequence[str]
    environment: Mapping[str, str]
    log: Path | None = None
    process: "subprocess.Popen[bytes] | None" = None
    started: float = 0.0
    pause_s: float = 0.0
    again: float = 0.0

    def start(self) -> None:
        """Start it. It does not hear the terminal's Ctrl-C, and ends with this process, however that ends."""
        out: IO[bytes] | None = None
        if self.log is not None:
            self.log.parent.mkdir(parents=True, exist_ok=True)
            out = self.log.open("ab")
        self.process = subprocess.Popen(  # noqa: S603 - our own command
            self.command, env=dict(self.environment), stdin=subprocess.DEVNULL, stdout=out, stderr=out,
            start_new_session=True, preexec_fn=_end_with_parent,  # noqa: PLW1509 - this process has one thread
        )  # fmt: skip
        if out is not None:
            out.close()
        self.started = time.monotonic()

    def stop(self, timeout_s: float) -> None:
        """Ask it to end, and kill it if it does not."""
        if self.process is None or self.process.poll() is not None:
            return
        self.process.terminate()
        try:
            self.process.wait(timeout_s)
        except subprocess.TimeoutExpired:
            say(f"{self.name} does not stop within {timeout_s:g} s and is killed")
            self.process.kill()
            self.process.wait()


def _end_with_parent() -> None:
    with contextlib.suppress(OSError, AttributeError):
        ctypes.CDLL(None).prctl(1, signal.SIGTERM)  # PR_SET_PDEATHSIG; Linux only


def say(words: str) -> None:
    """Tell the person at the terminal."""
    print(words, file=sys.stderr, flush=True)


class _Watch:
    """Starts the children, starts again what dies, and stops them all."""

    def __init__(self, settings: Settings, other: str | None, database: str) -> None:
        self._settings = settings
        self._api = environment.api_url(settings)
        self._other = other
        self._database = database
        self._children: Sequence[_Child] = ()
        self._stopping = self._interrupted = False

    def run(self) -> int:
        """Run until told to stop. Gives the exit status."""
        for number in (signal.SIGTERM, signal.SIGINT):
            signal.signal(number, self._stop)
        with _mailbox() as (address, mail):
            python = [sys.executable, "-m"]
            settings = self._settings
            server = _Child(
                "Prefect's server",
                [*python, "flows.server", "--host", settings.host, "--port", str(settings.port)],
                environment.server_environment(settings),
                log=settings.home / "log" / "server.log",
            )
            told = {**environment.desk_environment(settings), "NOTIFY_SOCKET": address}
            desk = _Child("the desk", [*python, "flows", "desk"], told)
            self._children = [desk] if self._other else [server, desk]
            try:
                return self._watch(mail)
            finally:
                notify("STOPPING=1")
                desk.stop(2 * settings.stop_s + 20)
                server.stop(SERVER_STOP_S)

    def _stop(self, number: int, _frame: object) -> None:
        if number == signal.SIGINT:
            if self._interrupted:  # told twice: at once
                for child in self._children:
                    if child.process is not None:
                        child.process.kill()
                os._exit(130)
            self._interrupted = True
        self._stopping = True

    def _watch(self, mail: socket.socket) -> int:
        for child in self._children:
            child.start()
        ready = False
        deadline = time.monotonic() + START_S
        while not self._stopping:
            for child in self._children:
                if (status := self._tend(child)) is not None:
                    return status
            heard = select.select([mail], [], [], 0.2)[0]
            words = mail.recv(4096) if heard else b""
            if not ready and b"READY=1" in words:
                ready = True
                self._greet()
            if not ready and time.monotonic() > deadline:
                raise WiredeskError(f"nothing answers after {START_S:g} s; see {self._settings.home / 'log'}")
        say("stopping; work in hand is brought to its end, or ends at once at a second Ctrl-C")
        return 0

    def _tend(self, child: _Child) -> int | None:
        """Start a child again if it has died. Gives the exit status if that would be in vain."""
        process = child.process
        if process is None:
            if time.monotonic() >= child.again:
                child.start()
            return None
        status = process.poll()
        if status is None:
            return None
        if status == HOPELESS and child.log is None:
            return HOPELESS
        lived = time.monotonic() - child.started
        child.pause_s = 0.2 if lived > 60 else min(LONGEST_PAUSE_S, max(1.0, 2 * child.pause_s))
        if status != 0:
            where = f"; see {child.log}" if child.log else ""
            say(f"{child.name} died (status {status}) and is started again in {child.pause_s:g} s{where}")
        child.process, child.again = None, time.monotonic() + child.pause_s
        return None

    def _greet(self) -> None:
        settings = self._settings
        say(f"Prefect UI    {self._api.removesuffix('/api')}")
        say(f"drop folder   {settings.drop.absolute()}")
        say(f"database      {self._database}")
        say("Ready. Ctrl-C stops it.")
        notify("READY=1")


@contextlib.contextmanager
def _mailbox() -> Iterator[tuple[str, socket.socket]]:
    """Open the socket on which the desk says that it is ready."""
    with (
        tempfile.TemporaryDirectory(prefix="wiredesk-") as folder,
        socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as mail,
    ):
        address = f"{folder}/notify"
        mail.bind(address)
        yield address, mail
