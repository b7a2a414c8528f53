"""What the tests of fetching share: a fetcher that finds every name on this machine, and a clock that obeys."""

import asyncio
import ssl
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from typing import Any

import pytest

from storage.errors import Rejected
from tasks.exchange import FetchFailed, Request, Response
from tasks.fetch import Fetcher, Memory

_NOBODY = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
"""Trusts nobody. To read the usual certificates takes 0.15 s, which few tests need."""


async def to_loopback(host: str, port: int) -> Sequence[str]:
    """Look every name up on this machine."""
    return ["127.0.0.1"]


@asynccontextmanager
async def fetcher(**given: Any) -> AsyncIterator[Fetcher]:
    """A fetcher that reaches loopback without waiting for turns, unless told otherwise."""
    usual = {"allow_loopback": True, "spacing_s": 0.0, "resolver": to_loopback, "trust": _NOBODY}
    async with Fetcher(**usual | given) as made:
        yield made


def get(url: str, *, given: dict[str, Any] | None = None, **request: Any) -> Response:
    """Get one address with a fetcher of its own, `given` these arguments; robots.txt is not asked unless told."""

    async def run() -> Response:
        async with fetcher(**(given or {})) as made:
            return await made.get(Request(**{"url": url, "robots": False} | request))

    return asyncio.run(run())


def failure(url: str, **args: Any) -> FetchFailed:
    """Get one address and give the failure that it must end in."""
    with pytest.raises(FetchFailed) as caught:
        get(url, **args)
    return caught.value


def refusal(url: str, **args: Any) -> Rejected:
    """Get one address and give the refusal that it must end in."""
    with pytest.raises(Rejected) as caught:
        get(url, **args)
    return caught.value


class Clock:
    """A clock that only its own sleep moves on."""

    def __init__(self) -> None:
        self.now = 1000.0
        self.slept: list[float] = []

    def __call__(self) -> float:
        return self.now

    async def sleep(self, seconds: float) -> None:
        """Pass the time at once."""
        self.slept.append(seconds)
        self.now += seconds
        await asyncio.sleep(0)

    def memory(self) -> Memory:
        """A memory that lives by this clock."""
        memory = Memory()
        memory.hosts.clock = memory.rules.clock = self
        return memory
