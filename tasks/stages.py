"""Take a batch through a stage in the worker pool, and find out which document of it is to blame if that fails.

A batch is one call: it costs one trip to a process (2 ms). Only if it overruns, dies or raises does each document get
a call, and a limit, of its own; then the blame falls on that document alone. A large document has its own call at
once: what is made to hang a desk is large, or a PDF, and so it hangs it once and not twice. No store, no Prefect.
"""

import asyncio
import logging
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import TypeVar

from storage.errors import Misconfigured
from storage.masking import masked
from storage.records import Article, Hints, Refusal, Withdrawal
from tasks.pool import TooBig, TooSlow, WorkerDied, Workers

logger = logging.getLogger(__name__)

_ALONE_BYTES = 400_000
_ALONE_CHARACTERS = 50_000
"""From where on a document, or the text of an article, is large. Of 427 news pages 100 are, so it costs each half a
millisecond."""
_MOST_BYTES = 32_000_000
"""What is larger is refused unread: to send it to a process and decode it there takes five times as much memory."""

A = TypeVar("A")
B = TypeVar("B")


@dataclass(frozen=True, slots=True, kw_only=True)
class Document:
    """One document on its way in: its bytes, where it came from, and what is known from outside."""

    input: str
    raw: bytes
    hints: Hints


@dataclass(frozen=True, slots=True, kw_only=True)
class Failure:
    """A document on which our own code failed. It is tried again later; `error` is one line.

    `article` is what had been made of it before: if nothing better comes, that is filed at the last attempt.
    """

    input: str
    error: str
    article: Article | None = None


Outcome = Article | Withdrawal | Refusal | Failure


def read_all(documents: Sequence[Document]) -> list[Article | Withdrawal | Refusal]:
    """Read each document. Pure; runs in a worker process."""
    from tasks import formats

    return [formats.read(d.raw, input=d.input, hints=d.hints) for d in documents]


def enrich_all(articles: Sequence[Article]) -> list[Article]:
    """Enrich each article. Pure; runs in a worker process, which loads the language model once."""
    from tasks import enrich

    return enrich.enrich(articles)


PRACTICE = b"""<html><head><title>Ferry resumes</title></head><body><article><h1>Ferry resumes</h1><p>The ferry to
Aldney resumed on Monday, the harbour said. "We are glad to see it sail again," said Ida Holm, who runs it.</p>
</article></body></html>"""
"""A page made up for practice."""


def load_all(model: str = "") -> None:
    """Read and enrich a made-up page, so that the first real one does not wait for parsers and models to load.

    From then on this process uses `model` for English (a package or a path; the usual one if empty).
    """
    from tasks import parsing

    parsing.choose(model)
    read = read_all([Document(input="practice.html", raw=PRACTICE, hints=Hints())])
    enrich_all([a for a in read if isinstance(a, Article)])


async def _each(
    pool: Workers,
    function: Callable[[Sequence[A]], list[B]],
    things: Sequence[A],
    timeout_s: float,
    is_large: Callable[[A], bool],
) -> list[B | Exception]:
    """Give what the function makes of each, or why it made nothing of it, in order."""
    apart = [i for i, thing in enumerate(things) if is_large(thing)]
    together = [i for i, thing in enumerate(things) if not is_large(thing)]
    calls = [[i] for i in apart] + ([together] if together else [])
    made = await asyncio.gather(*(_together(pool, function, [things[i] for i in some], timeout_s) for some in calls))
    of = {i: got for some, outcomes in zip(calls, made, strict=True) for i, got in zip(some, outcomes, strict=True)}
    return [of[i] for i in range(len(things))]


async def _together(
    pool: Workers, function: Callable[[Sequence[A]], list[B]], things: Sequence[A], timeout_s: float, again: bool = True
) -> list[B | Exception]:
    try:
        return [*await pool.run(function, things, timeout_s=timeout_s)]
    except Misconfigured:
        raise  # no document is to blame
    except Exception as error:  # noqa: BLE001 - what fails is told apart below, one document at a time
        # A process that just died may have been killed by the system, which says nothing of the document: once more.
        if len(things) == 1 and not (again and type(error) is WorkerDied):
            return [error]
    single = [_together(pool, function, [thing], timeout_s, again=False) for thing in things]
    return [outcome for outcomes in await asyncio.gather(*single) for outcome in outcomes]


async def extract(pool: Workers, documents: Sequence[Document], *, timeout_s: float) -> list[Outcome]:
    """Read documents, one outcome each, in order. `timeout_s` is the limit of a batch and of each document alone."""
    if not documents:
        return []
    fitting = [d for d in documents if len(d.raw) <= _MOST_BYTES]
    results = await _each(
        pool, read_all, fitting, timeout_s, lambda d: len(d.raw) > _ALONE_BYTES or d.raw.startswith(b"%PDF")
    )
    read = iter(_outcomes(fitting, results, timeout_s))
    return [next(read) if len(d.raw) <= _MOST_BYTES else _too_large(d) for d in documents]


def _too_large(document: Document) -> Refusal:
    detail = f"It has {len(document.raw):,} bytes; a document has at most {_MOST_BYTES:,}. Send its text."
    return Refusal(input=document.input, reason="too-big", detail=detail)


def _outcomes(
    documents: Sequence[Document], results: Sequence[Article | Withdrawal | Refusal | Exception], timeout_s: float
) -> list[Outcome]:
    outcomes: list[Outcome] = []
    for document, got in zip(documents, results, strict=True):
        if isinstance(got, TooSlow):
            detail = f"reading it took longer than {timeout_s:g} s; raise WIREDESK_EXTRACT_TIMEOUT_S to wait longer"
            outcomes.append(Refusal(input=document.input, reason="too-slow", detail=detail))
        elif isinstance(got, WorkerDied):
            detail = "the process that read it died"
            if isinstance(got, TooBig):
                detail = "reading it took too much memory; raise WIREDESK_EXTRACT_MEMORY_MB to allow more"
            outcomes.append(Refusal(input=document.input, reason="too-big", detail=detail))
        elif isinstance(got, Exception):
            outcomes.append(_failure(document.input, got))
        else:
            outcomes.append(got)
    return outcomes


async def enrich(pool: Workers, outcomes: Sequence[Outcome], *, timeout_s: float) -> list[Outcome]:
    """Enrich the articles among the outcomes; the rest passes through.

    An article that cannot be enriched, within the limit or at all, is a failure that carries it as it was read.
    """
    articles = [o for o in outcomes if isinstance(o, Article)]
    if not articles:
        return list(outcomes)
    enriched: dict[int, Outcome] = {}
    results = await _each(pool, enrich_all, articles, timeout_s, lambda a: len(a.body) > _ALONE_CHARACTERS)
    for article, got in zip(articles, results, strict=True):
        if isinstance(got, TooSlow | WorkerDied):
            logger.warning("not enriched input=%s reason=%s", masked(article.input), got)
            enriched[id(article)] = Failure(input=article.input, error=f"not enriched: {got}", article=article)
        elif isinstance(got, Exception):
            enriched[id(article)] = replace(_failure(article.input, got), article=article)
        else:
            enriched[id(article)] = got
    return [enriched.get(id(o), o) for o in outcomes]


def _failure(subject: str, error: Exception) -> Failure:
    logger.error("failed input=%s error=%r", masked(subject), error, exc_info=error)
    return Failure(input=subject, error=f"{type(error).__name__}: {error}")
