"""The door to HTTP against a server that misbehaves as told."""

import asyncio
import gzip
import pickle
import socket
import zlib

import brotli
import pytest
import zstandard
from faultyserver import Answer, FaultyServer, moved, versioned
from fetching import failure, fetcher, get, refusal

from storage.errors import Misconfigured
from tasks.exchange import FetchFailed, Limits, Request

FEED = b"<rss version='2.0'><channel><title>Lower Valley Weekly</title></channel></rss>" * 20
QUICK = Limits(connect_s=2.0, read_s=0.3, total_s=0.6)


# What is asked, and what comes back.


def test_an_answer_comes_back_whole_with_what_the_server_says_of_it(server: FaultyServer) -> None:
    server.script(
        "/feed?a=1&b=%C3%BC",
        Answer(
            body=FEED,
            headers=[("Content-Type", 'text/xml; Charset="ISO-8859-2"'), ("ETag", '"e"'), ("X-A", "1"), ("x-a", "2")],
        ),
    )
    response = get(
        server.url("/feed?a=1&b=ü#top"), accept="application/rss+xml", given={"contact": "desk@valley.example"}
    )
    assert response.body == FEED
    assert (response.status, response.headers["content-type"], response.headers["etag"], response.headers["x-a"]) == (
        200,
        'text/xml; Charset="ISO-8859-2"',
        '"e"',
        "1, 2",
    )
    assert response.asked == response.url == server.url("/feed?a=1&b=%C3%BC")
    assert response.permanent is None
    assert not response.unchanged
    (seen,) = server.seen
    assert seen.headers["host"] == f"127.0.0.1:{server.port}"
    assert seen.headers["accept"] == "application/rss+xml"
    assert seen.headers["user-agent"].startswith("Wiredesk/")
    assert seen.headers["user-agent"].endswith(" (+desk@valley.example)")
    assert not {"cookie", "authorization", "referer", "if-none-match", "if-modified-since"} & seen.headers.keys()


def test_what_is_known_is_said_and_304_has_no_body(server: FaultyServer) -> None:
    server.script("/feed", versioned(FEED, etag='W/"7"', cache_control="max-age=60"))
    response = get(server.url("/feed"), etag='W/"7"')
    assert response.unchanged
    assert response.body == b""
    assert response.headers["cache-control"] == "max-age=60"
    dated = "Sun, 01 Mar 2026 12:00:00 GMT"
    server.script("/dated", versioned(FEED, last_modified=dated))
    assert get(server.url("/dated"), last_modified=dated).unchanged
    assert get(server.url("/dated"), last_modified="Sat, 28 Feb 2026 12:00:00 GMT").body == FEED


def test_a_304_that_nobody_asked_for_is_a_failure(server: FaultyServer) -> None:
    server.script("/feed", Answer(status=304))
    failed = failure(server.url("/feed"))
    assert (failed.kind, failed.status) == ("status", 304)


def test_a_validator_that_is_no_header_is_left_out(server: FaultyServer) -> None:
    server.script("/feed", Answer(body=FEED))
    assert get(server.url("/feed"), etag='"a"\r\nCookie: x=1', last_modified="“today”").body == FEED
    assert not {"cookie", "if-none-match", "if-modified-since"} & server.seen[0].headers.keys()


def test_a_connection_serves_again_after_200_and_304(server: FaultyServer) -> None:
    server.script("/feed", versioned(FEED, etag='"1"'))

    async def run() -> None:
        async with fetcher() as made:
            for etag in (None, '"1"', '"1"', None):
                await made.get(Request(url=server.url("/feed"), robots=False, etag=etag))

    asyncio.run(run())
    assert {seen.connection for seen in server.seen} == {server.seen[0].connection}


