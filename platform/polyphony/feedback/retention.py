"""What is kept of the loop: words of authors end with their inputs, answers of companies stay."""

import uuid
from collections.abc import Sequence

import sqlalchemy as sa

from polyphony.consultations.retention import over
from polyphony.feedback import words
from polyphony.feedback.models import Comment, Excerpt, GroundAuthor, GroundView, Lost, Objection
from polyphony.inputs.retention import SPOKEN
from polyphony.kernel import jobs
from polyphony.kernel.database import db
from polyphony.kernel.locale import lazy
from polyphony.kernel.providers import provide
from polyphony.kernel.retention import (
    ACCOUNT,
    DELETED,
    ORGANISATION,
    PHRASE,
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

keeps(
    Datum("quote", (ACCOUNT, PHRASE), lazy("What was quoted from you, what you said when you were not understood, and the "
                                           "facilitator’s reply"),
          SPOKEN, lazy("So that a theme shows what it is made of."), DELETED,
          {"feedback.excerpt": "id theme_id input_id consultation_id quote placed_on",
           "feedback.lost": "id consultation_id theme_id input_id day",
           "feedback.objection": "id theme_id input_id consultation_id words lang day handled_on handled_words handled_lang"},
          "SELECT e.placed_on AS day, e.quote AS text, '' AS reply FROM feedback.excerpt e WHERE e.input_id = ANY (:authored) "
          "UNION ALL SELECT o.day, o.words, o.handled_words FROM feedback.objection o WHERE o.input_id = ANY (:authored) "
          "ORDER BY 1, 2"),
    Datum("view", (ACCOUNT, PHRASE), lazy("What you said of a measure: your view from the ground; apart from it, that it was "
                                          "you"),
          SPOKEN, lazy("So that a company’s word can be compared with what people see."), DELETED,
          {"feedback.ground_view": "id measure_id consultation_id view words lang day shuffle read_on shown_as shown_on",
           "feedback.ground_author": "view_id measure_id person_id phrase_id"},
          "SELECT g.day, g.view, g.words AS text, g.lang, g.shown_as FROM feedback.ground_view g JOIN feedback.ground_author a "
          "ON a.view_id = g.id WHERE a.person_id = :person OR a.phrase_id = :phrase ORDER BY g.day, g.id",
          codes={"view": words.VIEWS}),
    Datum("remark", (ACCOUNT,), lazy("Remarks that you wrote to colleagues about a draft"),
          lazy("One year after the consultation was closed."), lazy("So that a company can follow its own thinking."),
          DELETED, {"feedback.comment": "id theme_id company_id person_id shown_as words at"},
          "SELECT c.at, c.words AS text, c.shown_as FROM feedback.comment c WHERE c.person_id = :person ORDER BY c.at, c.id"),
    Datum("hand", (ACCOUNT,), lazy("That you drafted or signed an answer, seen inside your company alone"),
          lazy("As long as the answer. When your account is erased, your name goes."),
          lazy("So that a company knows who signed for it."), STAYS,
          {"feedback.answer_hand": "id answer_id company_id person_id act at"},
          "SELECT h.at, h.act FROM feedback.answer_hand h WHERE h.person_id = :person ORDER BY h.at, h.id"),
    Datum("answer", (ORGANISATION,), lazy("Themes, the companies’ answers and measures, and what stayed unanswered"),
          lazy("As long as this place exists."), lazy("So that a promise can be held against the one who made it."), STAYS,
          {"feedback.theme": "id consultation_id title summary lang addressed added_reason place made_on shared_on "
                             "published_on revision",
           "feedback.answer": "id theme_id company_id consultation_id number state decision reason_kind words changes lang "
                              "signed_as signed_on published_on late_days revision",
           "feedback.measure": "id answer_id theme_id company_id consultation_id what owner due_on status status_words "
                               "status_lang status_on lang revision",
           "feedback.default": "id consultation_id company_id words lang on",
           "feedback.publication": "consultation_id on by_organisation"}),
)
spare("days on which a company was reminded, and rounds of views", feedback__reminder="consultation_id company_id on",
      feedback__ground_round="measure_id consultation_id opened_on until")


@provide("inputs_erased")
def inputs_erased(ids: Sequence[uuid.UUID]) -> None:
    """Quotes and objections go with their inputs, in every language."""
    for table in (Excerpt, Objection, Lost):
        rows = sa.delete(table).where(table.input_id.in_(ids)).returning(table.id)
        forget_texts(db.session.scalars(rows, execution_options={"synchronize_session": False}).all())


@provide("consultations_of")
def consultations_of(gone: Gone) -> Sequence[uuid.UUID]:
    """Where this person gave a view from the ground."""
    return db.session.scalars(sa.select(GroundView.consultation_id).where(GroundView.id.in_(_views(gone)))).all()


def _views(gone: Gone) -> sa.Select[uuid.UUID]:
    return sa.select(GroundAuthor.view_id).where(
        GroundAuthor.person_id == gone.person if gone.person else GroundAuthor.phrase_id == gone.phrase)


def _erase_views(ids: Sequence[uuid.UUID]) -> None:
    forget_texts(ids)
    jobs.forget(ids)
    db.session.execute(sa.delete(GroundAuthor).where(GroundAuthor.view_id.in_(ids)))
    db.session.execute(sa.delete(GroundView).where(GroundView.id.in_(ids)))


@erases()
def forget(gone: Gone) -> None:
    """Her views from the ground, and her remarks to colleagues. What a company signed stays the company's."""
    _erase_views(db.session.scalars(_views(gone)).all())
    if gone.person:
        db.session.execute(sa.delete(Comment).where(Comment.person_id == gone.person))


_OLD_VIEWS = sa.text(f"SELECT g.id FROM feedback.ground_view g WHERE g.consultation_id IN ({over(3)}) "
                     "ORDER BY g.id LIMIT :most").bindparams(sa.bindparam("held", type_=sa.ARRAY(sa.Uuid())))
_OLD_REMARKS = sa.text("DELETE FROM feedback.comment WHERE id IN (SELECT m.id FROM feedback.comment m JOIN feedback.theme t "
                       f"ON t.id = m.theme_id WHERE t.consultation_id IN ({over(1)}) ORDER BY m.id LIMIT :most)").bindparams(
                           sa.bindparam("held", type_=sa.ARRAY(sa.Uuid())))


@ends("view")
def old_views(now: Now) -> int:
    """Views from the ground in consultations that were closed long ago."""
    ids = db.session.scalars(_OLD_VIEWS, {"today": now.today, "held": now.held, "most": now.most}).all()
    _erase_views(ids)
    return len(ids)


@ends("remark")
def old_remarks(now: Now) -> int:
    """What colleagues said to each other about drafts of long ago."""
    done = db.session.execute(_OLD_REMARKS, {"today": now.today, "held": now.held, "most": now.most})
    return int(done.rowcount)  # type: ignore[attr-defined]
