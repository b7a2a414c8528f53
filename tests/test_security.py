# ruff: noqa: E501 - pages full of addresses
"""Nobody is let in and nothing gets out: no request, no file, no secret, no statement of somebody else's making."""

import ast
import contextlib
import io
import os
import sqlite3
import subprocess
import sys
from collections import Counter
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from badinputs import BAD, PROSE, entry, external, nitf, page, rss
from conftest import Databases
from desking import Up, free_port, wait_for
from faultyserver import Answer, FaultyServer, moved
from shelving import Desk, article, quotation

from flows import cli, poll
from storage import quotebook, timeline
from storage.errors import Misconfigured, WiredeskError
from storage.masking import masked, without_user
from storage.records import Hints
from storage.searching import Asked
from storage.store import Store
from tasks import enrich, formats, intake, opml, sweep
from tasks.stages import Document

ROOT = Path(__file__).parent.parent
SECRET = "tr0ub4dor"

# Reading asks nobody and touches nothing -----------------------------------------------------------------------------

_watching = False
_seen: list[tuple[str, object]] = []
_REACHING = (
    "socket.connect",
    "socket.getaddrinfo",
    "socket.gethostbyname",
    "urllib.Request",
    "subprocess.Popen",
    "os.system",
)


def _hook(event: str, arguments: tuple[Any, ...]) -> None:
    if not _watching:
        return
    if event in _REACHING:
        _seen.append((event, arguments))
        raise PermissionError(f"{event} while a document is read")
    if (
        event == "open"
        and isinstance(arguments[0], str | bytes)
        and _is_foreign(os.fsdecode(arguments[0]), arguments[1])
    ):
        _seen.append((event, arguments[:2]))


def _is_foreign(path: str, mode: object) -> bool:
    """Say whether a document made us open this: anything for writing, anything but what programs are made of."""
    return any(letter in str(mode or "r") for letter in "wax+") or path.startswith("/etc/passwd")


@pytest.fixture(scope="module", autouse=True)
def _hooked() -> None:
    sys.addaudithook(_hook)  # it stays for as long as the process lives, and does nothing unless told to


REACHES = "http://127.0.0.1:9/x"
REFERRING = {
    "page.html": page(
        f'<img src="{REACHES}"><iframe src="{REACHES}"></iframe><script src="{REACHES}"></script><object data="{REACHES}">'
        f'</object><video src="{REACHES}" poster="{REACHES}"></video><a href="file:///etc/passwd" ping="{REACHES}">x</a>'
        f'<svg><image href="{REACHES}"/><use href="{REACHES}#a"/></svg><form action="{REACHES}"></form>',
        f'<base href="{REACHES}"><link rel="stylesheet" href="{REACHES}"><link rel="canonical" href="{REACHES}">'
        f'<meta http-equiv="refresh" content="0; url={REACHES}"><style>@import url({REACHES});</style>'
        f'<script type="application/ld+json">{{"@context": "{REACHES}", "@id": "{REACHES}"}}</script>',
    ),
    "picture.xml": f'<?xml version="1.0"?>{external("svg")}<svg xmlns="http://www.w3.org/2000/svg"><image href="{REACHES}"/>'
    f"<text>&secret;</text></svg>".encode(),
    "schema.xml": nitf("<p>A ferry sails from the pier of Port Ansel every day of the week, and twice on Sunday.</p>").replace(
        b"<nitf>", b'<nitf xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance" xsi:schemaLocation="http://127.0.0.1:9/a http://127.0.0.1:9/b">'
    ),
    "feed.rss": rss(f'<item><title>a</title><link>{REACHES}</link><enclosure url="{REACHES}"/><source url="{REACHES}"/></item>',
                    external("rss"), f'<image><url>{REACHES}</url></image><cloud domain="127.0.0.1"/>'),
    **{b.name: b.make() for b in BAD if any(
        word in b.name for word in ("external", "xinclude", "frames", "stylesheet", "tracking", "acts", "slip", "links.",
                                    "links-only", "devices", "javascript", "doctype", "parameters", "file-address", "circle"))},
}  # fmt: skip


