"""Sealed identities end a year after their consultation, tellings later; who asked to open one loses her name when she is erased."""

import uuid

import sqlalchemy as sa
from flask import url_for

from polyphony.consultations.models import Consultation
from polyphony.consultations.retention import over
from polyphony.kernel import secrets, viewer
from polyphony.kernel.database import db
from polyphony.kernel.locale import lazy
from polyphony.kernel.providers import provide
from polyphony.kernel.retention import (
    ACCOUNT,
    DELETED,
    EMPTIED,
    KEY_DESTROYED,
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
from polyphony.vault import desk

KEPT = 1  # years after the consultation was closed

keeps(
    Datum("identity", (ACCOUNT, PHRASE), lazy("What you left with the keyholders, locked so that this place cannot read it, "
                                              "and what you wrote on its outside"),
          lazy("Until you withdraw it, and at the latest one year after the consultation was closed. Nothing ever delays "
               "its end."),
          lazy("So that several keyholders together can reach you if they must."), KEY_DESTROYED,
          {"vault.box": "id consultation_id circle_id outside day shuffle",
           "vault.sealed": "box_id tag schema_version consent consent_version lang ciphertext",
           "vault.share": "box_id number sealed", "vault.release": "opening_id keyholder_id text"},
          "SELECT m.day, m.outside, m.lang, m.consultation_id AS id FROM vault.mine(:tags) m ORDER BY m.day, m.box_id",
          way=lambda row: url_for("vault.identity", id=row["id"])),
    Datum("telling", (ACCOUNT, PHRASE), lazy("That keyholders opened what you left, and from which day on you are told"),
          lazy("As long as what you left lies there, and in any case for one year from the day on which you can be told. "
               "When you erase what is yours, it goes at once."),
          lazy("So that you are told also where what you left has ended before."), DELETED,
          {"vault.telling": "opening_id tag day"},
          "SELECT t.day, t.who, t.reason FROM vault.told(:tags, current_date) t ORDER BY t.day, t.opening_id"),
    Datum("keyholder", (ACCOUNT,), lazy("Your public key as a keyholder, when you began and ended, and the text you handed in"),
          lazy("The key as long as something is sealed with it; the text until you erase your account."),
          lazy("So that shares can be sealed to you."), STAYS,
          {"vault.keyholder": "id organisation_id key enrolled_on ended_on", "vault.holder": "keyholder_id person_id text"},
          "SELECT k.enrolled_on, k.ended_on, h.text FROM vault.holder h JOIN vault.keyholder k ON k.id = h.keyholder_id "
          "WHERE h.person_id = :person ORDER BY k.enrolled_on, k.id", erased=EMPTIED),
    Datum("opening", (ACCOUNT,), lazy("Requests to open a sealed identity: who asked, for which organisation, why, and what "
                                      "each keyholder said"),
          lazy("As long as this place exists. When your account is erased, your name goes."),
          lazy("So that the use of this power can be looked at afterwards."), STAYS,
          {"vault.opening": "id kind consultation_id circle_id box_id new_circle_id organisation_id person_id who key "
                            "reason safety_reason tell_on made_at until",
           "vault.word": "opening_id keyholder_id organisation_id says words at", "vault.reading": "opening_id at"},
          "SELECT o.made_at, o.kind, o.who, o.reason FROM vault.opening o WHERE o.person_id = :person ORDER BY o.made_at, o.id", erased=EMPTIED),
)
spare("which keyholders serve a consultation together", vault__circle="id consultation_id needs state made_on",
      vault__seat="circle_id number keyholder_id organisation_id")


@provide("my_marks")
def my_tags(by: viewer.Viewer) -> dict[str, list[bytes]]:
    """The keyed hashes by which somebody finds what she left, wherever she takes part or ever did."""
    return {"tags": desk.mine_of(by, *desk.hers(by))}


@ends("identity")
def old_identities(now: Now) -> int:
    """A year after the end nobody needs to be reached any more."""
    wanted = sa.text(f"SELECT vault.expire(ARRAY({over(KEPT)}), :most)")
    return int(db.session.execute(wanted, {**now.values, "held": []}).scalar_one())


@ends("telling")
def old_tellings(now: Now) -> int:
    """A year after she could be told she has been told, or nobody comes to ask any more."""
    wanted = sa.text("SELECT vault.end_tellings(CAST(CAST(:today AS date) - interval '1 year' AS date), :most)")
    return int(db.session.execute(wanted, {"today": now.today, "most": now.most}).scalar_one())


@erases(also_when_held=True)
def forget(gone: Gone) -> None:
    """Her boxes, found by the keyed hash in every consultation there is, are gone, whatever else has to wait."""
    who = gone.person or gone.phrase or uuid.UUID(int=0)
    every = db.session.scalars(sa.select(Consultation.id).order_by(Consultation.id))
    tags = [secrets.keyed("vault", who, each) for each in every]
    db.session.execute(sa.select(sa.func.vault.forget(desk.tags(tags), gone.person)))
