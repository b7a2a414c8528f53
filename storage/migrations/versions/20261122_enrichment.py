"""What an event is (past, planned, conditional), the days of a statement, what stands around a quoted fragment."""

import sqlalchemy as sa
from alembic import op

from storage.rows import days

revision = "0010"
down_revision = "0007"

LINE = sa.Text().with_variant(sa.Text(collation="C"), "postgresql")
ADDED = {
    "articles": ("quotations_basis",),
    "events": ("modality",),
    "occurrences": ("modality",),
    "quotations": ("lead", "tail"),
    "statements": ("said_earliest", "said_latest"),
}


def upgrade() -> None:
    for table, columns in ADDED.items():
        for column in columns:
            op.add_column(table, sa.Column(column, LINE, nullable=True))
    statements = sa.table("statements", sa.column("said"), sa.column("said_earliest"), sa.column("said_latest"))
    conn = op.get_bind()
    for said in conn.execute(sa.select(statements.c.said).where(statements.c.said.is_not(None)).distinct()).scalars():
        earliest, latest = days(said)
        dated = sa.update(statements).where(statements.c.said == said)
        conn.execute(dated.values(said_earliest=earliest, said_latest=latest))
    op.drop_index("ix__statements__said_id", "statements")
    op.create_index("ix__statements__said_earliest_id", "statements", ["said_earliest", "id"])


def downgrade() -> None:
    op.drop_index("ix__statements__said_earliest_id", "statements")
    op.create_index("ix__statements__said_id", "statements", ["said", "id"])
    for table, columns in ADDED.items():
        for column in columns:
            op.drop_column(table, column)
