"""What is kept of accounts and return phrases, until when, and how it ends."""

import uuid
from typing import Any

import sqlalchemy as sa

from polyphony.kernel import secrets
from polyphony.kernel.database import db
from polyphony.kernel.locale import lazy
from polyphony.kernel.retention import ACCOUNT, DELETED, EMPTIED, PHRASE, Datum, Gone, erases, keeps, spare
from polyphony.people.models import (
    Attempt,
    CompanyLink,
    Credential,
    Erasure,
    Factor,
    Person,
    Phrase,
    PlatformRole,
    Recovery,
    Reset,
    Session,
)


def _with_address(row: dict[str, Any]) -> dict[str, Any]:
    """The address as she wrote it: it rests locked, and she may read it."""
    sealed, id = row.pop("sealed"), row.pop("id")
    return {**row, "address": secrets.open_address(bytes.fromhex(sealed), uuid.UUID(id))}


keeps(
    Datum("account", (ACCOUNT,), lazy("Your name, your language, your time zone, your e-mail address (locked), and a "
                                      "check of your password"),
          lazy("Until you erase your account, or one year after your last membership ended."),
          lazy("So that you can sign in, and others know with whom they work."), EMPTIED,
          {"people.person": "id name language time_zone mail_opt_in ended_on",
           "people.credential": "person_id address_hash address_sealed salt verifier",
           "people.platform_role": "person_id role", "people.erasure": "id person_id phrase_id asked_on"},
          "SELECT p.id, p.name, p.language, p.time_zone, p.mail_opt_in, encode(c.address_sealed, 'hex') AS sealed, "
          "(SELECT string_agg(r.role, ', ' ORDER BY r.role) FROM people.platform_role r WHERE r.person_id = p.id) AS role "
          "FROM people.person p JOIN people.credential c ON c.person_id = p.id WHERE p.id = :person",
          told=_with_address),
    Datum("factor", (ACCOUNT,), lazy("Your second factors: an app's secret (locked), a passkey's public half, checks of "
                                     "recovery codes; the link with your company's own sign-in"),
          lazy("Until you take them away or erase your account."),
          lazy("So that nobody else signs in as you."), DELETED,
          {"people.factor": "id person_id kind label sealed verifier credential public_key mark added_on",
           "people.recovery": "hash person_id", "people.company_link": "id person_id organisation_id verifier day"},
          "SELECT f.kind, f.label, f.added_on FROM people.factor f WHERE f.person_id = :person ORDER BY f.added_on, f.id"),
    Datum("phrase", (PHRASE,), lazy("A check of your return phrase that is slow to try out, its consultation, its "
                                    "language and the day"),
          lazy("Until you erase it, or until what you said with it ends."),
          lazy("So that you, and nobody else, can come back."), DELETED,
          {"people.phrase": "id verifier consultation_id language day"},
          "SELECT h.language, h.day FROM people.phrase h WHERE h.id = :phrase"),
    Datum("session", (ACCOUNT, PHRASE), lazy("That a browser is signed in, to the minute, without its address or name; "
                                             "links to choose a new password; wrong passwords counted"),
          lazy("Until you sign out, or after 8 hours without use (30 minutes with a return phrase). Links for a day, "
               "counts for two hours."),
          lazy("So that you need not sign in on every page, and nobody guesses passwords."), DELETED,
          {"people.session": "id token_hash person_id phrase_id began_at seen_at factored proven_at seats "
                             "organisation_id second_by_company",
           "people.reset": "id person_id token_hash expires_at used", "people.attempt": "address_hash hour count"},
          "SELECT s.began_at, s.seen_at FROM people.session s WHERE s.person_id = :person OR s.phrase_id = :phrase "
          "ORDER BY s.began_at, s.id"),
)

spare("what a passkey is asked to sign, and short sums that were taken: hashes for minutes", people__challenge="hash at",
      kernel__spent_sum="nonce until")


@erases(also_when_held=True)
def close(gone: Gone) -> None:
    """Nothing signs in any more, whatever else has to be kept for a while."""
    mine = Session.person_id == gone.person if gone.person else Session.phrase_id == gone.phrase
    db.session.execute(sa.delete(Session).where(mine))


@erases()
def forget(gone: Gone) -> None:
    """The phrase goes; of an account a number without a name stays, so that records of what was done stay whole."""
    db.session.execute(sa.delete(Erasure).where(
        Erasure.person_id == gone.person if gone.person else Erasure.phrase_id == gone.phrase))
    if gone.phrase:
        db.session.execute(sa.delete(Phrase).where(Phrase.id == gone.phrase))
        return
    hashed = sa.select(Credential.address_hash).where(Credential.person_id == gone.person)
    db.session.execute(sa.delete(Attempt).where(Attempt.address_hash.in_(hashed)),
                       execution_options={"synchronize_session": False})
    for table in (Reset, PlatformRole, Factor, Recovery, CompanyLink, Credential):
        db.session.execute(sa.delete(table).where(table.person_id == gone.person))
    db.session.execute(sa.update(Person).where(Person.id == gone.person).values(
        name="", language="en", time_zone="UTC", mail_opt_in=False))
