"""Makes fetchers as the settings have them. What one process knows of hosts is known to all of its fetchers."""

from flows.settings import Settings
from tasks.fetch import Fetcher, Memory

_MEMORY = Memory()
"""A page that is fetched a second after its feed waits its turn too, and a host that asked for a pause gets it."""


def fetcher(settings: Settings) -> Fetcher:
    """Give a fetcher. It is to be opened by `async with`."""
    return Fetcher(
        contact=settings.contact,
        allow_loopback=settings.allow_loopback,
        concurrency=settings.fetch_concurrency,
        spacing_s=settings.host_spacing_s,
        per_host=settings.host_requests,
        ports=settings.ports,
        proxy=settings.proxy,
        memory=_MEMORY,
    )
