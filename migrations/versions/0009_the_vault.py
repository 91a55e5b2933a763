"""the vault: keyholders, sealed boxes, openings"""

import sqlalchemy as sa
from alembic import op

revision = "0009"
down_revision = "0008"
branch_labels = None
depends_on = None

NOTICES = ("vault_asked", "vault_ready", "vault_refused")
GOING = {"notices.notice": "kind LIKE 'vault_%'", "organisations.membership_end": "membership_id IN (SELECT id FROM "
         "organisations.membership WHERE role = 'keyholder')", "organisations.membership": "role = 'keyholder'"}


def _words(schema: str, table: str, column: str) -> list[str]:
    """The words that a column may hold now."""
    said = op.get_bind().execute(sa.text("SELECT pg_get_constraintdef(oid) FROM pg_constraint WHERE conname = :name AND "
        "connamespace = to_regnamespace(:schema)"), {"name": f"{table}_{column}_check", "schema": schema}).scalar_one()
    return [part for n, part in enumerate(said.split("'")) if n % 2]


def _one_of(schema: str, table: str, column: str, words: list[str]) -> None:
    op.drop_constraint(op.f(f"{table}_{column}_check"), table, schema=schema, type_="check")
    listed = ", ".join(f"'{word}'" for word in words)
    op.create_check_constraint(op.f(f"{table}_{column}_check"), table, f'"{column}" IN ({listed})', schema=schema)