@pytest.mark.parametrize("name", REFERRING)
def test_no_document_causes_a_request_or_has_a_file_opened(name: str) -> None:
    global _watching  # noqa: PLW0603 - a hook stays for good; this is its switch
    enrich.enrich([])
    for n in (1, 2):  # what is loaded at the first reading is loaded unwatched
        _seen.clear()
        _watching = n == 2
        try:
            arrived = list(intake.documents_of(REFERRING[name], name=name, hints=Hints()))
            read = [formats.read(d.raw, input=d.input, hints=d.hints) for d in arrived if isinstance(d, Document)]
        finally:
            _watching = False
    assert _seen == []
    assert "root:" not in "".join(map(repr, read))


def test_the_watch_sees_a_request_and_a_file() -> None:
    global _watching  # noqa: PLW0603 - a hook stays for good; this is its switch
    import socket

    _seen.clear()
    _watching = True
    try:
        with socket.socket() as client, pytest.raises(PermissionError):
            client.connect(("127.0.0.1", 9))
        with open("/etc/passwd"):
            pass
    finally:
        _watching = False
    assert [event for event, _ in _seen] == ["socket.connect", "open"]


def test_links_and_names_in_the_drop_folder_lead_nowhere(store: Store, tmp_path: Path) -> None:
    """What archives hold under such names is read as text and written nowhere."""
    outside = tmp_path / "outside"
    drop = tmp_path / "home" / "drop"
    outside.mkdir()
    drop.mkdir(parents=True)
    (outside / "kept.txt").write_text(f"{SECRET} lies outside of the folder. " * 20)
    (drop / "a.txt").symlink_to(outside / "kept.txt")
    (drop / "folder").symlink_to(outside)
    (drop / "up.txt").symlink_to("../../outside/kept.txt")
    for bad in BAD:
        if bad.name in {"slip.zip", "slip.tar", "links.tar", "odd-names.zip", "mail-attached-slip.eml"}:
            (drop / bad.name).write_bytes(bad.make())
    for path in drop.iterdir():
        if not path.is_symlink():
            os.utime(path, (1_700_000_000, 1_700_000_000))
    before = {*Path("/tmp").glob("slip*"), *Path("/etc").glob("slip*")}
    swept = sweep.sweep(store, drop, now=datetime.now(UTC), max_bytes=1_000_000)
    assert swept.taken == 5
    assert [p.name for p in outside.iterdir()] == ["kept.txt"]
    assert {*Path("/tmp").glob("slip*"), *Path("/etc").glob("slip*")} == before
    assert {p.name for p in tmp_path.iterdir()} <= {"home", "outside", "raw"}
    kept = "".join(
        store.raw.get(p.name.split(".")[0]).decode("utf-8", "replace")
        for p in (tmp_path / "raw").rglob("*") if p.is_file()
    )  # fmt: skip
    assert "old ferry" in kept
    assert SECRET not in kept


# Secrets -------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("postgresql://desk:tr0ub4dor@db.example/w", "postgresql://***@db.example/w"),
        ("s3://key:tr0ub4dor@bucket/raw: no such bucket", "s3://***@bucket/raw: no such bucket"),
        ("https://a:p@ss:w@quay.example/", "https://***@quay.example/"),
        ("https://quay.example/rss?a=1&token=tr0ub4dor&b=2", "https://quay.example/rss?a=1&token=***&b=2"),
        ("https://quay.example/rss?api_key=tr0ub4dor, then", "https://quay.example/rss?api_key=***, then"),
        ("https://quay.example/rss?X-Amz-Signature=tr0ub4dor", "https://quay.example/rss?X-Amz-Signature=***"),
        ("https://quay.example/rss?PASSWORD=tr0ub4dor#x", "https://quay.example/rss?PASSWORD=***#x"),
        ("mail desk@quay.example, or see https://quay.example/?keyword=ferry", None),
        ("https://quay.example/@desk?monkey=1", None),
    ],
)
def test_secrets_in_addresses_are_stars_and_nothing_else_is(text: str, shown: str | None) -> None:
    assert masked(text) == (text if shown is None else shown)
    assert masked(masked(text)) == masked(text)
    assert SECRET not in str(Misconfigured("no", subject=text))
    assert SECRET not in str(WiredeskError(text))


def test_masking_takes_no_longer_for_what_is_made_to_hold_it() -> None:
    for flood in ("://" * 300_000, "?a_" * 300_000, "?" + "a-" * 300_000, "://" + "a:" * 300_000, "&key=" * 200_000):
        masked(flood)
        without_user(flood)


