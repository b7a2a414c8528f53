"""Write rows of the exports as Parquet, with a type for every column, a thousand rows at a time.

Moments are timestamps in UTC; dates that a source gives stay text, because they are as precise as it was. What has no
fixed shape (what an agency says beside its text, what a change brings) is JSON. pyarrow is imported here
alone, and installed by who wants this format: it takes 170 MB.
"""

import json
from collections.abc import Iterable, Mapping
from datetime import datetime
from itertools import islice
from typing import Any, BinaryIO, Final

from storage.errors import Misconfigured

ROWS_AT_ONCE: Final = 1000
"""Rows of one group: 5 MB of articles. Readers skip whole groups, and memory holds one."""
MOMENTS: Final = frozenset({"filed_at", "revised_at", "withdrawn_at", "first_at", "last_at", "at"})
JSON: Final = frozenset({"wire", "payload"})
_LISTS: Final = frozenset({"author", "people"})


def ready() -> None:
    """Say what is missing before anything is read or opened.

    Raises:
        Misconfigured: pyarrow is not installed.
    """
    try:
        import pyarrow.parquet
    except ImportError as error:
        raise Misconfigured(
            "Parquet wants pyarrow, which is not installed here; `make parquet` installs it", subject="--format parquet"
        ) from error
    del pyarrow


def write(rows: Iterable[Mapping[str, Any]], out: BinaryIO, *, kind: str, columns: Iterable[str]) -> None:
    """Write rows of one kind of export; `out` need not be able to seek."""
    import pyarrow
    from pyarrow import parquet

    schema = pyarrow.schema([(column, _type(kind, column)) for column in columns])
    coming = iter(rows)
    writer = parquet.ParquetWriter(out, schema, compression="zstd")
    try:
        while some := [_row(row) for row in islice(coming, ROWS_AT_ONCE)]:
            writer.write_table(pyarrow.Table.from_pylist(some, schema=schema))
        writer.close()
    except BaseException:
        writer.is_open = False  # nothing more goes into a file that is given up, not even its end
        raise


def _row(row: Mapping[str, Any]) -> dict[str, Any]:
    made = dict(row)
    for name in MOMENTS & made.keys():
        made[name] = datetime.fromisoformat(made[name]) if made[name] else None
    for name in JSON & made.keys():
        made[name] = None if made[name] is None else json.dumps(made[name], ensure_ascii=False)
    return made


def _type(kind: str, column: str) -> Any:
    import pyarrow as pa

    text, number = pa.string(), pa.int64()
    span = [("start", number), ("end", number), ("text", text)]
    shaped: dict[tuple[str, str], Any] = {
        ("stories", "articles"): [("article", text), ("copy_of", text), ("grade", text), ("outlet", text),
                                  ("headline", text), ("datePublished", text)],
        ("copies", "passages"): [("article", pa.list_(number)), ("other", pa.list_(number)), ("text", text)],
        ("quotes", "carriers"): [("article", text), *span, ("type", text)],
        ("timeline", "articles"): [("article", text), *span],
    }  # fmt: skip
    if fields := shaped.get((kind, column)):
        return pa.list_(pa.struct(fields))
    if (kind, column) == ("quotes", "speaker"):
        return pa.struct([("name", text), ("type", text)])
    if column in MOMENTS:
        return pa.timestamp("us", tz="UTC")
    if column in _LISTS:
        return pa.list_(text)
    if column == "coverage":
        return pa.list_(pa.float64())
    if column in {"number", "revision", "size"}:
        return number
    return pa.float64() if column == "score" else text