def upgrade() -> None:
    op.execute("CREATE SCHEMA IF NOT EXISTS vault")
    _one_of("organisations", "membership", "role", sorted([*_words("organisations", "membership", "role"), "keyholder"]))
    _one_of("notices", "notice", "kind", [*_words("notices", "notice", "kind"), *NOTICES])
    op.create_table('keyholder',
    sa.Column('organisation_id', sa.UUID(), nullable=False),
    sa.Column('key', sa.LargeBinary(), nullable=False),
    sa.Column('enrolled_on', sa.Date(), nullable=False),
    sa.Column('ended_on', sa.Date(), nullable=True),
    sa.Column('id', sa.UUID(), nullable=False),
    sa.ForeignKeyConstraint(['organisation_id'], ['organisations.organisation.id'], name=op.f('keyholder_organisation_id_fkey'), initially='DEFERRED', deferrable=True),
    sa.PrimaryKeyConstraint('id', name=op.f('keyholder_pkey')),
    sa.UniqueConstraint('key', name=op.f('keyholder_key_key')),
    schema='vault'
    )
    op.create_index(op.f('keyholder_organisation_id_idx'), 'keyholder', ['organisation_id'], unique=False, schema='vault')
    op.create_table('circle',
    sa.Column('consultation_id', sa.UUID(), nullable=False),
    sa.Column('needs', sa.Integer(), nullable=False),
    sa.Column('state', sa.Text(), nullable=False),
    sa.Column('made_on', sa.Date(), nullable=False),
    sa.Column('id', sa.UUID(), nullable=False),
    sa.CheckConstraint('"state" IN (\'living\', \'coming\', \'ended\')', name=op.f('circle_state_check')),
    sa.CheckConstraint('needs >= 2', name=op.f('circle_several_check')),
    sa.ForeignKeyConstraint(['consultation_id'], ['consultations.consultation.id'], name=op.f('circle_consultation_id_fkey'), initially='DEFERRED', deferrable=True),
    sa.PrimaryKeyConstraint('id', name=op.f('circle_pkey')),
    schema='vault'
    )
    op.create_index('circle_coming_idx', 'circle', ['consultation_id'], unique=True, schema='vault', postgresql_where=sa.text("state = 'coming'"))
    op.create_index(op.f('circle_consultation_id_idx'), 'circle', ['consultation_id'], unique=False, schema='vault')
    op.create_index('circle_living_idx', 'circle', ['consultation_id'], unique=True, schema='vault', postgresql_where=sa.text("state = 'living'"))
    op.create_table('holder',
    sa.Column('keyholder_id', sa.UUID(), nullable=False),
    sa.Column('person_id', sa.UUID(), nullable=False),
    sa.Column('text', sa.Text(), nullable=False),
    sa.CheckConstraint('length(text) <= 4000', name=op.f('holder_text_length_check')),
    sa.ForeignKeyConstraint(['keyholder_id'], ['vault.keyholder.id'], name=op.f('holder_keyholder_id_fkey'), initially='DEFERRED', deferrable=True),
    sa.ForeignKeyConstraint(['person_id'], ['people.person.id'], name=op.f('holder_person_id_fkey'), initially='DEFERRED', deferrable=True),
    sa.PrimaryKeyConstraint('keyholder_id', name=op.f('holder_pkey')),
    schema='vault'
    )
    op.create_index(op.f('holder_keyholder_id_idx'), 'holder', ['keyholder_id'], unique=False, schema='vault')
    op.create_index(op.f('holder_person_id_idx'), 'holder', ['person_id'], unique=False, schema='vault')
    op.create_table('box',
    sa.Column('consultation_id', sa.UUID(), nullable=False),
    sa.Column('circle_id', sa.UUID(), nullable=False),
    sa.Column('outside', sa.Text(), nullable=False),
    sa.Column('day', sa.Date(), nullable=False),
    sa.Column('shuffle', sa.Integer(), nullable=False),
    sa.Column('id', sa.UUID(), nullable=False),
    sa.CheckConstraint('length(outside) <= 120', name=op.f('box_outside_length_check')),
    sa.ForeignKeyConstraint(['circle_id'], ['vault.circle.id'], name=op.f('box_circle_id_fkey'), initially='DEFERRED', deferrable=True),
    sa.ForeignKeyConstraint(['consultation_id'], ['consultations.consultation.id'], name=op.f('box_consultation_id_fkey'), initially='DEFERRED', deferrable=True),
    sa.PrimaryKeyConstraint('id', name=op.f('box_pkey')),
    schema='vault'
    )
    op.create_index(op.f('box_circle_id_idx'), 'box', ['circle_id'], unique=False, schema='vault')
    op.create_index(op.f('box_consultation_id_idx'), 'box', ['consultation_id'], unique=False, schema='vault')
    op.create_table('opening',
    sa.Column('kind', sa.Text(), nullable=False),
    sa.Column('consultation_id', sa.UUID(), nullable=False),
    sa.Column('circle_id', sa.UUID(), nullable=False),
    sa.Column('box_id', sa.UUID(), nullable=True),
    sa.Column('new_circle_id', sa.UUID(), nullable=True),
    sa.Column('organisation_id', sa.UUID(), nullable=False),
    sa.Column('person_id', sa.UUID(), nullable=False),
    sa.Column('who', sa.Text(), nullable=False),
    sa.Column('key', sa.LargeBinary(), nullable=False),
    sa.Column('reason', sa.Text(), nullable=False),
    sa.Column('safety_reason', sa.Text(), nullable=False),
    sa.Column('tell_on', sa.Date(), nullable=False),
    sa.Column('made_at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('until', sa.DateTime(timezone=True), nullable=False),
    sa.Column('id', sa.UUID(), nullable=False),
    sa.CheckConstraint("(kind = 'open') = (box_id IS NOT NULL)", name=op.f('opening_about_a_box_check')),
    sa.CheckConstraint("(kind = 'reshare') = (new_circle_id IS NOT NULL)", name=op.f('opening_for_a_circle_check')),
    sa.CheckConstraint("made_at < until AND until <= made_at + interval '7 days'", name=op.f('opening_a_week_at_most_check')),
    sa.CheckConstraint("reason <> ''", name=op.f('opening_has_reason_check')),
    sa.CheckConstraint("tell_on <= (made_at AT TIME ZONE 'UTC')::date + 97", name=op.f('opening_delay_ends_check')),
    sa.CheckConstraint("tell_on <= (made_at AT TIME ZONE 'UTC')::date OR safety_reason <> ''", name=op.f('opening_delay_has_reason_check')),
    sa.CheckConstraint('"kind" IN (\'open\', \'reshare\')', name=op.f('opening_kind_check')),
    sa.CheckConstraint('length(reason) <= 2000', name=op.f('opening_reason_length_check')),
    sa.CheckConstraint('length(safety_reason) <= 2000', name=op.f('opening_safety_reason_length_check')),
    sa.ForeignKeyConstraint(['circle_id'], ['vault.circle.id'], name=op.f('opening_circle_id_fkey'), initially='DEFERRED', deferrable=True),
    sa.ForeignKeyConstraint(['consultation_id'], ['consultations.consultation.id'], name=op.f('opening_consultation_id_fkey'), initially='DEFERRED', deferrable=True),
    sa.ForeignKeyConstraint(['new_circle_id'], ['vault.circle.id'], name=op.f('opening_new_circle_id_fkey'), initially='DEFERRED', deferrable=True),
    sa.ForeignKeyConstraint(['organisation_id'], ['organisations.organisation.id'], name=op.f('opening_organisation_id_fkey'), initially='DEFERRED', deferrable=True),
    sa.ForeignKeyConstraint(['person_id'], ['people.person.id'], name=op.f('opening_person_id_fkey'), initially='DEFERRED', deferrable=True),
    sa.PrimaryKeyConstraint('id', name=op.f('opening_pkey')),
    sa.UniqueConstraint('key', name=op.f('opening_key_key')),
    schema='vault'
    )
    op.create_index(op.f('opening_box_id_idx'), 'opening', ['box_id'], unique=False, schema='vault')
    op.create_index(op.f('opening_circle_id_idx'), 'opening', ['circle_id'], unique=False, schema='vault')
    op.create_index(op.f('opening_consultation_id_idx'), 'opening', ['consultation_id'], unique=False, schema='vault')
    op.create_index(op.f('opening_new_circle_id_idx'), 'opening', ['new_circle_id'], unique=False, schema='vault')
    op.create_index(op.f('opening_organisation_id_idx'), 'opening', ['organisation_id'], unique=False, schema='vault')
    op.create_index(op.f('opening_person_id_idx'), 'opening', ['person_id'], unique=False, schema='vault')
    op.create_table('seat',
    sa.Column('circle_id', sa.UUID(), nullable=False),
    sa.Column('number', sa.Integer(), autoincrement=False, nullable=False),
    sa.Column('keyholder_id', sa.UUID(), nullable=False),
    sa.Column('organisation_id', sa.UUID(), nullable=False),
    sa.ForeignKeyConstraint(['circle_id'], ['vault.circle.id'], name=op.f('seat_circle_id_fkey'), initially='DEFERRED', deferrable=True),
    sa.ForeignKeyConstraint(['keyholder_id'], ['vault.keyholder.id'], name=op.f('seat_keyholder_id_fkey'), initially='DEFERRED', deferrable=True),
    sa.ForeignKeyConstraint(['organisation_id'], ['organisations.organisation.id'], name=op.f('seat_organisation_id_fkey'), initially='DEFERRED', deferrable=True),
    sa.PrimaryKeyConstraint('circle_id', 'number', name=op.f('seat_pkey')),
    sa.UniqueConstraint('circle_id', 'organisation_id', name=op.f('seat_circle_id_organisation_id_key')),
    schema='vault'
    )
    op.create_index(op.f('seat_circle_id_idx'), 'seat', ['circle_id'], unique=False, schema='vault')
    op.create_index(op.f('seat_keyholder_id_idx'), 'seat', ['keyholder_id'], unique=False, schema='vault')
    op.create_index(op.f('seat_organisation_id_idx'), 'seat', ['organisation_id'], unique=False, schema='vault')
    op.create_table('reading',
    sa.Column('opening_id', sa.UUID(), nullable=False),
    sa.Column('at', sa.DateTime(timezone=True), nullable=False),
    sa.ForeignKeyConstraint(['opening_id'], ['vault.opening.id'], name=op.f('reading_opening_id_fkey'), initially='DEFERRED', deferrable=True),
    sa.PrimaryKeyConstraint('opening_id', name=op.f('reading_pkey')),
    schema='vault'
    )
    op.create_index(op.f('reading_opening_id_idx'), 'reading', ['opening_id'], unique=False, schema='vault')
    op.create_table('release',
    sa.Column('opening_id', sa.UUID(), nullable=False),
    sa.Column('keyholder_id', sa.UUID(), nullable=False),
    sa.Column('text', sa.Text(), nullable=False),
    sa.ForeignKeyConstraint(['keyholder_id'], ['vault.keyholder.id'], name=op.f('release_keyholder_id_fkey'), initially='DEFERRED', deferrable=True),
    sa.ForeignKeyConstraint(['opening_id'], ['vault.opening.id'], name=op.f('release_opening_id_fkey'), initially='DEFERRED', deferrable=True),
    sa.PrimaryKeyConstraint('opening_id', 'keyholder_id', name=op.f('release_pkey')),
    schema='vault'
    )
    op.create_index(op.f('release_keyholder_id_idx'), 'release', ['keyholder_id'], unique=False, schema='vault')
    op.create_index(op.f('release_opening_id_idx'), 'release', ['opening_id'], unique=False, schema='vault')
    op.create_table('sealed',
    sa.Column('box_id', sa.UUID(), nullable=False),
    sa.Column('tag', sa.LargeBinary(), nullable=False),
    sa.Column('schema_version', sa.Integer(), nullable=False),
    sa.Column('consent', sa.UUID(), nullable=False),
    sa.Column('consent_version', sa.Integer(), nullable=False),
    sa.Column('lang', sa.Text(), nullable=False),
    sa.Column('ciphertext', sa.LargeBinary(), nullable=False),
    sa.ForeignKeyConstraint(['box_id'], ['vault.box.id'], name=op.f('sealed_box_id_fkey'), initially='DEFERRED', deferrable=True),
    sa.PrimaryKeyConstraint('box_id', name=op.f('sealed_pkey')),
    sa.UniqueConstraint('tag', name=op.f('sealed_tag_key')),
    schema='vault'
    )
    op.create_index(op.f('sealed_box_id_idx'), 'sealed', ['box_id'], unique=False, schema='vault')
    op.create_table('share',
    sa.Column('box_id', sa.UUID(), nullable=False),
    sa.Column('number', sa.Integer(), autoincrement=False, nullable=False),
    sa.Column('sealed', sa.LargeBinary(), nullable=False),
    sa.ForeignKeyConstraint(['box_id'], ['vault.box.id'], name=op.f('share_box_id_fkey'), initially='DEFERRED', deferrable=True),
    sa.PrimaryKeyConstraint('box_id', 'number', name=op.f('share_pkey')),
    schema='vault'
    )
    op.create_index(op.f('share_box_id_idx'), 'share', ['box_id'], unique=False, schema='vault')
    op.create_table('telling',
    sa.Column('opening_id', sa.UUID(), nullable=False),
    sa.Column('tag', sa.LargeBinary(), nullable=False),
    sa.Column('day', sa.Date(), nullable=False),
    sa.ForeignKeyConstraint(['opening_id'], ['vault.opening.id'], name=op.f('telling_opening_id_fkey'), initially='DEFERRED', deferrable=True),
    sa.PrimaryKeyConstraint('opening_id', name=op.f('telling_pkey')),
    schema='vault'
    )
    op.create_index(op.f('telling_opening_id_idx'), 'telling', ['opening_id'], unique=False, schema='vault')
    op.create_index(op.f('telling_tag_idx'), 'telling', ['tag'], unique=False, schema='vault')
    op.create_table('word',
    sa.Column('opening_id', sa.UUID(), nullable=False),
    sa.Column('keyholder_id', sa.UUID(), nullable=False),
    sa.Column('organisation_id', sa.UUID(), nullable=False),
    sa.Column('says', sa.Text(), nullable=False),
    sa.Column('words', sa.Text(), nullable=False),
    sa.Column('at', sa.DateTime(timezone=True), nullable=False),
    sa.CheckConstraint('"says" IN (\'released\', \'refused\')', name=op.f('word_says_check')),
    sa.CheckConstraint('length(words) <= 2000', name=op.f('word_words_length_check')),
    sa.ForeignKeyConstraint(['keyholder_id'], ['vault.keyholder.id'], name=op.f('word_keyholder_id_fkey'), initially='DEFERRED', deferrable=True),
    sa.ForeignKeyConstraint(['opening_id'], ['vault.opening.id'], name=op.f('word_opening_id_fkey'), initially='DEFERRED', deferrable=True),
    sa.ForeignKeyConstraint(['organisation_id'], ['organisations.organisation.id'], name=op.f('word_organisation_id_fkey'), initially='DEFERRED', deferrable=True),
    sa.PrimaryKeyConstraint('opening_id', 'keyholder_id', name=op.f('word_pkey')),
    schema='vault'
    )
    op.create_index(op.f('word_keyholder_id_idx'), 'word', ['keyholder_id'], unique=False, schema='vault')
    op.create_index(op.f('word_opening_id_idx'), 'word', ['opening_id'], unique=False, schema='vault')
    op.create_index(op.f('word_organisation_id_idx'), 'word', ['organisation_id'], unique=False, schema='vault')


def downgrade() -> None:
    """Keyholders and their notices have no place in the older shape; what was sealed goes with the schema."""
    op.execute("DROP SCHEMA vault CASCADE")
    lift = "ALTER TABLE {} {} ROW LEVEL SECURITY"
    for table in GOING:
        op.execute(lift.format(table, "NO FORCE"))
    for table, rows in GOING.items():
        op.execute(f"DELETE FROM {table} WHERE {rows}")
    op.execute("SET CONSTRAINTS ALL IMMEDIATE")
    for table in GOING:
        op.execute(lift.format(table, "FORCE"))
    _one_of("notices", "notice", "kind", [w for w in _words("notices", "notice", "kind") if w not in NOTICES])
    _one_of("organisations", "membership", "role",
            [w for w in _words("organisations", "membership", "role") if w != "keyholder"])
