"""a member whose term is over may be seated again"""

from alembic import op

revision = "0020"
down_revision = "0019"
branch_labels = None
depends_on = None

KEY = ["membership_id", "body_id"]


def _keyed(columns: list[str]) -> None:
    op.drop_constraint("seat_pkey", "seat", schema="fund", type_="primary")
    op.create_primary_key("seat_pkey", "seat", columns, schema="fund")


def upgrade() -> None:
    _keyed([*KEY, "begun_on"])


def downgrade() -> None:
    # One seat is kept of each: the last.
    op.execute("ALTER TABLE fund.seat NO FORCE ROW LEVEL SECURITY")
    op.execute("DELETE FROM fund.seat s USING fund.seat l WHERE l.membership_id = s.membership_id AND l.body_id = s.body_id "
               "AND l.begun_on > s.begun_on")
    op.execute("ALTER TABLE fund.seat FORCE ROW LEVEL SECURITY")
    _keyed(KEY)
