"""each author gives one view from the ground on a measure, also when she sends two at once"""

from alembic import op

revision = "0016"
down_revision = "0015"
branch_labels = None
depends_on = None

TABLES = ("feedback.ground_author", "feedback.ground_view", "languages.work", "languages.translation")
# Of two that one author sent at the same moment, the one that others see already stays, else either.
TWICE = """
CREATE TEMPORARY TABLE twice ON COMMIT DROP AS SELECT view_id FROM (
  SELECT a.view_id, row_number() OVER (PARTITION BY a.measure_id, a.person_id, a.phrase_id
                                       ORDER BY v.shown_on, v.read_on, a.view_id) AS n
  FROM feedback.ground_author a JOIN feedback.ground_view v ON v.id = a.view_id) x WHERE n > 1"""


def upgrade() -> None:
    for table in TABLES:
        op.execute(f"ALTER TABLE {table} NO FORCE ROW LEVEL SECURITY")
    op.execute(TWICE)
    op.execute("DELETE FROM languages.work WHERE translation_id IN (SELECT t.id FROM languages.translation t WHERE "
               "t.kind = 'ground_view' AND t.subject_id IN (SELECT view_id FROM twice))")
    op.execute("DELETE FROM languages.translation WHERE kind = 'ground_view' AND subject_id IN (SELECT view_id FROM twice)")
    op.execute("DELETE FROM feedback.ground_author WHERE view_id IN (SELECT view_id FROM twice)")
    op.execute("DELETE FROM feedback.ground_view WHERE id IN (SELECT view_id FROM twice)")
    op.execute("SET CONSTRAINTS ALL IMMEDIATE")  # what was deferred is looked at now, so that the tables may be altered
    for table in TABLES:
        op.execute(f"ALTER TABLE {table} FORCE ROW LEVEL SECURITY")
    for author in ("person_id", "phrase_id"):
        op.create_unique_constraint(op.f(f"ground_author_measure_id_{author}_key"), "ground_author",
                                    ["measure_id", author], schema="feedback")


def downgrade() -> None:
    for author in ("person_id", "phrase_id"):
        op.drop_constraint(op.f(f"ground_author_measure_id_{author}_key"), "ground_author", schema="feedback",
                           type_="unique")
