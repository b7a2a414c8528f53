"""One request and its answer over a pool of connections. Follows nothing, retries nothing, waits for no turn."""

import asyncio
import contextlib
import importlib.metadata
import ssl
import time
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from typing import Final
from urllib.parse import unquote, urlsplit

import certifi
import httpcore

from storage.errors import Misconfigured, Rejected
from tasks.addresses import Target
from tasks.dial import GuardedNetwork
from tasks.exchange import FetchFailed, Request, Response
from tasks.unpack import ACCEPTED, Unpacker

MOVED: Final = frozenset({301, 302, 303, 307, 308})
SAMPLE_BYTES: Final = 64 * 1024
"""What is kept of the body of an error; enough to tell what kind of page it is."""

_SAMPLE_S: Final = 5.0
_LOOKUP_S: Final = 3.0
"""So long a name is looked up here that a proxy looks up anyway: behind one, nothing may answer such questions."""
_KEEPALIVE_S: Final = 4.0
"""Less than the five seconds after which many servers hang up: a request that crosses with that is lost."""


class Wire:
    """Sends requests and reads answers within their limits.

    Args:
        network: makes the connections, and judges where to.
        connections: how many at once; callers keep to it, so that no request waits for one on its own time.
        contact: a mail or web address of who runs the desk, named in the User-Agent.
        proxy: address of a web proxy that all requests go through; "" for none.
        trust: the certificates to trust; the system's and certifi's if left out.
    """

    def __init__(
        self,
        network: GuardedNetwork,
        *,
        connections: int,
        contact: str = "",
        proxy: str = "",
        trust: ssl.SSLContext | None = None,
    ) -> None:
        self._agent = user_agent(contact)
        self._pool = httpcore.AsyncConnectionPool(
            ssl_context=trust or _usual_trust(),
            max_connections=connections,
            max_keepalive_connections=connections,
            keepalive_expiry=_KEEPALIVE_S,
            network_backend=network.inner if proxy else network,
            proxy=proxy_at(proxy) if proxy else None,
        )
        # Through a proxy it is the proxy that looks names up and connects. What can be judged from here is.
        self._judge = network.judge if proxy else None

    async def close(self) -> None:
        """Close every connection."""
        await self._pool.aclose()

    async def ask(self, target: Target, request: Request, *, left_s: float, cut_at: int | None = None) -> Response:
        """Ask for a target, on behalf of a request, within the seconds left to it.

        Of a redirect only the head is read, of an error a sample of the body; `cut_at` cuts the body off there
        instead of rejecting what is too big.

        Raises:
            FetchFailed, Rejected: as `tasks.fetch.Fetcher.get` says. No status is a failure here.
        """
        began, answer, body = time.monotonic(), None, b""
        limits = request.limits
        timeout = {"connect": limits.connect_s, "read": limits.read_s, "write": limits.read_s}
        try:
            async with asyncio.timeout(max(left_s, 0.0)):
                if self._judge:
                    with contextlib.suppress(FetchFailed, TimeoutError):
                        async with asyncio.timeout(_LOOKUP_S):
                            await self._judge(target.host, target.port)
                asking = self._pool.stream(
                    b"GET", _url(target), headers=self._headers(target, request), extensions={"timeout": timeout}
                )
                with _translated(target.url):
                    async with asking as stream:
                        answer = _begin(stream, target, request)
                        body = await _body(stream, answer, request, cut_at=cut_at)
        except TimeoutError as error:
            raise FetchFailed("too-slow" if answer else "timeout", subject=target.url) from error
        return replace(answer, body=body, elapsed_s=time.monotonic() - began)

    def _headers(self, target: Target, request: Request) -> list[tuple[bytes, bytes]]:
        pairs = [
            ("Host", target.authority),
            ("User-Agent", self._agent),
            ("Accept", request.accept),
            ("Accept-Encoding", ACCEPTED),
            ("If-None-Match", request.etag),
            ("If-Modified-Since", request.last_modified),
        ]
        return [(name.encode(), value.encode("latin-1")) for name, value in pairs if value and _sendable(value)]


def user_agent(contact: str = "") -> str:
    """Name the desk and who runs it.

    Raises:
        Misconfigured: the contact cannot stand in a header.
    """
    if not (contact.isascii() and contact.isprintable()):
        raise Misconfigured("the contact may have ASCII letters only", subject=contact)
    named = f"Wiredesk/{importlib.metadata.version('wiredesk')}"
    return f"{named} (+{contact})" if contact else named


