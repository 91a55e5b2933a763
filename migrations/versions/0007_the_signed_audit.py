"""The audit's chain keeps each row's own hash, and its end is signed every day."""

import hashlib
import json

import sqlalchemy as sa
from alembic import op

revision = "0007"
down_revision = "0006"
branch_labels = None
depends_on = None

KIND = "audit_broken"


def upgrade() -> None:
    op.create_table(
        "head", sa.Column("day", sa.Date(), nullable=False), sa.Column("link", sa.Integer(), nullable=False),
        sa.Column("hash", sa.LargeBinary(), nullable=False), sa.Column("key", sa.LargeBinary(), nullable=False),
        sa.Column("signature", sa.LargeBinary(), nullable=False), sa.PrimaryKeyConstraint("day", name=op.f("head_pkey")),
        schema="audit")
    op.add_column("seal", sa.Column("content", sa.LargeBinary()), schema="audit")
    for table in ("row", "seal"):
        op.execute(f"ALTER TABLE audit.{table} NO FORCE ROW LEVEL SECURITY")
    _fill()
    for table in ("row", "seal"):
        op.execute(f"ALTER TABLE audit.{table} FORCE ROW LEVEL SECURITY")
    op.alter_column("seal", "content", nullable=False, schema="audit")
    _kinds(add=True)


def downgrade() -> None:
    op.execute("ALTER TABLE notices.notice NO FORCE ROW LEVEL SECURITY")
    op.execute(f"DELETE FROM notices.notice WHERE kind = '{KIND}'")
    op.execute("ALTER TABLE notices.notice FORCE ROW LEVEL SECURITY")
    _kinds(add=False)
    op.drop_column("seal", "content", schema="audit")
    op.drop_table("head", schema="audit")


def _fill() -> None:
    """The hash of each sealed row, as the chain was made of it."""
    run = op.get_bind()
    rows = run.execute(sa.text('SELECT s.number, r.id, r.at, r.actor, r.verb, r.subject, r.about, r.details FROM audit.seal s '
                               'JOIN audit."row" r ON r.id = s.row_id')).all()
    for number, id, at, actor, verb, subject, about, details in rows:
        plain = [str(id), at.timestamp(), str(actor), verb, str(subject), str(about), details]
        content = hashlib.sha256(json.dumps(plain, sort_keys=True, ensure_ascii=False).encode()).digest()
        run.execute(sa.text("UPDATE audit.seal SET content = :content WHERE number = :number"),
                    {"content": content, "number": number})


def _kinds(*, add: bool) -> None:
    found = op.get_bind().execute(sa.text(
        "SELECT pg_get_constraintdef(oid) FROM pg_constraint WHERE conname = 'notice_kind_check' "
        "AND conrelid = 'notices.notice'::regclass")).scalar_one()
    kinds = [part for n, part in enumerate(found.split("'")) if n % 2 and part != KIND] + ([KIND] if add else [])
    op.drop_constraint(op.f("notice_kind_check"), "notice", schema="notices")
    listed = ", ".join(f"'{kind}'" for kind in kinds)
    op.create_check_constraint(op.f("notice_kind_check"), "notice", f'"kind" IN ({listed})', schema="notices")
