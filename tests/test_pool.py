"""The worker pool: a call that never returns ends, and only the document to blame suffers."""

import asyncio
import os
import time
from collections.abc import Sequence

import pytest

from storage.records import Article, Hints, Refusal
from tasks import stages
from tasks.pool import Pool, TooSlow, WorkerDied, warm_pool
from tasks.stages import Document, Failure, Outcome


def hang(seconds: float) -> None:
    while seconds:
        time.sleep(seconds)


def read_oddly(documents: Sequence[Document]) -> list[Article | Refusal]:
    for document in documents:
        if document.raw == b"hang":
            hang(30)
        if document.raw == b"die":
            os._exit(9)
        if document.raw == b"bug":
            raise KeyError("a bug")
    return [Article(input=d.input, body=d.raw.decode()) for d in documents]


def test_a_call_that_never_returns_is_killed_and_the_pool_goes_on() -> None:
    async def run(pool: Pool) -> int:
        with pytest.raises(TooSlow):
            await pool.run(hang, 30.0, timeout_s=0.3)
        return await pool.run(os.getpid, timeout_s=10)

    with warm_pool(1) as pool:
        began = time.monotonic()
        assert asyncio.run(run(pool)) != os.getpid()
        assert time.monotonic() - began < 10


def test_a_worker_that_dies_is_told_from_one_that_raises() -> None:
    async def run(pool: Pool) -> None:
        with pytest.raises(WorkerDied):
            await pool.run(os._exit, 1, timeout_s=10)
        with pytest.raises(ZeroDivisionError):
            await pool.run(divmod, 1, 0, timeout_s=10)

    with warm_pool(1) as pool:
        asyncio.run(run(pool))


def test_one_bad_document_leaves_its_batch_alone(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(stages, "read_all", read_oddly)
    raws = [b"one", b"hang", b"two", b"die", b"bug", b"three"]
    documents = [Document(input=raw.decode(), raw=raw, hints=Hints()) for raw in raws]

    async def run(pool: Pool) -> list[Outcome]:
        return await stages.extract(pool, documents, timeout_s=1.0)

    with warm_pool(2) as pool:
        outcomes = asyncio.run(run(pool))
    assert [o.input for o in outcomes] == [raw.decode() for raw in raws]
    kinds = [o.reason if isinstance(o, Refusal) else type(o) for o in outcomes]
    assert kinds == [Article, "too-slow", Article, "too-big", Failure, Article]
    bug = outcomes[4]
    assert isinstance(bug, Failure)
    assert "KeyError" in bug.error
