"""Which reader the body of a web page is from."""

import sqlalchemy as sa
from alembic import op

revision = "0007"
down_revision = "0003"


def upgrade() -> None:
    op.add_column("articles", sa.Column("body_basis", sa.Text(), nullable=True))


def downgrade() -> None:
    op.drop_column("articles", "body_basis")
