"""What keyholders do, those who leave something with them, and those who ask for an opening."""

import secrets as random
import uuid
from datetime import timedelta
from typing import Any

import sqlalchemy as sa

from polyphony.consultations.service import find
from polyphony.kernel import audit, clock, viewer
from polyphony.kernel.access import require
from polyphony.kernel.database import db
from polyphony.kernel.locale import language
from polyphony.kernel.viewer import Viewer
from polyphony.notices.service import tell
from polyphony.organisations.models import Organisation
from polyphony.vault import desk, keyholder, rules, sealing
from polyphony.vault.keyholder import Trouble
from polyphony.vault.models import Box, Keyholder, Opening

CONSENT = 1  # the version of the words to which somebody agrees


def _do(name: str, *values: Any) -> str:
    """One of the ceremony's functions; its answer is one word."""
    word: str = db.session.execute(sa.select(getattr(sa.func.vault, name)(*values))).scalar_one()
    return word


# Keyholders


def enrol(by: Viewer, *, organisation: uuid.UUID, text: str) -> uuid.UUID:
    """Hand in a public key made with the offline tool; an earlier one of the same seat ends.

    Raises NotAKeyholder, KeyKnown, and what is wrong with the text.
    """
    require(by.is_in("keyholding", organisation), rules.NotAKeyholder())
    try:
        public = keyholder.public_key(text)
        fields = keyholder.dearmour(text, keyholder.KEY)
        told = keyholder.armour(keyholder.KEY, {name: keyholder.one(fields, name) for name in ("key", "half")})
    except Trouble as trouble:
        raise rules.unreadable(trouble, "text") from None
    made = uuid.uuid4()
    rules.ensure(_do("enrol", made, organisation, public, told, clock.today()),
                 not_yours=rules.NotAKeyholder, key_used=rules.KeyKnown)
    audit.record("keyholder.enrolled", made, about=organisation)
    viewer.refresh()
    return made


def lay_down(by: Viewer, *, id: uuid.UUID) -> None:
    """A keyholder stops. Her seats stay empty until new shares are made. Raises NotAKeyholder."""
    rules.ensure(_do("lay_down", id, clock.today()), not_yours=rules.NotAKeyholder)
    audit.record("keyholder.ended", id)
    viewer.refresh()


def form_circle(by: Viewer, *, id: uuid.UUID, needs: int, keyholders: list[str]) -> str:
    """Choose who keeps for a consultation, and how many open together; once something lies there, new shares follow.

    Raises NotForYou, TooFewKeyholders, NotApart, BadThreshold, CircleComing.
    """
    require(by.is_in("facilitated", id), rules.NotForYou())
    known = {str(k.id): k for k in desk.keyholders()}
    chosen = [known[each] for each in dict.fromkeys(keyholders) if each in known]
    rules.ensure_circle(needs, [k.organisation_id for k in chosen])
    made = uuid.uuid4()
    state = rules.ensure(_do("form", made, id, needs, sa.literal([k.id for k in chosen], sa.ARRAY(sa.Uuid())),
                             clock.today()))
    audit.record("keyholders.chosen", made, about=id, needs=needs)
    return state


# Leaving something with them


def leave(by: Viewer, *, id: uuid.UUID, name: str, contact: str, safe_way: str, outside: str, agree: bool) -> None:
    """Seal who somebody is and how to reach her, for the keyholders of one consultation. This server keeps no key.

    Raises NotTakingPart, NothingLeft, NotAgreed, NoCircle, AlreadyLeft, CircleChanged.
    """
    require(by.is_in("participating", id), rules.NotTakingPart())
    rules.ensure_left(name, contact, agree=agree)
    rings = desk.rings(id)
    ring = rings.get("coming") or rings.get("living")
    if ring is None:
        raise rules.NoCircle()
    box, consent = uuid.uuid4(), uuid.uuid4()
    sealed = sealing.seal({"name": name or "", "contact": contact or "", "safe_way": safe_way or ""}, record=str(box),
                          consent=str(consent), needs=ring.circle.needs, keys=ring.keys)
    rules.ensure(_do("leave", box, ring.circle.id, outside or "", clock.today(), random.randbelow(2**31),
                     desk.mine_of(by, id)[0], sealing.SCHEMA, consent, CONSENT, language(), sealed.ciphertext,
                     desk.tags(sealed.shares)), not_yours=rules.NotTakingPart)


def withdraw(by: Viewer, *, id: uuid.UUID) -> None:
    """Take it back: ciphertext, shares and what was released of them are gone. Raises NothingThere."""
    rules.ensure(_do("withdraw", desk.mine_of(by, id)[0]), gone=rules.NothingThere)


# Opening


