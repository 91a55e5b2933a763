"""Whom a notice concerns, computed by the worker from the tables: accounts and return phrases.

Plain SQL over the tables of higher rooms, because a list of readers must exist nowhere but here.
"""

import uuid

import sqlalchemy as sa

from polyphony.kernel.database import db

_LIVING = "NOT EXISTS (SELECT 1 FROM organisations.membership_end e WHERE e.membership_id = m.id)"

_SQL = {
    "participants": """
        SELECT m.person_id, NULL::uuid AS phrase_id FROM organisations.membership m
        JOIN consultations.invited i ON i.organisation_id = m.organisation_id
        WHERE i.consultation_id = :consultation AND m.role IN ('coordinator', 'contributor') AND {living}
        UNION SELECT NULL::uuid, h.id FROM people.phrase h WHERE h.consultation_id = :consultation""",
    "conveners": """
        SELECT m.person_id, NULL::uuid FROM organisations.membership m
        JOIN consultations.convener c ON c.company_id = m.organisation_id
        WHERE c.consultation_id = :consultation AND c.state = 'accepted' AND {living}""",
    "facilitators": """
        SELECT m.person_id, NULL::uuid FROM organisations.membership m
        JOIN consultations.consultation c ON c.facilitator_id = m.organisation_id
        WHERE c.id = :consultation AND m.role = 'facilitator' AND {living}""",
    "authors": "SELECT a.person_id, a.phrase_id FROM inputs.authorship a WHERE a.input_id = :subject",
    "leads": """
        SELECT m.person_id, NULL::uuid FROM organisations.membership m
        WHERE m.organisation_id = :subject AND m.role = 'engagement_lead' AND {living}""",
    "answering": """
        SELECT m.person_id, NULL::uuid FROM organisations.membership m
        WHERE m.organisation_id = :subject AND m.role IN ('engagement_lead', 'decision_maker') AND {living}""",
    "promisers": """
        SELECT m.person_id, NULL::uuid FROM organisations.membership m
        JOIN fund.pledge p ON p.company_id = m.organisation_id
        WHERE p.id = :subject AND m.role IN ('engagement_lead', 'decision_maker') AND {living}""",
    "members": """
        SELECT m.person_id, NULL::uuid FROM organisations.membership m
        WHERE m.organisation_id = :subject AND m.role IN ('coordinator', 'contributor') AND {living}""",
    "administrators": """
        SELECT m.person_id, NULL::uuid FROM organisations.membership m
        WHERE m.organisation_id = :subject AND m.role IN ('administrator', 'coordinator') AND {living}""",
    "auditors": "SELECT r.person_id, NULL::uuid FROM people.platform_role r WHERE r.role = 'auditor'",
    "stewards": "SELECT r.person_id, NULL::uuid FROM people.platform_role r WHERE r.role = 'steward'",
    "treasurers": """
        SELECT m.person_id, NULL::uuid FROM organisations.membership m
        WHERE m.organisation_id = :subject AND m.role = 'treasurer' AND {living}""",
    "applicants": """
        SELECT m.person_id, NULL::uuid FROM organisations.membership m
        JOIN fund.applicant a ON a.organisation_id = m.organisation_id
        WHERE a.application_id = :subject AND m.role IN ('coordinator', 'contributor') AND {living}""",
    "grantees": """
        SELECT m.person_id, NULL::uuid FROM organisations.membership m
        JOIN fund.grantee g ON g.organisation_id = m.organisation_id
        WHERE g.grant_id = :subject AND m.role IN ('coordinator', 'contributor') AND {living}""",
    # Who may vote on a case of this call that every reviewer has locked and on which she has not voted.
    "voters": """
        SELECT DISTINCT v.person, NULL::uuid FROM fund.call c JOIN fund.application a ON a.call_id = c.id
        CROSS JOIN LATERAL fund.voters(c.fund_id) v(person)
        WHERE c.id = :subject AND c.state = 'closed' AND a.state = 'submitted'
        AND fund.conflicted(a.id, v.person) IS NULL
        AND (SELECT bool_and(l.assignment_id IS NOT NULL) FROM fund.assignment s
          LEFT JOIN fund.lock l ON l.assignment_id = s.id WHERE s.application_id = a.id AND NOT EXISTS (
          SELECT 1 FROM fund.recusal r WHERE r.application_id = a.id AND r.person_id = s.person_id))
        AND NOT EXISTS (SELECT 1 FROM fund.change_request q WHERE q.application_id = a.id AND q.done_on IS NULL)
        AND NOT EXISTS (SELECT 1 FROM fund.vote w WHERE w.application_id = a.id AND w.person_id = v.person
          AND w.application_revision = a.revision)""",
    "keyholders": """
        SELECT h.person_id, NULL::uuid FROM vault.seat s JOIN vault.holder h ON h.keyholder_id = s.keyholder_id
        JOIN vault.keyholder k ON k.id = h.keyholder_id WHERE s.circle_id = :subject AND k.ended_on IS NULL""",
    "seats": """
        SELECT m.person_id, NULL::uuid FROM organisations.membership m
        WHERE m.organisation_id = :subject AND m.role = 'facilitator' AND {living}""",
}

GROUPS = frozenset(_SQL)
Reader = tuple[uuid.UUID | None, uuid.UUID | None]


def of(to: str, consultation: str | None, subject: str | None) -> set[Reader]:
    """(account, phrase) of everybody meant by `to`; exactly one of each pair is set."""
    if to.startswith("person:"):
        return {(uuid.UUID(to.removeprefix("person:")), None)}
    given = {"consultation": consultation, "subject": subject}
    values = {name: uuid.UUID(value) if value else None for name, value in given.items() if f":{name}" in _SQL[to]}
    rows = db.session.execute(sa.text(_SQL[to].replace("{living}", _LIVING)), values)
    return {(row[0], row[1]) for row in rows}
