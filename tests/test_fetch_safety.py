"""No address leads a request where it must not go, however it is spelled, sent on or looked up."""

import asyncio
import ipaddress
import socket
import ssl
import traceback
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import httpcore
import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID
from faultyserver import Answer, FaultyServer, moved
from fetching import failure, fetcher, get, refusal
from hypothesis import given, settings
from hypothesis import strategies as st

from storage.errors import Misconfigured, Rejected
from tasks.addresses import MAX_LENGTH, target, why_not
from tasks.exchange import FetchFailed, Request

OUTSIDE = "93.184.215.14"
"""An address out there; in these tests the connection ends on loopback all the same."""

_CLOSED = """
0.0.0.0 0.1.2.3 10.0.0.1 10.255.255.254 100.64.0.1 100.100.100.200 100.127.255.254 127.0.0.1 127.0.0.53 127.1.2.3
127.255.255.254 168.63.129.16 169.254.0.1 169.254.169.254 169.254.170.2 172.16.0.1 172.20.10.5 172.31.255.254 192.0.0.1
192.0.0.192 192.0.2.1 192.88.99.1 192.168.0.1 192.168.255.254 198.18.0.1 198.19.255.254 198.51.100.7 203.0.113.9
224.0.0.1 239.255.255.250 240.0.0.1 255.255.255.255
:: ::1 ::2 ::7f00:1 ::ffff:127.0.0.1 ::ffff:10.0.0.1 ::ffff:169.254.169.254 ::ffff:93.184.215.14 ::ffff:0:127.0.0.1
64:ff9b::7f00:1 64:ff9b::a9fe:a9fe 64:ff9b::5db8:d70e 64:ff9b:1::a00:1 100::1 2001::1 2001:0:7f00:1::80ff:fffe 2001:2::1
2001:10::1 2001:20::1 2001:db8::1 2002:7f00:1:: 2002:a9fe:a9fe::1 2002:c0a8:1::1 3ffe::1 3fff::1 4000::1 5f00::1 8000::1
fc00::1 fd00:ec2::254 fd12:3456:789a::1 fe80::1 fe80::a9fe:a9fe febf::1 fec0::1 ff02::1 ff05::1:3 ff0e::1
"""
CLOSED = _CLOSED.split()

_ODD_SPELLINGS = """
127.1 127.0.1 0 1 2130706433 017700000001 0x7f000001 0x7f.1 0x7f.0.0.1 0177.0.0.1 127.0.0.01 00.0.0.0 010.0.0.1 10.1
3232235777 0xa9fea9fe 169.254.43518 0xa9.254.0251.0xfe 127.0.0.1.. 256.0.0.1 1.2.3.4.5 999 127.0.0.0x1 %31%32%37.0.0.1
[::1 [::ffff:127.0.0.1 [127.0.0.1] [::1]x [v1.fe80::a] [::1%25lo0]x ０x7f.1 １２７.1
"""
ODD_SPELLINGS = _ODD_SPELLINGS.split()

LOOPBACK_LETTERS = ["１２７.0.0.1", "127。0。0。1", "①②⑦.0.0.1", "127.0.0.1."]


class Detour(httpcore.AsyncNetworkBackend):
    """Notes where a connection was to go, and makes it to a server on loopback instead."""

    def __init__(self, server: FaultyServer) -> None:
        self._port = server.port
        self._inner = httpcore.AnyIOBackend()
        self.dialled: list[str] = []

    async def connect_tcp(self, host: str, port: int, **rest: Any) -> httpcore.AsyncNetworkStream:
        """Connect elsewhere."""
        self.dialled.append(host)
        return await self._inner.connect_tcp("127.0.0.1", self._port, **rest)


