"""A web server of many outlets on loopback, in a process of its own: the feeds and pages of `newsday`.

Each outlet has a host of its own (an address of 127/8), so requests are spaced as they are on the web. What is there
depends on the round that was published last.
"""

import asyncio
import hashlib
import multiprocessing
from datetime import datetime
from multiprocessing.connection import Connection
from multiprocessing.sharedctypes import Synchronized
from types import TracebackType
from typing import Final, Self

import newsday
from newsday import Day

COUNTED: Final = ("feeds", "not modified", "dead feeds", "pages", "other")


def host(outlet: int) -> str:
    """Give the address of an outlet."""
    return f"127.1.{outlet // 250}.{1 + outlet % 250}"


class Newsstand:
    """The server. A context manager; ends with it, and with the process that started it."""

    def __init__(self, day: Day, published: datetime) -> None:
        spawn = multiprocessing.get_context("spawn")
        self.port = 0
        self._round: Synchronized[int] = spawn.Value("i", -1)
        self._asked = spawn.Array("l", len(COUNTED))
        self._ours, theirs = spawn.Pipe()
        self._process = spawn.Process(
            target=_serve, args=(theirs, day, published, self._round, self._asked), daemon=True, name="newsstand"
        )
        self._process.start()
        theirs.close()

    def __enter__(self) -> Self:
        self.port = int(self._ours.recv())
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._process.terminate()
        self._process.join()

    def publish(self, round_: int) -> None:
        """Let what comes in a round, and all before it, be there."""
        self._round.value = round_

    def site(self, outlet: int) -> str:
        return f"http://{host(outlet)}:{self.port}"

    def asked(self) -> dict[str, int]:
        """How many requests there were, by what they came to."""
        return dict(zip(COUNTED, self._asked, strict=True))


def _serve(pipe: Connection, day: Day, published: datetime, round_: "Synchronized[int]", asked: list[int]) -> None:
    of_outlet: dict[int, list[newsday.Piece]] = {}
    for piece in day.pieces:
        if not piece.dropped:
            of_outlet.setdefault(piece.outlet, []).append(piece)
    port = 0

    def feed(outlet: int, head: bytes) -> tuple[str, str, bytes]:
        if how := day.dead.get(outlet):
            asked[COUNTED.index("dead feeds")] += 1
            if how == "200 a page":
                return "200 OK", "", b"<!DOCTYPE html><html><body><h1>We have moved</h1></body></html>"
            return (how if how[0].isdigit() else "200 OK"), "", b"" if how == "cut off" else b"nothing here"
        shown = [p for p in of_outlet.get(outlet, ()) if p.round <= round_.value]
        tag = f'"{hashlib.sha256(f"{outlet} {len(shown)}".encode()).hexdigest()[:16]}"'
        if f"if-none-match: {tag}".encode() in head.lower():
            asked[COUNTED.index("not modified")] += 1
            return "304 Not Modified", f"ETag: {tag}\r\n", b""
        asked[COUNTED.index("feeds")] += 1
        body = newsday.rss(day, outlet, shown, site=f"http://{host(outlet)}:{port}", published=published)
        return "200 OK", f"ETag: {tag}\r\nContent-Type: application/rss+xml\r\n", body

    def story(n: int) -> tuple[str, str, bytes]:
        asked[COUNTED.index("pages")] += 1
        piece = day.pieces[n]
        address = f"http://{host(piece.outlet)}:{port}{newsday.story_path(piece)}"
        return "200 OK", "Content-Type: text/html\r\n", newsday.page(
            day, piece, address=address, published=newsday.moment(published, piece)
        )  # fmt: skip

    async def answer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            while head := await reader.readuntil(b"\r\n\r\n"):
                path = head.split(b" ", 2)[1].decode("latin-1")
                a, b = writer.get_extra_info("sockname")[0].split(".")[2:]
                if path == "/feed":
                    status, fields, body = feed(int(a) * 250 + int(b) - 1, head)
                elif path.startswith("/story/"):
                    status, fields, body = story(int(path.rpartition("/")[2]))
                else:
                    asked[COUNTED.index("other")] += 1
                    status, fields, body = "404 Not Found", "", b"nothing here"
                length = len(body) if status != "200 OK" or body else 999  # the one that is cut off
                if not status.startswith("304"):
                    fields += f"Content-Length: {length}\r\n"
                writer.write(f"HTTP/1.1 {status}\r\n{fields}\r\n".encode() + body)
                await writer.drain()
                if length > len(body):
                    break
        except (asyncio.IncompleteReadError, ConnectionError):
            pass
        writer.close()

    async def run() -> None:
        nonlocal port
        server = await asyncio.start_server(answer, "0.0.0.0", 0, backlog=1024)
        port = server.sockets[0].getsockname()[1]
        pipe.send(port)
        await server.serve_forever()

    asyncio.run(run())
