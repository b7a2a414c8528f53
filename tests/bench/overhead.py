"""What Prefect costs: a backfill of made-up articles as a flow with its tasks and artifacts, and the same work called.

    python tests/bench/overhead.py --n 2000 --batch 50

Both do a part by turns, each into a store of its own with warm worker processes of its own, so that what else the
machine does falls on both. `--limit .1` fails where Prefect takes a greater share of the run time.
"""

import argparse
import asyncio
import logging
import os
import shutil
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from unittest import mock

sys.path.insert(0, str(Path(__file__).parent.parent))
os.environ.setdefault("PREFECT_SERVER_EPHEMERAL_STARTUP_TIMEOUT_SECONDS", "180")


async def _nothing(*_: object, **__: object) -> None:
    pass


@contextmanager
def called() -> Iterator[None]:
    """Let flows and tasks be plain functions, and artifacts nothing."""
    from flows import backfill, refilling
    from tasks import batches

    with ExitStack() as stack:
        for name in ("extract_batch", "enrich_batch", "file_batch"):
            plain = getattr(batches, name).fn

            async def unquoted(*args: object, plain: object = plain, batch: str = "", **named: object) -> object:
                given = [getattr(a, "value", a) if type(a).__name__ == "quote" else a for a in args]
                return await plain(*given, batch=batch, **named)  # type: ignore[operator]

            stack.enter_context(mock.patch.object(refilling, name, unquoted))
        stack.enter_context(mock.patch.object(refilling.announce, "changed", _nothing))
        stack.enter_context(mock.patch.object(backfill, "acreate_table_artifact", _nothing))
        stack.enter_context(mock.patch.object(backfill, "get_run_logger", return_value=logging.getLogger("bench")))
        for name in ("begin", "add", "end"):
            stack.enter_context(mock.patch(f"flows.headway.Headway.{name}", _nothing))
        yield


def main() -> int:
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--n", type=int, default=2000)
    parser.add_argument("--batch", type=int, default=50)
    parser.add_argument("--parts", type=int, default=5, help="by so many turns, the first of them to warm up")
    parser.add_argument("--limit", type=float, help="greatest share of the run time that Prefect may take")
    given = parser.parse_args()
    home = Path(tempfile.mkdtemp(prefix="wiredesk-bench-"))
    os.environ |= {"WIREDESK_HOME": str(home), "PREFECT_HOME": str(home / "prefect")}

    from desking import made_up

    from flows import refilling
    from flows.settings import prepare_prefect, read_settings

    prepare_prefect(read_settings())
    from flows.backfill import backfill
    from flows.workplace import Workplace
    from storage.store import open_store
    from tasks import stages
    from tasks.pool import warm_pool

    setattr(refilling, "BATCH", given.batch)  # noqa: B010 - a constant there
    parts = []
    for n in range(given.parts):
        parts.append(home / f"part-{n}")
        parts[-1].mkdir()
        for i in range(given.n // given.parts):
            (parts[-1] / f"{i}.html").write_bytes(made_up("Old")[1])
    took = {"flow": 0.0, "called": 0.0}
    try:
        with ExitStack() as stack:
            places = {
                name: Workplace(
                    stack.enter_context(open_store(f"sqlite:///{home / name}.db", raw_url=str(home / f"raw-{name}"))),
                    stack.enter_context(warm_pool(2, prepare=stages.load_all)),
                )
                for name in took
            }
            for name, place in places.items():  # warm, the server too
                _once(name, place, backfill, parts[0])
            for part in parts[1:]:
                for name in sorted(took, reverse=part.name[-1] in "13579"):
                    began = time.monotonic()
                    filed = _once(name, places[name], backfill, part)
                    took[name] += time.monotonic() - began
                    assert filed == given.n // given.parts, filed
    finally:
        shutil.rmtree(home, ignore_errors=True)
    documents = given.n // given.parts * (given.parts - 1)
    share = 1 - took["called"] / took["flow"]
    print(
        f"{documents} documents in batches of {given.batch}: as a flow {took['flow']:.1f} s, "
        f"called {took['called']:.1f} s: Prefect takes {share:.1%} of the run time "
        f"(load {os.getloadavg()[0]:.1f} on {os.cpu_count()} cores)"
    )
    return int(given.limit is not None and share > given.limit)


def _once(name: str, place: object, backfill: object, part: Path) -> int:
    from flows.workplace import lent

    with lent(place):  # type: ignore[arg-type]
        if name == "flow":
            done = asyncio.run(backfill(paths=[str(part)], workers=2))  # type: ignore[operator]
        else:
            with called():
                done = asyncio.run(backfill.fn(paths=[str(part)], workers=2))  # type: ignore[attr-defined]
    return int(done.taken.counts.filed)


if __name__ == "__main__":
    sys.exit(main())
