"""the fund"""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = '0005'
down_revision = '0004'
branch_labels = None
depends_on = None

KINDS_OF_ORGANISATION = ("company", "stakeholder", "facilitation", "fund", "operator")
ROLES = ("administrator", "approver", "board_observer", "committee_member", "contributor", "coordinator",
    "decision_maker", "engagement_lead", "facilitator", "releaser", "reviewer", "translator", "treasurer")
KINDS_OF_TEXT = ("consultation", "input", "theme", "answer", "measure", "ground_view", "words", "quote", "fund_call",
    "fund_criterion", "fund_eligibility", "fund_part", "fund_decision")

KINDS_OF_NOTICE = (
    "invited", "announced", "open", "inputs_end", "input_read", "input_masked", "placed", "objection",
    "objection_handled", "themes_shared", "published", "answered_late", "ground_round", "closed", "convene",
    "appointed", "handed", "joined", "reset", "member_invitation", "defaulted", "left", "facilitate",
    "declined", "company_declined", "taken_back", "facilitator_gone", "successor", "took_over",
    "translator_ended", "admitted", "turned_away", "reminded", "theme_removed", "fund_review", "fund_decided",
    "fund_broken")


def _one_of(schema: str, table: str, column: str, words: tuple[str, ...]) -> None:
    op.drop_constraint(op.f(f"{table}_{column}_check"), table, schema=schema, type_="check")
    listed = ", ".join(f"'{word}'" for word in words)
    op.create_check_constraint(op.f(f"{table}_{column}_check"), table, f'"{column}" IN ({listed})', schema=schema)