def ask(by: Viewer, *, box: Box, key: str, reason: str, days: int, safety_reason: str, delay: int) -> Opening:
    """Ask the keyholders to open one box to a one-time key, with a reason and an end.

    Raises NotForYou, NoReason … OneTimeKeyUsed, Ended, and what is wrong with the key's text.
    """
    safety_reason = safety_reason or ""
    rules.ensure_request(reason, days, safety_reason=safety_reason, delay=delay)
    return _request(by, "open", box.consultation_id, box.circle_id, key, box=box.id, reason=reason, days=days,
                    safety_reason=safety_reason if delay else "", delay=delay)


def ask_new_shares(by: Viewer, *, id: uuid.UUID, key: str) -> Opening:
    """Ask the keyholders of the old circle for all their shares, to make new ones for the coming circle."""
    rings = desk.rings(id)
    if "coming" not in rings or "living" not in rings:
        raise rules.Ended()
    return _request(by, "reshare", id, rings["living"].circle.id, key, coming=rings["coming"].circle.id,
                    reason=str(rules.RESHARE), days=rules.LONGEST_DAYS)


def _request(by: Viewer, kind: str, consultation: uuid.UUID, circle: uuid.UUID, key: str, *, reason: str, days: int,
             box: uuid.UUID | None = None, coming: uuid.UUID | None = None, safety_reason: str = "",
             delay: int = 0) -> Opening:
    try:
        public = keyholder.public_key(key, keyholder.ONCE)
    except Trouble as trouble:
        raise rules.unreadable(trouble, "key") from None
    organisation = _asking_for(by, consultation)
    made, at = uuid.uuid4(), clock.now()
    rules.ensure(_do("ask", made, kind, circle, box, coming, organisation.id, f"{by.name}, {organisation.name}", public,
                     reason, safety_reason, clock.in_days(delay), sa.literal(at, desk.MOMENT),
                     sa.literal(at + timedelta(days=days), desk.MOMENT)))
    audit.record("vault.asked", made, about=consultation, kind=kind, days=days, delay=delay)
    tell("vault_asked", consultation_id=consultation, subject_id=circle, to="keyholders")
    return desk.request(made).opening


def _asking_for(by: Viewer, consultation: uuid.UUID) -> Organisation:
    """The organisation for which this person asks: the facilitating body, else the one whose share she holds."""
    about = find(consultation)
    if about.facilitator is not None and by.is_in("facilitating", about.facilitator_id):
        return about.facilitator
    seats = [s for ring in desk.rings(consultation).values() for s in ring.seats if by.is_in("keeping", s.keyholder_id)]
    require(bool(seats), rules.NotForYou())
    return seats[0].keyholder.organisation


def say(by: Viewer, *, asked: desk.Request, holder: Keyholder, says: str, text: str = "", words: str = "") -> str:
    """A keyholder's word on a request: the released share as armoured text, or why not.

    Raises NotAKeyholder, Ended, OwnRequest, SaidAlready, WhyNot, and what is wrong with the text.
    """
    o, given = asked.opening, ""
    if says == "refused" and not words.strip():
        raise rules.WhyNot()
    if says == "released":
        try:
            given = sealing.released(text, asked=asked.asked, key=holder.key, count=len(desk.shares(o, holder)))
        except Trouble as trouble:
            raise rules.unreadable(trouble, "text") from None
    word = rules.ensure(_do("say", o.id, holder.id, says, words if says == "refused" else "", given, desk.now()),
                        not_yours=rules.NotAKeyholder)
    audit.record(f"vault.{says}", o.id, about=o.consultation_id)
    if word == "enough" or says == "refused":
        tell("vault_ready" if word == "enough" else "vault_refused", consultation_id=o.consultation_id, subject_id=o.id,
             to=f"person:{o.person_id}")
    return word


def take(by: Viewer, *, asked: desk.Request) -> None:
    """Read what was released, once. Raises NotForYou, ReadAlready, Ended, NotYetEnough."""
    rules.ensure(_do("take", asked.opening.id, desk.now()))
    audit.record("vault.read", asked.opening.id, about=asked.opening.consultation_id)


def renew(by: Viewer, *, asked: desk.Request, text: str) -> None:
    """Put the new shares in place; no ciphertext changes, and the old shares are gone.

    Raises Ended, CircleChanged, and what is wrong with the text.
    """
    o, ring = asked.opening, desk.next_ring(asked.opening)
    try:
        made = sealing.new_shares(text, asked=asked.asked, records=desk.covered(o), needs=ring.circle.needs,
                                  keys=ring.keys)
    except Trouble as trouble:
        raise rules.unreadable(trouble, "text") from None
    each = [(uuid.UUID(box), number, share) for box, shares in made.items() for number, share in enumerate(shares)]
    rules.ensure(_do("renew", o.id, sa.literal([x[0] for x in each], sa.ARRAY(sa.Uuid())),
                     sa.literal([x[1] for x in each], sa.ARRAY(sa.Integer())), desk.tags([x[2] for x in each]),
                     desk.now()))
    audit.record("keyholders.changed", ring.circle.id, about=o.consultation_id)