def here(*arguments: object, home: Path, **variables: str) -> str:
    """Run a command that runs no flow, in this process; gives all that it says."""
    said = io.StringIO()
    with (
        pytest.MonkeyPatch.context() as patch, contextlib.redirect_stdout(said), contextlib.redirect_stderr(said),
    ):  # fmt: skip
        for name in [n for n in os.environ if n.startswith("WIREDESK_")]:
            patch.delenv(name)
        for name, value in variables.items():
            patch.setenv(name, value)
        patch.setenv("WIREDESK_HOME", str(home))
        patch.setenv("COLUMNS", "250")
        patch.setattr(cli, "prepare_streams", lambda: None)
        patch.setattr(cli, "_log", lambda verbose: None)
        with contextlib.suppress(SystemExit):
            cli.main([str(a) for a in arguments])
    return said.getvalue()


@pytest.fixture(scope="module")
def told(tmp_path_factory: pytest.TempPathFactory, databases: Databases) -> Iterator[dict[str, str]]:
    """What commands say on a desk whose every setting and feed carries a secret."""
    home = tmp_path_factory.mktemp("secrets")
    listed = home / "feeds.opml"
    listed.write_text(
        '<opml version="2.0"><body>'
        f'<outline xmlUrl="http://desk:{SECRET}@127.0.0.1:9/a.rss" text="User"/>'
        f'<outline xmlUrl="http://127.0.0.1:9/b.rss?access_token={SECRET}" text="Token"/></body></opml>'
    )
    (home / "bad.json").write_text('{"articleBody": 3}')
    postgresql = databases.fresh("postgresql").replace("postgres:@", f"postgres:{SECRET}@")
    assert SECRET in postgresql
    secret = {
        "WIREDESK_RAW_URL": f"memory://desk:{SECRET}@shelf/raw", "WIREDESK_PROXY": f"http://desk:{SECRET}@127.0.0.1:9",
        "WIREDESK_ALLOW_LOOPBACK": "true", "WIREDESK_FETCH_PORTS": "9",
    }  # fmt: skip
    both = secret | {"WIREDESK_DATABASE_URL": postgresql}
    said = {
        "import": here("feeds", "import", listed, home=home, **both),
        "add": here("feeds", "add", f"https://desk:{SECRET}@quay.example/c.rss?key={SECRET}", home=home, **both),
        "add unseen": here("feeds", "add", "--unseen", f"127.0.0.1:9/d.rss?key={SECRET}", home=home, **both),
        "list": here("feeds", "list", home=home, **both),
        "list jsonl": here("feeds", "list", "--format", "jsonl", home=home, **both),
        "why": here("feeds", "why", "b.rss", home=home, **both),
        "why jsonl": here("feeds", "why", "b.rss", "--format", "jsonl", home=home, **both),
        "unclear": here("feeds", "why", "127.0.0.1", home=home, **both),
        "export": here("feeds", "export", home=home, **both),
        "status": here("status", home=home, **both, PREFECT_API_URL=f"http://desk:{SECRET}@127.0.0.1:9/api"),
        "help": here("--help", home=home, **both) + here("feeds", "export", "--help", home=home, **both),
        "no such database": here("status", home=home, **secret,
                                WIREDESK_DATABASE_URL=f"postgresql://desk:{SECRET}@127.0.0.1:9/none"),
        "no database at all": here("feeds", "import", listed, home=home, **secret,
                                  WIREDESK_DATABASE_URL=f"nosuch://desk:{SECRET}@x/y"),
        "no such shelf": here("status", home=home, **(both | {
            "WIREDESK_RAW_URL": f"nosuch://desk:{SECRET}@shelf/raw"})),
        "a setting": here("status", home=home, **both, WIREDESK_PORT=f"http://desk:{SECRET}@x/"),
    }  # fmt: skip
    with_keys = here("feeds", "export", "--keys", home=home, **both)
    assert f"access_token={SECRET}" in with_keys
    assert f":{SECRET}@" not in with_keys  # a user part is never kept
    yield said
    databases.drop(postgresql.replace(f":{SECRET}@", ":@"))


def test_no_command_says_a_secret(told: dict[str, str]) -> None:
    assert [name for name, text in told.items() if SECRET in text] == []
    assert "b.rss?access_token=***" in told["list"].replace("\n", "")
    assert "--keys writes them" in told["export"]


def test_table_that_a_poll_leaves_in_prefect_shows_no_secret() -> None:
    row = poll._row(
        "failed: hard", 2, f"https://quay.example/rss?token={SECRET}", f"https://a:{SECRET}@quay.example/: no"
    )
    assert row["which"] == "https://quay.example/rss?token=***, https://***@quay.example/: no"


