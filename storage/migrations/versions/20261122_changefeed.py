"""The change feed points to what articles said instead of saying it again, tells of pairs, and may be let go of.

What it has told of articles so far becomes a pointer, too; and the pairs that there are, it tells once.
"""

import sqlalchemy as sa
from alembic import op

from storage.store import FILING

revision = "0009"
down_revision = "0010"

LINE = sa.Text().with_variant(sa.Text(collation="C"), "postgresql")
MOMENT = sa.DateTime().with_variant(sa.DateTime(timezone=True), "postgresql")

TOLD = """
UPDATE changes SET payload = '{{}}', n = COALESCE((SELECT n FROM articles WHERE id = changes.subject), 0),
    revision = {revision}
WHERE kind IN ('article.filed', 'article.revised')
"""
PAIRS = """
INSERT INTO changes (kind, subject, payload, at, n, other_n)
SELECT 'copy.changed', one.id, {other}, CURRENT_TIMESTAMP, r.a_n, r.b_n
FROM relations r JOIN articles one ON one.n = r.a_n JOIN articles two ON two.n = r.b_n ORDER BY one.id, two.id
"""
SPELLED = {
    "sqlite": {"revision": "json_extract(payload, '$.revision')", "other": "json_object('other', two.id)"},
    "postgresql": {
        "revision": "(payload::json ->> 'revision')::integer", "other": "json_build_object('other', two.id)::text",
    },
}  # fmt: skip


def upgrade() -> None:
    conn = op.get_bind()
    if conn.dialect.name == "postgresql":
        # Whoever still files takes numbers; these come before them or after.
        conn.execute(sa.text("SELECT pg_advisory_xact_lock(:key)"), {"key": FILING})
    op.add_column("changes", sa.Column("n", sa.BigInteger(), nullable=True))
    op.add_column("changes", sa.Column("revision", sa.Integer(), nullable=True))
    op.add_column("changes", sa.Column("other_n", sa.BigInteger(), nullable=True))
    op.add_column("consumers", sa.Column("holds", sa.Boolean(), nullable=False, server_default=sa.true()))
    with op.batch_alter_table("consumers") as consumers:
        consumers.alter_column("holds", server_default=None)
    op.create_table(
        "change_drops",
        sa.Column("up_to", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("at", MOMENT, nullable=False),
        sa.PrimaryKeyConstraint("up_to", name=op.f("pk__change_drops")),
    )
    said = SPELLED[conn.dialect.name]
    conn.execute(sa.text(TOLD.format(**said)))
    conn.execute(sa.text(PAIRS.format(**said)))
    conn.execute(sa.text("UPDATE consumers SET holds = :no WHERE name = 'prefect-events'"), {"no": False})
