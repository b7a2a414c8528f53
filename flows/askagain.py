"""Asks Prefect's server again, at once, when its SQLite was busy. Prefect's own client would sleep two seconds first.

Of two transactions that overlap, SQLite refuses one at once, and the server answers 503 although it has done nothing
wrong and nothing has happened. With a worker that polls and runs that begin every second, one request in some hundred
meets it. `PREFECT_CLIENT_MAX_RETRIES=0` does not help: the client sleeps before it gives up, too.
"""

import asyncio
import time
from typing import Final

import httpx
from prefect.context import AsyncClientContext

FIRST_PAUSE_S: Final = 0.02
LONGEST_PAUSE_S: Final = 0.5
PATIENCE_S: Final = 10.0
"""Seconds after which a 503 is handed on: then the server is not busy but ill."""


class PatientClients(AsyncClientContext):
    """The client that everything within shares, runs of flows and tasks too; it asks again.

    A server behind TLS gets Prefect's plain client: how that is checked is for Prefect's settings to say, and whoever
    runs one has it on PostgreSQL, where nobody is refused.
    """

    def __init__(self, api_url: str | None) -> None:
        plain = api_url is not None and api_url.startswith("http:")
        super().__init__({"transport": AskAgain()} if plain else None)
        self._httpx_settings = None  # else whoever asks for a client without settings would be given a new one


class AskAgain(httpx.AsyncBaseTransport):
    """A transport that repeats what was answered 503 (the body must be in memory, as Prefect's always is)."""

    def __init__(self) -> None:
        self._wire = httpx.AsyncHTTPTransport(retries=3)

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        """Send a request, and again while the server is busy."""
        until = time.monotonic() + PATIENCE_S
        pause_s = FIRST_PAUSE_S
        while True:
            response = await self._wire.handle_async_request(request)
            if response.status_code != httpx.codes.SERVICE_UNAVAILABLE or time.monotonic() >= until:
                return response
            await response.aread()  # the connection is used again
            await response.aclose()
            await asyncio.sleep(pause_s)
            pause_s = min(2 * pause_s, LONGEST_PAUSE_S)

    async def aclose(self) -> None:
        """Close the connections."""
        await self._wire.aclose()
