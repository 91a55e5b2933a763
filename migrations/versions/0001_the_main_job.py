"""the main job"""

import sqlalchemy as sa
from alembic import op
from procrastinate.schema import SchemaManager
from sqlalchemy.dialects import postgresql

SCHEMAS = ("audit", "consultations", "feedback", "inputs", "kernel", "languages", "notices", "organisations", "people", "viewer", "jobs")

revision = '0001'
down_revision = None
branch_labels = None
depends_on = None


def upgrade() -> None:
    for schema in SCHEMAS:
        op.execute(f"CREATE SCHEMA IF NOT EXISTS {schema}")
    # The queue's own tables, from the package that owns them, in their own schema.
    connection = op.get_bind().execution_options(no_parameters=True)
    connection.exec_driver_sql("SET LOCAL search_path = jobs")
    connection.exec_driver_sql(SchemaManager.get_schema())
    connection.exec_driver_sql("SET LOCAL search_path = public")
    op.create_table('row',
    sa.Column('at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('actor', sa.UUID(), nullable=True),
    sa.Column('verb', sa.Text(), nullable=False),
    sa.Column('subject', sa.UUID(), nullable=True),
    sa.Column('about', sa.UUID(), nullable=True),
    sa.Column('details', postgresql.JSONB(astext_type=sa.Text()), nullable=False),
    sa.Column('id', sa.UUID(), nullable=False),
    sa.PrimaryKeyConstraint('id', name=op.f('row_pkey')),
    schema='audit'
    )
    op.create_index(op.f('row_about_idx'), 'row', ['about'], unique=False, schema='audit')
    op.create_index(op.f('row_at_idx'), 'row', ['at'], unique=False, schema='audit')
    op.create_table('seal',
    sa.Column('number', sa.Integer(), autoincrement=False, nullable=False),
    sa.Column('row_id', sa.UUID(), nullable=False),
    sa.Column('hash', sa.LargeBinary(), nullable=False),
    sa.PrimaryKeyConstraint('number', name=op.f('seal_pkey')),
    sa.UniqueConstraint('row_id', name=op.f('seal_row_id_key')),
    schema='audit'
    )
    op.create_table('once',
    sa.Column('value', sa.UUID(), nullable=False),
    sa.Column('place', sa.Text(), nullable=False),
    sa.Column('day', sa.Date(), nullable=False),
    sa.PrimaryKeyConstraint('value', name=op.f('once_pkey')),
    schema='kernel'
    )
    op.create_table('tally',
    sa.Column('subject', sa.UUID(), nullable=False),
    sa.Column('name', sa.Text(), nullable=False),
    sa.Column('count', sa.Integer(), nullable=True),
    sa.PrimaryKeyConstraint('subject', 'name', name=op.f('tally_pkey')),
    schema='kernel'
    )
    op.create_table('translation',
    sa.Column('consultation_id', sa.UUID(), nullable=False),
    sa.Column('kind', sa.Text(), nullable=False),
    sa.Column('subject_id', sa.UUID(), nullable=False),
    sa.Column('field', sa.Text(), nullable=False),
    sa.Column('lang', sa.Text(), nullable=False),
    sa.Column('text', sa.Text(), nullable=False),
    sa.Column('mark', sa.Text(), nullable=False),
    sa.Column('stale', sa.Boolean(), nullable=False),
    sa.Column('id', sa.UUID(), nullable=False),
    sa.CheckConstraint('"kind" IN (\'consultation\', \'input\', \'theme\', \'answer\', \'measure\', \'ground_view\', \'words\')', name=op.f('translation_kind_check')),
    sa.CheckConstraint('"mark" IN (\'person\', \'reviewed\', \'machine\')', name=op.f('translation_mark_check')),
    sa.CheckConstraint('length(text) <= 40000', name=op.f('translation_text_length_check')),
    sa.PrimaryKeyConstraint('id', name=op.f('translation_pkey')),
    sa.UniqueConstraint('subject_id', 'field', 'lang', name=op.f('translation_subject_id_field_lang_key')),
    schema='languages'
    )
    op.create_index(op.f('translation_consultation_id_idx'), 'translation', ['consultation_id'], unique=False, schema='languages')
    op.create_table('translator_refusal',
    sa.Column('subject_id', sa.UUID(), nullable=False),
    sa.Column('translator_id', sa.UUID(), nullable=False),
    sa.Column('person_id', sa.UUID(), nullable=False),
    sa.Column('id', sa.UUID(), nullable=False),
    sa.PrimaryKeyConstraint('id', name=op.f('translator_refusal_pkey')),
    schema='languages'
    )
    op.create_index(op.f('translator_refusal_subject_id_idx'), 'translator_refusal', ['subject_id'], unique=False, schema='languages')
    op.create_index(op.f('translator_refusal_translator_id_idx'), 'translator_refusal', ['translator_id'], unique=False, schema='languages')
    op.create_table('organisation',
    sa.Column('name', sa.Text(), nullable=False),
    sa.Column('kind', sa.Text(), nullable=False),
    sa.Column('country', sa.Text(), nullable=False),
    sa.Column('about', sa.Text(), nullable=False),
    sa.Column('about_lang', sa.Text(), nullable=False),
    sa.Column('invited_by', sa.UUID(), nullable=True),
    sa.Column('asked_on', sa.Date(), nullable=False),
    sa.Column('admitted_on', sa.Date(), nullable=True),
    sa.Column('turned_away_on', sa.Date(), nullable=True),
    sa.Column('id', sa.UUID(), nullable=False),
    sa.CheckConstraint('"kind" IN (\'company\', \'stakeholder\', \'facilitation\', \'operator\')', name=op.f('organisation_kind_check')),
    sa.CheckConstraint('length(about) <= 2000', name=op.f('organisation_about_length_check')),
    sa.CheckConstraint('length(name) <= 300', name=op.f('organisation_name_length_check')),
    sa.ForeignKeyConstraint(['invited_by'], ['organisations.organisation.id'], name=op.f('organisation_invited_by_fkey'), initially='DEFERRED', deferrable=True),
    sa.PrimaryKeyConstraint('id', name=op.f('organisation_pkey')),
    schema='organisations'
    )
    op.create_index(op.f('organisation_invited_by_idx'), 'organisation', ['invited_by'], unique=False, schema='organisations')
    op.create_table('attempt',
    sa.Column('address_hash', sa.LargeBinary(), nullable=False),
    sa.Column('hour', sa.DateTime(timezone=True), nullable=False),
    sa.Column('count', sa.Integer(), nullable=False),
    sa.PrimaryKeyConstraint('address_hash', 'hour', name=op.f('attempt_pkey')),
    schema='people'
    )
    op.create_table('person',
    sa.Column('name', sa.Text(), nullable=False),
    sa.Column('language', sa.Text(), nullable=False),
    sa.Column('time_zone', sa.Text(), nullable=False),
    sa.Column('mail_opt_in', sa.Boolean(), nullable=False),
    sa.Column('ended_on', sa.Date(), nullable=True),
    sa.Column('id', sa.UUID(), nullable=False),
    sa.CheckConstraint('length(name) <= 300', name=op.f('person_name_length_check')),
    sa.PrimaryKeyConstraint('id', name=op.f('person_pkey')),
    schema='people'
    )
    op.create_table('phrase',
    sa.Column('verifier', sa.LargeBinary(), nullable=False),
    sa.Column('consultation_id', sa.UUID(), nullable=False),
    sa.Column('language', sa.Text(), nullable=False),
    sa.Column('day', sa.Date(), nullable=False),
    sa.Column('id', sa.UUID(), nullable=False),
    sa.PrimaryKeyConstraint('id', name=op.f('phrase_pkey')),
    sa.UniqueConstraint('verifier', name=op.f('phrase_verifier_key')),
    schema='people'
    )
    op.create_index(op.f('phrase_consultation_id_idx'), 'phrase', ['consultation_id'], unique=False, schema='people')
    op.create_table('key',
    sa.Column('number', sa.Integer(), nullable=False),
    sa.Column('secret', sa.LargeBinary(), nullable=False),
    sa.PrimaryKeyConstraint('number', name=op.f('key_pkey')),
    schema='viewer'
    )
    op.create_table('consultation',
    sa.Column('state', sa.Text(), nullable=False),
    sa.Column('source_lang', sa.Text(), nullable=False),
    sa.Column('title', sa.Text(), nullable=False),
    sa.Column('plain', sa.Text(), nullable=False),
    sa.Column('purpose', sa.Text(), nullable=False),
    sa.Column('open_to_change', sa.Text(), nullable=False),
    sa.Column('closed_to_change', sa.Text(), nullable=False),
    sa.Column('cannot_share', sa.Text(), nullable=False),
    sa.Column('cannot_share_why', sa.Text(), nullable=False),
    sa.Column('at_risk', sa.Text(), nullable=False),
    sa.Column('technologies', postgresql.ARRAY(sa.Text()), nullable=False),
    sa.Column('countries', postgresql.ARRAY(sa.Text()), nullable=False),
    sa.Column('segments', postgresql.ARRAY(sa.Text()), nullable=False),
    sa.Column('contexts', postgresql.ARRAY(sa.Text()), nullable=False),
    sa.Column('phases', postgresql.ARRAY(sa.Text()), nullable=False),
    sa.Column('languages', postgresql.ARRAY(sa.Text()), nullable=False),
    sa.Column('protection', sa.Text(), nullable=False),
    sa.Column('discovery', sa.Text(), nullable=False),
    sa.Column('accountless', sa.Boolean(), nullable=False),
    sa.Column('time_zone', sa.Text(), nullable=False),
    sa.Column('opens_at', sa.DateTime(timezone=True), nullable=True),
    sa.Column('closes_at', sa.DateTime(timezone=True), nullable=True),
    sa.Column('promised_on', sa.Date(), nullable=True),
    sa.Column('facilitator_id', sa.UUID(), nullable=True),
    sa.Column('facilitator_accepted_on', sa.Date(), nullable=True),
    sa.Column('paid_by', sa.Text(), nullable=False),
    sa.Column('revision', sa.Integer(), nullable=False),
    sa.Column('created_at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('id', sa.UUID(), nullable=False),
    sa.CheckConstraint("protection <> 'high' OR discovery <> 'listed'", name=op.f('consultation_high_never_listed_check')),
    sa.CheckConstraint('"discovery" IN (\'listed\', \'link\', \'invitation\')', name=op.f('consultation_discovery_check')),
    sa.CheckConstraint('"protection" IN (\'standard\', \'elevated\', \'high\')', name=op.f('consultation_protection_check')),
    sa.CheckConstraint('"state" IN (\'draft\', \'announced\', \'open\', \'answering\', \'published\', \'closed\')', name=op.f('consultation_state_check')),
    sa.CheckConstraint('length(at_risk) <= 20000', name=op.f('consultation_at_risk_length_check')),
    sa.CheckConstraint('length(cannot_share) <= 20000', name=op.f('consultation_cannot_share_length_check')),
    sa.CheckConstraint('length(cannot_share_why) <= 20000', name=op.f('consultation_cannot_share_why_length_check')),
    sa.CheckConstraint('length(closed_to_change) <= 20000', name=op.f('consultation_closed_to_change_length_check')),
    sa.CheckConstraint('length(open_to_change) <= 20000', name=op.f('consultation_open_to_change_length_check')),
    sa.CheckConstraint('length(plain) <= 20000', name=op.f('consultation_plain_length_check')),
    sa.CheckConstraint('length(purpose) <= 20000', name=op.f('consultation_purpose_length_check')),
    sa.CheckConstraint('length(title) <= 300', name=op.f('consultation_title_length_check')),
    sa.CheckConstraint('opens_at < closes_at', name=op.f('consultation_opens_before_closing_check')),
    sa.CheckConstraint('promised_on >= closes_at::date', name=op.f('consultation_promise_after_closing_check')),
    sa.ForeignKeyConstraint(['facilitator_id'], ['organisations.organisation.id'], name=op.f('consultation_facilitator_id_fkey'), initially='DEFERRED', deferrable=True),
    sa.PrimaryKeyConstraint('id', name=op.f('consultation_pkey')),
    schema='consultations'
    )
    op.create_index(op.f('consultation_facilitator_id_idx'), 'consultation', ['facilitator_id'], unique=False, schema='consultations')
    op.create_table('work',
    sa.Column('translation_id', sa.UUID(), nullable=False),
    sa.Column('consultation_id', sa.UUID(), nullable=False),
    sa.Column('person_id', sa.UUID(), nullable=False),
    sa.Column('act', sa.Text(), nullable=False),
    sa.Column('on', sa.Date(), nullable=False),
    sa.Column('id', sa.UUID(), nullable=False),
    sa.CheckConstraint('"act" IN (\'made\', \'reviewed\')', name=op.f('work_act_check')),
    sa.ForeignKeyConstraint(['person_id'], ['people.person.id'], name=op.f('work_person_id_fkey'), initially='DEFERRED', deferrable=True),
    sa.ForeignKeyConstraint(['translation_id'], ['languages.translation.id'], name=op.f('work_translation_id_fkey'), initially='DEFERRED', deferrable=True),
    sa.PrimaryKeyConstraint('id', name=op.f('work_pkey')),
    schema='languages'
    )
    op.create_index(op.f('work_person_id_idx'), 'work', ['person_id'], unique=False, schema='languages')
    op.create_index(op.f('work_translation_id_idx'), 'work', ['translation_id'], unique=False, schema='languages')
    op.create_table('notice',
    sa.Column('person_id', sa.UUID(), nullable=True),
    sa.Column('phrase_id', sa.UUID(), nullable=True),
    sa.Column('kind', sa.Text(), nullable=False),
    sa.Column('consultation_id', sa.UUID(), nullable=True),
    sa.Column('subject_id', sa.UUID(), nullable=True),
    sa.Column('day', sa.Date(), nullable=False),
    sa.Column('seen', sa.Boolean(), nullable=False),
    sa.Column('mail', sa.Text(), nullable=False),
    sa.Column('key', sa.LargeBinary(), nullable=False),
    sa.Column('id', sa.UUID(), nullable=False),
    sa.CheckConstraint('"kind" IN (\'invited\', \'announced\', \'open\', \'inputs_end\', \'input_read\', \'input_masked\', \'placed\', \'objection\', \'objection_handled\', \'themes_shared\', \'published\', \'answered_late\', \'ground_round\', \'closed\', \'convene\', \'appointed\', \'handed\', \'joined\', \'reset\', \'member_invitation\', \'defaulted\', \'left\')', name=op.f('notice_kind_check')),
    sa.CheckConstraint('"mail" IN (\'none\', \'waiting\', \'handing\', \'sent\', \'failed\')', name=op.f('notice_mail_check')),
    sa.CheckConstraint('num_nonnulls(person_id, phrase_id) = 1', name=op.f('notice_one_reader_check')),
    sa.ForeignKeyConstraint(['person_id'], ['people.person.id'], name=op.f('notice_person_id_fkey'), initially='DEFERRED', deferrable=True),
    sa.ForeignKeyConstraint(['phrase_id'], ['people.phrase.id'], name=op.f('notice_phrase_id_fkey'), initially='DEFERRED', deferrable=True),
    sa.PrimaryKeyConstraint('id', name=op.f('notice_pkey')),
    sa.UniqueConstraint('key', name=op.f('notice_key_key')),
    schema='notices'
    )
    op.create_index(op.f('notice_consultation_id_idx'), 'notice', ['consultation_id'], unique=False, schema='notices')
    op.create_index('notice_person_idx', 'notice', ['person_id', sa.literal_column('day DESC'), 'id'], unique=False, schema='notices')
    op.create_index('notice_phrase_idx', 'notice', ['phrase_id', sa.literal_column('day DESC'), 'id'], unique=False, schema='notices')
    op.create_table('approval',
    sa.Column('organisation_id', sa.UUID(), nullable=False),
    sa.Column('person_id', sa.UUID(), nullable=False),
    sa.Column('admits', sa.Boolean(), nullable=False),
    sa.Column('words', sa.Text(), nullable=False),
    sa.Column('at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('id', sa.UUID(), nullable=False),
    sa.ForeignKeyConstraint(['organisation_id'], ['organisations.organisation.id'], name=op.f('approval_organisation_id_fkey'), initially='DEFERRED', deferrable=True),
    sa.ForeignKeyConstraint(['person_id'], ['people.person.id'], name=op.f('approval_person_id_fkey'), initially='DEFERRED', deferrable=True),
    sa.PrimaryKeyConstraint('id', name=op.f('approval_pkey')),
    sa.UniqueConstraint('organisation_id', 'person_id', name=op.f('approval_organisation_id_person_id_key')),
    schema='organisations'
    )
    op.create_index(op.f('approval_organisation_id_idx'), 'approval', ['organisation_id'], unique=False, schema='organisations')
    op.create_index(op.f('approval_person_id_idx'), 'approval', ['person_id'], unique=False, schema='organisations')
    op.create_table('invitation',
    sa.Column('purpose', sa.Text(), nullable=False),
    sa.Column('organisation_id', sa.UUID(), nullable=False),
    sa.Column('invited_by', sa.UUID(), nullable=False),
    sa.Column('address_hash', sa.LargeBinary(), nullable=False),
    sa.Column('address_sealed', sa.LargeBinary(), nullable=False),
    sa.Column('language', sa.Text(), nullable=False),
    sa.Column('roles', postgresql.ARRAY(sa.Text()), nullable=False),
    sa.Column('function', sa.Text(), nullable=False),
    sa.Column('words', sa.Text(), nullable=False),
    sa.Column('token_hash', sa.LargeBinary(), nullable=False),
    sa.Column('at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('expires_at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('answered_at', sa.DateTime(timezone=True), nullable=True),
    sa.Column('withdrawn', sa.Boolean(), nullable=False),
    sa.Column('id', sa.UUID(), nullable=False),
    sa.CheckConstraint('"purpose" IN (\'member\', \'organisation\')', name=op.f('invitation_purpose_check')),
    sa.ForeignKeyConstraint(['invited_by'], ['people.person.id'], name=op.f('invitation_invited_by_fkey'), initially='DEFERRED', deferrable=True),
    sa.ForeignKeyConstraint(['organisation_id'], ['organisations.organisation.id'], name=op.f('invitation_organisation_id_fkey'), initially='DEFERRED', deferrable=True),
    sa.PrimaryKeyConstraint('id', name=op.f('invitation_pkey')),
    schema='organisations'
    )
    op.create_index(op.f('invitation_invited_by_idx'), 'invitation', ['invited_by'], unique=False, schema='organisations')
    op.create_index(op.f('invitation_organisation_id_idx'), 'invitation', ['organisation_id'], unique=False, schema='organisations')
    op.create_table('membership',
    sa.Column('person_id', sa.UUID(), nullable=False),
    sa.Column('organisation_id', sa.UUID(), nullable=False),
    sa.Column('role', sa.Text(), nullable=False),
    sa.Column('function', sa.Text(), nullable=False),
    sa.Column('begun_at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('id', sa.UUID(), nullable=False),
    sa.CheckConstraint('"function" IN (\'\', \'engineering\', \'product\', \'research\', \'legal\', \'commercial\')', name=op.f('membership_function_check')),
    sa.CheckConstraint('"role" IN (\'administrator\', \'board_observer\', \'contributor\', \'coordinator\', \'decision_maker\', \'engagement_lead\', \'facilitator\', \'translator\')', name=op.f('membership_role_check')),
    sa.ForeignKeyConstraint(['organisation_id'], ['organisations.organisation.id'], name=op.f('membership_organisation_id_fkey'), initially='DEFERRED', deferrable=True),
    sa.ForeignKeyConstraint(['person_id'], ['people.person.id'], name=op.f('membership_person_id_fkey'), initially='DEFERRED', deferrable=True),
    sa.PrimaryKeyConstraint('id', name=op.f('membership_pkey')),
    schema='organisations'
    )
    op.create_index(op.f('membership_organisation_id_idx'), 'membership', ['organisation_id'], unique=False, schema='organisations')
    op.create_index(op.f('membership_person_id_idx'), 'membership', ['person_id'], unique=False, schema='organisations')
    op.create_table('credential',
    sa.Column('person_id', sa.UUID(), nullable=False),
    sa.Column('address_hash', sa.LargeBinary(), nullable=False),
    sa.Column('address_sealed', sa.LargeBinary(), nullable=False),
    sa.Column('salt', sa.LargeBinary(), nullable=False),
    sa.Column('verifier', sa.LargeBinary(), nullable=False),
    sa.ForeignKeyConstraint(['person_id'], ['people.person.id'], name=op.f('credential_person_id_fkey'), initially='DEFERRED', deferrable=True),
    sa.PrimaryKeyConstraint('person_id', name=op.f('credential_pkey')),
    sa.UniqueConstraint('address_hash', name=op.f('credential_address_hash_key')),
    schema='people'
    )
    op.create_index(op.f('credential_person_id_idx'), 'credential', ['person_id'], unique=False, schema='people')
    op.create_table('platform_role',
    sa.Column('person_id', sa.UUID(), nullable=False),
    sa.Column('role', sa.Text(), nullable=False),
    sa.CheckConstraint('"role" IN (\'steward\', \'auditor\')', name=op.f('platform_role_role_check')),
    sa.ForeignKeyConstraint(['person_id'], ['people.person.id'], name=op.f('platform_role_person_id_fkey'), initially='DEFERRED', deferrable=True),
    sa.PrimaryKeyConstraint('person_id', 'role', name=op.f('platform_role_pkey')),
    schema='people'
    )
    op.create_index(op.f('platform_role_person_id_idx'), 'platform_role', ['person_id'], unique=False, schema='people')
    op.create_table('reset',
    sa.Column('person_id', sa.UUID(), nullable=False),
    sa.Column('token_hash', sa.LargeBinary(), nullable=False),
    sa.Column('expires_at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('used', sa.Boolean(), nullable=False),
    sa.Column('id', sa.UUID(), nullable=False),
    sa.ForeignKeyConstraint(['person_id'], ['people.person.id'], name=op.f('reset_person_id_fkey'), initially='DEFERRED', deferrable=True),
    sa.PrimaryKeyConstraint('id', name=op.f('reset_pkey')),
    schema='people'
    )
    op.create_index(op.f('reset_person_id_idx'), 'reset', ['person_id'], unique=False, schema='people')
    op.create_table('session',
    sa.Column('token_hash', sa.LargeBinary(), nullable=False),
    sa.Column('person_id', sa.UUID(), nullable=True),
    sa.Column('phrase_id', sa.UUID(), nullable=True),
    sa.Column('began_at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('seen_at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('id', sa.UUID(), nullable=False),
    sa.ForeignKeyConstraint(['person_id'], ['people.person.id'], name=op.f('session_person_id_fkey'), initially='DEFERRED', deferrable=True),
    sa.ForeignKeyConstraint(['phrase_id'], ['people.phrase.id'], name=op.f('session_phrase_id_fkey'), initially='DEFERRED', deferrable=True),
    sa.PrimaryKeyConstraint('id', name=op.f('session_pkey')),
    sa.UniqueConstraint('token_hash', name=op.f('session_token_hash_key')),
    schema='people'
    )
    op.create_index(op.f('session_person_id_idx'), 'session', ['person_id'], unique=False, schema='people')
    op.create_index(op.f('session_phrase_id_idx'), 'session', ['phrase_id'], unique=False, schema='people')
    op.create_table('convener',
    sa.Column('consultation_id', sa.UUID(), nullable=False),
    sa.Column('company_id', sa.UUID(), nullable=False),
    sa.Column('state', sa.Text(), nullable=False),
    sa.Column('accepted_revision', sa.Integer(), nullable=True),
    sa.Column('accepts_facilitator', sa.Boolean(), nullable=False),
    sa.Column('functions', postgresql.ARRAY(sa.Text()), nullable=False),
    sa.Column('words', sa.Text(), nullable=False),
    sa.Column('began', sa.Boolean(), nullable=False),
    sa.Column('invited_at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('answered_at', sa.DateTime(timezone=True), nullable=True),
    sa.CheckConstraint('"state" IN (\'invited\', \'accepted\', \'declined\', \'left\')', name=op.f('convener_state_check')),
    sa.ForeignKeyConstraint(['company_id'], ['organisations.organisation.id'], name=op.f('convener_company_id_fkey'), initially='DEFERRED', deferrable=True),
    sa.ForeignKeyConstraint(['consultation_id'], ['consultations.consultation.id'], name=op.f('convener_consultation_id_fkey'), initially='DEFERRED', deferrable=True),
    sa.PrimaryKeyConstraint('consultation_id', 'company_id', name=op.f('convener_pkey')),
    schema='consultations'
    )
    op.create_index(op.f('convener_company_id_idx'), 'convener', ['company_id'], unique=False, schema='consultations')
    op.create_index(op.f('convener_consultation_id_idx'), 'convener', ['consultation_id'], unique=False, schema='consultations')
    op.create_table('invited',
    sa.Column('consultation_id', sa.UUID(), nullable=False),
    sa.Column('organisation_id', sa.UUID(), nullable=False),
    sa.Column('at', sa.DateTime(timezone=True), nullable=False),
    sa.ForeignKeyConstraint(['consultation_id'], ['consultations.consultation.id'], name=op.f('invited_consultation_id_fkey'), initially='DEFERRED', deferrable=True),
    sa.ForeignKeyConstraint(['organisation_id'], ['organisations.organisation.id'], name=op.f('invited_organisation_id_fkey'), initially='DEFERRED', deferrable=True),
    sa.PrimaryKeyConstraint('consultation_id', 'organisation_id', name=op.f('invited_pkey')),
    schema='consultations'
    )
    op.create_index(op.f('invited_consultation_id_idx'), 'invited', ['consultation_id'], unique=False, schema='consultations')
    op.create_index(op.f('invited_organisation_id_idx'), 'invited', ['organisation_id'], unique=False, schema='consultations')
    op.create_table('link',
    sa.Column('consultation_id', sa.UUID(), nullable=False),
    sa.Column('secret', sa.LargeBinary(), nullable=False),
    sa.ForeignKeyConstraint(['consultation_id'], ['consultations.consultation.id'], name=op.f('link_consultation_id_fkey'), initially='DEFERRED', deferrable=True),
    sa.PrimaryKeyConstraint('consultation_id', name=op.f('link_pkey')),
    schema='consultations'
    )
    op.create_index(op.f('link_consultation_id_idx'), 'link', ['consultation_id'], unique=False, schema='consultations')
    op.create_table('raise',
    sa.Column('consultation_id', sa.UUID(), nullable=False),
    sa.Column('start', sa.Text(), nullable=False),
    sa.Column('end', sa.Text(), nullable=False),
    sa.Column('at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('words', sa.Text(), nullable=False),
    sa.Column('id', sa.UUID(), nullable=False),
    sa.ForeignKeyConstraint(['consultation_id'], ['consultations.consultation.id'], name=op.f('raise_consultation_id_fkey'), initially='DEFERRED', deferrable=True),
    sa.PrimaryKeyConstraint('id', name=op.f('raise_pkey')),
    schema='consultations'
    )
    op.create_index(op.f('raise_consultation_id_idx'), 'raise', ['consultation_id'], unique=False, schema='consultations')
    op.create_table('transition',
    sa.Column('consultation_id', sa.UUID(), nullable=False),
    sa.Column('start', sa.Text(), nullable=False),
    sa.Column('end', sa.Text(), nullable=False),
    sa.Column('at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('by_organisation', sa.UUID(), nullable=True),
    sa.Column('words', sa.Text(), nullable=False),
    sa.Column('lang', sa.Text(), nullable=False),
    sa.Column('id', sa.UUID(), nullable=False),
    sa.CheckConstraint('"end" IN (\'draft\', \'announced\', \'open\', \'answering\', \'published\', \'closed\')', name=op.f('transition_end_check')),
    sa.ForeignKeyConstraint(['by_organisation'], ['organisations.organisation.id'], name=op.f('transition_by_organisation_fkey'), initially='DEFERRED', deferrable=True),
    sa.ForeignKeyConstraint(['consultation_id'], ['consultations.consultation.id'], name=op.f('transition_consultation_id_fkey'), initially='DEFERRED', deferrable=True),
    sa.PrimaryKeyConstraint('id', name=op.f('transition_pkey')),
    schema='consultations'
    )
    op.create_index(op.f('transition_by_organisation_idx'), 'transition', ['by_organisation'], unique=False, schema='consultations')
    op.create_index(op.f('transition_consultation_id_idx'), 'transition', ['consultation_id'], unique=False, schema='consultations')
    op.create_table('translator',
    sa.Column('consultation_id', sa.UUID(), nullable=False),
    sa.Column('person_id', sa.UUID(), nullable=False),
    sa.Column('organisation_id', sa.UUID(), nullable=False),
    sa.Column('shown_as', sa.Text(), nullable=False),
    sa.Column('languages', postgresql.ARRAY(sa.Text()), nullable=False),
    sa.Column('appointed_on', sa.Date(), nullable=False),
    sa.Column('ended_on', sa.Date(), nullable=True),
    sa.Column('id', sa.UUID(), nullable=False),
    sa.ForeignKeyConstraint(['consultation_id'], ['consultations.consultation.id'], name=op.f('translator_consultation_id_fkey'), initially='DEFERRED', deferrable=True),
    sa.ForeignKeyConstraint(['organisation_id'], ['organisations.organisation.id'], name=op.f('translator_organisation_id_fkey'), initially='DEFERRED', deferrable=True),
    sa.ForeignKeyConstraint(['person_id'], ['people.person.id'], name=op.f('translator_person_id_fkey'), initially='DEFERRED', deferrable=True),
    sa.PrimaryKeyConstraint('id', name=op.f('translator_pkey')),
    schema='consultations'
    )
    op.create_index(op.f('translator_consultation_id_idx'), 'translator', ['consultation_id'], unique=False, schema='consultations')
    op.create_index(op.f('translator_organisation_id_idx'), 'translator', ['organisation_id'], unique=False, schema='consultations')
    op.create_index(op.f('translator_person_id_idx'), 'translator', ['person_id'], unique=False, schema='consultations')
    op.create_table('default',
    sa.Column('consultation_id', sa.UUID(), nullable=False),
    sa.Column('company_id', sa.UUID(), nullable=False),
    sa.Column('words', sa.Text(), nullable=False),
    sa.Column('lang', sa.Text(), nullable=False),
    sa.Column('on', sa.Date(), nullable=False),
    sa.Column('id', sa.UUID(), nullable=False),
    sa.CheckConstraint('length(words) <= 20000', name=op.f('default_words_length_check')),
    sa.ForeignKeyConstraint(['company_id'], ['organisations.organisation.id'], name=op.f('default_company_id_fkey'), initially='DEFERRED', deferrable=True),
    sa.ForeignKeyConstraint(['consultation_id'], ['consultations.consultation.id'], name=op.f('default_consultation_id_fkey'), initially='DEFERRED', deferrable=True),
    sa.PrimaryKeyConstraint('id', name=op.f('default_pkey')),
    sa.UniqueConstraint('consultation_id', 'company_id', name=op.f('default_consultation_id_company_id_key')),
    schema='feedback'
    )
    op.create_index(op.f('default_company_id_idx'), 'default', ['company_id'], unique=False, schema='feedback')
    op.create_index(op.f('default_consultation_id_idx'), 'default', ['consultation_id'], unique=False, schema='feedback')
    op.create_table('publication',
    sa.Column('consultation_id', sa.UUID(), nullable=False),
    sa.Column('on', sa.Date(), nullable=False),
    sa.Column('by_organisation', sa.UUID(), nullable=False),
    sa.ForeignKeyConstraint(['by_organisation'], ['organisations.organisation.id'], name=op.f('publication_by_organisation_fkey'), initially='DEFERRED', deferrable=True),
    sa.ForeignKeyConstraint(['consultation_id'], ['consultations.consultation.id'], name=op.f('publication_consultation_id_fkey'), initially='DEFERRED', deferrable=True),
    sa.PrimaryKeyConstraint('consultation_id', name=op.f('publication_pkey')),
    schema='feedback'
    )
    op.create_index(op.f('publication_by_organisation_idx'), 'publication', ['by_organisation'], unique=False, schema='feedback')
    op.create_index(op.f('publication_consultation_id_idx'), 'publication', ['consultation_id'], unique=False, schema='feedback')
    op.create_table('theme',
    sa.Column('consultation_id', sa.UUID(), nullable=False),
    sa.Column('title', sa.Text(), nullable=False),
    sa.Column('summary', sa.Text(), nullable=False),
    sa.Column('lang', sa.Text(), nullable=False),
    sa.Column('addressed', postgresql.ARRAY(sa.UUID()), nullable=False),
    sa.Column('added_reason', sa.Text(), nullable=False),
    sa.Column('place', sa.Integer(), nullable=False),
    sa.Column('made_on', sa.Date(), nullable=False),
    sa.Column('shared_on', sa.Date(), nullable=True),
    sa.Column('published_on', sa.Date(), nullable=True),
    sa.Column('revision', sa.Integer(), nullable=False),
    sa.Column('id', sa.UUID(), nullable=False),
    sa.CheckConstraint('length(summary) <= 20000', name=op.f('theme_summary_length_check')),
    sa.CheckConstraint('length(title) <= 300', name=op.f('theme_title_length_check')),
    sa.ForeignKeyConstraint(['consultation_id'], ['consultations.consultation.id'], name=op.f('theme_consultation_id_fkey'), initially='DEFERRED', deferrable=True),
    sa.PrimaryKeyConstraint('id', name=op.f('theme_pkey')),
    schema='feedback'
    )
    op.create_index(op.f('theme_consultation_id_idx'), 'theme', ['consultation_id'], unique=False, schema='feedback')
    op.create_table('draft',
    sa.Column('consultation_id', sa.UUID(), nullable=False),
    sa.Column('person_id', sa.UUID(), nullable=True),
    sa.Column('phrase_id', sa.UUID(), nullable=True),
    sa.Column('fields', postgresql.JSONB(astext_type=sa.Text()), nullable=False),
    sa.Column('day', sa.Date(), nullable=False),
    sa.Column('id', sa.UUID(), nullable=False),
    sa.CheckConstraint('num_nonnulls(person_id, phrase_id) = 1', name=op.f('draft_one_author_check')),
    sa.ForeignKeyConstraint(['consultation_id'], ['consultations.consultation.id'], name=op.f('draft_consultation_id_fkey'), initially='DEFERRED', deferrable=True),
    sa.ForeignKeyConstraint(['person_id'], ['people.person.id'], name=op.f('draft_person_id_fkey'), initially='DEFERRED', deferrable=True),
    sa.ForeignKeyConstraint(['phrase_id'], ['people.phrase.id'], name=op.f('draft_phrase_id_fkey'), initially='DEFERRED', deferrable=True),
    sa.PrimaryKeyConstraint('id', name=op.f('draft_pkey')),
    schema='inputs'
    )
    op.create_index(op.f('draft_consultation_id_idx'), 'draft', ['consultation_id'], unique=False, schema='inputs')
    op.create_index(op.f('draft_person_id_idx'), 'draft', ['person_id'], unique=False, schema='inputs')
    op.create_index(op.f('draft_phrase_id_idx'), 'draft', ['phrase_id'], unique=False, schema='inputs')
    op.create_table('input',
    sa.Column('consultation_id', sa.UUID(), nullable=False),
    sa.Column('day', sa.Date(), nullable=False),
    sa.Column('shuffle', sa.Integer(), nullable=False),
    sa.Column('lang', sa.Text(), nullable=False),
    sa.Column('text', sa.Text(), nullable=False),
    sa.Column('audience', sa.Text(), nullable=False),
    sa.Column('readers', postgresql.ARRAY(sa.UUID()), nullable=False),
    sa.Column('addressed', postgresql.ARRAY(sa.UUID()), nullable=False),
    sa.Column('naming', sa.Text(), nullable=False),
    sa.Column('shown_as', sa.Text(), nullable=False),
    sa.Column('speaks_as', sa.Text(), nullable=False),
    sa.Column('masked', sa.Boolean(), nullable=False),
    sa.Column('read_on', sa.Date(), nullable=True),
    sa.Column('withdrawn_on', sa.Date(), nullable=True),
    sa.Column('revision', sa.Integer(), nullable=False),
    sa.Column('source', sa.Text(), nullable=True),
    sa.Column('id', sa.UUID(), nullable=False),
    sa.CheckConstraint("audience <> 'chosen' OR cardinality(readers) > 0", name=op.f('input_chosen_has_readers_check')),
    sa.CheckConstraint("withdrawn_on IS NULL OR text = ''", name=op.f('input_withdrawn_is_empty_check')),
    sa.CheckConstraint('"audience" IN (\'facilitator\', \'chosen\', \'companies\', \'participants\', \'public\')', name=op.f('input_audience_check')),
    sa.CheckConstraint('"naming" IN (\'name\', \'organisation\', \'pseudonym\', \'unattributed\')', name=op.f('input_naming_check')),
    sa.CheckConstraint('"speaks_as" IN (\'affected\', \'representative\', \'expert\', \'nhri\', \'internal\', \'authority\')', name=op.f('input_speaks_as_check')),
    sa.CheckConstraint('length(shown_as) <= 300', name=op.f('input_shown_as_length_check')),
    sa.CheckConstraint('length(text) <= 20000', name=op.f('input_text_length_check')),
    sa.ForeignKeyConstraint(['consultation_id'], ['consultations.consultation.id'], name=op.f('input_consultation_id_fkey'), initially='DEFERRED', deferrable=True),
    sa.PrimaryKeyConstraint('id', name=op.f('input_pkey')),
    schema='inputs'
    )
    op.create_index('input_list_idx', 'input', ['consultation_id', sa.literal_column('day DESC'), 'shuffle'], unique=False, schema='inputs')
    op.create_index(op.f('input_source_idx'), 'input', ['source'], unique=False, schema='inputs')
    op.create_index('input_unread_idx', 'input', ['consultation_id'], unique=False, schema='inputs', postgresql_where=sa.text('read_on IS NULL'))
    op.create_table('membership_end',
    sa.Column('membership_id', sa.UUID(), nullable=False),
    sa.Column('at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('by', sa.UUID(), nullable=False),
    sa.Column('reason', sa.Text(), nullable=False),
    sa.ForeignKeyConstraint(['membership_id'], ['organisations.membership.id'], name=op.f('membership_end_membership_id_fkey'), initially='DEFERRED', deferrable=True),
    sa.PrimaryKeyConstraint('membership_id', name=op.f('membership_end_pkey')),
    schema='organisations'
    )
    op.create_index(op.f('membership_end_membership_id_idx'), 'membership_end', ['membership_id'], unique=False, schema='organisations')
    op.create_table('answer',
    sa.Column('theme_id', sa.UUID(), nullable=False),
    sa.Column('company_id', sa.UUID(), nullable=False),
    sa.Column('consultation_id', sa.UUID(), nullable=False),
    sa.Column('number', sa.Integer(), nullable=False),
    sa.Column('state', sa.Text(), nullable=False),
    sa.Column('decision', sa.Text(), nullable=False),
    sa.Column('reason_kind', sa.Text(), nullable=False),
    sa.Column('words', sa.Text(), nullable=False),
    sa.Column('changes', sa.Text(), nullable=False),
    sa.Column('lang', sa.Text(), nullable=False),
    sa.Column('signed_as', sa.Text(), nullable=False),
    sa.Column('signed_on', sa.Date(), nullable=True),
    sa.Column('published_on', sa.Date(), nullable=True),
    sa.Column('late_days', sa.Integer(), nullable=False),
    sa.Column('revision', sa.Integer(), nullable=False),
    sa.Column('id', sa.UUID(), nullable=False),
    sa.CheckConstraint("state = 'draft' OR (signed_on IS NOT NULL AND signed_as <> '')", name=op.f('answer_signed_by_function_check')),
    sa.CheckConstraint("state = 'draft' OR decision <> ''", name=op.f('answer_signed_says_a_decision_check')),
    sa.CheckConstraint("state = 'draft' OR decision NOT IN ('later', 'declined') OR (reason_kind <> '' AND length(trim(words)) > 0)", name=op.f('answer_no_without_reason_check')),
    sa.CheckConstraint("state = 'draft' OR length(trim(changes)) > 0", name=op.f('answer_says_what_changed_check')),
    sa.CheckConstraint('"decision" IN (\'\', \'adopted\', \'adapted\', \'later\', \'declined\', \'outside\', \'already\')', name=op.f('answer_decision_check')),
    sa.CheckConstraint('"reason_kind" IN (\'\', \'law\', \'safety\', \'cost\', \'technical\', \'priority\', \'evidence\')', name=op.f('answer_reason_kind_check')),
    sa.CheckConstraint('"state" IN (\'draft\', \'signed\', \'published\')', name=op.f('answer_state_check')),
    sa.CheckConstraint('length(changes) <= 20000', name=op.f('answer_changes_length_check')),
    sa.CheckConstraint('length(words) <= 20000', name=op.f('answer_words_length_check')),
    sa.ForeignKeyConstraint(['company_id'], ['organisations.organisation.id'], name=op.f('answer_company_id_fkey'), initially='DEFERRED', deferrable=True),
    sa.ForeignKeyConstraint(['consultation_id'], ['consultations.consultation.id'], name=op.f('answer_consultation_id_fkey'), initially='DEFERRED', deferrable=True),
    sa.ForeignKeyConstraint(['theme_id'], ['feedback.theme.id'], name=op.f('answer_theme_id_fkey'), initially='DEFERRED', deferrable=True),
    sa.PrimaryKeyConstraint('id', name=op.f('answer_pkey')),
    sa.UniqueConstraint('theme_id', 'company_id', 'number', name=op.f('answer_theme_id_company_id_number_key')),
    schema='feedback'
    )
    op.create_index(op.f('answer_company_id_idx'), 'answer', ['company_id'], unique=False, schema='feedback')
    op.create_index(op.f('answer_consultation_id_idx'), 'answer', ['consultation_id'], unique=False, schema='feedback')
    op.create_index('answer_published_idx', 'answer', ['consultation_id'], unique=False, schema='feedback', postgresql_where=sa.text("state = 'published'"))
    op.create_index(op.f('answer_theme_id_idx'), 'answer', ['theme_id'], unique=False, schema='feedback')
    op.create_table('comment',
    sa.Column('theme_id', sa.UUID(), nullable=False),
    sa.Column('company_id', sa.UUID(), nullable=False),
    sa.Column('person_id', sa.UUID(), nullable=False),
    sa.Column('shown_as', sa.Text(), nullable=False),
    sa.Column('words', sa.Text(), nullable=False),
    sa.Column('at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('id', sa.UUID(), nullable=False),
    sa.CheckConstraint('length(words) <= 20000', name=op.f('comment_words_length_check')),
    sa.ForeignKeyConstraint(['company_id'], ['organisations.organisation.id'], name=op.f('comment_company_id_fkey'), initially='DEFERRED', deferrable=True),
    sa.ForeignKeyConstraint(['person_id'], ['people.person.id'], name=op.f('comment_person_id_fkey'), initially='DEFERRED', deferrable=True),
    sa.ForeignKeyConstraint(['theme_id'], ['feedback.theme.id'], name=op.f('comment_theme_id_fkey'), initially='DEFERRED', deferrable=True),
    sa.PrimaryKeyConstraint('id', name=op.f('comment_pkey')),
    schema='feedback'
    )
    op.create_index(op.f('comment_company_id_idx'), 'comment', ['company_id'], unique=False, schema='feedback')
    op.create_index(op.f('comment_person_id_idx'), 'comment', ['person_id'], unique=False, schema='feedback')
    op.create_index(op.f('comment_theme_id_idx'), 'comment', ['theme_id'], unique=False, schema='feedback')
    op.create_table('excerpt',
    sa.Column('theme_id', sa.UUID(), nullable=False),
    sa.Column('input_id', sa.UUID(), nullable=False),
    sa.Column('consultation_id', sa.UUID(), nullable=False),
    sa.Column('quote', sa.Text(), nullable=False),
    sa.Column('placed_on', sa.Date(), nullable=False),
    sa.Column('id', sa.UUID(), nullable=False),
    sa.CheckConstraint('length(quote) <= 20000', name=op.f('excerpt_quote_length_check')),
    sa.ForeignKeyConstraint(['input_id'], ['inputs.input.id'], name=op.f('excerpt_input_id_fkey'), initially='DEFERRED', deferrable=True),
    sa.ForeignKeyConstraint(['theme_id'], ['feedback.theme.id'], name=op.f('excerpt_theme_id_fkey'), initially='DEFERRED', deferrable=True),
    sa.PrimaryKeyConstraint('id', name=op.f('excerpt_pkey')),
    sa.UniqueConstraint('theme_id', 'input_id', 'quote', name=op.f('excerpt_theme_id_input_id_quote_key')),
    schema='feedback'
    )
    op.create_index(op.f('excerpt_input_id_idx'), 'excerpt', ['input_id'], unique=False, schema='feedback')
    op.create_index(op.f('excerpt_theme_id_idx'), 'excerpt', ['theme_id'], unique=False, schema='feedback')
    op.create_table('objection',
    sa.Column('theme_id', sa.UUID(), nullable=False),
    sa.Column('input_id', sa.UUID(), nullable=False),
    sa.Column('consultation_id', sa.UUID(), nullable=False),
    sa.Column('words', sa.Text(), nullable=False),
    sa.Column('lang', sa.Text(), nullable=False),
    sa.Column('day', sa.Date(), nullable=False),
    sa.Column('handled_on', sa.Date(), nullable=True),
    sa.Column('handled_words', sa.Text(), nullable=False),
    sa.Column('id', sa.UUID(), nullable=False),
    sa.CheckConstraint('length(words) <= 20000', name=op.f('objection_words_length_check')),
    sa.ForeignKeyConstraint(['input_id'], ['inputs.input.id'], name=op.f('objection_input_id_fkey'), initially='DEFERRED', deferrable=True),
    sa.ForeignKeyConstraint(['theme_id'], ['feedback.theme.id'], name=op.f('objection_theme_id_fkey'), initially='DEFERRED', deferrable=True),
    sa.PrimaryKeyConstraint('id', name=op.f('objection_pkey')),
    schema='feedback'
    )
    op.create_index(op.f('objection_input_id_idx'), 'objection', ['input_id'], unique=False, schema='feedback')
    op.create_index(op.f('objection_theme_id_idx'), 'objection', ['theme_id'], unique=False, schema='feedback')
    op.create_table('authorship',
    sa.Column('input_id', sa.UUID(), nullable=False),
    sa.Column('person_id', sa.UUID(), nullable=True),
    sa.Column('phrase_id', sa.UUID(), nullable=True),
    sa.CheckConstraint('num_nonnulls(person_id, phrase_id) = 1', name=op.f('authorship_one_author_check')),
    sa.ForeignKeyConstraint(['input_id'], ['inputs.input.id'], name=op.f('authorship_input_id_fkey'), initially='DEFERRED', deferrable=True),
    sa.ForeignKeyConstraint(['person_id'], ['people.person.id'], name=op.f('authorship_person_id_fkey'), initially='DEFERRED', deferrable=True),
    sa.ForeignKeyConstraint(['phrase_id'], ['people.phrase.id'], name=op.f('authorship_phrase_id_fkey'), initially='DEFERRED', deferrable=True),
    sa.PrimaryKeyConstraint('input_id', name=op.f('authorship_pkey')),
    schema='inputs'
    )
    op.create_index(op.f('authorship_input_id_idx'), 'authorship', ['input_id'], unique=False, schema='inputs')
    op.create_index(op.f('authorship_person_id_idx'), 'authorship', ['person_id'], unique=False, schema='inputs')
    op.create_index(op.f('authorship_phrase_id_idx'), 'authorship', ['phrase_id'], unique=False, schema='inputs')
    op.create_table('handed',
    sa.Column('input_id', sa.UUID(), nullable=False),
    sa.Column('person_id', sa.UUID(), nullable=False),
    sa.Column('consultation_id', sa.UUID(), nullable=False),
    sa.ForeignKeyConstraint(['input_id'], ['inputs.input.id'], name=op.f('handed_input_id_fkey'), initially='DEFERRED', deferrable=True),
    sa.ForeignKeyConstraint(['person_id'], ['people.person.id'], name=op.f('handed_person_id_fkey'), initially='DEFERRED', deferrable=True),
    sa.PrimaryKeyConstraint('input_id', 'person_id', name=op.f('handed_pkey')),
    schema='inputs'
    )
    op.create_index(op.f('handed_input_id_idx'), 'handed', ['input_id'], unique=False, schema='inputs')
    op.create_index(op.f('handed_person_id_idx'), 'handed', ['person_id'], unique=False, schema='inputs')
    op.create_table('original',
    sa.Column('input_id', sa.UUID(), nullable=False),
    sa.Column('consultation_id', sa.UUID(), nullable=False),
    sa.Column('text', sa.Text(), nullable=False),
    sa.Column('reason', sa.Text(), nullable=False),
    sa.ForeignKeyConstraint(['input_id'], ['inputs.input.id'], name=op.f('original_input_id_fkey'), initially='DEFERRED', deferrable=True),
    sa.PrimaryKeyConstraint('input_id', name=op.f('original_pkey')),
    schema='inputs'
    )
    op.create_index(op.f('original_input_id_idx'), 'original', ['input_id'], unique=False, schema='inputs')
    op.create_table('reading',
    sa.Column('input_id', sa.UUID(), nullable=False),
    sa.Column('consultation_id', sa.UUID(), nullable=False),
    sa.Column('person_id', sa.UUID(), nullable=False),
    sa.Column('at', sa.DateTime(timezone=True), nullable=False),
    sa.ForeignKeyConstraint(['input_id'], ['inputs.input.id'], name=op.f('reading_input_id_fkey'), initially='DEFERRED', deferrable=True),
    sa.ForeignKeyConstraint(['person_id'], ['people.person.id'], name=op.f('reading_person_id_fkey'), initially='DEFERRED', deferrable=True),
    sa.PrimaryKeyConstraint('input_id', name=op.f('reading_pkey')),
    schema='inputs'
    )
    op.create_index(op.f('reading_input_id_idx'), 'reading', ['input_id'], unique=False, schema='inputs')
    op.create_index(op.f('reading_person_id_idx'), 'reading', ['person_id'], unique=False, schema='inputs')
    op.create_table('answer_hand',
    sa.Column('answer_id', sa.UUID(), nullable=False),
    sa.Column('company_id', sa.UUID(), nullable=False),
    sa.Column('person_id', sa.UUID(), nullable=False),
    sa.Column('act', sa.Text(), nullable=False),
    sa.Column('at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('id', sa.UUID(), nullable=False),
    sa.CheckConstraint('"act" IN (\'drafted\', \'signed\')', name=op.f('answer_hand_act_check')),
    sa.ForeignKeyConstraint(['answer_id'], ['feedback.answer.id'], name=op.f('answer_hand_answer_id_fkey'), initially='DEFERRED', deferrable=True),
    sa.ForeignKeyConstraint(['person_id'], ['people.person.id'], name=op.f('answer_hand_person_id_fkey'), initially='DEFERRED', deferrable=True),
    sa.PrimaryKeyConstraint('id', name=op.f('answer_hand_pkey')),
    schema='feedback'
    )
    op.create_index(op.f('answer_hand_answer_id_idx'), 'answer_hand', ['answer_id'], unique=False, schema='feedback')
    op.create_index(op.f('answer_hand_person_id_idx'), 'answer_hand', ['person_id'], unique=False, schema='feedback')
    op.create_table('measure',
    sa.Column('answer_id', sa.UUID(), nullable=False),
    sa.Column('theme_id', sa.UUID(), nullable=False),
    sa.Column('company_id', sa.UUID(), nullable=False),
    sa.Column('consultation_id', sa.UUID(), nullable=False),
    sa.Column('what', sa.Text(), nullable=False),
    sa.Column('owner', sa.Text(), nullable=False),
    sa.Column('due_on', sa.Date(), nullable=False),
    sa.Column('status', sa.Text(), nullable=False),
    sa.Column('status_words', sa.Text(), nullable=False),
    sa.Column('status_on', sa.Date(), nullable=True),
    sa.Column('lang', sa.Text(), nullable=False),
    sa.Column('revision', sa.Integer(), nullable=False),
    sa.Column('id', sa.UUID(), nullable=False),
    sa.CheckConstraint('"status" IN (\'planned\', \'under_way\', \'done\', \'dropped\')', name=op.f('measure_status_check')),
    sa.CheckConstraint('length(status_words) <= 20000', name=op.f('measure_status_words_length_check')),
    sa.CheckConstraint('length(what) <= 20000', name=op.f('measure_what_length_check')),
    sa.ForeignKeyConstraint(['answer_id'], ['feedback.answer.id'], name=op.f('measure_answer_id_fkey'), initially='DEFERRED', deferrable=True),
    sa.ForeignKeyConstraint(['company_id'], ['organisations.organisation.id'], name=op.f('measure_company_id_fkey'), initially='DEFERRED', deferrable=True),
    sa.ForeignKeyConstraint(['consultation_id'], ['consultations.consultation.id'], name=op.f('measure_consultation_id_fkey'), initially='DEFERRED', deferrable=True),
    sa.ForeignKeyConstraint(['theme_id'], ['feedback.theme.id'], name=op.f('measure_theme_id_fkey'), initially='DEFERRED', deferrable=True),
    sa.PrimaryKeyConstraint('id', name=op.f('measure_pkey')),
    schema='feedback'
    )
    op.create_index(op.f('measure_answer_id_idx'), 'measure', ['answer_id'], unique=False, schema='feedback')
    op.create_index(op.f('measure_company_id_idx'), 'measure', ['company_id'], unique=False, schema='feedback')
    op.create_index(op.f('measure_consultation_id_idx'), 'measure', ['consultation_id'], unique=False, schema='feedback')
    op.create_index(op.f('measure_theme_id_idx'), 'measure', ['theme_id'], unique=False, schema='feedback')
    op.create_table('ground_round',
    sa.Column('measure_id', sa.UUID(), nullable=False),
    sa.Column('consultation_id', sa.UUID(), nullable=False),
    sa.Column('opened_on', sa.Date(), nullable=False),
    sa.Column('until', sa.Date(), nullable=False),
    sa.ForeignKeyConstraint(['measure_id'], ['feedback.measure.id'], name=op.f('ground_round_measure_id_fkey'), initially='DEFERRED', deferrable=True),
    sa.PrimaryKeyConstraint('measure_id', name=op.f('ground_round_pkey')),
    schema='feedback'
    )
    op.create_index(op.f('ground_round_measure_id_idx'), 'ground_round', ['measure_id'], unique=False, schema='feedback')
    op.create_table('ground_view',
    sa.Column('measure_id', sa.UUID(), nullable=False),
    sa.Column('consultation_id', sa.UUID(), nullable=False),
    sa.Column('view', sa.Text(), nullable=False),
    sa.Column('words', sa.Text(), nullable=False),
    sa.Column('lang', sa.Text(), nullable=False),
    sa.Column('day', sa.Date(), nullable=False),
    sa.Column('shuffle', sa.Integer(), nullable=False),
    sa.Column('read_on', sa.Date(), nullable=True),
    sa.Column('id', sa.UUID(), nullable=False),
    sa.CheckConstraint('"view" IN (\'works\', \'partly\', \'does_not\', \'harms\', \'too_early\')', name=op.f('ground_view_view_check')),
    sa.CheckConstraint('length(words) <= 20000', name=op.f('ground_view_words_length_check')),
    sa.ForeignKeyConstraint(['measure_id'], ['feedback.measure.id'], name=op.f('ground_view_measure_id_fkey'), initially='DEFERRED', deferrable=True),
    sa.PrimaryKeyConstraint('id', name=op.f('ground_view_pkey')),
    schema='feedback'
    )
    op.create_index(op.f('ground_view_measure_id_idx'), 'ground_view', ['measure_id'], unique=False, schema='feedback')
    op.create_table('ground_author',
    sa.Column('view_id', sa.UUID(), nullable=False),
    sa.Column('measure_id', sa.UUID(), nullable=False),
    sa.Column('person_id', sa.UUID(), nullable=True),
    sa.Column('phrase_id', sa.UUID(), nullable=True),
    sa.CheckConstraint('num_nonnulls(person_id, phrase_id) = 1', name=op.f('ground_author_one_author_check')),
    sa.ForeignKeyConstraint(['person_id'], ['people.person.id'], name=op.f('ground_author_person_id_fkey'), initially='DEFERRED', deferrable=True),
    sa.ForeignKeyConstraint(['phrase_id'], ['people.phrase.id'], name=op.f('ground_author_phrase_id_fkey'), initially='DEFERRED', deferrable=True),
    sa.ForeignKeyConstraint(['view_id'], ['feedback.ground_view.id'], name=op.f('ground_author_view_id_fkey'), initially='DEFERRED', deferrable=True),
    sa.PrimaryKeyConstraint('view_id', name=op.f('ground_author_pkey')),
    schema='feedback'
    )
    op.create_index(op.f('ground_author_person_id_idx'), 'ground_author', ['person_id'], unique=False, schema='feedback')
    op.create_index(op.f('ground_author_phrase_id_idx'), 'ground_author', ['phrase_id'], unique=False, schema='feedback')
    op.create_index(op.f('ground_author_view_id_idx'), 'ground_author', ['view_id'], unique=False, schema='feedback')


def downgrade() -> None:
    op.drop_index(op.f('ground_author_view_id_idx'), table_name='ground_author', schema='feedback')
    op.drop_index(op.f('ground_author_phrase_id_idx'), table_name='ground_author', schema='feedback')
    op.drop_index(op.f('ground_author_person_id_idx'), table_name='ground_author', schema='feedback')
    op.drop_table('ground_author', schema='feedback')
    op.drop_index(op.f('ground_view_measure_id_idx'), table_name='ground_view', schema='feedback')
    op.drop_table('ground_view', schema='feedback')
    op.drop_index(op.f('ground_round_measure_id_idx'), table_name='ground_round', schema='feedback')
    op.drop_table('ground_round', schema='feedback')
    op.drop_index(op.f('measure_theme_id_idx'), table_name='measure', schema='feedback')
    op.drop_index(op.f('measure_consultation_id_idx'), table_name='measure', schema='feedback')
    op.drop_index(op.f('measure_company_id_idx'), table_name='measure', schema='feedback')
    op.drop_index(op.f('measure_answer_id_idx'), table_name='measure', schema='feedback')
    op.drop_table('measure', schema='feedback')
    op.drop_index(op.f('answer_hand_person_id_idx'), table_name='answer_hand', schema='feedback')
    op.drop_index(op.f('answer_hand_answer_id_idx'), table_name='answer_hand', schema='feedback')
    op.drop_table('answer_hand', schema='feedback')
    op.drop_index(op.f('reading_person_id_idx'), table_name='reading', schema='inputs')
    op.drop_index(op.f('reading_input_id_idx'), table_name='reading', schema='inputs')
    op.drop_table('reading', schema='inputs')
    op.drop_index(op.f('original_input_id_idx'), table_name='original', schema='inputs')
    op.drop_table('original', schema='inputs')
    op.drop_index(op.f('handed_person_id_idx'), table_name='handed', schema='inputs')
    op.drop_index(op.f('handed_input_id_idx'), table_name='handed', schema='inputs')
    op.drop_table('handed', schema='inputs')
    op.drop_index(op.f('authorship_phrase_id_idx'), table_name='authorship', schema='inputs')
    op.drop_index(op.f('authorship_person_id_idx'), table_name='authorship', schema='inputs')
    op.drop_index(op.f('authorship_input_id_idx'), table_name='authorship', schema='inputs')
    op.drop_table('authorship', schema='inputs')
    op.drop_index(op.f('objection_theme_id_idx'), table_name='objection', schema='feedback')
    op.drop_index(op.f('objection_input_id_idx'), table_name='objection', schema='feedback')
    op.drop_table('objection', schema='feedback')
    op.drop_index(op.f('excerpt_theme_id_idx'), table_name='excerpt', schema='feedback')
    op.drop_index(op.f('excerpt_input_id_idx'), table_name='excerpt', schema='feedback')
    op.drop_table('excerpt', schema='feedback')
    op.drop_index(op.f('comment_theme_id_idx'), table_name='comment', schema='feedback')
    op.drop_index(op.f('comment_person_id_idx'), table_name='comment', schema='feedback')
    op.drop_index(op.f('comment_company_id_idx'), table_name='comment', schema='feedback')
    op.drop_table('comment', schema='feedback')
    op.drop_index(op.f('answer_theme_id_idx'), table_name='answer', schema='feedback')
    op.drop_index('answer_published_idx', table_name='answer', schema='feedback', postgresql_where=sa.text("state = 'published'"))
    op.drop_index(op.f('answer_consultation_id_idx'), table_name='answer', schema='feedback')
    op.drop_index(op.f('answer_company_id_idx'), table_name='answer', schema='feedback')
    op.drop_table('answer', schema='feedback')
    op.drop_index(op.f('membership_end_membership_id_idx'), table_name='membership_end', schema='organisations')
    op.drop_table('membership_end', schema='organisations')
    op.drop_index('input_unread_idx', table_name='input', schema='inputs', postgresql_where=sa.text('read_on IS NULL'))
    op.drop_index(op.f('input_source_idx'), table_name='input', schema='inputs')
    op.drop_index('input_list_idx', table_name='input', schema='inputs')
    op.drop_table('input', schema='inputs')
    op.drop_index(op.f('draft_phrase_id_idx'), table_name='draft', schema='inputs')
    op.drop_index(op.f('draft_person_id_idx'), table_name='draft', schema='inputs')
    op.drop_index(op.f('draft_consultation_id_idx'), table_name='draft', schema='inputs')
    op.drop_table('draft', schema='inputs')
    op.drop_index(op.f('theme_consultation_id_idx'), table_name='theme', schema='feedback')
    op.drop_table('theme', schema='feedback')
    op.drop_index(op.f('publication_consultation_id_idx'), table_name='publication', schema='feedback')
    op.drop_index(op.f('publication_by_organisation_idx'), table_name='publication', schema='feedback')
    op.drop_table('publication', schema='feedback')
    op.drop_index(op.f('default_consultation_id_idx'), table_name='default', schema='feedback')
    op.drop_index(op.f('default_company_id_idx'), table_name='default', schema='feedback')
    op.drop_table('default', schema='feedback')
    op.drop_index(op.f('translator_person_id_idx'), table_name='translator', schema='consultations')
    op.drop_index(op.f('translator_organisation_id_idx'), table_name='translator', schema='consultations')
    op.drop_index(op.f('translator_consultation_id_idx'), table_name='translator', schema='consultations')
    op.drop_table('translator', schema='consultations')
    op.drop_index(op.f('transition_consultation_id_idx'), table_name='transition', schema='consultations')
    op.drop_index(op.f('transition_by_organisation_idx'), table_name='transition', schema='consultations')
    op.drop_table('transition', schema='consultations')
    op.drop_index(op.f('raise_consultation_id_idx'), table_name='raise', schema='consultations')
    op.drop_table('raise', schema='consultations')
    op.drop_index(op.f('link_consultation_id_idx'), table_name='link', schema='consultations')
    op.drop_table('link', schema='consultations')
    op.drop_index(op.f('invited_organisation_id_idx'), table_name='invited', schema='consultations')
    op.drop_index(op.f('invited_consultation_id_idx'), table_name='invited', schema='consultations')
    op.drop_table('invited', schema='consultations')
    op.drop_index(op.f('convener_consultation_id_idx'), table_name='convener', schema='consultations')
    op.drop_index(op.f('convener_company_id_idx'), table_name='convener', schema='consultations')
    op.drop_table('convener', schema='consultations')
    op.drop_index(op.f('session_phrase_id_idx'), table_name='session', schema='people')
    op.drop_index(op.f('session_person_id_idx'), table_name='session', schema='people')
    op.drop_table('session', schema='people')
    op.drop_index(op.f('reset_person_id_idx'), table_name='reset', schema='people')
    op.drop_table('reset', schema='people')
    op.drop_index(op.f('platform_role_person_id_idx'), table_name='platform_role', schema='people')
    op.drop_table('platform_role', schema='people')
    op.drop_index(op.f('credential_person_id_idx'), table_name='credential', schema='people')
    op.drop_table('credential', schema='people')
    op.drop_index(op.f('membership_person_id_idx'), table_name='membership', schema='organisations')
    op.drop_index(op.f('membership_organisation_id_idx'), table_name='membership', schema='organisations')
    op.drop_table('membership', schema='organisations')
    op.drop_index(op.f('invitation_organisation_id_idx'), table_name='invitation', schema='organisations')
    op.drop_index(op.f('invitation_invited_by_idx'), table_name='invitation', schema='organisations')
    op.drop_table('invitation', schema='organisations')
    op.drop_index(op.f('approval_person_id_idx'), table_name='approval', schema='organisations')
    op.drop_index(op.f('approval_organisation_id_idx'), table_name='approval', schema='organisations')
    op.drop_table('approval', schema='organisations')
    op.drop_index('notice_phrase_idx', table_name='notice', schema='notices')
    op.drop_index('notice_person_idx', table_name='notice', schema='notices')
    op.drop_index(op.f('notice_consultation_id_idx'), table_name='notice', schema='notices')
    op.drop_table('notice', schema='notices')
    op.drop_index(op.f('work_translation_id_idx'), table_name='work', schema='languages')
    op.drop_index(op.f('work_person_id_idx'), table_name='work', schema='languages')
    op.drop_table('work', schema='languages')
    op.drop_index(op.f('consultation_facilitator_id_idx'), table_name='consultation', schema='consultations')
    op.drop_table('consultation', schema='consultations')
    op.drop_table('key', schema='viewer')
    op.drop_index(op.f('phrase_consultation_id_idx'), table_name='phrase', schema='people')
    op.drop_table('phrase', schema='people')
    op.drop_table('person', schema='people')
    op.drop_table('attempt', schema='people')
    op.drop_index(op.f('organisation_invited_by_idx'), table_name='organisation', schema='organisations')
    op.drop_table('organisation', schema='organisations')
    op.drop_index(op.f('translator_refusal_translator_id_idx'), table_name='translator_refusal', schema='languages')
    op.drop_index(op.f('translator_refusal_subject_id_idx'), table_name='translator_refusal', schema='languages')
    op.drop_table('translator_refusal', schema='languages')
    op.drop_index(op.f('translation_consultation_id_idx'), table_name='translation', schema='languages')
    op.drop_table('translation', schema='languages')
    op.drop_table('tally', schema='kernel')
    op.drop_table('once', schema='kernel')
    op.drop_table('seal', schema='audit')
    op.drop_index(op.f('row_at_idx'), table_name='row', schema='audit')
    op.drop_index(op.f('row_about_idx'), table_name='row', schema='audit')
    op.drop_table('row', schema='audit')
    for schema in reversed(SCHEMAS):
        op.execute(f"DROP SCHEMA IF EXISTS {schema} CASCADE")
