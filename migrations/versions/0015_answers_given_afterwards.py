"""answers given on the promised day, and corrections, are told as what they are"""

import sqlalchemy as sa
from alembic import op

revision = "0015"
down_revision = "0014"
branch_labels = None
depends_on = None

NOTICES = ("answer_given", "answer_corrected")


def _kinds() -> list[str]:
    """The kinds of notice that may be kept now."""
    said = op.get_bind().execute(sa.text(
        "SELECT pg_get_constraintdef(oid) FROM pg_constraint WHERE conname = 'notice_kind_check' AND "
        "connamespace = to_regnamespace('notices')")).scalar_one()
    return [part for n, part in enumerate(said.split("'")) if n % 2]


def _set(kinds: list[str]) -> None:
    listed = ", ".join(f"'{kind}'" for kind in kinds)
    op.drop_constraint(op.f("notice_kind_check"), "notice", schema="notices", type_="check")
    op.create_check_constraint(op.f("notice_kind_check"), "notice", f'"kind" IN ({listed})', schema="notices")


def upgrade() -> None:
    _set([*_kinds(), *NOTICES])


def downgrade() -> None:
    op.execute("ALTER TABLE notices.notice NO FORCE ROW LEVEL SECURITY")
    listed = ", ".join(f"'{kind}'" for kind in NOTICES)
    op.execute(f"DELETE FROM notices.notice WHERE kind IN ({listed})")
    op.execute("ALTER TABLE notices.notice FORCE ROW LEVEL SECURITY")
    _set([kind for kind in _kinds() if kind not in NOTICES])