def proxy_at(address: str) -> httpcore.Proxy:
    """Give the proxy of an address, with its name and password.

    Raises:
        Misconfigured: it is no such address.
    """
    try:
        parts = urlsplit(address)
        scheme, host = parts.scheme.encode(), (parts.hostname or "").encode()
        port = parts.port or {b"http": 80, b"https": 443}[scheme]
    except (ValueError, KeyError):
        scheme = host = b""
    if scheme not in {b"http", b"https"} or not host:
        # Nothing of it is shown: where it ends and the password begins is what could not be made out.
        what = "this is no proxy's address; write http://HOST:PORT or https://HOST:PORT, with %2F for / in a password"
        raise Misconfigured(what, subject="WIREDESK_PROXY")
    auth = (unquote(parts.username), unquote(parts.password or "")) if parts.username else None
    return httpcore.Proxy(httpcore.URL(scheme=scheme, host=host, port=port, target=b"/"), auth=auth)


def _usual_trust() -> ssl.SSLContext:
    # The system's own, for a network with an authority of its own, and certifi's, for a container that has none.
    context = ssl.create_default_context()
    context.load_verify_locations(certifi.where())
    return context


def _url(target: Target) -> httpcore.URL:
    return httpcore.URL(
        scheme=target.scheme.encode(), host=target.host.encode(), port=target.port, target=target.path.encode()
    )


def _sendable(value: str) -> bool:
    """Whether a value can be a header: what came back as an ETag may hold anything by the time it is sent again."""
    return all(" " <= character <= "ÿ" and character != "\x7f" for character in value)


def _begin(stream: httpcore.Response, target: Target, request: Request) -> Response:
    headers = _head(stream.headers, request.limits.header_bytes, subject=target.url)
    return Response(
        asked=request.url,
        url=target.url,
        status=stream.status,
        headers=headers,
    )


def _head(raw: Sequence[tuple[bytes, bytes]], most: int, *, subject: str) -> Mapping[str, str]:
    if sum(len(name) + len(value) + 4 for name, value in raw) > most:
        raise Rejected("too-big", f"its headers are over {most:,} bytes", subject=subject)
    headers: dict[str, str] = {}
    for name, value in raw:
        key, text = name.decode("latin-1").lower(), value.decode("latin-1")
        if key == "location":
            text = _utf8(value) or text
        # Of two places to go to, the first is meant; two of anything else are one list.
        if key not in headers:
            headers[key] = text
        elif key != "location":
            headers[key] += f", {text}"
    return headers


def _utf8(value: bytes) -> str | None:
    try:
        return value.decode()
    except UnicodeDecodeError:
        return None


async def _body(stream: httpcore.Response, answer: Response, request: Request, *, cut_at: int | None) -> bytes:
    if answer.status in MOVED:
        return b""
    if 200 <= answer.status < 300 or answer.status == 304:
        return await _read(stream, answer, request, cut_at=cut_at)
    # That it is an error is known by now; a body that cannot be read takes nothing from that.
    with contextlib.suppress(FetchFailed, Rejected, TimeoutError), _translated(answer.url):
        async with asyncio.timeout(_SAMPLE_S):
            return await _read(stream, answer, request, cut_at=SAMPLE_BYTES)
    return b""


async def _read(stream: httpcore.Response, answer: Response, request: Request, *, cut_at: int | None) -> bytes:
    codings = answer.headers.get("content-encoding", "")
    unpacker = Unpacker(codings, request.limits, subject=answer.url, cut_at=cut_at)
    said = answer.headers.get("content-length", "")
    if cut_at is None and said.isdigit() and int(said[:18]) > request.limits.packed_bytes:
        raise Rejected("too-big", f"it says that it is {said} bytes", subject=answer.url)
    async with contextlib.aclosing(stream.aiter_stream()) as chunks:  # type: ignore[type-var]
        async for chunk in chunks:
            unpacker.feed(chunk)
            if unpacker.full:
                break
    return unpacker.finish()


@contextlib.contextmanager
def _translated(subject: str) -> Iterator[None]:
    """Turn what httpcore raises into failures of ours."""
    try:
        yield
    except (httpcore.ConnectError, httpcore.ConnectTimeout, httpcore.ProxyError, ssl.SSLError) as error:
        # httpcore's pool cuts the cause off; the context is left.
        kind = "tls" if isinstance(error, ssl.SSLError) or isinstance(error.__context__, ssl.SSLError) else "connect"
        raise FetchFailed(kind, subject=subject) from error
    except httpcore.TimeoutException as error:
        raise TimeoutError from error
    except httpcore.NetworkError as error:
        raise FetchFailed("cut", subject=subject) from error
    except httpcore.RemoteProtocolError as error:
        if getattr(error.__context__, "error_status_hint", 0) == 431:  # h11's word for a buffer that is full
            raise Rejected("too-big", "its headers have no end", subject=subject) from error
        # h11 has no type for it: a body shorter than announced, or a connection closed in its middle.
        ended = any(words in str(error) for words in ("disconnected", "closed connection", "incomplete"))
        raise FetchFailed("cut" if ended else "protocol", subject=subject) from error
