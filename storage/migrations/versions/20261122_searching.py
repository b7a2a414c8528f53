"""What the quote book and the timeline are searched by, and the views that other tools read (`*_v1`).

A view of one version keeps its columns for good: what alters the tables drops the views first, and makes them anew
with the same columns. Entries for what is filed already are made by `storage.indexing` at the end of an upgrade.
"""

import re

import sqlalchemy as sa
from alembic import op

revision = "0008"
down_revision = "0009"

LINE = sa.Text().with_variant(sa.Text(collation="C"), "postgresql")
BIG_KEY = sa.BigInteger().with_variant(sa.Integer(), "sqlite")

# `<outlet a>` is written out below, `<utc a.filed_at>` as the database writes a time.
OUTLET = r"coalesce(\1.publisher, \1.agency)"
UTC = {
    "sqlite": r"strftime('%Y-%m-%dT%H:%M:%SZ', \1)",
    "postgresql": r"""to_char(\1 AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS"Z"')""",
}
CARRIED = """
    (SELECT count(DISTINCT m.n) FROM <members> m WHERE m.<key> = c.id) AS articles,
    (SELECT count(DISTINCT <outlet a>) FROM <members> m JOIN articles a ON a.n = m.n WHERE m.<key> = c.id) AS outlets,
    f.id AS first_article, <outlet f> AS first_outlet, f.published AS first_published, f.story_id AS story"""
FIRST = """
    LEFT JOIN articles f ON f.n = (
        SELECT a.n FROM <members> m JOIN articles a ON a.n = m.n WHERE m.<key> = c.id
        ORDER BY a.published_at IS NULL, a.published_at, a.id, m.start LIMIT 1)"""

VIEWS = {
    "articles_v1": """
        SELECT a.id AS article, a.story_id AS story, a.copy_of, <outlet a> AS outlet, a.publisher, a.agency,
            a.headline, a.authors, a.url, a.language, a.dateline, a.published, <utc a.published_at> AS published_at,
            a.published_basis, <utc a.filed_at> AS filed_at, a.revision, <utc a.revised_at> AS revised_at,
            <utc a.withdrawn_at> AS withdrawn_at, a.identifier, a.input, a.body
        FROM articles a""",
    "stories_v1": """
        SELECT s.id AS story, h.headline, <outlet h> AS outlet, s.size AS articles,
            (SELECT count(DISTINCT <outlet a>) FROM articles a WHERE a.story_id = s.id) AS outlets,
            <utc s.first_at> AS first_published_at, <utc s.last_at> AS last_published_at, s.merged_into
        FROM stories s LEFT JOIN articles h ON h.id = s.id AND s.size > 0""",
    "copies_v1": """
        SELECT one.id AS article, two.id AS other, r.grade, r.score, r.coverage_a AS coverage_of_article,
            r.coverage_b AS coverage_of_other, r.reason, r.passages
        FROM relations r JOIN articles one ON one.n = r.a_n JOIN articles two ON two.n = r.b_n""",
    "quotes_v1": """
        SELECT c.id AS quote, c.speaker, c.speaker_type, c.said, c.said_earliest AS first_day,
            c.said_latest AS last_day, c.said_basis, c.type, c.agreement, c.text, <carried>
        FROM statements c <first>""",
    "quote_carriers_v1": """
        SELECT q.statement_id AS quote, a.id AS article, <outlet a> AS outlet, a.published, q.text, q.type,
            q.speaker, q.verb, q.start AS start_offset, q.stop AS end_offset, q.confidence
        FROM quotations q JOIN articles a ON a.n = q.n""",
    "timeline_v1": """
        SELECT c.id AS event, c.date, c.earliest AS first_day, c.latest AS last_day, c.precision, c.modality, c.text,
            c.people, <carried>
        FROM occurrences c <first>""",
    "event_reports_v1": """
        SELECT e.occurrence_id AS event, a.id AS article, <outlet a> AS outlet, a.published, e.text,
            e.start AS start_offset, e.stop AS end_offset
        FROM events e JOIN articles a ON a.n = e.n""",
}


