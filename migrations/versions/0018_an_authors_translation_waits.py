"""what an author translates herself waits until the facilitator has read it"""

import sqlalchemy as sa
from alembic import op

revision = "0018"
down_revision = "0017"
branch_labels = None
depends_on = None

KEY = ["subject_id", "field", "lang"]


def upgrade() -> None:
    op.add_column("translation", sa.Column("waits", sa.Boolean(), nullable=False, server_default=sa.false()), schema="languages")
    op.drop_constraint(op.f("translation_subject_id_field_lang_key"), "translation", schema="languages", type_="unique")
    op.create_unique_constraint(op.f("translation_subject_id_field_lang_waits_key"), "translation", [*KEY, "waits"],
                                schema="languages")
    op.create_index("translation_waits_idx", "translation", ["consultation_id"], schema="languages",
                    postgresql_where=sa.text("waits"))


def downgrade() -> None:
    op.execute("ALTER TABLE languages.translation NO FORCE ROW LEVEL SECURITY")
    op.execute("ALTER TABLE languages.work NO FORCE ROW LEVEL SECURITY")
    op.execute("DELETE FROM languages.work w USING languages.translation t WHERE t.id = w.translation_id AND t.waits")
    op.execute("DELETE FROM languages.translation WHERE waits")
    op.execute("ALTER TABLE languages.work FORCE ROW LEVEL SECURITY")
    op.execute("ALTER TABLE languages.translation FORCE ROW LEVEL SECURITY")
    op.drop_index("translation_waits_idx", table_name="translation", schema="languages")
    op.drop_constraint(op.f("translation_subject_id_field_lang_waits_key"), "translation", schema="languages", type_="unique")
    op.create_unique_constraint(op.f("translation_subject_id_field_lang_key"), "translation", KEY, schema="languages")
    op.drop_column("translation", "waits", schema="languages")
