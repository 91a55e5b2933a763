"""since when somebody worked on an application"""

import sqlalchemy as sa
from alembic import op

revision = "0017"
down_revision = "0016"
branch_labels = None
depends_on = None

READ = ("fund.application_hand", "organisations.membership", "organisations.organisation")


def upgrade() -> None:
    op.add_column("application_hand", sa.Column("on", sa.Date()), schema="fund")
    for table in READ:
        op.execute(f"ALTER TABLE {table} NO FORCE ROW LEVEL SECURITY")
    # Nobody worked for an organisation before she belonged to it, nor before it asked to join.
    op.execute("""UPDATE fund.application_hand h SET "on" = coalesce((SELECT min((m.begun_at AT TIME ZONE 'UTC')::date)
        FROM organisations.membership m WHERE m.person_id = h.person_id AND m.organisation_id = h.organisation_id), o.asked_on)
        FROM organisations.organisation o WHERE o.id = h.organisation_id""")
    for table in READ:
        op.execute(f"ALTER TABLE {table} FORCE ROW LEVEL SECURITY")
    op.alter_column("application_hand", "on", nullable=False, schema="fund")


def downgrade() -> None:
    op.drop_column("application_hand", "on", schema="fund")