@pytest.mark.parametrize("status", [400, 403, 404, 410, 451, 500, 503])
def test_every_other_status_is_a_failure_that_keeps_the_answer(server: FaultyServer, status: int) -> None:
    server.script("/feed", Answer(status=status, body=b"<h1>no</h1>" * 20_000, headers={"cf-mitigated": "challenge"}))
    failed = failure(server.url("/feed"))
    assert (failed.kind, failed.status, failed.subject) == ("status", status, server.url("/feed"))
    assert failed.response is not None
    assert failed.response.headers["cf-mitigated"] == "challenge"
    assert len(failed.response.body) == 64 * 1024
    again = pickle.loads(pickle.dumps(failed))
    assert (again.kind, again.status, again.retry_after) == (failed.kind, failed.status, failed.retry_after)


def test_an_error_whose_body_is_broken_is_still_that_error(server: FaultyServer) -> None:
    server.script("/feed", Answer(status=410, body=b"x" * 100, cut_after=10))
    assert failure(server.url("/feed")).status == 410
    server.script("/feed", Answer(status=404, body=b"no gzip", headers={"Content-Encoding": "rot13"}))
    assert failure(server.url("/feed")).status == 404


@pytest.mark.parametrize("contact", ["Büro@valley.example", "desk\r\nCookie: a=b"])
def test_a_contact_that_cannot_be_sent_is_a_wrong_setting(contact: str) -> None:
    with pytest.raises(Misconfigured, match="contact"):
        get("http://valley.example/", given={"contact": contact})


# Redirects.


def test_redirects_are_followed_and_the_permanent_way_in_is_told(server: FaultyServer) -> None:
    server.script("/new", Answer(body=FEED))
    server.script("/middle", moved("/new", status=308))
    server.script("/old", moved(server.url("/middle"), status=301))
    response = get(server.url("/old"))
    assert response.body == FEED
    assert response.permanent == response.url == server.url("/new")
    assert response.hops == tuple(server.url(path) for path in ("/old", "/middle", "/new"))


@pytest.mark.parametrize("status", [302, 303, 307])
def test_what_comes_after_a_temporary_redirect_is_not_permanent(server: FaultyServer, status: int) -> None:
    server.script("/new", Answer(body=FEED))
    server.script("/third", moved("/new", status=301))
    server.script("/second", moved("/third", status=status))
    server.script("/first", moved("/second", status=301))
    response = get(server.url("/first"))
    assert (response.url, response.permanent) == (server.url("/new"), server.url("/second"))
    assert get(server.url("/second")).permanent is None


def test_a_failure_behind_a_redirect_tells_where_it_was(server: FaultyServer) -> None:
    server.script("/old", moved("/gone", status=301))
    failed = failure(server.url("/old"))
    assert failed.status == 404
    assert failed.response is not None
    assert (failed.response.asked, failed.response.permanent) == (server.url("/old"), server.url("/gone"))


def test_five_redirects_are_followed_and_no_sixth(server: FaultyServer) -> None:
    for number in range(6):
        server.script(f"/{number}", moved(f"/{number + 1}"))
    server.script("/6", Answer(body=FEED))
    assert get(server.url("/1")).body == FEED
    assert refusal(server.url("/0")).reason == "endless-redirects"
    assert not server.asked("/6")[1:]


def test_a_circle_ends_at_once(server: FaultyServer) -> None:
    server.script("/a", moved("/b"))
    server.script("/b", moved("/a", status=301))
    assert refusal(server.url("/a")).reason == "endless-redirects"
    assert [seen.path for seen in server.seen] == ["/a", "/b"]


@pytest.mark.parametrize("written", ["/höhe", "/h%C3%B6he", "./x/../höhe#top"])
def test_a_redirect_may_be_written_in_letters(server: FaultyServer, written: str) -> None:
    server.script("/h%C3%B6he", Answer(body=FEED))
    server.script("/feed", moved(written))
    assert get(server.url("/feed")).body == FEED


def test_a_redirect_without_a_place_is_a_failure(server: FaultyServer) -> None:
    server.script("/feed", Answer(status=302))
    assert failure(server.url("/feed")).status == 302