class Names:
    """Looks names up in a table. Each look takes the next answer; the last one stays. Others are not known."""

    def __init__(self, **answers: Sequence[str | Sequence[str]]) -> None:
        self.answers = {
            name: [[a] if isinstance(a, str) else list(a) for a in given] for name, given in answers.items()
        }
        self.asked: list[str] = []

    async def __call__(self, host: str, port: int) -> Sequence[str]:
        self.asked.append(host)
        answers = self.answers.get(host.removesuffix(".example"))
        if not answers:
            raise socket.gaierror(socket.EAI_NONAME, "Name or service not known")
        return answers.pop(0) if len(answers) > 1 else answers[0]


@pytest.fixture
def detour(server: FaultyServer) -> Detour:
    return Detour(server)


def outside(detour: Detour, **names: Sequence[str | Sequence[str]]) -> dict[str, Any]:
    """A fetcher with no leave for loopback, to which `outside.example` is out there."""
    return {"allow_loopback": False, "network": detour, "resolver": Names(outside=[OUTSIDE], **names)}


def as_host(address: str) -> str:
    return f"[{address}]" if ":" in address else address


def test_the_table_is_long_enough() -> None:
    assert len(set(CLOSED)) >= 60


@pytest.mark.parametrize("address", CLOSED)
def test_a_closed_address_is_not_reached(server: FaultyServer, detour: Detour, address: str) -> None:
    with pytest.raises(Rejected, match="is "):
        target(f"http://{as_host(address)}/")
    given = outside(detour, inside=[address])
    assert refusal(f"http://{as_host(address)}/", given=given).reason == "forbidden-address"
    assert refusal("http://inside.example/", given=given).reason == "forbidden-address"
    assert detour.dialled == []
    server.script("/to-address", moved(f"https://{as_host(address)}/latest/meta-data"))
    server.script("/to-name", moved("http://inside.example:8080/admin", status=301))
    assert refusal("http://outside.example/to-address", given=given).reason == "forbidden-address"
    assert refusal("http://outside.example/to-name", given=given).reason == "forbidden-address"
    assert set(detour.dialled) == {OUTSIDE}
    assert [seen.path for seen in server.seen] == ["/to-address", "/to-name"]


@pytest.mark.parametrize("spelling", ODD_SPELLINGS)
def test_an_odd_spelling_of_an_address_is_not_read(server: FaultyServer, detour: Detour, spelling: str) -> None:
    given = outside(detour)
    assert refusal(f"http://{spelling}/", given=given).reason == "bad-address"
    server.script("/away", moved(f"http://{spelling}/"))
    assert refusal("http://outside.example/away", given=given).reason == "bad-address"
    assert set(detour.dialled) == {OUTSIDE}
    assert given["resolver"].asked == ["outside.example"]


@pytest.mark.parametrize("spelling", LOOPBACK_LETTERS)
def test_letters_that_look_like_digits_are_digits(detour: Detour, spelling: str) -> None:
    assert refusal(f"http://{spelling}/", given=outside(detour)).reason == "forbidden-address"
    assert detour.dialled == []


@pytest.mark.parametrize(
    "url",
    [
        "file:///etc/passwd", "ftp://outside.example/", "unix:/run/docker.sock", "data:text/plain,x", "javascript:0",
        "outside.example/feed", "//outside.example/", "", "http:", "http:///feed", "http://", "http://.example/",
        "http://outside..example/", "http://-.example/", "http://out side.example/", "http://outside.example:0/",
        "http://outside.example:65536/", "http://outside.example:８0/", "http://desk@outside.example/",
        "http://desk:word@outside.example/", "http://outside.example@10.0.0.1/", "http://outside.example\\@10.0.0.1/",
        "http://10.0.0.1\\.outside.example/", "http://outside.example\x00.example/", f"http://{'a' * 64}.example/",
        f"http://{'a.' * 130}example/", f"http://outside.example/{'a' * MAX_LENGTH}",
        f"http://outside.example/{'ü' * 600}",
        "http://xn--\u2028.example/",
    ],
)  # fmt: skip
def test_what_is_no_address_is_refused(detour: Detour, url: str) -> None:
    assert refusal(url, given=outside(detour)).reason == "bad-address"
    assert detour.dialled == []


