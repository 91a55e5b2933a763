"""a grantee is told when an instalment of her grant is cancelled"""

import sqlalchemy as sa
from alembic import op

revision = "0022"
down_revision = "0021"
branch_labels = None
depends_on = None

KIND = "fund_cancelled"


def upgrade() -> None:
    _set([*_kinds(), KIND])


def downgrade() -> None:
    op.execute("ALTER TABLE notices.notice NO FORCE ROW LEVEL SECURITY")  # it is forced on the owner too
    op.execute(f"DELETE FROM notices.notice WHERE kind = '{KIND}'")
    op.execute("ALTER TABLE notices.notice FORCE ROW LEVEL SECURITY")
    _set([kind for kind in _kinds() if kind != KIND])


def _kinds() -> list[str]:
    """What may be told of today."""
    found = op.get_bind().execute(sa.text(
        "SELECT pg_get_constraintdef(oid) FROM pg_constraint WHERE conname = 'notice_kind_check' AND "
        "conrelid = CAST('notices.notice' AS regclass)")).scalar_one()
    return [part for n, part in enumerate(found.split("'")) if n % 2]


def _set(kinds: list[str]) -> None:
    listed = ", ".join(f"'{kind}'" for kind in kinds)
    op.drop_constraint(op.f("notice_kind_check"), "notice", schema="notices")
    op.create_check_constraint(op.f("notice_kind_check"), "notice", f'"kind" IN ({listed})', schema="notices")
