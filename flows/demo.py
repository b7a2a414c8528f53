"""The command `demo`: the sample documents go through the real flow into a database of their own, and are shown."""

import argparse
import os
import shutil
from collections.abc import Mapping
from itertools import islice
from pathlib import Path
from typing import Any

from sqlalchemy import Connection

import flows
from flows import settings as environment
from flows import show, showbooks
from flows.lists import titles
from flows.reading import ingest_now
from flows.settings import Settings
from storage import catalogue, quotebook, timeline
from storage.errors import Misconfigured
from storage.records import Hints, Relation
from storage.searching import Asked
from storage.store import open_store
from tasks import intake

FIRST_DAY = "2026-03-09"
"""The day on which the samples' story begins."""
EVENTS_SHOWN = 40


def demo(arguments: argparse.Namespace, settings: Settings) -> int:
    """Ingest the samples and a few bad inputs, then print stories, shared passages, quote book and timeline."""
    del arguments
    samples = Path(flows.__file__).parent.parent / "seeds"
    if not (samples / "samples").is_dir():
        raise Misconfigured("the sample documents are not here; run the demo from a checkout", subject=str(samples))
    home = settings.home / "demo"
    if home.exists():
        shutil.rmtree(home)  # the demo's own folder, made anew each time so that it always shows the whole way
    environment.override(home=str(home), database_url="", raw_url="")
    settings = environment.read_settings()

    show.heading("Ingest", "wiredesk ingest seeds/samples seeds/bad")
    here = Path(os.path.relpath(samples))
    paths = [str(here / "samples"), str(here / "bad")]
    arrivals = intake.documents(paths, hints=Hints(), max_bytes=settings.max_document_bytes)
    with open_store(settings.database, raw_url=settings.raw) as store:
        ingest_now(store, arrivals, settings)
        with store.reading() as conn:
            show.heading("Stories", "wiredesk stories")
            showbooks.stories(catalogue.stories(conn), titles(conn))
            show.heading("How two retellings hang together", "wiredesk copies ARTICLE")
            for relation in _telling(conn):
                first, second = (catalogue.article(conn, i) for i in (relation.article, relation.other))
                if first is not None and second is not None:
                    show.relation(relation, first, second, most=6)
            show.heading("Quote book: what several outlets carry", "wiredesk quotes")
            showbooks.quotes(q for q in quotebook.find(conn, Asked()) if outlets_of(conn, q) > 1)
            show.heading("Timeline", "wiredesk timeline")
            showbooks.timeline(islice(timeline.find(conn, Asked(since=FIRST_DAY)), EVENTS_SHOWN))
    show.demo_ends(home)
    return 0


def _telling(conn: Connection) -> list[Relation]:
    """Pick the reworded copies: exact and near ones need no explaining."""
    return [r for r in catalogue.copies(conn) if r.grade == "derived"]


def outlets_of(conn: Connection, statement: Mapping[str, Any]) -> int:
    """Count the outlets known to carry a statement; several articles of one outlet are one."""
    known = catalogue.outlets(conn, {c["article"] for c in statement["carriers"]})
    return len({outlet for outlet in known.values() if outlet})
