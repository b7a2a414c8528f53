"""The shelves: inbox, articles with what was found in them, relations, stories, statements, changes, postings."""

import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision = None

LINE = sa.Text().with_variant(sa.Text(collation="C"), "postgresql")
MOMENT = sa.DateTime().with_variant(sa.DateTime(timezone=True), "postgresql")
BIG_KEY = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def upgrade() -> None:
    op.create_table(
        "changes",
        sa.Column("number", BIG_KEY, nullable=False),
        sa.Column("kind", LINE, nullable=False),
        sa.Column("subject", LINE, nullable=False),
        sa.Column("payload", sa.Text(), nullable=False),
        sa.Column("at", MOMENT, nullable=False),
        sa.PrimaryKeyConstraint("number", name=op.f("pk__changes")),
        sqlite_autoincrement=True,
    )
    op.create_table(
        "consumers",
        sa.Column("name", LINE, nullable=False),
        sa.Column("cursor", sa.BigInteger(), nullable=False),
        sa.Column("acknowledged_at", MOMENT, nullable=False),
        sa.PrimaryKeyConstraint("name", name=op.f("pk__consumers")),
    )
    op.create_table(
        "furniture",
        sa.Column("key", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.PrimaryKeyConstraint("key", name=op.f("pk__furniture")),
        sqlite_with_rowid=False,
    )
    op.create_table(
        "furniture_witnesses",
        sa.Column("key", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("n", sa.Integer(), autoincrement=False, nullable=False),
        sa.PrimaryKeyConstraint("key", "n", name=op.f("pk__furniture_witnesses")),
        sqlite_with_rowid=False,
    )
    op.create_index("ix__furniture_witnesses__n", "furniture_witnesses", ["n"])
    op.create_table(
        "inbox_items",
        sa.Column("id", BIG_KEY, nullable=False),
        sa.Column("key", LINE, nullable=False),
        sa.Column("state", LINE, nullable=False),
        sa.Column("digest", LINE, nullable=True),
        sa.Column("size_bytes", sa.BigInteger(), nullable=True),
        sa.Column("input", LINE, nullable=False),
        sa.Column("hints", sa.Text(), nullable=False),
        sa.Column("received_at", MOMENT, nullable=False),
        sa.Column("attempts", sa.Integer(), nullable=False),
        sa.Column("not_before_at", MOMENT, nullable=True),
        sa.Column("holder", LINE, nullable=True),
        sa.Column("lease_until_at", MOMENT, nullable=True),
        sa.Column("settled_at", MOMENT, nullable=True),
        sa.Column("article_id", LINE, nullable=True),
        sa.Column("reason", LINE, nullable=True),
        sa.Column("detail", LINE, nullable=True),
        sa.UniqueConstraint("key", name=op.f("uq__inbox_items__key")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk__inbox_items")),
        sqlite_autoincrement=True,
    )
    op.create_index("ix__inbox_items__state_id", "inbox_items", ["state", "id"])
    op.create_table(
        "occurrences",
        sa.Column("id", LINE, nullable=False),
        sa.Column("date", LINE, nullable=False),
        sa.Column("earliest", LINE, nullable=True),
        sa.Column("latest", LINE, nullable=True),
        sa.Column("precision", LINE, nullable=False),
        sa.Column("text", LINE, nullable=False),
        sa.Column("people", sa.Text(), nullable=False),
        sa.Column("people_folded", LINE, nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk__occurrences")),
    )
    op.create_index("ix__occurrences__earliest", "occurrences", ["earliest"])
    op.create_table(
        "postings",
        sa.Column("week", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("hash", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("n", sa.Integer(), autoincrement=False, nullable=False),
        sa.PrimaryKeyConstraint("week", "hash", "n", name=op.f("pk__postings")),
        sqlite_with_rowid=False,
    )
    op.create_table(
        "statements",
        sa.Column("id", LINE, nullable=False),
        sa.Column("text", LINE, nullable=False),
        sa.Column("type", LINE, nullable=False),
        sa.Column("speaker", LINE, nullable=True),
        sa.Column("speaker_folded", LINE, nullable=True),
        sa.Column("speaker_type", LINE, nullable=True),
        sa.Column("said", LINE, nullable=True),
        sa.Column("said_basis", LINE, nullable=True),
        sa.Column("agreement", LINE, nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk__statements")),
    )
    op.create_index("ix__statements__said_id", "statements", ["said", "id"])
    op.create_table(
        "stories",
        sa.Column("id", LINE, nullable=False),
        sa.Column("size", sa.Integer(), nullable=False),
        sa.Column("first_at", MOMENT, nullable=True),
        sa.Column("last_at", MOMENT, nullable=True),
        sa.Column("merged_into", LINE, nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk__stories")),
    )
    op.create_index("ix__stories__last_at_id", "stories", ["last_at", "id"])
    op.create_table(
        "verdicts",
        sa.Column("a_id", LINE, nullable=False),
        sa.Column("b_id", LINE, nullable=False),
        sa.Column("verdict", LINE, nullable=False),
        sa.Column("at", MOMENT, nullable=False),
        sa.PrimaryKeyConstraint("a_id", "b_id", name=op.f("pk__verdicts")),
    )
    op.create_index("ix__verdicts__b_id", "verdicts", ["b_id"])
    op.create_table(
        "wire_prints",
        sa.Column("n", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("day", sa.Integer(), nullable=True),
        sa.Column("runs", sa.LargeBinary(), nullable=False),
        sa.Column("timeless", sa.LargeBinary(), nullable=False),
        sa.PrimaryKeyConstraint("n", name=op.f("pk__wire_prints")),
    )
    op.create_table(
        "articles",
        sa.Column("n", BIG_KEY, nullable=False),
        sa.Column("id", LINE, nullable=False),
        sa.Column("item_id", BIG_KEY, nullable=True),
        sa.Column("digest", LINE, nullable=True),
        sa.Column("content_digest", LINE, nullable=False),
        sa.Column("revision", sa.Integer(), nullable=False),
        sa.Column("filed_at", MOMENT, nullable=False),
        sa.Column("revised_at", MOMENT, nullable=True),
        sa.Column("withdrawn_at", MOMENT, nullable=True),
        sa.Column("story_id", LINE, nullable=True),
        sa.Column("copy_of", LINE, nullable=True),
        sa.Column("input", LINE, nullable=False),
        sa.Column("identifier", LINE, nullable=True),
        sa.Column("url", LINE, nullable=True),
        sa.Column("headline", LINE, nullable=True),
        sa.Column("authors", sa.Text(), nullable=False),
        sa.Column("publisher", LINE, nullable=True),
        sa.Column("agency", LINE, nullable=True),
        sa.Column("dateline", LINE, nullable=True),
        sa.Column("language", LINE, nullable=True),
        sa.Column("published", LINE, nullable=True),
        sa.Column("published_basis", LINE, nullable=True),
        sa.Column("published_at", MOMENT, nullable=True),
        sa.Column("modified", LINE, nullable=True),
        sa.Column("body", LINE, nullable=False),
        sa.ForeignKeyConstraint(
            ["item_id"], ["inbox_items.id"], name=op.f("fk__articles__item_id"), ondelete="SET NULL"
        ),
        sa.ForeignKeyConstraint(["story_id"], ["stories.id"], name=op.f("fk__articles__story_id"), ondelete="SET NULL"),
        sa.UniqueConstraint("id", name=op.f("uq__articles__id")),
        sa.PrimaryKeyConstraint("n", name=op.f("pk__articles")),
        sqlite_autoincrement=True,
    )
    op.create_index("ix__articles__item_id", "articles", ["item_id"])
    op.create_index("ix__articles__published_at", "articles", ["published_at"])
    op.create_index("ix__articles__story_id", "articles", ["story_id"])
    op.create_table(
        "events",
        sa.Column("id", BIG_KEY, nullable=False),
        sa.Column("n", BIG_KEY, nullable=False),
        sa.Column("occurrence_id", LINE, nullable=True),
        sa.Column("date", LINE, nullable=False),
        sa.Column("earliest", LINE, nullable=True),
        sa.Column("latest", LINE, nullable=True),
        sa.Column("precision", LINE, nullable=False),
        sa.Column("start", sa.Integer(), nullable=False),
        sa.Column("stop", sa.Integer(), nullable=False),
        sa.Column("text", LINE, nullable=False),
        sa.Column("people", sa.Text(), nullable=False),
        sa.Column("gone", sa.Boolean(), nullable=False),
        sa.ForeignKeyConstraint(["n"], ["articles.n"], name=op.f("fk__events__n"), ondelete="CASCADE"),
        sa.ForeignKeyConstraint(
            ["occurrence_id"], ["occurrences.id"], name=op.f("fk__events__occurrence_id"), ondelete="SET NULL"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk__events")),
    )
    op.create_index(
        "ix__events__gone", "events", ["gone"], sqlite_where=sa.text("gone"), postgresql_where=sa.text("gone")
    )
    op.create_index("ix__events__n", "events", ["n"])
    op.create_index("ix__events__occurrence_id", "events", ["occurrence_id"])
    op.create_table(
        "mentions",
        sa.Column("n", BIG_KEY, autoincrement=False, nullable=False),
        sa.Column("type", LINE, nullable=False),
        sa.Column("name", LINE, nullable=False),
        sa.Column("spans", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(["n"], ["articles.n"], name=op.f("fk__mentions__n"), ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("n", "type", "name", name=op.f("pk__mentions")),
    )
    op.create_index("ix__mentions__name", "mentions", ["name"])
    op.create_table(
        "quotations",
        sa.Column("id", BIG_KEY, nullable=False),
        sa.Column("n", BIG_KEY, nullable=False),
        sa.Column("statement_id", LINE, nullable=True),
        sa.Column("start", sa.Integer(), nullable=False),
        sa.Column("stop", sa.Integer(), nullable=False),
        sa.Column("text", LINE, nullable=False),
        sa.Column("type", LINE, nullable=False),
        sa.Column("verb", LINE, nullable=True),
        sa.Column("speaker", LINE, nullable=True),
        sa.Column("speaker_type", LINE, nullable=True),
        sa.Column("speaker_mention", sa.Text(), nullable=True),
        sa.Column("said", LINE, nullable=True),
        sa.Column("said_basis", LINE, nullable=True),
        sa.Column("confidence", sa.Float(), nullable=False),
        sa.Column("gone", sa.Boolean(), nullable=False),
        sa.ForeignKeyConstraint(["n"], ["articles.n"], name=op.f("fk__quotations__n"), ondelete="CASCADE"),
        sa.ForeignKeyConstraint(
            ["statement_id"], ["statements.id"], name=op.f("fk__quotations__statement_id"), ondelete="SET NULL"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk__quotations")),
    )
    op.create_index(
        "ix__quotations__gone", "quotations", ["gone"], sqlite_where=sa.text("gone"), postgresql_where=sa.text("gone")
    )
    op.create_index("ix__quotations__n", "quotations", ["n"])
    op.create_index("ix__quotations__statement_id", "quotations", ["statement_id"])
    op.create_table(
        "relations",
        sa.Column("a_n", BIG_KEY, autoincrement=False, nullable=False),
        sa.Column("b_n", BIG_KEY, autoincrement=False, nullable=False),
        sa.Column("grade", LINE, nullable=False),
        sa.Column("score", sa.Float(), nullable=False),
        sa.Column("coverage_a", sa.Float(), nullable=False),
        sa.Column("coverage_b", sa.Float(), nullable=False),
        sa.Column("passages", sa.Text(), nullable=False),
        sa.Column("reason", LINE, nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("made_at", MOMENT, nullable=False),
        sa.ForeignKeyConstraint(["a_n"], ["articles.n"], name=op.f("fk__relations__a_n"), ondelete="CASCADE"),
        sa.ForeignKeyConstraint(["b_n"], ["articles.n"], name=op.f("fk__relations__b_n"), ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("a_n", "b_n", name=op.f("pk__relations")),
    )
    op.create_index("ix__relations__b_n", "relations", ["b_n"])
    op.create_table(
        "revisions",
        sa.Column("n", BIG_KEY, autoincrement=False, nullable=False),
        sa.Column("revision", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("item_id", BIG_KEY, nullable=True),
        sa.Column("digest", LINE, nullable=True),
        sa.Column("content_digest", LINE, nullable=False),
        sa.Column("content", sa.Text(), nullable=False),
        sa.Column("replaced_at", MOMENT, nullable=False),
        sa.ForeignKeyConstraint(
            ["item_id"], ["inbox_items.id"], name=op.f("fk__revisions__item_id"), ondelete="SET NULL"
        ),
        sa.ForeignKeyConstraint(["n"], ["articles.n"], name=op.f("fk__revisions__n"), ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("n", "revision", name=op.f("pk__revisions")),
    )
    op.create_index("ix__revisions__item_id", "revisions", ["item_id"])
    op.create_table(
        "stages",
        sa.Column("n", BIG_KEY, autoincrement=False, nullable=False),
        sa.Column("stage", LINE, nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(["n"], ["articles.n"], name=op.f("fk__stages__n"), ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("n", "stage", name=op.f("pk__stages")),
    )
    op.create_index("ix__stages__stage_version", "stages", ["stage", "version"])
    op.create_table(
        "timexes",
        sa.Column("id", BIG_KEY, nullable=False),
        sa.Column("n", BIG_KEY, nullable=False),
        sa.Column("start", sa.Integer(), nullable=False),
        sa.Column("stop", sa.Integer(), nullable=False),
        sa.Column("text", LINE, nullable=False),
        sa.Column("type", LINE, nullable=False),
        sa.Column("value", LINE, nullable=True),
        sa.Column("earliest", LINE, nullable=True),
        sa.Column("latest", LINE, nullable=True),
        sa.ForeignKeyConstraint(["n"], ["articles.n"], name=op.f("fk__timexes__n"), ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk__timexes")),
    )
    op.create_index("ix__timexes__n", "timexes", ["n"])
