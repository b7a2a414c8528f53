"""The door into the inbox: once per content, nothing lost, refusals named."""

from datetime import UTC, datetime
from pathlib import Path

from storage import inbox
from storage.records import Hints, Refusal
from storage.store import Store
from tasks import intake
from tasks.stages import Document

NOW = datetime(2026, 3, 12, 9, 0, tzinfo=UTC)
BODY = "The ferry between Orlund and Sant was stopped on Tuesday after a storm, the harbour office said."


def take(store: Store, *arrivals: Document | Refusal) -> list[inbox.Received]:
    return list(intake.take_in(store, arrivals, now=NOW))


def document(raw: bytes, name: str = "a.txt", hints: Hints | None = None) -> Document:
    return Document(input=name, raw=raw, hints=hints or Hints())


def test_the_same_bytes_are_one_item_whatever_they_are_called(store: Store) -> None:
    (first,) = take(store, document(b"one"))
    (again,) = take(store, document(b"one", "b.txt"))
    assert (first.new, again.new) == (True, False)
    assert first.item_id == again.item_id


def test_the_same_bytes_from_another_outlet_are_another_item(store: Store) -> None:
    ours, theirs = take(
        store, document(b"one", hints=Hints(publisher="Tidewater")), document(b"one", hints=Hints(publisher="Landline"))
    )
    assert ours.item_id != theirs.item_id


def test_bytes_are_kept_before_they_are_noted(store: Store) -> None:
    (received,) = take(store, document(b"precious"))
    with store.reading() as conn:
        item = inbox.item(conn, received.item_id)
    assert item is not None
    assert item.digest is not None
    assert store.raw.get(item.digest) == b"precious"


def test_what_cannot_be_opened_is_rejected_once_and_named(store: Store, tmp_path: Path) -> None:
    gone = str(tmp_path / "gone.txt")
    arrivals = list(intake.documents([gone], hints=Hints(), max_bytes=100))
    (first,) = take(store, *arrivals)
    (again,) = take(store, *arrivals)
    assert first.state == again.state == "rejected"
    assert (first.new, again.new) == (True, False)
    with store.reading() as conn:
        (item,) = inbox.rejected(conn)
    assert (item.input, item.reason) == (gone, "unreadable")


def test_a_jsonl_file_is_a_document_a_line(store: Store, tmp_path: Path) -> None:
    lines = tmp_path / "wire.jsonl"
    lines.write_text(f'{{"articleBody": "{BODY}"}}\n\n{{"articleBody": "{BODY} It ran again."}}\n', encoding="utf-8")
    found = list(intake.documents([str(lines)], hints=Hints(), max_bytes=10_000))
    assert [d.input for d in found] == [f"{lines}#1", f"{lines}#3"]
    assert len({r.item_id for r in take(store, *found)}) == 2


def test_a_long_list_is_noted_in_order(store: Store) -> None:
    received = take(store, *(document(str(n).encode(), f"{n}.txt") for n in range(intake.NOTED_AT_ONCE + 5)))
    assert [r.item_id for r in received] == sorted(r.item_id for r in received)
    with store.reading() as conn:
        assert inbox.counts(conn)["captured"] == intake.NOTED_AT_ONCE + 5


def test_a_rejected_document_under_the_right_suffix_is_another_one(store: Store) -> None:
    wrong, right, again = take(
        store, document(b"prose", "a.json"), document(b"prose", "a.txt"), document(b"prose", "b.TXT")
    )
    assert wrong.item_id != right.item_id
    assert right.item_id == again.item_id