def written(name: str, dialect: str) -> str:
    """Write the query of a view for a database."""
    members, key = ("events", "occurrence_id") if name == "timeline_v1" else ("quotations", "statement_id")
    query = VIEWS[name].replace("<carried>", CARRIED).replace("<first>", FIRST)
    query = query.replace("<members>", members).replace("<key>", key)
    return re.sub("<utc (.*?)>", UTC[dialect], re.sub("<outlet (.*?)>", OUTLET, query))


# FTS5 holds no text of its own, and follows `finds` as its documentation says (section 4.4.3).
SQLITE = """
CREATE VIRTUAL TABLE finds_words USING fts5(
    tokens, content='finds', content_rowid='key', tokenize="unicode61 remove_diacritics 0 tokenchars ':.'");
CREATE TRIGGER finds_inserted AFTER INSERT ON finds BEGIN
    INSERT INTO finds_words (rowid, tokens) VALUES (new.key, new.tokens);
END;
CREATE TRIGGER finds_deleted AFTER DELETE ON finds BEGIN
    INSERT INTO finds_words (finds_words, rowid, tokens) VALUES ('delete', old.key, old.tokens);
END;
CREATE TRIGGER finds_updated AFTER UPDATE ON finds BEGIN
    INSERT INTO finds_words (finds_words, rowid, tokens) VALUES ('delete', old.key, old.tokens);
    INSERT INTO finds_words (rowid, tokens) VALUES (new.key, new.tokens);
END"""
POSTGRESQL = """
ALTER TABLE finds ADD COLUMN vector tsvector
    GENERATED ALWAYS AS (array_to_tsvector(string_to_array(btrim(tokens), ' '))) STORED;
CREATE INDEX ix__finds__vector ON finds USING gin (vector)"""


def upgrade() -> None:
    op.add_column("events", sa.Column("places", sa.Text(), nullable=True))
    op.create_index(
        "ix__stories__last_at_id_size", "stories", ["last_at", "id", "size"],
        sqlite_where=sa.text("size > 1"), postgresql_where=sa.text("size > 1"),
    )  # fmt: skip
    merged = sa.text("merged_into IS NOT NULL")
    op.create_index(
        "ix__stories__merged_into", "stories", ["merged_into"], sqlite_where=merged, postgresql_where=merged
    )
    op.create_table(
        "finds",
        sa.Column("key", BIG_KEY, autoincrement=False, nullable=False),
        sa.Column("id", LINE, nullable=False),
        sa.Column("until", sa.Integer(), nullable=True),
        sa.Column("tokens", LINE, nullable=False),
        sa.PrimaryKeyConstraint("key", name=op.f("pk__finds")),
    )
    op.create_index("ix__finds__id", "finds", ["id"])
    reaching = sa.text("until IS NOT NULL")
    op.create_index("ix__finds__until_key", "finds", ["until", "key"], sqlite_where=reaching, postgresql_where=reaching)
    op.create_table(
        "spellings",
        sa.Column("kind", LINE, nullable=False),
        sa.Column("word", LINE, nullable=False),
        sa.Column("name", LINE, nullable=False),
        sa.PrimaryKeyConstraint("kind", "word", "name", name=op.f("pk__spellings")),
        sqlite_with_rowid=False,
    )
    dialect = op.get_context().dialect.name
    for command in re.split(r";\n(?=CREATE)", SQLITE if dialect == "sqlite" else POSTGRESQL):
        op.execute(sa.text(command.replace(":", r"\:")))
    for name in VIEWS:
        op.execute(sa.text(f"CREATE VIEW {name} AS {written(name, dialect)}".replace(":", r"\:")))


def downgrade() -> None:
    for name in VIEWS:
        op.execute(f"DROP VIEW {name}")
    if op.get_context().dialect.name == "sqlite":
        op.execute("DROP TABLE finds_words")
    op.drop_table("spellings")
    op.drop_table("finds")
    op.drop_index("ix__stories__last_at_id_size", "stories")
    op.drop_index("ix__stories__merged_into", "stories")
    op.drop_column("events", "places")
