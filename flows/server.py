"""Starts Prefect's server as the desk needs it on SQLite: `python -m flows.server`, with the options of `server start`.

Three things are done to the server's process before it starts; on PostgreSQL the first two do not matter.

Its transactions begin IMMEDIATE. Begun DEFERRED, as Prefect does, one that reads and then writes is refused at once
when another has written meanwhile: a request is answered 503 and repeated two seconds later, and what the server does
by itself ends as "database is locked" in its log. Begun IMMEDIATE, they wait for one another, some milliseconds each.

Garbage is collected in a thread of its own. A cursor that is collected waits for its connection; if that waits for the
write lock, and the collection happens to run in the event loop, the loop stands still, and with it the transaction
that holds the lock: for sixty seconds, SQLite's patience. Seen once in some fifty runs before.

Its queue of its own chores is looked through once a second instead of four times, which takes off a fifth of what an
idle server costs.
"""

import gc
import runpy
import sys
import threading
import time
from datetime import timedelta
from functools import partial
from typing import Any, Final

from docket import Worker
from prefect.server.api import background_workers
from prefect.server.database import configurations

WAIT: Final = timedelta(seconds=2)
DUE: Final = timedelta(seconds=1)
COLLECT_S: Final = 5.0
SETTLED_AFTER: Final = 6
THOROUGHLY_EVERY: Final = 120
"""Every so many collections one goes through everything that has lived long; not through what the start has loaded."""


def main() -> None:
    """Run the server until it is told to stop."""
    take_turns()
    idle_slowly()
    threading.Thread(target=_collect, name="garbage", daemon=True).start()
    sys.argv[:] = ["prefect", "server", "start", *sys.argv[1:]]
    runpy.run_module("prefect", run_name="__main__", alter_sys=True)


def take_turns() -> None:
    """Let every transaction on SQLite begin IMMEDIATE."""

    def begin(self: configurations.AioSqliteConfiguration, conn: Any) -> None:
        del self
        if configurations.SQLITE_BEGIN_MODE.get() is not None:  # None: a statement by itself, which needs none
            conn.exec_driver_sql("BEGIN IMMEDIATE")

    configurations.AioSqliteConfiguration.begin_sqlite_stmt = begin  # type: ignore[method-assign]


def idle_slowly() -> None:
    """Let the server's own queue look for what is due once a second instead of four times, and wait longer for more."""
    vars(background_workers)["Worker"] = partial(Worker, minimum_check_interval=WAIT, scheduling_resolution=DUE)


def _collect() -> None:
    gc.disable()
    done = 0
    while True:
        time.sleep(COLLECT_S)
        done += 1
        gc.collect(2 if done % THOROUGHLY_EVERY == 0 else 1)
        if done == SETTLED_AFTER:
            gc.freeze()  # half a million objects that stay; .6 s to go through


if __name__ == "__main__":
    main()
