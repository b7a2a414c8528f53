"""A real web server on loopback that misbehaves as told.

    with FaultyServer() as server:
        server.script("/feed", Answer(status=503), Answer(body=b"<rss/>"))       # in turn; the last one stays
        server.script("/old", moved(server.url("/feed"), status=301))
        server.script("/page", versioned(b"...", etag='"1"'))                    # 304 when asked with that ETag
        server.script("/odd", lambda seen: Answer(body=seen.headers["host"].encode()))
        ...
        assert [seen.path for seen in server.seen] == ["/feed", ...]

Runs in a thread of its own, so tests with and without an event loop can use it. A path without a script is a 404.
"""

import asyncio
import contextlib
import gzip
import threading
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from types import TracebackType
from typing import Self

Headers = Mapping[str, str] | Sequence[tuple[str, str]]


@dataclass(frozen=True)
class Seen:
    """A request that came in. `headers` by lower-case name."""

    path: str
    headers: Mapping[str, str]
    at: float
    """The server's clock, seconds."""
    connection: int
    """Number of the connection it came over."""


@dataclass(frozen=True)
class Answer:
    """What to answer, and what goes wrong on the way.

    Args:
        drip_s: seconds between the pieces of the body, of `drip_bytes` each.
        cut_after: bytes of the body after which the connection is closed, though more was announced.
        delay_s: seconds before anything is sent.
        chunked: send the body in chunks, without saying how long it is.
        hang: after the head send nothing more and keep the connection open.
        raw: send exactly this instead of a proper answer, and close.
    """

    status: int = 200
    body: bytes = b""
    headers: Headers = field(default_factory=dict)
    drip_s: float = 0.0
    drip_bytes: int = 1
    cut_after: int | None = None
    delay_s: float = 0.0
    chunked: bool = False
    hang: bool = False
    raw: bytes | None = None


Script = Answer | Callable[[Seen], Answer]


def moved(to: str, *, status: int = 302) -> Answer:
    """Send on to another address."""
    return Answer(status=status, headers={"Location": to})


def versioned(body: bytes, *, etag: str | None = None, last_modified: str | None = None, **headers: str) -> Script:
    """Answer 304 to whoever knows the ETag or the date already, else the body."""
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    named |= {name: value for name, value in (("ETag", etag), ("Last-Modified", last_modified)) if value}

    def answer(seen: Seen) -> Answer:
        known = (etag and seen.headers.get("if-none-match") == etag) or (
            last_modified and seen.headers.get("if-modified-since") == last_modified
        )
        return Answer(status=304, headers=named) if known else Answer(body=body, headers=named)

    return answer


def bomb(megabytes: int) -> Answer:
    """Pack many megabytes of nothing into a few kilobytes."""
    return Answer(body=gzip.compress(bytes(megabytes * 1024 * 1024)), headers={"Content-Encoding": "gzip"})


class FaultyServer:
    """The server. A context manager; stops with every connection closed.

    Args:
        tls: serve https with this context.
        host: the loopback address to listen on.
    """

    def __init__(self, *, tls: object | None = None, host: str = "127.0.0.1") -> None:
        self._tls = tls
        self._host = host
        self._scripts: dict[str, list[Script]] = {}
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_forever, name="faulty-server", daemon=True)
        self._connections = 0
        self._tasks: set[asyncio.Task[None]] = set()
        self.seen: list[Seen] = []
        self.port = 0

    def __enter__(self) -> Self:
        self._thread.start()
        self._run(self._start())
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._run(self._stop())
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join()
        self._loop.close()

    def script(self, path: str, *answers: Script) -> None:
        """Say what a path (with its query) answers, one request after the other; the last answer stays."""
        self._scripts[path] = list(answers)

    def reset(self) -> None:
        """Forget every script and every request."""
        self._scripts.clear()
        self.seen.clear()

    def url(self, path: str = "/", *, host: str | None = None) -> str:
        """Give the address of a path, on this server under the name `host`."""
        return f"{'https' if self._tls else 'http'}://{host or self._host}:{self.port}{path}"

    def asked(self, path: str) -> list[Seen]:
        """The requests for one path, in order."""
        return [seen for seen in self.seen if seen.path == path]

    def _run(self, work: object) -> None:
        asyncio.run_coroutine_threadsafe(work, self._loop).result(10)  # type: ignore[arg-type]

    async def _start(self) -> None:
        self._server = await asyncio.start_server(self._accept, self._host, 0, ssl=self._tls, backlog=1024)  # type: ignore[arg-type]
        self.port = self._server.sockets[0].getsockname()[1]

    async def _stop(self) -> None:
        self._server.close()
        for task in list(self._tasks):
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        await self._server.wait_closed()

    async def _accept(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        assert task is not None
        self._tasks.add(task)
        self._connections += 1
        try:
            with contextlib.suppress(ConnectionError, asyncio.IncompleteReadError, asyncio.CancelledError):
                number = self._connections
                while await self._serve(reader, writer, number):
                    pass
        finally:
            self._tasks.discard(task)
            writer.transport.abort()

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter, number: int) -> bool:
        """Answer one request; whether the connection lives on."""
        head = (await reader.readuntil(b"\r\n\r\n")).decode("latin-1").split("\r\n")
        path = head[0].split(" ")[1]
        headers = {name.lower(): value.strip() for name, _, value in (line.partition(":") for line in head[1:] if line)}
        seen = Seen(path=path, headers=headers, at=self._loop.time(), connection=number)
        self.seen.append(seen)
        scripts = self._scripts.get(path, [Answer(status=404, body=b"nothing here")])
        script = scripts.pop(0) if len(scripts) > 1 else scripts[0]
        answer = script(seen) if callable(script) else script
        await asyncio.sleep(answer.delay_s)
        if answer.raw is not None:
            writer.write(answer.raw)
            await writer.drain()
            writer.close()
            return False
        writer.write(_head(answer))
        if answer.hang:
            await writer.drain()
            await asyncio.sleep(3600)
        await self._send(answer, writer)
        return answer.cut_after is None

    async def _send(self, answer: Answer, writer: asyncio.StreamWriter) -> None:
        body = answer.body[: answer.cut_after] if answer.cut_after is not None else answer.body
        step = answer.drip_bytes if answer.drip_s else max(len(body), 1)
        for at in range(0, len(body), step):
            piece = body[at : at + step]
            writer.write(b"%x\r\n%s\r\n" % (len(piece), piece) if answer.chunked else piece)
            await writer.drain()
            if answer.drip_s:
                await asyncio.sleep(answer.drip_s)
        if answer.chunked and answer.cut_after is None:
            writer.write(b"0\r\n\r\n")
        await writer.drain()
        if answer.cut_after is not None:
            writer.close()
            await writer.wait_closed()


def _head(answer: Answer) -> bytes:
    given = list(answer.headers.items()) if isinstance(answer.headers, Mapping) else list(answer.headers)
    names = {name.lower() for name, _ in given}
    if answer.chunked:
        given.append(("Transfer-Encoding", "chunked"))
    elif answer.status != 304 and "content-length" not in names:
        given.append(("Content-Length", str(len(answer.body))))
    lines = [f"HTTP/1.1 {answer.status} So", *(f"{name}: {value}" for name, value in given), "", ""]
    return "\r\n".join(lines).encode()
