"""What somebody was told stays a year in her inbox."""

import uuid
from collections.abc import Sequence

import sqlalchemy as sa

from polyphony.kernel import jobs
from polyphony.kernel.database import db
from polyphony.kernel.locale import lazy
from polyphony.kernel.providers import provide
from polyphony.kernel.retention import ACCOUNT, DELETED, PHRASE, Datum, Gone, Now, ends, erases, keeps
from polyphony.notices import words
from polyphony.notices.models import Notice

keeps(
    Datum("notice", (ACCOUNT, PHRASE), lazy("What you were told in your inbox: what sort of thing happened, and on which "
                                            "day"),
          lazy("One year."), lazy("So that you find it when you come back."), DELETED,
          {"notices.notice": "id person_id phrase_id kind consultation_id subject_id day seen mail key"},
          "SELECT n.day, n.kind, n.seen FROM notices.notice n WHERE n.person_id = :person OR n.phrase_id = :phrase "
          "ORDER BY n.day DESC, n.id", codes={"kind": words.SENTENCES}),
)

_OLD = sa.text("DELETE FROM notices.notice WHERE id IN (SELECT n.id FROM notices.notice n WHERE n.day < "
               "CAST(:today AS date) - interval '1 year' ORDER BY n.id LIMIT :most)")


@ends("notice")
def old_notices(now: Now) -> int:
    """What was told more than a year ago."""
    done = db.session.execute(_OLD, {"today": now.today, "most": now.most})
    return int(done.rowcount)  # type: ignore[attr-defined]


@provide("inputs_erased")
def about_inputs(ids: Sequence[uuid.UUID]) -> None:
    """Notices that led to what is gone."""
    db.session.execute(sa.delete(Notice).where(Notice.subject_id.in_(ids)))


@erases()
def forget(gone: Gone) -> None:
    """Her inbox, and what still waits to be told or mailed to her."""
    mine = Notice.person_id == gone.person if gone.person else Notice.phrase_id == gone.phrase
    hers = list(db.session.scalars(sa.select(Notice.id).where(mine)))
    jobs.forget([*hers, *(x for x in (gone.person, gone.phrase) if x)])
    db.session.execute(sa.delete(Notice).where(mine))