@pytest.mark.parametrize(
    ("written", "meant"),
    [
        ("HTTP://Outside.EXAMPLE.:80/a b?q=ü#top", "http://outside.example/a%20b?q=%C3%BC"),
        (" https://outside.example:443\n", "https://outside.example/"),
        ("http://höhe.example/%7Ea%2Fb", "http://xn--hhe-sna.example/%7Ea%2Fb"),
        ("http://straße.example/", "http://xn--strae-oqa.example/"),
        ("http://my_paper.example:8080?x", "http://my_paper.example:8080/?x"),
        ("http://[2606:4700::0:1]/", "http://[2606:4700::1]/"),
        ('http://outside.example/a\\b"c', "http://outside.example/a%5Cb%22c"),
        ("http://outside.example/a\r\nHost: x", "http://outside.example/aHost:%20x"),
    ],
)
def test_addresses_have_one_form(written: str, meant: str) -> None:
    assert target(written).url == meant
    assert target(meant).url == meant


@given(
    st.one_of(st.text(max_size=60), st.text("htps:/.[]@%\\#?0123456789abxéß１。", max_size=40).map("http://".__add__))
)
@settings(max_examples=300, deadline=None)
def test_any_text_is_an_address_or_refused(text: str) -> None:
    try:
        made = target(text)
    except Rejected:
        return
    assert target(made.url) == made
    assert made.url.isascii()
    assert made.url.isprintable()
    assert " " not in made.url


@given(
    st.one_of(
        st.integers(0, 2**32 - 1).map(ipaddress.IPv4Address),
        st.integers(0, 2**128 - 1).map(ipaddress.IPv6Address),
        st.integers(0, 2**125 - 1).map(lambda n: ipaddress.IPv6Address(n | 0x2 << 124)),
    )
)
@settings(max_examples=500, deadline=None)
def test_what_python_calls_local_is_closed(address: ipaddress.IPv4Address | ipaddress.IPv6Address) -> None:
    if why_not(address) is None:
        assert address.is_global
        assert not address.is_multicast
        assert not address.is_reserved


# What names have.


def test_the_address_that_was_judged_is_the_one_connected_to(server: FaultyServer, detour: Detour) -> None:
    server.script("/", Answer(body=b"page", headers={"Connection": "close"}))
    names = Names(turncoat=[OUTSIDE, "127.0.0.1"])

    async def run() -> None:
        async with fetcher(allow_loopback=False, network=detour, resolver=names) as made:
            ask = Request(url="http://turncoat.example/", robots=False)
            assert (await made.get(ask)).body == b"page"
            assert names.asked == ["turncoat.example"]  # one look: there is no second answer to fall for
            with pytest.raises(Rejected, match=r"127\.0\.0\.1 is loopback"):
                await made.get(ask)

    asyncio.run(run())
    assert detour.dialled == [OUTSIDE]


def test_a_name_that_turns_inward_between_two_hops_is_refused(server: FaultyServer, detour: Detour) -> None:
    server.script("/", moved("/next"))
    given = {"allow_loopback": False, "network": detour, "resolver": Names(turncoat=[OUTSIDE, "10.0.0.1"])}
    assert refusal("http://turncoat.example/", given=given).reason == "forbidden-address"
    assert detour.dialled == [OUTSIDE]


def test_of_several_addresses_only_open_ones_are_tried(server: FaultyServer, detour: Detour) -> None:
    server.script("/", Answer(body=b"page"))
    given = outside(detour, both=[["10.0.0.1", "::1", OUTSIDE, "fe80::1%eth0"]])
    assert get("http://both.example/", given=given).body == b"page"
    assert detour.dialled == [OUTSIDE]