def upgrade() -> None:
    op.execute("CREATE SCHEMA IF NOT EXISTS fund")
    _one_of("organisations", "organisation", "kind", KINDS_OF_ORGANISATION)
    _one_of("organisations", "membership", "role", ROLES)
    _one_of("languages", "translation", "kind", KINDS_OF_TEXT)
    _one_of("notices", "notice", "kind", KINDS_OF_NOTICE)
    op.create_table('grant_balance',
    sa.Column('grant_id', sa.UUID(), nullable=False),
    sa.Column('awarded', sa.BigInteger(), nullable=False),
    sa.Column('paid', sa.BigInteger(), nullable=False),
    sa.CheckConstraint('0 <= paid AND paid <= awarded', name=op.f('grant_balance_within_award_check')),
    sa.PrimaryKeyConstraint('grant_id', name=op.f('grant_balance_pkey')),
    schema='fund'
    )
    op.create_table('fund',
    sa.Column('organisation_id', sa.UUID(), nullable=False),
    sa.Column('purpose', sa.Text(), nullable=False),
    sa.Column('lang', sa.Text(), nullable=False),
    sa.Column('founded_on', sa.Date(), nullable=False),
    sa.CheckConstraint('length(purpose) <= 20000', name=op.f('fund_purpose_length_check')),
    sa.ForeignKeyConstraint(['organisation_id'], ['organisations.organisation.id'], name=op.f('fund_organisation_id_fkey'), initially='DEFERRED', deferrable=True),
    sa.PrimaryKeyConstraint('organisation_id', name=op.f('fund_pkey')),
    schema='fund'
    )
    op.create_index(op.f('fund_organisation_id_idx'), 'fund', ['organisation_id'], unique=False, schema='fund')
    op.create_table('account',
    sa.Column('fund_id', sa.UUID(), nullable=False),
    sa.Column('currency', sa.Text(), nullable=False),
    sa.Column('kind', sa.Text(), nullable=False),
    sa.Column('id', sa.UUID(), nullable=False),
    sa.CheckConstraint("currency ~ '^[A-Z]{3}$'", name=op.f('account_currency_check')),
    sa.CheckConstraint('"kind" IN (\'bank\', \'unmatched\', \'available\', \'awarded\', \'paid\', \'transit\')', name=op.f('account_kind_check')),
    sa.ForeignKeyConstraint(['fund_id'], ['fund.fund.organisation_id'], name=op.f('account_fund_id_fkey'), initially='DEFERRED', deferrable=True),
    sa.PrimaryKeyConstraint('id', name=op.f('account_pkey')),
    sa.UniqueConstraint('fund_id', 'currency', 'kind', name=op.f('account_fund_id_currency_kind_key')),
    schema='fund'
    )
    op.create_index(op.f('account_fund_id_idx'), 'account', ['fund_id'], unique=False, schema='fund')
    op.create_table('body',
    sa.Column('fund_id', sa.UUID(), nullable=False),
    sa.Column('kind', sa.Text(), nullable=False),
    sa.Column('id', sa.UUID(), nullable=False),
    sa.CheckConstraint('"kind" IN (\'governing\', \'allocation\')', name=op.f('body_kind_check')),
    sa.ForeignKeyConstraint(['fund_id'], ['fund.fund.organisation_id'], name=op.f('body_fund_id_fkey'), initially='DEFERRED', deferrable=True),
    sa.PrimaryKeyConstraint('id', name=op.f('body_pkey')),
    sa.UniqueConstraint('fund_id', 'kind', name=op.f('body_fund_id_kind_key')),
    schema='fund'
    )
    op.create_index(op.f('body_fund_id_idx'), 'body', ['fund_id'], unique=False, schema='fund')
    op.create_table('call',
    sa.Column('fund_id', sa.UUID(), nullable=False),
    sa.Column('state', sa.Text(), nullable=False),
    sa.Column('currency', sa.Text(), nullable=False),
    sa.Column('envelope', sa.BigInteger(), nullable=False),
    sa.Column('smallest', sa.BigInteger(), nullable=False),
    sa.Column('largest', sa.BigInteger(), nullable=False),
    sa.Column('source_lang', sa.Text(), nullable=False),
    sa.Column('languages', postgresql.ARRAY(sa.Text()), nullable=False),
    sa.Column('title', sa.Text(), nullable=False),
    sa.Column('plain', sa.Text(), nullable=False),
    sa.Column('about', sa.Text(), nullable=False),
    sa.Column('who_can_apply', sa.Text(), nullable=False),
    sa.Column('what_for', sa.Text(), nullable=False),
    sa.Column('time_zone', sa.Text(), nullable=False),
    sa.Column('opens_at', sa.DateTime(timezone=True), nullable=True),
    sa.Column('closes_at', sa.DateTime(timezone=True), nullable=True),
    sa.Column('reviews_each', sa.Integer(), nullable=False),
    sa.Column('revision', sa.Integer(), nullable=False),
    sa.Column('id', sa.UUID(), nullable=False),
    sa.CheckConstraint("currency ~ '^[A-Z]{3}$'", name=op.f('call_currency_check')),
    sa.CheckConstraint('"state" IN (\'draft\', \'scheduled\', \'open\', \'closed\', \'decided\')', name=op.f('call_state_check')),
    sa.CheckConstraint('0 < smallest AND smallest <= largest AND largest <= envelope', name=op.f('call_amounts_check')),
    sa.CheckConstraint('length(about) <= 20000', name=op.f('call_about_length_check')),
    sa.CheckConstraint('length(plain) <= 20000', name=op.f('call_plain_length_check')),
    sa.CheckConstraint('length(title) <= 300', name=op.f('call_title_length_check')),
    sa.CheckConstraint('length(what_for) <= 20000', name=op.f('call_what_for_length_check')),
    sa.CheckConstraint('length(who_can_apply) <= 20000', name=op.f('call_who_can_apply_length_check')),
    sa.CheckConstraint('opens_at < closes_at', name=op.f('call_opens_before_deadline_check')),
    sa.ForeignKeyConstraint(['fund_id'], ['fund.fund.organisation_id'], name=op.f('call_fund_id_fkey'), initially='DEFERRED', deferrable=True),
    sa.PrimaryKeyConstraint('id', name=op.f('call_pkey')),
    schema='fund'
    )
    op.create_index(op.f('call_fund_id_idx'), 'call', ['fund_id'], unique=False, schema='fund')
    op.create_table('entry',
    sa.Column('fund_id', sa.UUID(), nullable=False),
    sa.Column('kind', sa.Text(), nullable=False),
    sa.Column('at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('person_id', sa.UUID(), nullable=True),
    sa.Column('words', sa.Text(), nullable=False),
    sa.Column('key', sa.Text(), nullable=False),
    sa.Column('body_hash', sa.LargeBinary(), nullable=False),
    sa.Column('reverses', sa.UUID(), nullable=True),
    sa.Column('lines_count', sa.Integer(), nullable=False),
    sa.Column('pledge_id', sa.UUID(), nullable=True),
    sa.Column('receipt_id', sa.UUID(), nullable=True),
    sa.Column('grant_id', sa.UUID(), nullable=True),
    sa.Column('payment_id', sa.UUID(), nullable=True),
    sa.Column('id', sa.UUID(), nullable=False),
    sa.CheckConstraint("(kind = 'reversal') = (reverses IS NOT NULL)", name=op.f('entry_reversal_check')),
    sa.CheckConstraint('"kind" IN (\'receipt\', \'unmatched_receipt\', \'matching\', \'sending_back\', \'award\', \'cancellation\', \'release\', \'confirmation\', \'return\', \'reversal\')', name=op.f('entry_kind_check')),
    sa.CheckConstraint('length(key) <= 200', name=op.f('entry_key_length_check')),
    sa.CheckConstraint('length(words) <= 2000', name=op.f('entry_words_length_check')),
    sa.ForeignKeyConstraint(['fund_id'], ['fund.fund.organisation_id'], name=op.f('entry_fund_id_fkey'), initially='DEFERRED', deferrable=True),
    sa.ForeignKeyConstraint(['person_id'], ['people.person.id'], name=op.f('entry_person_id_fkey'), initially='DEFERRED', deferrable=True),
    sa.ForeignKeyConstraint(['reverses'], ['fund.entry.id'], name=op.f('entry_reverses_fkey'), initially='DEFERRED', deferrable=True),
    sa.PrimaryKeyConstraint('id', name=op.f('entry_pkey')),
    sa.UniqueConstraint('fund_id', 'key', name=op.f('entry_fund_id_key_key')),
    schema='fund'
    )
    op.create_index(op.f('entry_at_idx'), 'entry', ['at'], unique=False, schema='fund')
    op.create_index(op.f('entry_fund_id_idx'), 'entry', ['fund_id'], unique=False, schema='fund')
    op.create_index(op.f('entry_grant_id_idx'), 'entry', ['grant_id'], unique=False, schema='fund')
    op.create_index(op.f('entry_payment_id_idx'), 'entry', ['payment_id'], unique=False, schema='fund')
    op.create_index(op.f('entry_person_id_idx'), 'entry', ['person_id'], unique=False, schema='fund')
    op.create_index(op.f('entry_pledge_id_idx'), 'entry', ['pledge_id'], unique=False, schema='fund')
    op.create_index(op.f('entry_receipt_id_idx'), 'entry', ['receipt_id'], unique=False, schema='fund')
    op.create_index(op.f('entry_reverses_idx'), 'entry', ['reverses'], unique=True, schema='fund')
    op.create_table('pledge',
    sa.Column('fund_id', sa.UUID(), nullable=False),
    sa.Column('company_id', sa.UUID(), nullable=False),
    sa.Column('currency', sa.Text(), nullable=False),
    sa.Column('amount', sa.BigInteger(), nullable=False),
    sa.Column('due_on', sa.Date(), nullable=False),
    sa.Column('words', sa.Text(), nullable=False),
    sa.Column('made_on', sa.Date(), nullable=False),
    sa.Column('id', sa.UUID(), nullable=False),
    sa.CheckConstraint("currency ~ '^[A-Z]{3}$'", name=op.f('pledge_currency_check')),
    sa.CheckConstraint('amount > 0', name=op.f('pledge_amount_check')),
    sa.CheckConstraint('length(words) <= 2000', name=op.f('pledge_words_length_check')),
    sa.ForeignKeyConstraint(['company_id'], ['organisations.organisation.id'], name=op.f('pledge_company_id_fkey'), initially='DEFERRED', deferrable=True),
    sa.ForeignKeyConstraint(['fund_id'], ['fund.fund.organisation_id'], name=op.f('pledge_fund_id_fkey'), initially='DEFERRED', deferrable=True),
    sa.PrimaryKeyConstraint('id', name=op.f('pledge_pkey')),
    schema='fund'
    )
    op.create_index(op.f('pledge_company_id_idx'), 'pledge', ['company_id'], unique=False, schema='fund')
    op.create_index(op.f('pledge_fund_id_idx'), 'pledge', ['fund_id'], unique=False, schema='fund')
    op.create_table('seal',
    sa.Column('fund_id', sa.UUID(), nullable=False),
    sa.Column('number', sa.Integer(), autoincrement=False, nullable=False),
    sa.Column('entry_id', sa.UUID(), nullable=False),
    sa.Column('hash', sa.LargeBinary(), nullable=False),
    sa.ForeignKeyConstraint(['fund_id'], ['fund.fund.organisation_id'], name=op.f('seal_fund_id_fkey'), initially='DEFERRED', deferrable=True),
    sa.PrimaryKeyConstraint('fund_id', 'number', name=op.f('seal_pkey')),
    sa.UniqueConstraint('entry_id', name=op.f('seal_entry_id_key')),
    schema='fund'
    )
    op.create_index(op.f('seal_fund_id_idx'), 'seal', ['fund_id'], unique=False, schema='fund')
    op.create_table('application',
    sa.Column('call_id', sa.UUID(), nullable=False),
    sa.Column('fund_id', sa.UUID(), nullable=False),
    sa.Column('state', sa.Text(), nullable=False),
    sa.Column('lang', sa.Text(), nullable=False),
    sa.Column('requested', sa.BigInteger(), nullable=False),
    sa.Column('country', sa.Text(), nullable=False),
    sa.Column('at_risk', sa.Boolean(), nullable=False),
    sa.Column('level', sa.Text(), nullable=False),
    sa.Column('submitted_on', sa.Date(), nullable=True),
    sa.Column('revision', sa.Integer(), nullable=False),
    sa.Column('id', sa.UUID(), nullable=False),
    sa.CheckConstraint("state = 'draft' OR state = 'withdrawn' OR requested > 0", name=op.f('application_asks_for_something_check')),
    sa.CheckConstraint('"level" IN (\'full\', \'no_name\', \'region\', \'aggregate\')', name=op.f('application_level_check')),
    sa.CheckConstraint('"state" IN (\'draft\', \'submitted\', \'withdrawn\', \'decided\')', name=op.f('application_state_check')),
    sa.CheckConstraint('requested >= 0', name=op.f('application_requested_check')),
    sa.ForeignKeyConstraint(['call_id'], ['fund.call.id'], name=op.f('application_call_id_fkey'), initially='DEFERRED', deferrable=True),
    sa.PrimaryKeyConstraint('id', name=op.f('application_pkey')),
    schema='fund'
    )
    op.create_index(op.f('application_call_id_idx'), 'application', ['call_id'], unique=False, schema='fund')
    op.create_table('balance',
    sa.Column('account_id', sa.UUID(), nullable=False),
    sa.Column('kind', sa.Text(), nullable=False),
    sa.Column('amount', sa.BigInteger(), nullable=False),
    sa.CheckConstraint("CASE WHEN kind IN ('bank', 'paid') THEN amount >= 0 ELSE amount <= 0 END", name=op.f('balance_right_side_of_zero_check')),
    sa.ForeignKeyConstraint(['account_id'], ['fund.account.id'], name=op.f('balance_account_id_fkey'), initially='DEFERRED', deferrable=True),
    sa.PrimaryKeyConstraint('account_id', name=op.f('balance_pkey')),
    schema='fund'
    )
    op.create_index(op.f('balance_account_id_idx'), 'balance', ['account_id'], unique=False, schema='fund')
    op.create_table('call_step',
    sa.Column('call_id', sa.UUID(), nullable=False),
    sa.Column('start', sa.Text(), nullable=False),
    sa.Column('end', sa.Text(), nullable=False),
    sa.Column('at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('person_id', sa.UUID(), nullable=True),
    sa.Column('id', sa.UUID(), nullable=False),
    sa.CheckConstraint('"end" IN (\'draft\', \'scheduled\', \'open\', \'closed\', \'decided\')', name=op.f('call_step_end_check')),
    sa.ForeignKeyConstraint(['call_id'], ['fund.call.id'], name=op.f('call_step_call_id_fkey'), initially='DEFERRED', deferrable=True),
    sa.ForeignKeyConstraint(['person_id'], ['people.person.id'], name=op.f('call_step_person_id_fkey'), initially='DEFERRED', deferrable=True),
    sa.PrimaryKeyConstraint('id', name=op.f('call_step_pkey')),
    schema='fund'
    )
    op.create_index(op.f('call_step_call_id_idx'), 'call_step', ['call_id'], unique=False, schema='fund')
    op.create_index(op.f('call_step_person_id_idx'), 'call_step', ['person_id'], unique=False, schema='fund')
    op.create_table('composition_rule',
    sa.Column('body_id', sa.UUID(), nullable=False),
    sa.Column('kind', sa.Text(), nullable=False),
    sa.Column('constituency', sa.Text(), nullable=False),
    sa.Column('number', sa.Integer(), nullable=False),
    sa.CheckConstraint('"constituency" IN (\'\', \'south_civil_society\', \'other_civil_society\', \'academic\', \'public_body\', \'independent\', \'contributor\')', name=op.f('composition_rule_constituency_check')),
    sa.CheckConstraint('"kind" IN (\'least_seats\', \'least_share\', \'most_per_organisation\', \'longest_term\', \'no_contributors\', \'quorum_share\', \'quorum_least\')', name=op.f('composition_rule_kind_check')),
    sa.CheckConstraint('number >= 0', name=op.f('composition_rule_number_check')),
    sa.ForeignKeyConstraint(['body_id'], ['fund.body.id'], name=op.f('composition_rule_body_id_fkey'), initially='DEFERRED', deferrable=True),
    sa.PrimaryKeyConstraint('body_id', 'kind', 'constituency', name=op.f('composition_rule_pkey')),
    schema='fund'
    )
    op.create_index(op.f('composition_rule_body_id_idx'), 'composition_rule', ['body_id'], unique=False, schema='fund')
    op.create_table('criterion',
    sa.Column('call_id', sa.UUID(), nullable=False),
    sa.Column('place', sa.Integer(), nullable=False),
    sa.Column('name', sa.Text(), nullable=False),
    sa.Column('words', sa.Text(), nullable=False),
    sa.Column('weight', sa.Integer(), nullable=False),
    sa.Column('id', sa.UUID(), nullable=False),
    sa.CheckConstraint('length(name) <= 300', name=op.f('criterion_name_length_check')),
    sa.CheckConstraint('length(words) <= 2000', name=op.f('criterion_words_length_check')),
    sa.CheckConstraint('weight BETWEEN 1 AND 100', name=op.f('criterion_weight_check')),
    sa.ForeignKeyConstraint(['call_id'], ['fund.call.id'], name=op.f('criterion_call_id_fkey'), initially='DEFERRED', deferrable=True),
    sa.PrimaryKeyConstraint('id', name=op.f('criterion_pkey')),
    schema='fund'
    )
    op.create_index(op.f('criterion_call_id_idx'), 'criterion', ['call_id'], unique=False, schema='fund')
    op.create_table('eligibility',
    sa.Column('call_id', sa.UUID(), nullable=False),
    sa.Column('place', sa.Integer(), nullable=False),
    sa.Column('question', sa.Text(), nullable=False),
    sa.Column('must_be', sa.Boolean(), nullable=False),
    sa.Column('otherwise', sa.Text(), nullable=False),
    sa.Column('id', sa.UUID(), nullable=False),
    sa.CheckConstraint('length(otherwise) <= 2000', name=op.f('eligibility_otherwise_length_check')),
    sa.CheckConstraint('length(question) <= 2000', name=op.f('eligibility_question_length_check')),
    sa.ForeignKeyConstraint(['call_id'], ['fund.call.id'], name=op.f('eligibility_call_id_fkey'), initially='DEFERRED', deferrable=True),
    sa.PrimaryKeyConstraint('id', name=op.f('eligibility_pkey')),
    schema='fund'
    )
    op.create_index(op.f('eligibility_call_id_idx'), 'eligibility', ['call_id'], unique=False, schema='fund')
    op.create_table('entry_line',
    sa.Column('entry_id', sa.UUID(), nullable=False),
    sa.Column('account_id', sa.UUID(), nullable=False),
    sa.Column('currency', sa.Text(), nullable=False),
    sa.Column('amount', sa.BigInteger(), nullable=False),
    sa.Column('id', sa.UUID(), nullable=False),
    sa.CheckConstraint('amount <> 0', name=op.f('entry_line_amount_check')),
    sa.ForeignKeyConstraint(['account_id'], ['fund.account.id'], name=op.f('entry_line_account_id_fkey'), initially='DEFERRED', deferrable=True),
    sa.ForeignKeyConstraint(['entry_id'], ['fund.entry.id'], name=op.f('entry_line_entry_id_fkey'), initially='DEFERRED', deferrable=True),
    sa.PrimaryKeyConstraint('id', name=op.f('entry_line_pkey')),
    schema='fund'
    )
    op.create_index(op.f('entry_line_account_id_idx'), 'entry_line', ['account_id'], unique=False, schema='fund')
    op.create_index(op.f('entry_line_entry_id_idx'), 'entry_line', ['entry_id'], unique=False, schema='fund')
    op.create_table('pledge_change',
    sa.Column('pledge_id', sa.UUID(), nullable=False),
    sa.Column('company_id', sa.UUID(), nullable=False),
    sa.Column('kind', sa.Text(), nullable=False),
    sa.Column('amount', sa.BigInteger(), nullable=False),
    sa.Column('words', sa.Text(), nullable=False),
    sa.Column('on', sa.Date(), nullable=False),
    sa.Column('id', sa.UUID(), nullable=False),
    sa.CheckConstraint('"kind" IN (\'raised\', \'withdrawn\')', name=op.f('pledge_change_kind_check')),
    sa.CheckConstraint('amount > 0', name=op.f('pledge_change_amount_check')),
    sa.CheckConstraint('length(words) <= 2000', name=op.f('pledge_change_words_length_check')),
    sa.ForeignKeyConstraint(['pledge_id'], ['fund.pledge.id'], name=op.f('pledge_change_pledge_id_fkey'), initially='DEFERRED', deferrable=True),
    sa.PrimaryKeyConstraint('id', name=op.f('pledge_change_pkey')),
    schema='fund'
    )
    op.create_index(op.f('pledge_change_pledge_id_idx'), 'pledge_change', ['pledge_id'], unique=False, schema='fund')
    op.create_table('receipt',
    sa.Column('fund_id', sa.UUID(), nullable=False),
    sa.Column('pledge_id', sa.UUID(), nullable=True),
    sa.Column('company_id', sa.UUID(), nullable=True),
    sa.Column('currency', sa.Text(), nullable=False),
    sa.Column('amount', sa.BigInteger(), nullable=False),
    sa.Column('received_on', sa.Date(), nullable=False),
    sa.Column('bank_reference', sa.Text(), nullable=False),
    sa.Column('state', sa.Text(), nullable=False),
    sa.Column('id', sa.UUID(), nullable=False),
    sa.CheckConstraint("(state = 'matched') = (pledge_id IS NOT NULL)", name=op.f('receipt_matched_check')),
    sa.CheckConstraint('"state" IN (\'matched\', \'unmatched\', \'sent_back\', \'reversed\')', name=op.f('receipt_state_check')),
    sa.CheckConstraint('amount > 0', name=op.f('receipt_amount_check')),
    sa.CheckConstraint('length(bank_reference) <= 140', name=op.f('receipt_bank_reference_length_check')),
    sa.ForeignKeyConstraint(['company_id'], ['organisations.organisation.id'], name=op.f('receipt_company_id_fkey'), initially='DEFERRED', deferrable=True),
    sa.ForeignKeyConstraint(['fund_id'], ['fund.fund.organisation_id'], name=op.f('receipt_fund_id_fkey'), initially='DEFERRED', deferrable=True),
    sa.ForeignKeyConstraint(['pledge_id'], ['fund.pledge.id'], name=op.f('receipt_pledge_id_fkey'), initially='DEFERRED', deferrable=True),
    sa.PrimaryKeyConstraint('id', name=op.f('receipt_pkey')),
    schema='fund'
    )
    op.create_index(op.f('receipt_company_id_idx'), 'receipt', ['company_id'], unique=False, schema='fund')
    op.create_index(op.f('receipt_fund_id_idx'), 'receipt', ['fund_id'], unique=False, schema='fund')
    op.create_index(op.f('receipt_pledge_id_idx'), 'receipt', ['pledge_id'], unique=False, schema='fund')
    op.create_table('seat',
    sa.Column('membership_id', sa.UUID(), nullable=False),
    sa.Column('body_id', sa.UUID(), nullable=False),
    sa.Column('person_id', sa.UUID(), nullable=False),
    sa.Column('shown_as', sa.Text(), nullable=False),
    sa.Column('comes_from', sa.Text(), nullable=False),
    sa.Column('constituency', sa.Text(), nullable=False),
    sa.Column('begun_on', sa.Date(), nullable=False),
    sa.Column('until', sa.Date(), nullable=False),
    sa.CheckConstraint('"constituency" IN (\'south_civil_society\', \'other_civil_society\', \'academic\', \'public_body\', \'independent\', \'contributor\')', name=op.f('seat_constituency_check')),
    sa.CheckConstraint('begun_on < until', name=op.f('seat_term_check')),
    sa.CheckConstraint('length(comes_from) <= 300', name=op.f('seat_comes_from_length_check')),
    sa.CheckConstraint('length(shown_as) <= 300', name=op.f('seat_shown_as_length_check')),
    sa.ForeignKeyConstraint(['body_id'], ['fund.body.id'], name=op.f('seat_body_id_fkey'), initially='DEFERRED', deferrable=True),
    sa.ForeignKeyConstraint(['membership_id'], ['organisations.membership.id'], name=op.f('seat_membership_id_fkey'), initially='DEFERRED', deferrable=True),
    sa.ForeignKeyConstraint(['person_id'], ['people.person.id'], name=op.f('seat_person_id_fkey'), initially='DEFERRED', deferrable=True),
    sa.PrimaryKeyConstraint('membership_id', 'body_id', name=op.f('seat_pkey')),
    schema='fund'
    )
    op.create_index(op.f('seat_body_id_idx'), 'seat', ['body_id'], unique=False, schema='fund')
    op.create_index(op.f('seat_membership_id_idx'), 'seat', ['membership_id'], unique=False, schema='fund')
    op.create_index(op.f('seat_person_id_idx'), 'seat', ['person_id'], unique=False, schema='fund')
    op.create_table('applicant',
    sa.Column('application_id', sa.UUID(), nullable=False),
    sa.Column('organisation_id', sa.UUID(), nullable=False),
    sa.Column('payee_reference', sa.Text(), nullable=False),
    sa.CheckConstraint('length(payee_reference) <= 140', name=op.f('applicant_payee_reference_length_check')),
    sa.ForeignKeyConstraint(['application_id'], ['fund.application.id'], name=op.f('applicant_application_id_fkey'), initially='DEFERRED', deferrable=True),
    sa.ForeignKeyConstraint(['organisation_id'], ['organisations.organisation.id'], name=op.f('applicant_organisation_id_fkey'), initially='DEFERRED', deferrable=True),
    sa.PrimaryKeyConstraint('application_id', name=op.f('applicant_pkey')),
    schema='fund'
    )
    op.create_index(op.f('applicant_application_id_idx'), 'applicant', ['application_id'], unique=False, schema='fund')
    op.create_index(op.f('applicant_organisation_id_idx'), 'applicant', ['organisation_id'], unique=False, schema='fund')
    op.create_table('application_hand',
    sa.Column('application_id', sa.UUID(), nullable=False),
    sa.Column('person_id', sa.UUID(), nullable=False),
    sa.Column('organisation_id', sa.UUID(), nullable=False),
    sa.ForeignKeyConstraint(['application_id'], ['fund.application.id'], name=op.f('application_hand_application_id_fkey'), initially='DEFERRED', deferrable=True),
    sa.ForeignKeyConstraint(['person_id'], ['people.person.id'], name=op.f('application_hand_person_id_fkey'), initially='DEFERRED', deferrable=True),
    sa.PrimaryKeyConstraint('application_id', 'person_id', name=op.f('application_hand_pkey')),
    schema='fund'
    )
    op.create_index(op.f('application_hand_application_id_idx'), 'application_hand', ['application_id'], unique=False, schema='fund')
    op.create_index(op.f('application_hand_person_id_idx'), 'application_hand', ['person_id'], unique=False, schema='fund')
    op.create_table('assignment',
    sa.Column('application_id', sa.UUID(), nullable=False),
    sa.Column('fund_id', sa.UUID(), nullable=False),
    sa.Column('person_id', sa.UUID(), nullable=False),
    sa.Column('on', sa.Date(), nullable=False),
    sa.Column('id', sa.UUID(), nullable=False),
    sa.ForeignKeyConstraint(['application_id'], ['fund.application.id'], name=op.f('assignment_application_id_fkey'), initially='DEFERRED', deferrable=True),
    sa.ForeignKeyConstraint(['person_id'], ['people.person.id'], name=op.f('assignment_person_id_fkey'), initially='DEFERRED', deferrable=True),
    sa.PrimaryKeyConstraint('id', name=op.f('assignment_pkey')),
    sa.UniqueConstraint('application_id', 'person_id', name=op.f('assignment_application_id_person_id_key')),
    schema='fund'
    )
    op.create_index(op.f('assignment_application_id_idx'), 'assignment', ['application_id'], unique=False, schema='fund')
    op.create_index(op.f('assignment_person_id_idx'), 'assignment', ['person_id'], unique=False, schema='fund')
    op.create_table('budget_line',
    sa.Column('application_id', sa.UUID(), nullable=False),
    sa.Column('place', sa.Integer(), nullable=False),
    sa.Column('words', sa.Text(), nullable=False),
    sa.Column('amount', sa.BigInteger(), nullable=False),
    sa.Column('id', sa.UUID(), nullable=False),
    sa.CheckConstraint('amount > 0', name=op.f('budget_line_amount_check')),
    sa.CheckConstraint('length(words) <= 300', name=op.f('budget_line_words_length_check')),
    sa.ForeignKeyConstraint(['application_id'], ['fund.application.id'], name=op.f('budget_line_application_id_fkey'), initially='DEFERRED', deferrable=True),
    sa.PrimaryKeyConstraint('id', name=op.f('budget_line_pkey')),
    schema='fund'
    )
    op.create_index(op.f('budget_line_application_id_idx'), 'budget_line', ['application_id'], unique=False, schema='fund')
    op.create_table('change_request',
    sa.Column('application_id', sa.UUID(), nullable=False),
    sa.Column('fund_id', sa.UUID(), nullable=False),
    sa.Column('words', sa.Text(), nullable=False),
    sa.Column('lang', sa.Text(), nullable=False),
    sa.Column('asked_on', sa.Date(), nullable=False),
    sa.Column('done_on', sa.Date(), nullable=True),
    sa.Column('id', sa.UUID(), nullable=False),
    sa.CheckConstraint('length(words) <= 2000', name=op.f('change_request_words_length_check')),
    sa.ForeignKeyConstraint(['application_id'], ['fund.application.id'], name=op.f('change_request_application_id_fkey'), initially='DEFERRED', deferrable=True),
    sa.PrimaryKeyConstraint('id', name=op.f('change_request_pkey')),
    schema='fund'
    )
    op.create_index(op.f('change_request_application_id_idx'), 'change_request', ['application_id'], unique=False, schema='fund')
    op.create_table('decision',
    sa.Column('application_id', sa.UUID(), nullable=False),
    sa.Column('fund_id', sa.UUID(), nullable=False),
    sa.Column('outcome', sa.Text(), nullable=False),
    sa.Column('amount', sa.BigInteger(), nullable=False),
    sa.Column('reason', sa.Text(), nullable=False),
    sa.Column('words', sa.Text(), nullable=False),
    sa.Column('lang', sa.Text(), nullable=False),
    sa.Column('application_revision', sa.Integer(), nullable=False),
    sa.Column('seats', sa.Integer(), nullable=False),
    sa.Column('stepped_aside', sa.Integer(), nullable=False),
    sa.Column('needed', sa.Integer(), nullable=False),
    sa.Column('votes_for', sa.Integer(), nullable=False),
    sa.Column('votes_against', sa.Integer(), nullable=False),
    sa.Column('abstained', sa.Integer(), nullable=False),
    sa.Column('person_id', sa.UUID(), nullable=False),
    sa.Column('at', sa.DateTime(timezone=True), nullable=False),
    sa.CheckConstraint("(outcome = 'granted') = (amount > 0)", name=op.f('decision_amount_check')),
    sa.CheckConstraint('"outcome" IN (\'granted\', \'declined\')', name=op.f('decision_outcome_check')),
    sa.CheckConstraint('"reason" IN (\'strong_fit\', \'need\', \'reach\', \'money\', \'fit\', \'plan\', \'budget\', \'capacity\', \'risk\')', name=op.f('decision_reason_check')),
    sa.CheckConstraint('length(trim(words)) > 0', name=op.f('decision_reason_in_words_check')),
    sa.CheckConstraint('length(words) <= 20000', name=op.f('decision_words_length_check')),
    sa.ForeignKeyConstraint(['application_id'], ['fund.application.id'], name=op.f('decision_application_id_fkey'), initially='DEFERRED', deferrable=True),
    sa.ForeignKeyConstraint(['person_id'], ['people.person.id'], name=op.f('decision_person_id_fkey'), initially='DEFERRED', deferrable=True),
    sa.PrimaryKeyConstraint('application_id', name=op.f('decision_pkey')),
    schema='fund'
    )
    op.create_index(op.f('decision_application_id_idx'), 'decision', ['application_id'], unique=False, schema='fund')
    op.create_index(op.f('decision_person_id_idx'), 'decision', ['person_id'], unique=False, schema='fund')
    op.create_table('grant',
    sa.Column('fund_id', sa.UUID(), nullable=False),
    sa.Column('call_id', sa.UUID(), nullable=False),
    sa.Column('application_id', sa.UUID(), nullable=False),
    sa.Column('currency', sa.Text(), nullable=False),
    sa.Column('amount', sa.BigInteger(), nullable=False),
    sa.Column('title', sa.Text(), nullable=False),
    sa.Column('lang', sa.Text(), nullable=False),
    sa.Column('country', sa.Text(), nullable=False),
    sa.Column('at_risk', sa.Boolean(), nullable=False),
    sa.Column('level', sa.Text(), nullable=False),
    sa.Column('awarded_on', sa.Date(), nullable=False),
    sa.Column('id', sa.UUID(), nullable=False),
    sa.CheckConstraint('"level" IN (\'full\', \'no_name\', \'region\', \'aggregate\')', name=op.f('grant_level_check')),
    sa.CheckConstraint('amount > 0', name=op.f('grant_amount_check')),
    sa.CheckConstraint('length(title) <= 20000', name=op.f('grant_title_length_check')),
    sa.ForeignKeyConstraint(['application_id'], ['fund.application.id'], name=op.f('grant_application_id_fkey'), initially='DEFERRED', deferrable=True),
    sa.ForeignKeyConstraint(['call_id'], ['fund.call.id'], name=op.f('grant_call_id_fkey'), initially='DEFERRED', deferrable=True),
    sa.ForeignKeyConstraint(['fund_id'], ['fund.fund.organisation_id'], name=op.f('grant_fund_id_fkey'), initially='DEFERRED', deferrable=True),
    sa.PrimaryKeyConstraint('id', name=op.f('grant_pkey')),
    sa.UniqueConstraint('application_id', name=op.f('grant_application_id_key')),
    schema='fund'
    )
    op.create_index(op.f('grant_application_id_idx'), 'grant', ['application_id'], unique=False, schema='fund')
    op.create_index(op.f('grant_call_id_idx'), 'grant', ['call_id'], unique=False, schema='fund')
    op.create_index(op.f('grant_fund_id_idx'), 'grant', ['fund_id'], unique=False, schema='fund')
    op.create_table('part',
    sa.Column('application_id', sa.UUID(), nullable=False),
    sa.Column('name', sa.Text(), nullable=False),
    sa.Column('words', sa.Text(), nullable=False),
    sa.Column('lang', sa.Text(), nullable=False),
    sa.Column('revision', sa.Integer(), nullable=False),
    sa.Column('id', sa.UUID(), nullable=False),
    sa.CheckConstraint('"name" IN (\'title\', \'summary\', \'need\', \'plan\', \'people\', \'safety\')', name=op.f('part_name_check')),
    sa.CheckConstraint('length(words) <= 20000', name=op.f('part_words_length_check')),
    sa.ForeignKeyConstraint(['application_id'], ['fund.application.id'], name=op.f('part_application_id_fkey'), initially='DEFERRED', deferrable=True),
    sa.PrimaryKeyConstraint('id', name=op.f('part_pkey')),
    sa.UniqueConstraint('application_id', 'name', name=op.f('part_application_id_name_key')),
    schema='fund'
    )
    op.create_index(op.f('part_application_id_idx'), 'part', ['application_id'], unique=False, schema='fund')
    op.create_table('recusal',
    sa.Column('application_id', sa.UUID(), nullable=False),
    sa.Column('fund_id', sa.UUID(), nullable=False),
    sa.Column('person_id', sa.UUID(), nullable=False),
    sa.Column('origin', sa.Text(), nullable=False),
    sa.Column('kind', sa.Text(), nullable=False),
    sa.Column('words', sa.Text(), nullable=False),
    sa.Column('at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('id', sa.UUID(), nullable=False),
    sa.CheckConstraint('"kind" IN (\'member\', \'worked_on\', \'applies_too\', \'family\', \'money\', \'other\')', name=op.f('recusal_kind_check')),
    sa.CheckConstraint('"origin" IN (\'declared\', \'found\')', name=op.f('recusal_origin_check')),
    sa.CheckConstraint('length(words) <= 2000', name=op.f('recusal_words_length_check')),
    sa.ForeignKeyConstraint(['application_id'], ['fund.application.id'], name=op.f('recusal_application_id_fkey'), initially='DEFERRED', deferrable=True),
    sa.ForeignKeyConstraint(['person_id'], ['people.person.id'], name=op.f('recusal_person_id_fkey'), initially='DEFERRED', deferrable=True),
    sa.PrimaryKeyConstraint('id', name=op.f('recusal_pkey')),
    sa.UniqueConstraint('application_id', 'person_id', name=op.f('recusal_application_id_person_id_key')),
    schema='fund'
    )
    op.create_index(op.f('recusal_application_id_idx'), 'recusal', ['application_id'], unique=False, schema='fund')
    op.create_index(op.f('recusal_person_id_idx'), 'recusal', ['person_id'], unique=False, schema='fund')
    op.create_table('vote',
    sa.Column('application_id', sa.UUID(), nullable=False),
    sa.Column('fund_id', sa.UUID(), nullable=False),
    sa.Column('person_id', sa.UUID(), nullable=False),
    sa.Column('number', sa.Integer(), nullable=False),
    sa.Column('choice', sa.Text(), nullable=False),
    sa.Column('words', sa.Text(), nullable=False),
    sa.Column('application_revision', sa.Integer(), nullable=False),
    sa.Column('at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('id', sa.UUID(), nullable=False),
    sa.CheckConstraint('"choice" IN (\'for\', \'against\', \'abstain\')', name=op.f('vote_choice_check')),
    sa.CheckConstraint('length(words) <= 20000', name=op.f('vote_words_length_check')),
    sa.ForeignKeyConstraint(['application_id'], ['fund.application.id'], name=op.f('vote_application_id_fkey'), initially='DEFERRED', deferrable=True),
    sa.ForeignKeyConstraint(['person_id'], ['people.person.id'], name=op.f('vote_person_id_fkey'), initially='DEFERRED', deferrable=True),
    sa.PrimaryKeyConstraint('id', name=op.f('vote_pkey')),
    sa.UniqueConstraint('application_id', 'person_id', 'number', name=op.f('vote_application_id_person_id_number_key')),
    schema='fund'
    )
    op.create_index(op.f('vote_application_id_idx'), 'vote', ['application_id'], unique=False, schema='fund')
    op.create_index(op.f('vote_person_id_idx'), 'vote', ['person_id'], unique=False, schema='fund')
    op.create_table('grantee',
    sa.Column('grant_id', sa.UUID(), nullable=False),
    sa.Column('organisation_id', sa.UUID(), nullable=False),
    sa.Column('application_id', sa.UUID(), nullable=False),
    sa.Column('payee_reference', sa.Text(), nullable=False),
    sa.CheckConstraint('length(payee_reference) <= 140', name=op.f('grantee_payee_reference_length_check')),
    sa.ForeignKeyConstraint(['application_id'], ['fund.application.id'], name=op.f('grantee_application_id_fkey'), initially='DEFERRED', deferrable=True),
    sa.ForeignKeyConstraint(['grant_id'], ['fund.grant.id'], name=op.f('grantee_grant_id_fkey'), initially='DEFERRED', deferrable=True),
    sa.ForeignKeyConstraint(['organisation_id'], ['organisations.organisation.id'], name=op.f('grantee_organisation_id_fkey'), initially='DEFERRED', deferrable=True),
    sa.PrimaryKeyConstraint('grant_id', name=op.f('grantee_pkey')),
    schema='fund'
    )
    op.create_index(op.f('grantee_application_id_idx'), 'grantee', ['application_id'], unique=False, schema='fund')
    op.create_index(op.f('grantee_grant_id_idx'), 'grantee', ['grant_id'], unique=False, schema='fund')
    op.create_index(op.f('grantee_organisation_id_idx'), 'grantee', ['organisation_id'], unique=False, schema='fund')
    op.create_table('instalment',
    sa.Column('grant_id', sa.UUID(), nullable=False),
    sa.Column('place', sa.Integer(), nullable=False),
    sa.Column('amount', sa.BigInteger(), nullable=False),
    sa.Column('due_on', sa.Date(), nullable=False),
    sa.Column('condition', sa.Text(), nullable=False),
    sa.Column('cancelled_on', sa.Date(), nullable=True),
    sa.Column('cancelled_because', sa.Text(), nullable=False),
    sa.Column('id', sa.UUID(), nullable=False),
    sa.CheckConstraint("(cancelled_on IS NULL) = (cancelled_because = '')", name=op.f('instalment_cancelled_check')),
    sa.CheckConstraint('amount > 0', name=op.f('instalment_amount_check')),
    sa.CheckConstraint('length(condition) <= 2000', name=op.f('instalment_condition_length_check')),
    sa.ForeignKeyConstraint(['grant_id'], ['fund.grant.id'], name=op.f('instalment_grant_id_fkey'), initially='DEFERRED', deferrable=True),
    sa.PrimaryKeyConstraint('id', name=op.f('instalment_pkey')),
    sa.UniqueConstraint('grant_id', 'place', name=op.f('instalment_grant_id_place_key')),
    schema='fund'
    )
    op.create_index(op.f('instalment_grant_id_idx'), 'instalment', ['grant_id'], unique=False, schema='fund')
    op.create_table('lock',
    sa.Column('assignment_id', sa.UUID(), nullable=False),
    sa.Column('application_id', sa.UUID(), nullable=False),
    sa.Column('fund_id', sa.UUID(), nullable=False),
    sa.Column('person_id', sa.UUID(), nullable=False),
    sa.Column('words', sa.Text(), nullable=False),
    sa.Column('lang', sa.Text(), nullable=False),
    sa.Column('at', sa.DateTime(timezone=True), nullable=False),
    sa.CheckConstraint('length(words) <= 20000', name=op.f('lock_words_length_check')),
    sa.ForeignKeyConstraint(['assignment_id'], ['fund.assignment.id'], name=op.f('lock_assignment_id_fkey'), initially='DEFERRED', deferrable=True),
    sa.ForeignKeyConstraint(['person_id'], ['people.person.id'], name=op.f('lock_person_id_fkey'), initially='DEFERRED', deferrable=True),
    sa.PrimaryKeyConstraint('assignment_id', name=op.f('lock_pkey')),
    schema='fund'
    )
    op.create_index(op.f('lock_application_id_idx'), 'lock', ['application_id'], unique=False, schema='fund')
    op.create_index(op.f('lock_assignment_id_idx'), 'lock', ['assignment_id'], unique=False, schema='fund')
    op.create_index(op.f('lock_person_id_idx'), 'lock', ['person_id'], unique=False, schema='fund')
    op.create_table('score',
    sa.Column('assignment_id', sa.UUID(), nullable=False),
    sa.Column('criterion_id', sa.UUID(), nullable=False),
    sa.Column('application_id', sa.UUID(), nullable=False),
    sa.Column('value', sa.Integer(), nullable=True),
    sa.Column('words', sa.Text(), nullable=False),
    sa.CheckConstraint('length(words) <= 20000', name=op.f('score_words_length_check')),
    sa.CheckConstraint('value BETWEEN 0 AND 5', name=op.f('score_value_check')),
    sa.ForeignKeyConstraint(['assignment_id'], ['fund.assignment.id'], name=op.f('score_assignment_id_fkey'), initially='DEFERRED', deferrable=True),
    sa.ForeignKeyConstraint(['criterion_id'], ['fund.criterion.id'], name=op.f('score_criterion_id_fkey'), initially='DEFERRED', deferrable=True),
    sa.PrimaryKeyConstraint('assignment_id', 'criterion_id', name=op.f('score_pkey')),
    schema='fund'
    )
    op.create_index(op.f('score_application_id_idx'), 'score', ['application_id'], unique=False, schema='fund')
    op.create_index(op.f('score_assignment_id_idx'), 'score', ['assignment_id'], unique=False, schema='fund')
    op.create_index(op.f('score_criterion_id_idx'), 'score', ['criterion_id'], unique=False, schema='fund')
    op.create_table('payment',
    sa.Column('instalment_id', sa.UUID(), nullable=False),
    sa.Column('grant_id', sa.UUID(), nullable=False),
    sa.Column('fund_id', sa.UUID(), nullable=False),
    sa.Column('state', sa.Text(), nullable=False),
    sa.Column('currency', sa.Text(), nullable=False),
    sa.Column('amount', sa.BigInteger(), nullable=False),
    sa.Column('payee_reference', sa.Text(), nullable=False),
    sa.Column('id', sa.UUID(), nullable=False),
    sa.CheckConstraint('"state" IN (\'prepared\', \'approved\', \'released\', \'confirmed\', \'returned\', \'stopped\')', name=op.f('payment_state_check')),
    sa.CheckConstraint('amount > 0', name=op.f('payment_amount_check')),
    sa.CheckConstraint('length(payee_reference) <= 140', name=op.f('payment_payee_reference_length_check')),
    sa.ForeignKeyConstraint(['fund_id'], ['fund.fund.organisation_id'], name=op.f('payment_fund_id_fkey'), initially='DEFERRED', deferrable=True),
    sa.ForeignKeyConstraint(['grant_id'], ['fund.grant.id'], name=op.f('payment_grant_id_fkey'), initially='DEFERRED', deferrable=True),
    sa.ForeignKeyConstraint(['instalment_id'], ['fund.instalment.id'], name=op.f('payment_instalment_id_fkey'), initially='DEFERRED', deferrable=True),
    sa.PrimaryKeyConstraint('id', name=op.f('payment_pkey')),
    schema='fund'
    )
    op.create_index(op.f('payment_fund_id_idx'), 'payment', ['fund_id'], unique=False, schema='fund')
    op.create_index(op.f('payment_grant_id_idx'), 'payment', ['grant_id'], unique=False, schema='fund')
    op.create_index(op.f('payment_instalment_id_idx'), 'payment', ['instalment_id'], unique=False, schema='fund')
    op.create_index('payment_one_living_idx', 'payment', ['instalment_id'], unique=True, schema='fund', postgresql_where=sa.text("state IN ('prepared', 'approved', 'released', 'confirmed')"))
    op.create_table('payment_step',
    sa.Column('payment_id', sa.UUID(), nullable=False),
    sa.Column('grant_id', sa.UUID(), nullable=False),
    sa.Column('fund_id', sa.UUID(), nullable=False),
    sa.Column('step', sa.Text(), nullable=False),
    sa.Column('person_id', sa.UUID(), nullable=False),
    sa.Column('at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('words', sa.Text(), nullable=False),
    sa.Column('entry_id', sa.UUID(), nullable=True),
    sa.Column('id', sa.UUID(), nullable=False),
    sa.CheckConstraint('"step" IN (\'prepared\', \'approved\', \'released\', \'confirmed\', \'returned\', \'stopped\')', name=op.f('payment_step_step_check')),
    sa.CheckConstraint('length(words) <= 2000', name=op.f('payment_step_words_length_check')),
    sa.ForeignKeyConstraint(['entry_id'], ['fund.entry.id'], name=op.f('payment_step_entry_id_fkey'), initially='DEFERRED', deferrable=True),
    sa.ForeignKeyConstraint(['payment_id'], ['fund.payment.id'], name=op.f('payment_step_payment_id_fkey'), initially='DEFERRED', deferrable=True),
    sa.ForeignKeyConstraint(['person_id'], ['people.person.id'], name=op.f('payment_step_person_id_fkey'), initially='DEFERRED', deferrable=True),
    sa.PrimaryKeyConstraint('id', name=op.f('payment_step_pkey')),
    sa.UniqueConstraint('payment_id', 'step', name=op.f('payment_step_payment_id_step_key')),
    schema='fund'
    )
    op.create_index(op.f('payment_step_entry_id_idx'), 'payment_step', ['entry_id'], unique=False, schema='fund')
    op.create_index(op.f('payment_step_payment_id_idx'), 'payment_step', ['payment_id'], unique=False, schema='fund')
    op.create_index(op.f('payment_step_person_id_idx'), 'payment_step', ['person_id'], unique=False, schema='fund')
    op.create_table('turn',
    sa.Column('about', sa.UUID(), nullable=False),
    sa.Column('number', sa.BigInteger(), nullable=False),
    sa.PrimaryKeyConstraint('about', name=op.f('turn_pkey')),
    schema='fund'
    )


def downgrade() -> None:
    op.execute("DROP SCHEMA IF EXISTS fund CASCADE")
