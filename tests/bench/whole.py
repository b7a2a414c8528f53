"""The whole way of a document, from its kept bytes to the filed article, over bare trafilatura on the same pages.

    python tests/bench/whole.py [SET] [--least 15] [--ratio 0.8] [--turns 4]

SET: a folder of pages (.html, .html.gz); without it, invented pages. Each page goes through the flow `ingest` under
Prefect, in a worker process of the pool, into a store of its own on SQLite: once with enrichment and once without
(WIREDESK_ENRICH). Bare is `trafilatura.bare_extraction(html, favor_precision=True)` on the decoded page. The three take
turns over parts of the pages, so that a busy machine slows all of them. Counted is the processor time of this process
and of every process below it, Prefect's server and the pool's workers among them; what the first pages cost (imports,
models, Prefect's start) is left out. Exit status 1 if fewer articles a second of one core's processor time than
`--least` are filed with enrichment, or the ratio to bare trafilatura without it is below `--ratio`.
"""

import argparse
import asyncio
import contextlib
import os
import shutil
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Callable, Sequence
from contextlib import ExitStack
from datetime import UTC, datetime
from pathlib import Path

import psutil
from reading_speed import invented, pages

os.environ.setdefault("PREFECT_SERVER_EPHEMERAL_STARTUP_TIMEOUT_SECONDS", "180")
WAYS = ("whole", "without enrichment", "bare trafilatura")


def processor_seconds() -> Counter[str]:
    """Give the processor time of this process and of all below it, by what they do."""
    me, spent = psutil.Process(), Counter[str]()
    for process in (me, *me.children(recursive=True)):
        with contextlib.suppress(psutil.NoSuchProcess):
            server = any("prefect.server" in word for word in process.cmdline())
            role = "desk" if process == me else "Prefect's server" if server else "workers"
            spent[role] += sum(process.cpu_times()[:2])
    return spent


def main() -> int:
    words = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    words.add_argument("set", type=Path, nargs="?")
    words.add_argument("--least", type=float, default=15.0, help="articles a second of one core, with enrichment")
    words.add_argument("--ratio", type=float, default=0.8, help="of bare trafilatura's pages, without enrichment")
    words.add_argument("--turns", type=int, default=4)
    given = words.parse_args()
    texts = pages(given.set) if given.set else invented(240)
    home = Path(tempfile.mkdtemp(prefix="wiredesk-bench-"))
    os.environ |= {"WIREDESK_HOME": str(home), "PREFECT_HOME": str(home / "prefect")}

    from flows.settings import prepare_prefect, read_settings

    prepare_prefect(read_settings())
    with ExitStack() as stack:
        stack.callback(shutil.rmtree, home, ignore_errors=True)
        ways: dict[str, Callable[[Sequence[str]], int]] = {
            "whole": _desk(stack, home / "whole", enrich=True),
            "without enrichment": _desk(stack, home / "without", enrich=False),
            "bare trafilatura": _bare,
        }
        spent, made = {name: Counter[str]() for name in WAYS}, dict.fromkeys(WAYS, 0)
        for name in WAYS:
            ways[name]([f"{text}<!-- to warm up -->" for text in texts[:: len(texts) // 4]])
        for turn in range(given.turns):
            some = texts[turn :: given.turns]
            for name in WAYS if turn % 2 else reversed(WAYS):
                before = processor_seconds()
                made[name] += ways[name](some)
                spent[name] += processor_seconds() - before
    rates = {name: len(texts) / spent[name].total() for name in WAYS}
    for name in WAYS:
        shares = ", ".join(f"{role} {1000 * s / len(texts):.1f}" for role, s in spent[name].most_common())
        print(
            f"{name:>20}: {rates[name]:5.1f} pages a CPU second, {made[name]} articles of {len(texts)} pages; "
            f"ms a page: {shares}"
        )
    filed = made["whole"] / spent["whole"].total()
    ratio = rates["without enrichment"] / rates["bare trafilatura"]
    print(
        f"whole: {filed:.1f} articles a second of one core, {rates['whole'] / rates['bare trafilatura']:.2f} of bare "
        f"trafilatura; without enrichment {ratio:.2f} (load {os.getloadavg()[0]:.1f} on {os.cpu_count()} cores)"
    )
    return int(filed < given.least or ratio < given.ratio)


def _desk(stack: ExitStack, home: Path, *, enrich: bool) -> Callable[[Sequence[str]], int]:
    """Open a store and one warm worker; give what takes pages in and files them."""
    from flows.ingest import ingest
    from flows.workplace import Workplace, lent
    from storage.records import Hints
    from storage.store import open_store
    from tasks import intake, stages
    from tasks.pool import warm_pool
    from tasks.stages import Document

    home.mkdir()
    store = stack.enter_context(open_store(f"sqlite:///{home / 'wiredesk.db'}", raw_url=str(home / "raw")))
    place = Workplace(store, stack.enter_context(warm_pool(1, prepare=stages.load_all)))

    def take(texts: Sequence[str]) -> int:
        os.environ |= {"WIREDESK_ENRICH": str(enrich).lower(), "WIREDESK_WORKERS": "1"}
        # A worker that is killed takes its processor time with it: on a busy machine none may be.
        os.environ |= {"WIREDESK_EXTRACT_TIMEOUT_S": "600", "WIREDESK_ENRICH_TIMEOUT_S": "600"}
        arrivals = [Document(input="page.html", raw=text.encode("utf-8", "replace"), hints=Hints()) for text in texts]
        for _ in intake.take_in(store, arrivals, now=datetime.now(UTC)):
            pass
        with lent(place):
            counts = asyncio.run(ingest())
        if counts.failed:
            raise SystemExit(f"{counts.failed} pages failed: {counts}")
        return counts.filed + counts.revised + counts.seen

    return take


def _bare(texts: Sequence[str]) -> int:
    from trafilatura import bare_extraction

    return sum(bare_extraction(text, favor_precision=True) is not None for text in texts)


if __name__ == "__main__":
    began = time.monotonic()
    status = main()
    print(f"took {time.monotonic() - began:.0f} s", file=sys.stderr)
    sys.exit(status)