def test_the_next_address_is_tried_where_one_does_not_answer(server: FaultyServer) -> None:
    class FirstIsDown(Detour):
        async def connect_tcp(self, host: str, port: int, **rest: Any) -> httpcore.AsyncNetworkStream:
            """Connect to no IPv6 address."""
            if ":" in host:
                self.dialled.append(host)
                raise httpcore.ConnectError("down")
            return await super().connect_tcp(host, port, **rest)

    detour = FirstIsDown(server)
    server.script("/", Answer(body=b"page"))
    given = outside(detour, both=[["2606:4700::1", OUTSIDE]], down=["2606:4700::1"])
    assert get("http://both.example/", given=given).body == b"page"
    assert detour.dialled == ["2606:4700::1", OUTSIDE]
    assert failure("http://down.example/", given=given).kind == "connect"


def test_names_that_are_not_known_and_look_ups_that_fail(detour: Detour) -> None:
    assert failure("http://nowhere.example/", given=outside(detour)).kind == "no-host"
    assert failure("http://empty.example/", given=outside(detour, empty=[[]])).kind == "no-host"

    async def silent(host: str, port: int) -> Sequence[str]:
        raise socket.gaierror(socket.EAI_AGAIN, "Temporary failure in name resolution")

    assert failure("http://outside.example/", given={"resolver": silent}).kind == "dns"


def test_the_systems_own_look_up(server: FaultyServer) -> None:
    server.script("/", Answer(body=b"page"))
    url = server.url("/", host="localhost")
    assert get(url, given={"resolver": None}).body == b"page"
    assert refusal(url, given={"resolver": None, "allow_loopback": False}).reason == "forbidden-address"


def test_ports_are_closed_unless_named(server: FaultyServer, detour: Detour) -> None:
    server.script("/", Answer(body=b"page"))
    for port in (22, 25, 6379, 9200):
        assert refusal(f"http://outside.example:{port}/", given=outside(detour)).reason == "forbidden-address"
    assert detour.dialled == []
    assert get("http://outside.example:8080/", given=outside(detour)).body == b"page"
    assert get("http://outside.example:6379/", given=outside(detour) | {"ports": [6379]}).body == b"page"
    # Leave for loopback is leave for loopback alone.
    assert (
        refusal("http://outside.example:22/", given=outside(detour) | {"allow_loopback": True}).reason
        == "forbidden-address"
    )


def test_leave_for_loopback_is_no_leave_for_other_addresses(detour: Detour) -> None:
    inward = [a for a in CLOSED if not a.startswith("127.") and a != "::1"]
    for address in inward:
        given = outside(detour, inside=[address]) | {"allow_loopback": True}
        assert refusal(f"http://{as_host(address)}/", given=given).reason == "forbidden-address"
        assert refusal("http://inside.example/", given=given).reason == "forbidden-address"
    assert detour.dialled == []