@pytest.mark.parametrize(
    "to", ["file:///etc/hostname", "gopher://valley.example/", "http://desk:word@valley.example/", "http://[::1"]
)
def test_a_redirect_to_what_is_not_fetched_is_refused(server: FaultyServer, to: str) -> None:
    server.script("/feed", moved(to))
    assert refusal(server.url("/feed")).reason == "bad-address"


def test_validators_go_along_and_no_cookie_does(server: FaultyServer) -> None:
    server.script(
        "/feed",
        Answer(status=302, headers=[("Location", server.url("/new", host="other.example")), ("Set-Cookie", "id=1")]),
    )
    server.script("/new", versioned(FEED, etag='"1"'))
    assert get(server.url("/feed"), etag='"1"').unchanged
    assert server.seen[1].headers["host"] == f"other.example:{server.port}"
    assert "cookie" not in server.seen[1].headers


# Packed bodies.


def packed_as(coding: str, body: bytes) -> bytes:
    if coding == "deflate":
        return zlib.compress(body)
    if coding == "bare deflate":
        bare = zlib.compressobj(wbits=-15)
        return bare.compress(body) + bare.flush()
    if coding == "two members":
        return gzip.compress(body[:100]) + gzip.compress(body[100:])
    if coding == "padded":
        return gzip.compress(body) + bytes(64)
    if coding == "br":
        return bytes(brotli.compress(body, quality=1))
    if coding == "zstd":
        return zstandard.compress(body)
    return gzip.compress(body)


@pytest.mark.parametrize("drip", [False, True])
@pytest.mark.parametrize(
    ("coding", "said"),
    [
        ("gzip", "gzip"),
        ("gzip", "X-GZIP"),
        ("gzip", ""),
        ("two members", "gzip"),
        ("padded", "gzip"),
        ("deflate", "deflate"),
        ("bare deflate", "deflate"),
        ("br", "br"),
        ("zstd", "zstd"),
        ("zstd", "identity, zstd"),
    ],
)
def test_packed_bodies_are_unpacked(server: FaultyServer, coding: str, said: str, drip: bool) -> None:
    body = FEED + bytes(range(256)) * 40
    headers = {"Content-Encoding": said} if said else {}
    piecemeal = {"drip_s": 0.0001, "drip_bytes": 7 if coding == "two members" else 50} if drip else {}
    server.script("/feed", Answer(body=packed_as(coding, body), headers=headers, **piecemeal))
    assert get(server.url("/feed")).body == body


def test_packed_twice_is_unpacked_twice_and_no_more(server: FaultyServer) -> None:
    twice = brotli.compress(gzip.compress(FEED))
    server.script("/feed", Answer(body=twice, headers={"Content-Encoding": "gzip, br"}))
    assert get(server.url("/feed")).body == FEED
    server.script("/feed", Answer(body=FEED, headers={"Content-Encoding": "gzip, gzip, gzip"}))
    assert failure(server.url("/feed")).kind == "protocol"


@pytest.mark.parametrize("said", ["gzip", "zstd"])
def test_what_says_it_is_packed_and_is_not_is_taken_as_it_is(server: FaultyServer, said: str) -> None:
    server.script("/feed", Answer(body=FEED, headers={"Content-Encoding": said}))
    assert get(server.url("/feed")).body == FEED


@pytest.mark.parametrize("said", ["gzip", "br"])
def test_an_empty_body_is_empty_however_packed(server: FaultyServer, said: str) -> None:
    server.script("/feed", Answer(headers={"Content-Encoding": said}))
    assert get(server.url("/feed")).body == b""


