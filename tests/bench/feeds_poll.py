"""Poll a thousand feeds on this machine in one run of the flow, twice: all of it new, then nothing new.

    python tests/bench/feeds_poll.py [--feeds 1000] [--entries 20] [--words 120]

The server is a process of its own. Every feed has a host of its own (an address of 127/8), so requests are spaced as
they are on the web; each round asks every feed once, and the second is answered by status 304. Printed are feeds and
requests a second, the processor time, and the memory at its highest, of the run and of the process that reads pages.
Entries are noted, and their full content is kept; their pages are not fetched.
"""

import argparse
import asyncio
import hashlib
import multiprocessing
import os
import random
import resource
import sys
import tempfile
import time
from datetime import UTC, datetime
from multiprocessing.connection import Connection
from pathlib import Path

from flows import settings as environment
from storage import feeds, inbox
from storage.feedrecords import FeedState
from storage.store import Store, open_store

sys.path.insert(0, str(Path(__file__).parent.parent))
import feedshapes

KINDS = ("rss2", "wordpress", "atom", "rdf")


def serve(pipe: Connection, count: int, entries: int, words: int) -> None:
    """Serve that many feeds until told to end; then say how many requests there were."""
    dice, pages = random.Random(5), []
    for n in range(count):
        things = feedshapes.items(dice, entries, words=words, newest=datetime.now(UTC))
        page = feedshapes.write(KINDS[n % len(KINDS)], things)
        pages.append(page.replace(b"courier.example", b"courier%d.example" % n))
    tags = [f'"{hashlib.sha256(page).hexdigest()[:16]}"' for page in pages]
    asked = 0

    async def answer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        nonlocal asked
        try:
            while head := await reader.readuntil(b"\r\n\r\n"):
                asked += 1
                n = int(head.split(b" ", 2)[1].rpartition(b"/")[2])
                known = f"if-none-match: {tags[n]}".encode() in head.lower()
                body = b"" if known else pages[n]
                status = b"304 Not Modified" if known else b"200 OK"
                fields = f"ETag: {tags[n]}\r\nContent-Type: application/xml\r\nContent-Length: {len(body)}"
                writer.write(b"HTTP/1.1 %s\r\n%s\r\n\r\n%s" % (status, fields.encode(), body))
                await writer.drain()
        except (asyncio.IncompleteReadError, ConnectionError):
            writer.close()

    async def run() -> None:
        server = await asyncio.start_server(answer, "0.0.0.0", 0, backlog=1024)
        pipe.send((server.sockets[0].getsockname()[1], sum(map(len, pages))))
        await asyncio.to_thread(pipe.recv)
        server.close()

    asyncio.run(run())
    pipe.send(asked)


def main() -> int:
    """Serve, poll twice, and print."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--feeds", type=int, default=1000)
    parser.add_argument("--entries", type=int, default=20)
    parser.add_argument("--words", type=int, default=120)
    parser.add_argument("--database", default="", help="database to use instead of an SQLite file that is thrown away")
    args = parser.parse_args()
    ours, theirs = multiprocessing.Pipe()
    server = multiprocessing.get_context("spawn").Process(
        target=serve, args=(theirs, args.feeds, args.entries, args.words)
    )
    server.start()
    theirs.close()  # should the server die, nobody waits for it
    port, size = ours.recv()
    with tempfile.TemporaryDirectory(prefix="wiredesk-bench-", ignore_cleanup_errors=True) as folder:
        os.environ |= {"WIREDESK_ALLOW_LOOPBACK": "true", "WIREDESK_FETCH_TIME_S": "3000"}
        environment.override(home=folder, database_url=args.database or None)
        settings = environment.read_settings()
        environment.prepare_prefect(settings)
        with open_store(settings.database, raw_url=settings.raw) as store:
            fill(store, args.feeds, port)
            print(f"{args.feeds} feeds, {size / 1e6:.1f} MB, {args.entries} entries each of {args.words} words")
            failed = asyncio.run(rounds(store, args.feeds * args.entries))
    ours.send("end")
    print(f"the server counted {ours.recv()} requests")
    server.join()
    return 1 if failed else 0


def fill(store: Store, count: int, port: int) -> None:
    """Add the feeds, each at a host of its own."""
    now = datetime.now(UTC)
    hosts = (f"127.{1 + n // 62500}.{n // 250 % 250}.{1 + n % 250}" for n in range(count))
    states = [FeedState(address=f"http://{host}:{port}/{n}", next_poll_at=now) for n, host in enumerate(hosts)]
    with store.writing() as conn:
        feeds.add_all(conn, states, now=now)


async def rounds(store: Store, expected: int) -> int:
    """Poll everything twice. Gives how many polls failed, or one if not every entry was noted."""
    from flows.poll import poll_feeds

    await poll_feeds(addresses=[], go_on=False)  # Prefect's server is up from here on
    failed = 0
    for what in ("all new", "nothing new"):
        with store.reading() as conn:
            every = [feed.state.address for feed in feeds.every(conn)]
        began, spent = time.monotonic(), time.process_time()
        polls = await poll_feeds(addresses=every, go_on=False)
        took, spent = time.monotonic() - began, time.process_time() - spent
        failed += polls.failed
        entries = f"{polls.new_entries:,} new entries"
        print(
            f"{what:>12}: {len(polls.polled):,} feeds in {took:.1f} s, {len(polls.polled) / took:.0f} requests/s, "
            f"{1000 * spent / len(polls.polled):.1f} ms of processor a feed, {entries}, {polls.failed} failed"
        )
    highest = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    reader = resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss / 1024
    print(f"memory at its highest: {highest:.0f} MB; the largest process it started: {reader:.0f} MB")
    with store.reading() as conn:
        noted = inbox.counts(conn)["noticed"]
    return failed or int(noted != expected)


if __name__ == "__main__":
    sys.exit(main())