def test_the_environments_proxy_is_not_used(
    server: FaultyServer, detour: Detour, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("HTTP_PROXY", "http_proxy", "HTTPS_PROXY", "ALL_PROXY", "all_proxy"):
        monkeypatch.setenv(name, "http://proxy.example:3128")
    server.script("/", Answer(body=b"page"))
    assert get("http://outside.example/", given=outside(detour)).body == b"page"
    assert detour.dialled == [OUTSIDE]


def test_a_proxy_that_is_named_is_used_and_closed_addresses_stay_closed(server: FaultyServer, detour: Detour) -> None:
    given = outside(detour, inside=["10.0.0.1"]) | {"proxy": "http://desk:w%40rd@proxy.example:3128"}
    server.script("http://outside.example:80/", Answer(body=b"by proxy"))
    server.script("http://unheard-of.example:80/", Answer(body=b"known to the proxy"))
    server.script("http://outside.example:80/away", moved("http://inside.example/"))
    assert get("http://outside.example/", given=given).body == b"by proxy"
    assert server.seen[0].headers["proxy-authorization"] == "Basic ZGVzazp3QHJk"
    assert get("http://unheard-of.example/", given=given).body == b"known to the proxy"
    assert refusal("http://outside.example/away", given=given).reason == "forbidden-address"
    assert refusal("http://10.0.0.1/", given=given).reason == "forbidden-address"
    assert set(detour.dialled) == {"proxy.example"}
    server.script("outside.example:443", Answer(status=403))
    assert failure("https://outside.example/", given=given).kind == "connect"
    assert refusal("http://unheard-of.example:6379/", given=given).reason == "forbidden-address", "whatever it is"


def test_a_proxy_on_ipv6_is_used(server: FaultyServer, detour: Detour) -> None:
    server.script("http://outside.example:80/", Answer(body=b"by proxy"))
    given = outside(detour) | {"proxy": "http://[2001:db8::1]:3128"}
    assert get("http://outside.example/", given=given).body == b"by proxy"
    assert set(detour.dialled) == {"2001:db8::1"}


@pytest.mark.parametrize(
    "proxy",
    ["proxy.example:3128", "http://desk:tr0ub/4dor@proxy.example:3128", "http://proxy.example:99999", "ftp://p:1"],
)
def test_what_is_no_proxys_address_is_told_without_its_password(detour: Detour, proxy: str) -> None:
    with pytest.raises(Misconfigured, match=r"WIREDESK_PROXY: .*http://HOST:PORT") as told:
        get("http://outside.example/", given=outside(detour) | {"proxy": proxy})
    assert "tr0ub" not in "".join(traceback.format_exception(told.value))


# Certificates.


def certificate(folder: Path, *, name: str, expired: bool = False) -> tuple[ssl.SSLContext, ssl.SSLContext]:
    """Make a certificate for a name: the server's side, and a client that trusts it."""
    key = ec.generate_private_key(ec.SECP256R1())
    subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])
    until = datetime.now(UTC) + timedelta(days=-1 if expired else 1)
    made = (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(subject)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(until - timedelta(days=2))
        .not_valid_after(until)
        .add_extension(x509.SubjectAlternativeName([x509.DNSName(name)]), critical=False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
        .sign(key, hashes.SHA256())
    )
    pem = folder / f"{name}.pem"
    private = key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
    pem.write_bytes(private + made.public_bytes(serialization.Encoding.PEM))
    serving = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    serving.load_cert_chain(pem)
    return serving, ssl.create_default_context(cafile=str(pem))


@pytest.fixture
def secure(tmp_path: Path) -> Iterator[tuple[FaultyServer, ssl.SSLContext]]:
    serving, trusting = certificate(tmp_path, name="outside.example")
    with FaultyServer(tls=serving) as server:
        server.script("/", Answer(body=b"page"))
        yield server, trusting


def test_the_certificate_is_held_against_the_name(secure: tuple[FaultyServer, ssl.SSLContext]) -> None:
    server, trusting = secure
    detour = Detour(server)
    given = outside(detour, other=[OUTSIDE]) | {"trust": trusting}
    assert get("https://outside.example/", given=given).body == b"page"
    assert failure("https://other.example/", given=given).kind == "tls"
    assert failure(f"https://{OUTSIDE}/", given=given).kind == "tls"
    assert failure("https://outside.example/", given=given | {"trust": None}).kind == "tls"
    assert len(server.seen) == 1


def test_an_expired_certificate_is_not_accepted(tmp_path: Path) -> None:
    serving, trusting = certificate(tmp_path, name="outside.example", expired=True)
    with FaultyServer(tls=serving) as server:
        given = outside(Detour(server)) | {"trust": trusting}
        failed = failure("https://outside.example/", given=given)
    assert failed.kind == "tls"
    assert "expired" in str(failed)


def test_a_redirect_from_https_to_http_is_never_permanent(secure: tuple[FaultyServer, ssl.SSLContext]) -> None:
    server, trusting = secure
    with FaultyServer() as plain:
        plain.script("/", Answer(body=b"plain"))
        server.script("/down", moved(plain.url("/"), status=301))
        server.script("/up", moved("/", status=301))
        given = {"trust": trusting}
        response = get(server.url("/down", host="outside.example"), given=given)
        assert (response.body, response.permanent) == (b"plain", None)
        assert get(server.url("/up", host="outside.example"), given=given).permanent is not None


def test_failures_are_of_known_kinds() -> None:
    with pytest.raises(ValueError, match="no-such"):
        FetchFailed("no-such")
