"""The worker tells people: rows into inboxes first, then mail that carries no word of what happened."""

import hashlib
import uuid
from datetime import date
from typing import Any

import sqlalchemy as sa
import structlog
from flask import current_app
from flask_babel import force_locale
from sqlalchemy.dialects.postgresql import insert

from polyphony.kernel import jobs, secrets, unlinkable
from polyphony.kernel.database import db
from polyphony.kernel.locale import _
from polyphony.notices import readers
from polyphony.notices.models import Notice
from polyphony.people.models import Credential, Person

log = structlog.get_logger()
unlinkable.rows(Notice, "r.phrase_id IS NOT NULL")
AGAIN = ("input_masked", "convene")  # what can happen twice on one day: told once, it is unseen again
TOGETHER = 500  # readers told in one statement


@jobs.task("notices.spread")
def spread(kind: str, to: str, day: str, consultation_id: str | None = None, subject_id: str | None = None) -> None:
    """Put one notice into the inbox of everybody it concerns. Repeating it adds nothing."""
    found = sorted(readers.of(to, consultation_id, subject_id), key=str)
    mailed = _want_mail([person for person, _phrase in found if person])
    about = f"{consultation_id or ''}|{subject_id or ''}"
    rows = [{"id": uuid.uuid4(), "person_id": person, "phrase_id": phrase, "kind": kind, "seen": False,
             "consultation_id": consultation_id, "subject_id": subject_id, "day": date.fromisoformat(day),
             "mail": "waiting" if person in mailed else "none",
             "key": hashlib.sha256(f"{kind}|{about}|{person or phrase}|{day}".encode()).digest()}
            for person, phrase in found]
    for start in range(0, len(rows), TOGETHER):
        _put(rows[start:start + TOGETHER])


def _put(rows: list[dict[str, Any]]) -> None:
    """Many readers in one statement; who was told already is not mailed again, and told anew only of `AGAIN`."""
    table = Notice.__table__
    again = insert(table).values(rows).on_conflict_do_update(index_elements=["key"], set_={"seen": False},
                                                             where=table.c.kind.in_(AGAIN))
    told = db.session.execute(again.returning(table.c.id, table.c.mail, sa.literal_column("xmax = 0"))).all()
    for id, mail_state, is_new in told:
        if is_new and mail_state == "waiting":
            jobs.defer("notices.mail", notice_id=id)


def _want_mail(people: list[uuid.UUID]) -> set[uuid.UUID]:
    if not people:
        return set()
    return set(db.session.scalars(sa.select(Person.id).where(
        Person.id.in_(people), Person.mail_opt_in, Person.ended_on.is_(None))))


@jobs.task("notices.mail")
def mail(notice_id: str) -> None:
    """Hand one mail over, once (see `kernel.mail`); while the mail server is away it waits and is tried again."""
    if not _step(notice_id, "waiting", "handing"):
        return
    try:
        _send(uuid.UUID(notice_id))
    except jobs.GiveUp as error:
        log.warning("mail not taken", kind=type(error).__name__)
        _step(notice_id, "handing", "failed")
        return
    _step(notice_id, "handing", "sent")


def _step(notice_id: str, start: str, end: str) -> bool:
    table = Notice.__table__
    done = db.session.execute(sa.update(table).where(table.c.id == uuid.UUID(notice_id), table.c.mail == start)
                              .values(mail=end))
    return bool(done.rowcount)  # type: ignore[attr-defined]


def _send(notice_id: uuid.UUID) -> None:
    from polyphony.kernel import mail as post

    person, credential = db.session.execute(
        sa.select(Person, Credential).join(Notice, Notice.person_id == Person.id)
        .join(Credential, Credential.person_id == Person.id).where(Notice.id == notice_id)).one()
    address = secrets.open_address(credential.address_sealed, person.id)
    settings = current_app.extensions["settings"]
    with force_locale(person.language):
        text = _("There is something new for you. Sign in to read it:")
        foot = _("This message says nothing about what it is. You can switch such messages off in your account.")
        post.send(address, _("There is news for you"),
                  f"{text}\n\n{settings.base_url}/{person.language}/\n\n{foot}\n", str(notice_id))
