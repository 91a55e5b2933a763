"""why something was masked is said in a language, and can be translated"""

import sqlalchemy as sa
from alembic import op

revision = "0021"
down_revision = "0020"
branch_labels = None
depends_on = None

KIND = "masking"


def upgrade() -> None:
    op.add_column("original", sa.Column("reason_lang", sa.Text(), server_default="", nullable=False), schema="inputs")
    op.alter_column("original", "reason_lang", server_default=None, schema="inputs")
    _set([*_kinds(), KIND])


def downgrade() -> None:
    for table in ("languages.work", "languages.translation"):  # row security is forced on their owner too
        op.execute(f"ALTER TABLE {table} NO FORCE ROW LEVEL SECURITY")
    op.execute("DELETE FROM languages.work w USING languages.translation t "
               f"WHERE w.translation_id = t.id AND t.kind = '{KIND}'")
    op.execute(f"DELETE FROM languages.translation WHERE kind = '{KIND}'")
    op.execute("SET CONSTRAINTS ALL IMMEDIATE")  # a table with checks still to come cannot be altered
    op.execute("SET CONSTRAINTS ALL DEFERRED")
    for table in ("languages.work", "languages.translation"):
        op.execute(f"ALTER TABLE {table} FORCE ROW LEVEL SECURITY")
    _set([kind for kind in _kinds() if kind != KIND])
    op.drop_column("original", "reason_lang", schema="inputs")


def _kinds() -> list[str]:
    """The kinds of text that can be translated today."""
    found = op.get_bind().execute(sa.text(
        "SELECT pg_get_constraintdef(oid) FROM pg_constraint WHERE conname = 'translation_kind_check' AND "
        "conrelid = CAST('languages.translation' AS regclass)")).scalar_one()
    return [part for n, part in enumerate(found.split("'")) if n % 2]


def _set(kinds: list[str]) -> None:
    listed = ", ".join(f"'{kind}'" for kind in kinds)
    op.drop_constraint(op.f("translation_kind_check"), "translation", schema="languages")
    op.create_check_constraint(op.f("translation_kind_check"), "translation", f'"kind" IN ({listed})', schema="languages")
