"""What happened, for one reader: an account or a return phrase. The text is made when it is read."""

import uuid
from datetime import date

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column

from polyphony.kernel.database import Base, Row, one_of, to

KINDS = ("invited", "announced", "open", "inputs_end", "input_read", "input_masked", "placed", "objection",
         "objection_handled", "themes_shared", "published", "answered_late", "ground_round", "closed", "convene",
         "appointed", "handed", "joined", "reset", "member_invitation", "defaulted", "left", "facilitate", "declined",
         "company_declined", "taken_back", "facilitator_gone", "successor", "took_over", "translator_ended", "admitted",
         "turned_away", "reminded", "theme_removed", "fund_review", "fund_decided", "fund_broken", "fund_money",
         "fund_money_more", "fund_money_back", "fund_money_corrected", "fund_withdrawn", "fund_correction",
         "fund_ready", "fund_released", "fund_paid", "fund_returned", "audit_broken",
         "vault_asked", "vault_ready", "vault_refused", "hold_asked", "hold_made",
         "answer_given", "answer_corrected", "fund_cancelled")
MAIL_STATES = ("none", "waiting", "handing", "sent", "failed")


class Notice(Row, Base):
    """One thing that happened. `key` makes the same event tell the same reader once."""

    __tablename__ = "notice"
    __table_args__ = (
        one_of("kind", KINDS), one_of("mail", MAIL_STATES),
        sa.CheckConstraint("num_nonnulls(person_id, phrase_id) = 1", name="one_reader"),
        sa.Index("notice_person_idx", "person_id", sa.text("day DESC"), "id"),
        sa.Index("notice_phrase_idx", "phrase_id", sa.text("day DESC"), "id"),
        {"schema": "notices"},
    )
    person_id: Mapped[uuid.UUID | None] = to("people.person.id", index=False)
    phrase_id: Mapped[uuid.UUID | None] = to("people.phrase.id", index=False)
    kind: Mapped[str]
    consultation_id: Mapped[uuid.UUID | None] = mapped_column(index=True)
    subject_id: Mapped[uuid.UUID | None]
    day: Mapped[date]
    seen: Mapped[bool] = mapped_column(default=False)
    mail: Mapped[str] = mapped_column(default="none")
    key: Mapped[bytes] = mapped_column(unique=True)
