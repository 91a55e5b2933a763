"""What the fund keeps: its books and decisions stay; drafts of applications end, and names go with their accounts."""

import sqlalchemy as sa

from polyphony.fund.bodies.models import Seat
from polyphony.fund.reviewing.models import Recusal
from polyphony.kernel.database import db
from polyphony.kernel.locale import lazy
from polyphony.kernel.retention import (
    ACCOUNT,
    DELETED,
    EMPTIED,
    ORGANISATION,
    STAYS,
    Datum,
    Gone,
    Now,
    ends,
    erases,
    keeps,
    spare,
)
from polyphony.languages.retention import forget_texts

_BOOKS = lazy("As long as the fund exists.")
_SENT = lazy("What was sent: as long as the fund exists. What was never sent, or was taken back, loses its words and files "
             "one year after the deadline.")
_ACCOUNTABLE = lazy("So that everybody can check where the money went and who decided.")
keeps(
    Datum("application", (ORGANISATION,), lazy("What an organisation asks of the fund, its budget, and under which reference "
                                               "the bank knows it; no bank details"),
          _SENT,
          _ACCOUNTABLE, STAYS,
          {"fund.application": "id call_id fund_id state lang requested country at_risk level submitted_on revision",
           "fund.applicant": "application_id organisation_id payee_reference",
           "fund.change_request": "id application_id fund_id words lang asked_on done_on before"}),
    Datum("application_words", (ORGANISATION,), lazy("The words and lines of an application"),
          _SENT,
          _ACCOUNTABLE, DELETED,
          {"fund.part": "id application_id name words lang revision", "fund.budget_line": "id application_id place words amount"}),
    Datum("money", (ORGANISATION,), lazy("Money promised, received, granted and paid; calls and their criteria"), _BOOKS,
          _ACCOUNTABLE, STAYS,
          {"fund.fund": "organisation_id purpose lang founded_on",
           "fund.pledge": "id fund_id company_id currency amount due_on words made_on",
           "fund.pledge_change": "id pledge_id company_id kind amount words on",
           "fund.receipt": "id fund_id pledge_id company_id currency amount received_on bank_reference state",
           "fund.grant": "id fund_id call_id application_id currency amount title lang country at_risk level awarded_on",
           "fund.grantee": "grant_id organisation_id application_id payee_reference",
           "fund.instalment": "id grant_id place amount due_on condition cancelled_on cancelled_because",
           "fund.payment": "id instalment_id grant_id fund_id state currency amount payee_reference",
           "fund.call": "id fund_id state currency envelope smallest largest source_lang languages title plain about "
                        "who_can_apply what_for time_zone opens_at closes_at reviews_each revision",
           "fund.criterion": "id call_id place name words weight",
           "fund.eligibility": "id call_id place question must_be otherwise"}),
    Datum("fund_seat", (ACCOUNT,), lazy("That you sit in a body of the fund, under which name and coming from where, on a page "
                                        "for everybody"),
          lazy("As long as the fund exists. When your account is erased, your name and where you come from go."),
          lazy("So that everybody can see who decides."), STAYS,
          {"fund.seat": "membership_id body_id person_id shown_as comes_from constituency begun_on until"},
          "SELECT s.shown_as, s.comes_from, s.constituency, s.begun_on, s.until FROM fund.seat s WHERE s.person_id = :person "
          "ORDER BY s.begun_on, s.membership_id", erased=EMPTIED),
    Datum("aside", (ACCOUNT,), lazy("From which cases you stepped aside, of which kind your interest is, and your words"),
          lazy("As long as the fund exists. When your account is erased, your words go."), _ACCOUNTABLE, STAYS,
          {"fund.recusal": "id application_id fund_id person_id origin kind words at"},
          "SELECT r.at, r.kind, r.words FROM fund.recusal r WHERE r.person_id = :person ORDER BY r.at, r.id", erased=EMPTIED),
    Datum("fund_work", (ACCOUNT,), lazy("What you did for the fund: reviews, scores, votes, decisions, steps of payments, entries "
                                        "in the books; that you worked on an application"),
          lazy("As long as the fund exists. When your account is erased, your name goes and your reasons stay."),
          _ACCOUNTABLE, STAYS,
          {"fund.assignment": "id application_id fund_id person_id on",
           "fund.score": "assignment_id criterion_id application_id value words",
           "fund.lock": "assignment_id application_id fund_id person_id words lang at",
           "fund.vote": "id application_id fund_id person_id number choice words application_revision at",
           "fund.decision": "application_id fund_id outcome amount reason words lang application_revision seats "
                            "stepped_aside needed votes_for votes_against abstained person_id at",
           "fund.payment_step": "id payment_id grant_id fund_id step person_id at words entry_id",
           "fund.entry": "id fund_id kind at person_id words key body_hash reverses lines_count pledge_id receipt_id "
                         "grant_id payment_id",
           "fund.call_step": "id call_id start end at person_id",
           "fund.application_hand": "application_id person_id organisation_id on"},
          "SELECT l.at, l.words FROM fund.lock l WHERE l.person_id = :person UNION ALL SELECT v.at, v.words FROM fund.vote v "
          "WHERE v.person_id = :person UNION ALL SELECT p.at, p.words FROM fund.payment_step p WHERE p.person_id = :person "
          "ORDER BY 1, 2"),
)
spare("accounts, amounts and hashes of the books, numbers of turns and rules of a body",
      fund__account="id fund_id currency kind", fund__balance="account_id kind amount",
      fund__grant_balance="grant_id awarded paid", fund__entry_line="id entry_id account_id currency amount",
      fund__seal="fund_id number entry_id hash", fund__turn="about number", fund__body="id fund_id kind",
      fund__composition_rule="body_id kind constituency number")

_NEVER_SENT = """SELECT a.id FROM fund.application a JOIN fund.call c ON c.id = a.call_id WHERE a.state IN ('draft', 'withdrawn')
  AND c.closes_at < CAST(:today AS date) - interval '1 year'"""
_ENDS = [sa.text(f"DELETE FROM {table} WHERE id IN (SELECT p.id FROM {table} p WHERE p.application_id IN ({_NEVER_SENT}) "
                 "ORDER BY p.id LIMIT :most) RETURNING id") for table in ("fund.part", "fund.budget_line")]
_FILES = sa.text(f"DELETE FROM uploads.attachment WHERE id IN (SELECT f.id FROM uploads.attachment f WHERE f.kind = 'application' "
                 f"AND f.subject_id IN ({_NEVER_SENT}) ORDER BY f.id LIMIT :most) RETURNING id")


@ends("application_words")
def never_sent(now: Now) -> int:
    """Words and files of applications that were begun, or taken back, a year after their deadline, with their
    translations; the key of each file goes with its row."""
    files, *done = [db.session.scalars(each, {"today": now.today, "most": now.most}).all() for each in (_FILES, *_ENDS)]
    forget_texts([id for gone in done for id in gone])
    return max(len(gone) for gone in (files, *done))


@erases()
def forget(gone: Gone) -> None:
    """Her name leaves the public list of seats, her reasons for stepping aside go; what she decided stays."""
    if gone.person:
        db.session.execute(sa.update(Seat).where(Seat.person_id == gone.person).values(shown_as="", comes_from=""))
        db.session.execute(sa.update(Recusal).where(Recusal.person_id == gone.person).values(words=""))