@pytest.mark.parametrize("coding", ["gzip", "deflate", "br", "zstd"])
def test_a_packed_body_that_ends_early_or_is_damaged_is_a_failure(server: FaultyServer, coding: str) -> None:
    whole = packed_as(coding, FEED + bytes(range(256)))
    server.script("/feed", Answer(body=whole[:-9], headers={"Content-Encoding": coding}))
    assert failure(server.url("/feed")).kind == "cut"
    damaged = whole[:20] + bytes(255 - b for b in whole[20:])
    server.script("/feed", Answer(body=damaged, headers={"Content-Encoding": coding}))
    assert failure(server.url("/feed")).kind in {"protocol", "cut"}


@pytest.mark.parametrize("said", ["utf-8", "none", "compress"])
def test_a_coding_that_was_not_asked_for_is_passed_over(server: FaultyServer, said: str) -> None:
    server.script("/feed", Answer(body=FEED, headers={"Content-Encoding": said}))
    assert get(server.url("/feed")).body == FEED


# Limits.


@pytest.mark.parametrize("coding", ["gzip", "deflate", "br", "zstd"])
def test_a_bomb_ends_early(server: FaultyServer, coding: str) -> None:
    megabytes = 64
    server.script(
        "/bomb", Answer(body=packed_as(coding, bytes(megabytes * 2**20)), headers={"Content-Encoding": coding})
    )
    refused = refusal(server.url("/bomb"))
    assert refused.reason == "bomb"
    unpacked = int(refused.detail.rpartition(" ")[2].replace(",", ""))
    assert unpacked < 8 * 2**20


def test_a_bomb_in_a_bomb_ends_early(server: FaultyServer) -> None:
    inner = gzip.compress(bytes(64 * 2**20))
    server.script("/bomb", Answer(body=gzip.compress(inner), headers={"Content-Encoding": "gzip, gzip"}))
    assert refusal(server.url("/bomb")).reason == "bomb"


def test_a_small_body_may_be_packed_to_nothing(server: FaultyServer) -> None:
    server.script("/blank", Answer(body=gzip.compress(b" " * 1_000_000), headers={"Content-Encoding": "gzip"}))
    assert len(get(server.url("/blank")).body) == 1_000_000


def test_what_is_too_big_is_rejected_however_it_comes(server: FaultyServer) -> None:
    limits = Limits(packed_bytes=10_000, unpacked_bytes=50_000)
    noise = bytes((i * i) % 251 for i in range(20_000))
    server.script("/announced", Answer(headers={"Content-Length": "10001"}, hang=True))
    server.script("/chunked", Answer(body=noise, chunked=True))
    server.script("/packed", Answer(body=gzip.compress(FEED * 50), headers={"Content-Encoding": "gzip"}))
    for path in ("/announced", "/chunked", "/packed"):
        assert refusal(server.url(path), limits=limits).reason == "too-big", path
    server.script("/fits", Answer(body=noise[:10_000], chunked=True))
    assert get(server.url("/fits"), limits=limits).body == noise[:10_000]


