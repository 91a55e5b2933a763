"""what is kept how long: erasures, holds, departures"""

import sqlalchemy as sa
from alembic import op

revision = "0012"
down_revision = "0011"
branch_labels = None
depends_on = None

NOTICES = ("hold_asked", "hold_made")


def _kinds() -> list[str]:
    """The kinds of notices that there are now."""
    said = op.get_bind().execute(sa.text("SELECT pg_get_constraintdef(oid) FROM pg_constraint WHERE conname = "
        "'notice_kind_check' AND connamespace = to_regnamespace('notices')")).scalar_one()
    return [part for n, part in enumerate(said.split("'")) if n % 2]


def _only(kinds: list[str]) -> None:
    op.drop_constraint(op.f("notice_kind_check"), "notice", schema="notices", type_="check")
    listed = ", ".join(f"'{kind}'" for kind in kinds)
    op.create_check_constraint(op.f("notice_kind_check"), "notice", f'"kind" IN ({listed})', schema="notices")


def upgrade() -> None:
    op.execute("CREATE SCHEMA IF NOT EXISTS retention")
    _only([*_kinds(), *NOTICES])
    op.create_table('erasure',
    sa.Column('person_id', sa.UUID(), nullable=True),
    sa.Column('phrase_id', sa.UUID(), nullable=True),
    sa.Column('asked_on', sa.Date(), nullable=False),
    sa.Column('id', sa.UUID(), nullable=False),
    sa.CheckConstraint('num_nonnulls(person_id, phrase_id) = 1', name=op.f('erasure_one_author_check')),
    sa.ForeignKeyConstraint(['person_id'], ['people.person.id'], name=op.f('erasure_person_id_fkey'), initially='DEFERRED', deferrable=True),
    sa.ForeignKeyConstraint(['phrase_id'], ['people.phrase.id'], name=op.f('erasure_phrase_id_fkey'), initially='DEFERRED', deferrable=True),
    sa.PrimaryKeyConstraint('id', name=op.f('erasure_pkey')),
    schema='people'
    )
    op.create_index(op.f('erasure_person_id_idx'), 'erasure', ['person_id'], unique=True, schema='people')
    op.create_index(op.f('erasure_phrase_id_idx'), 'erasure', ['phrase_id'], unique=True, schema='people')
    op.create_table('departure',
    sa.Column('organisation_id', sa.UUID(), nullable=False),
    sa.Column('on', sa.Date(), nullable=False),
    sa.Column('words', sa.Text(), nullable=False),
    sa.CheckConstraint('length(words) <= 2000', name=op.f('departure_words_length_check')),
    sa.ForeignKeyConstraint(['organisation_id'], ['organisations.organisation.id'], name=op.f('departure_organisation_id_fkey'), initially='DEFERRED', deferrable=True),
    sa.PrimaryKeyConstraint('organisation_id', name=op.f('departure_pkey')),
    schema='organisations'
    )
    op.create_index(op.f('departure_organisation_id_idx'), 'departure', ['organisation_id'], unique=False, schema='organisations')
    op.create_table('hold',
    sa.Column('kind', sa.Text(), nullable=False),
    sa.Column('subject_id', sa.UUID(), nullable=False),
    sa.Column('reason', sa.Text(), nullable=False),
    sa.Column('safety_reason', sa.Text(), nullable=False),
    sa.Column('until', sa.Date(), nullable=False),
    sa.Column('made_at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('person_id', sa.UUID(), nullable=False),
    sa.Column('id', sa.UUID(), nullable=False),
    sa.CheckConstraint('"kind" IN (\'account\', \'consultation\')', name=op.f('hold_kind_check')),
    sa.CheckConstraint("trim(reason) <> ''", name=op.f('hold_has_reason_check')),
    sa.CheckConstraint("until <= (made_at AT TIME ZONE 'UTC')::date + 366", name=op.f('hold_ends_check')),
    sa.CheckConstraint('length(reason) <= 2000', name=op.f('hold_reason_length_check')),
    sa.CheckConstraint('length(safety_reason) <= 2000', name=op.f('hold_safety_reason_length_check')),
    sa.ForeignKeyConstraint(['person_id'], ['people.person.id'], name=op.f('hold_person_id_fkey'), initially='DEFERRED', deferrable=True),
    sa.PrimaryKeyConstraint('id', name=op.f('hold_pkey')),
    schema='retention'
    )
    op.create_index(op.f('hold_person_id_idx'), 'hold', ['person_id'], unique=False, schema='retention')
    op.create_index(op.f('hold_subject_id_idx'), 'hold', ['subject_id'], unique=False, schema='retention')
    for name, words in (("confirmation", False), ("release", True)):
        more = [sa.Column('words', sa.Text(), nullable=False),
                sa.CheckConstraint('length(words) <= 2000', name=op.f(f'{name}_words_length_check'))] if words else []
        op.create_table(name,
        sa.Column('hold_id', sa.UUID(), nullable=False),
        sa.Column('person_id', sa.UUID(), nullable=False),
        sa.Column('at', sa.DateTime(timezone=True), nullable=False),
        *more,
        sa.ForeignKeyConstraint(['hold_id'], ['retention.hold.id'], name=op.f(f'{name}_hold_id_fkey'), initially='DEFERRED', deferrable=True),
        sa.ForeignKeyConstraint(['person_id'], ['people.person.id'], name=op.f(f'{name}_person_id_fkey'), initially='DEFERRED', deferrable=True),
        sa.PrimaryKeyConstraint('hold_id', name=op.f(f'{name}_pkey')),
        schema='retention'
        )
        op.create_index(op.f(f'{name}_hold_id_idx'), name, ['hold_id'], unique=False, schema='retention')
        op.create_index(op.f(f'{name}_person_id_idx'), name, ['person_id'], unique=False, schema='retention')


def downgrade() -> None:
    op.execute("ALTER TABLE notices.notice NO FORCE ROW LEVEL SECURITY")
    op.execute("DELETE FROM notices.notice WHERE kind IN ('hold_asked', 'hold_made')")
    op.execute("ALTER TABLE notices.notice FORCE ROW LEVEL SECURITY")
    op.execute("DROP SCHEMA retention CASCADE")
    op.execute("DROP TABLE organisations.departure")
    op.execute("DROP TABLE people.erasure")
    _only([kind for kind in _kinds() if kind not in NOTICES])
