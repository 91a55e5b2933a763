"""What stood in an application when a correction was asked for, so that the committee is told what changed."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0014"
down_revision = "0013"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("change_request", sa.Column("before", postgresql.JSONB(), nullable=True), schema="fund")


def downgrade() -> None:
    op.drop_column("change_request", "before", schema="fund")