def test_a_body_in_a_myriad_of_pieces_is_rejected(server: FaultyServer) -> None:
    chunks = b"1\r\nx\r\n" * 51_000 + b"0\r\n\r\n"
    server.script("/feed", Answer(raw=b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n" + chunks))
    assert refusal(server.url("/feed")).reason == "too-big"


def test_answers_before_the_answer_without_end(server: FaultyServer) -> None:
    server.script("/feed", Answer(raw=b"HTTP/1.1 103 Early Hints\r\n\r\n" * 100 + b"HTTP/1.1 204 So\r\n\r\n"))
    assert get(server.url("/feed")).status == 204
    server.script("/feed", Answer(raw=b"HTTP/1.1 103 Early Hints\r\n\r\n" * 10_000, hang=True))
    assert failure(server.url("/feed"), limits=QUICK).kind in {"timeout", "cut"}


def test_who_gives_up_leaves_nothing_taken(server: FaultyServer) -> None:
    server.script("/slow", Answer(body=b"slow" * 100, drip_s=0.5))
    server.script("/feed", Answer(body=FEED))

    async def run() -> None:
        async with fetcher(concurrency=2, per_host=2) as made:
            for _ in range(5):
                waiting = [
                    asyncio.create_task(made.get(Request(url=server.url("/slow"), robots=False))) for _ in range(6)
                ]
                await asyncio.sleep(0.02)
                for task in waiting:
                    task.cancel()
                await asyncio.gather(*waiting, return_exceptions=True)
            asked = [made.get(Request(url=server.url("/feed"), robots=False)) for _ in range(6)]
            async with asyncio.timeout(5):
                assert [response.body for response in await asyncio.gather(*asked)] == [FEED] * 6

    asyncio.run(run())


def test_a_connection_that_the_server_gave_up_meanwhile_is_not_used_again(server: FaultyServer) -> None:
    answer = b"HTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\nfeed"
    server.script("/feed", Answer(raw=answer))  # which closes without having said so

    async def run() -> None:
        async with fetcher() as made:
            for _ in range(5):
                assert (await made.get(Request(url=server.url("/feed"), robots=False))).body == b"feed"
                await asyncio.sleep(0.02)

    asyncio.run(run())


@pytest.mark.parametrize("size", [70_000, 5_000_000])
def test_headers_have_a_limit(server: FaultyServer, size: int) -> None:
    server.script("/feed", Answer(body=FEED, headers={"X-Much": "m" * size}))
    assert refusal(server.url("/feed")).reason == "too-big"
    server.script("/feed", Answer(body=FEED, headers={"X-Much": "m" * 60_000}))
    assert get(server.url("/feed")).body == FEED


@pytest.mark.parametrize(
    ("answer", "kind"),
    [
        (Answer(delay_s=3), "timeout"),
        (Answer(body=b"slow" * 100, drip_s=0.05), "too-slow"),
        (Answer(body=b"slow" * 100, drip_s=0.05, chunked=True), "too-slow"),
        (Answer(headers={"Content-Length": "9"}, hang=True), "too-slow"),
        (Answer(body=b"cut" * 100, cut_after=9), "cut"),
        (Answer(body=b"cut" * 100, cut_after=9, chunked=True), "cut"),
        (Answer(raw=b""), "cut"),
        (Answer(raw=b"HTTP/1.1 200 OK\r\nContent-Le"), "cut"),
        (Answer(raw=b"SSH-2.0-dropbear\r\n\r\n"), "protocol"),
        (Answer(raw=b"HTTP/1.1 200 OK\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\nab"), "protocol"),
        (Answer(raw=b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n"), "protocol"),
    ],
)
def test_what_goes_wrong_on_the_wire_has_a_name(server: FaultyServer, answer: Answer, kind: str) -> None:
    server.script("/feed", answer)
    assert failure(server.url("/feed"), limits=QUICK).kind == kind


def test_a_slow_drip_ends_when_its_time_is_over_though_each_piece_is_in_time(server: FaultyServer) -> None:
    server.script("/drip", Answer(body=b"drop" * 1000, drip_s=0.02))
    before = asyncio.run(_timed(server.url("/drip"), Limits(read_s=5.0, total_s=0.5)))
    assert 0.4 < before < 1.5


async def _timed(url: str, limits: Limits) -> float:
    loop = asyncio.get_running_loop()
    async with fetcher() as made:
        began = loop.time()
        with pytest.raises(FetchFailed, match="took longer"):
            await made.get(Request(url=url, robots=False, limits=limits))
        return loop.time() - began


def test_the_time_limit_holds_over_all_redirects(server: FaultyServer) -> None:
    for number in range(4):
        server.script(f"/{number}", Answer(status=302, headers={"Location": f"/{number + 1}"}, delay_s=0.2))
    server.script("/4", Answer(body=FEED))
    assert failure(server.url("/0"), limits=QUICK).kind == "timeout"
    assert not server.asked("/4")


def test_nobody_there(server: FaultyServer) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        assert failure(f"http://127.0.0.1:{taken.getsockname()[1]}/").kind == "connect"