def test_user_part_of_a_listed_address_is_never_kept() -> None:
    raw = f'<opml><body><outline xmlUrl="https://desk:{SECRET}@quay.example/rss"/></body></opml>'.encode()
    assert [one.address for one in opml.read(raw)] == ["https://quay.example/rss"]


PREFECT_TABLES = ("flow_run", "flow_run_state", "task_run", "deployment", "log", "artifact", "events")


@pytest.mark.hard
def test_no_desk_leaves_a_secret_in_prefect_or_its_home(
    tmp_path: Path, databases: Databases, server: FaultyServer
) -> None:
    """Feeds that answer, fail and lead astray, files that are filed and not, a database that goes: under `up`."""
    body = f"<p>{PROSE}{PROSE}{PROSE}</p>"
    server.script(f"/good.rss?token={SECRET}", Answer(body=rss(entry(1, body))))
    server.script(f"/moved.rss?token={SECRET}", moved(f"/gone.rss?api_key={SECRET}"))
    server.script(f"/broken.rss?token={SECRET}", Answer(status=500, body=b"no"))
    listed = tmp_path / "feeds.opml"
    feeds = "".join(
        f'<outline xmlUrl="http://desk:{SECRET}@127.0.0.1:{server.port}/{name}.rss?token={SECRET}" text="{name}"/>'
        for name in ("good", "moved", "broken", "missing")
    )
    listed.write_text(f'<opml version="2.0"><body>{feeds}</body></opml>')
    postgresql = databases.fresh("postgresql")
    home = tmp_path / "home"
    known = {
        "WIREDESK_ALLOW_LOOPBACK": "true", "WIREDESK_WORKERS": "1", "WIREDESK_FETCH_PORTS": str(server.port),
        "WIREDESK_RAW_URL": f"memory://desk:{SECRET}@shelf/raw", "PREFECT_SERVER_ANALYTICS_ENABLED": "false",
        "WIREDESK_DATABASE_URL": postgresql.replace("postgres:@", f"postgres:{SECRET}@"),
    }  # fmt: skip
    assert SECRET in known["WIREDESK_DATABASE_URL"]
    said = [here("feeds", "import", listed, home=home, **known)]
    up = Up(home, free_port(), "up", **known)
    try:
        up.ready()
        for name, raw in (("a.txt", f"Ferry stays\n\n{PROSE * 3}"), ("b.json", '{"articleBody": 3}')):
            (home / "drop" / f".{name}").write_text(raw)
            (home / "drop" / f".{name}").rename(home / "drop" / name)
        _end(up, up.start("poll-feeds"))
        wait_for(lambda: list((home / "drop").glob("rejected/b.json")), what="the refusal")
        said += [_poll(home, up, server.url(f"/good.rss?token={SECRET}"), known)]
        wait_for(lambda: up.ask("/events/filter", {"filter": {"event": {"prefix": ["wiredesk.article."]}}})["total"],
                 what="the events")  # fmt: skip
        databases.drop(postgresql)
        assert [_end(up, up.start(deployment)) for deployment in ("poll-feeds", "upkeep")] == ["Failed", "Failed"]
        wait_for(lambda: up.ask("/logs/filter", {}), what="the logs")
    finally:
        up.stop()
        databases.drop(postgresql)
    assert server.asked(f"/good.rss?token={SECRET}")
    assert [text for text in (*said, up.said()) if SECRET in text] == []
    (file,) = home.rglob("prefect*.db")
    with contextlib.closing(sqlite3.connect(file)) as prefect:
        kept = {t: "\n".join(map(repr, prefect.execute(f"SELECT * FROM {t}"))) for t in PREFECT_TABLES}
        whole = "\n".join(prefect.iterdump())
    assert [table for table, rows in kept.items() if not rows] == []
    assert all("***" in kept[table] for table in ("flow_run", "log", "artifact", "events"))  # addresses come there
    assert [table for table, rows in kept.items() if SECRET in rows] == []
    assert SECRET not in whole
    assert [str(f) for f in home.rglob("*") if f.is_file() and SECRET.encode() in f.read_bytes()] == []


def _end(up: Up, run: str) -> str:
    """Wait for a run to end; how it did."""
    ended = ("Completed", "Failed", "Crashed", "Cancelled")
    return wait_for(lambda: state if (state := up.state(run)) in ended else None, seconds=180, what=run)


