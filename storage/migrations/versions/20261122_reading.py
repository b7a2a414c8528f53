"""What an agency's format says beside the text: slug, urgency, version, embargo, and the like."""

import sqlalchemy as sa
from alembic import op

revision = "0004"
down_revision = "0002"


def upgrade() -> None:
    op.add_column("articles", sa.Column("wire", sa.Text(), nullable=True))


def downgrade() -> None:
    op.drop_column("articles", "wire")