def _poll(home: Path, up: Up, address: str, known: dict[str, str]) -> str:
    """Poll a feed by its address, through a proxy that is not there, as a run on the server of `up`."""
    clean = {k: v for k, v in os.environ.items() if not k.startswith(("WIREDESK_", "PREFECT_"))}
    more = {"WIREDESK_HOME": str(home), "WIREDESK_PROXY": f"http://desk:{SECRET}@127.0.0.1:9"}
    command = [sys.executable, "-m", "flows", "feeds", "poll", address, "--verbose"]
    done = subprocess.run(command, env=clean | known | more, cwd=ROOT, timeout=200, stdout=subprocess.PIPE,
                          stderr=subprocess.STDOUT, encoding="utf-8")  # fmt: skip
    assert any("token=***" in str(run["parameters"]) for run in up.runs())
    return done.stdout


# SQL -----------------------------------------------------------------------------------------------------------------

_SQL = {"text", "execute", "exec_driver_sql", "executemany", "scalar", "scalars", "literal_column"}


def _is_made_up(node: ast.expr) -> bool:
    """Say whether an expression puts a string together from anything but strings that stand in the source."""
    if isinstance(node, ast.JoinedStr):
        return any(isinstance(part, ast.FormattedValue) for part in node.values)
    if isinstance(node, ast.BinOp) and isinstance(node.op, ast.Add | ast.Mod):
        sides = (node.left, node.right)
        strings = any(
            isinstance(s, ast.JoinedStr | ast.Constant) and isinstance(getattr(s, "value", ""), str) for s in sides
        )
        return strings and not all(isinstance(side, ast.Constant) for side in sides)
    return (
        isinstance(node, ast.Call)
        and isinstance(node.func, ast.Attribute)
        and node.func.attr in {"format", "format_map"}
    )


def made_up_sql(source: str) -> list[int]:
    """Give the lines of a module where SQL is put together of parts."""
    return [
        call.lineno
        for call in ast.walk(ast.parse(source))
        if isinstance(call, ast.Call) and call.args
        and (call.func.attr if isinstance(call.func, ast.Attribute) else getattr(call.func, "id", "")) in _SQL
        and _is_made_up(call.args[0])
    ]  # fmt: skip


def test_sql_is_never_put_together_of_parts() -> None:
    for bad in (
        'text(f"SELECT {x}")',
        'c.execute("SELECT " + x)',
        'c.execute("SELECT %s" % x)',
        'text("{}".format(x))',
    ):
        assert made_up_sql(bad) == [1], bad
    assert made_up_sql('text("SELECT :x")\nc.execute(select(t).where(t.c.x == x))\ntext("a" "b")') == []
    files = [
        f for room in ("flows", "tasks", "storage") for f in (ROOT / room).rglob("*.py") if "migrations" not in f.parts
    ]
    found = Counter(str(f.relative_to(ROOT)) for f in files for _ in made_up_sql(f.read_text(encoding="utf-8")))
    # The names of columns that stand above; one of two statements that stand above; settings of our own, in PRAGMA.
    assert found == {"storage/entries.py": 1, "storage/inbox.py": 1, "storage/wireindex.py": 1, "storage/store.py": 1}


HARM = "x'; DROP TABLE articles; -- \" OR 1=1 /* \\ %s :who {0} * ( NEAR ^"


def test_what_is_searched_for_is_never_a_statement(store: Store, now: Any) -> None:
    body = f"“We sail with {HARM} on board,” said Ilka Sarovin. The ferry sailed on 6 March 2026."
    one = article("harm", body, published="2026-03-01")
    one = replace(
        one,
        publisher=HARM,
        headline=HARM,
        identifier=HARM,
        quotations=(quotation(body, f"We sail with {HARM} on board,"),),
    )
    with store.filing() as conn:
        Desk().file(conn, one, now)
    for field in ("speaker", "words", "outlet", "story", "person", "place", "type", "modality"):
        for harm in (HARM, "'", '"', '""', "*", "^", "(", "a AND", "NEAR(", "%", "_", "\\", ";", "x" * 5_000):
            for look in (quotebook.find, timeline.find):
                with store.reading() as conn, contextlib.suppress(WiredeskError):  # refused, in a sentence
                    assert len(list(look(conn, Asked(**{field: harm})))) <= 1
    with store.reading() as conn:
        (found,) = quotebook.find(conn, Asked())
        assert list(quotebook.find(conn, Asked(outlet=HARM))) == [found]
