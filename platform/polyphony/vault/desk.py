"""What the vault's pages show: who keeps, what is asked, where a request stands. Never anything sealed."""

import uuid
from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import sqlalchemy as sa

from polyphony.consultations.models import Consultation
from polyphony.kernel import clock, secrets
from polyphony.kernel.access import there
from polyphony.kernel.database import db
from polyphony.kernel.leafing import behind, place
from polyphony.kernel.viewer import Viewer
from polyphony.organisations.models import Organisation
from polyphony.vault import rules, sealing
from polyphony.vault.ceremony import MINUTES_TO_COPY
from polyphony.vault.models import Box, Circle, Holder, Keyholder, Opening, Reading, Seat, Word

BOXES = 50  # on a page
MOMENT = sa.DateTime(timezone=True)


def now() -> Any:
    return sa.literal(clock.now(), MOMENT)


def mine_of(by: Viewer, *consultations: uuid.UUID) -> list[bytes]:
    """The keyed hashes by which this person finds what she left; one for each consultation, joined by nothing."""
    who = by.person or by.phrase
    return [secrets.keyed("vault", who, each) for each in consultations] if who else []


def tags(values: list[bytes]) -> Any:
    return sa.literal(values, sa.ARRAY(sa.LargeBinary()))


# Keyholders and circles


def keyholders() -> list[Keyholder]:
    """Everybody who can be chosen now, by organisation."""
    return list(db.session.scalars(sa.select(Keyholder).where(Keyholder.ended_on.is_(None))
                                   .order_by(Keyholder.enrolled_on, Keyholder.id)))


def holding(by: Viewer) -> list[tuple[Keyholder, str]]:
    """This person's own keys, with the public texts she handed in."""
    rows = db.session.execute(sa.select(Keyholder, Holder.text).join(Holder, Holder.keyholder_id == Keyholder.id).where(
        Holder.person_id == by.person).order_by(Keyholder.enrolled_on.desc(), Keyholder.id))
    return [(row[0], row[1]) for row in rows]


def rooms(by: Viewer) -> list[Consultation]:
    """The consultations whose vault this person serves."""
    wanted = by.of("facilitated") | by.of("kept")
    return list(db.session.scalars(sa.select(Consultation).where(Consultation.id.in_(wanted))
                                   .order_by(Consultation.created_at.desc(), Consultation.id))) if wanted else []


def organisations(ids: Collection[uuid.UUID]) -> list[Organisation]:
    """Organisations by name."""
    return list(db.session.scalars(sa.select(Organisation).where(Organisation.id.in_(ids))
                                   .order_by(Organisation.name, Organisation.id))) if ids else []


@dataclass(frozen=True)
class Ring:
    """A circle with its seats, in the order of the shares."""

    circle: Circle
    seats: list[Seat]

    @property
    def keys(self) -> list[bytes]:
        return [seat.keyholder.key for seat in self.seats]

    @property
    def lost(self) -> int:
        return sum(seat.keyholder.ended_on is not None for seat in self.seats)


def rings(consultation: uuid.UUID) -> dict[str, Ring]:
    """The living circle of a consultation and the coming one, by state (one statement)."""
    rows = db.session.execute(sa.select(Circle, Seat).join(Seat, Seat.circle_id == Circle.id).where(
        Circle.consultation_id == consultation, Circle.state != "ended").order_by(Circle.id, Seat.number)).all()
    return {c.state: Ring(c, [s for other, s in rows if other is c]) for c, _ in rows}


def around(consultation: uuid.UUID) -> tuple[dict[str, Ring], list[Keyholder]]:
    """The circles of a consultation by state, and everybody who can be chosen for one (one statement)."""
    its = sa.select(Circle.id).where(Circle.consultation_id == consultation, Circle.state != "ended")
    rows = db.session.execute(
        sa.select(Keyholder, Seat, Circle).select_from(Keyholder)
        .outerjoin(Seat, sa.and_(Seat.keyholder_id == Keyholder.id, Seat.circle_id.in_(its)))
        .outerjoin(Circle, Circle.id == Seat.circle_id)
        .where(sa.or_(Keyholder.ended_on.is_(None), Seat.circle_id.is_not(None)))
        .order_by(Circle.id, Seat.number, Keyholder.enrolled_on, Keyholder.id)).all()
    found = {c.state: Ring(c, [s for _, s, other in rows if other is c]) for _, _, c in rows if c}
    return found, [k for k in dict.fromkeys(row[0] for row in rows) if k.ended_on is None]


# What somebody left


def left(by: Viewer, consultation: uuid.UUID) -> Any:
    """What this person left with the keyholders of a consultation: its outside; None when there is nothing."""
    found = sa.func.vault.mine(tags(mine_of(by, consultation))).table_valued(
        "box_id", "consultation_id", "circle_id", "outside", "day", "lang", "consent_version")
    return db.session.execute(sa.select(found)).first()


def has_ring(consultation: Any) -> Any:
    """Whether a consultation has keyholders now, as a column of a query about something in it."""
    return sa.exists().where(Circle.consultation_id == consultation, Circle.state != "ended")


def offered(by: Viewer, consultations: Collection[uuid.UUID]) -> dict[uuid.UUID, bool]:
    """Where there are keyholders or she left something, and whether she did (one statement)."""
    mine = sa.func.vault.mine(tags(mine_of(by, *sorted(consultations, key=str)))).table_valued("consultation_id")
    rings = sa.select(Circle.consultation_id, sa.false()).where(
        Circle.consultation_id.in_(consultations), Circle.state != "ended")
    if not consultations:
        return {}
    rows = db.session.execute(sa.union(rings, sa.select(mine.c.consultation_id, sa.true()))).all()
    return {id: any(has for other, has in rows if other == id) for id, _has in rows}


def hers(by: Viewer) -> list[uuid.UUID]:
    """Every consultation in which something of this person's can lie, also where her seat has ended (one statement)."""
    if not (by.person or by.phrase):
        return []
    return sorted(db.session.scalars(sa.select(sa.func.consultations.with_keyholders())), key=str)


def about(id: uuid.UUID, *, is_hers: bool = False) -> Consultation | None:
    """The consultation; whoever left something there comes also when she can see it no more. Raises NotThere."""
    found = db.session.get(Consultation, id)
    return found if is_hers else there(found)


def told(by: Viewer, consultations: Collection[uuid.UUID]) -> list[Any]:
    """The openings of which this person is told, found by her keyed hashes alone (one statement)."""
    mine = mine_of(by, *sorted(consultations, key=str))
    if not mine:
        return []
    found = sa.func.vault.told(tags(mine), clock.today()).table_valued(
        "opening_id", "consultation_id", "day", "who", "reason")
    return list(db.session.execute(sa.select(found)))


# Requests


@dataclass(frozen=True)
class Request:
    """A request with where it stands."""

    opening: Opening
    state: str
    words: list[Word]
    read_at: datetime | None
    needs: int
    box: Box | None

    @property
    def names(self) -> dict[uuid.UUID, str]:
        """The organisations of those who gave their word."""
        return {o.id: o.name for o in organisations([w.organisation_id for w in self.words])}

    @property
    def asked(self) -> sealing.Asked:
        o = self.opening
        return sealing.Asked(str(o.id), o.key, o.who, o.reason, o.made_at, o.until)


def _requests(*where: Any) -> list[Request]:
    rows = db.session.execute(
        sa.select(Opening, Circle.needs, Reading.at, Box, Word, _seats()).join(Circle, Circle.id == Opening.circle_id)
        .outerjoin(Reading, Reading.opening_id == Opening.id).outerjoin(Word, Word.opening_id == Opening.id)
        .outerjoin(Box, sa.and_(Box.id == Opening.box_id, Box.circle_id == Opening.circle_id))
        .where(*where).order_by(Opening.made_at.desc(), Opening.id, Word.at)).all()
    found = []
    for opening in dict.fromkeys(row[0] for row in rows):
        its = [row for row in rows if row[0] is opening]
        _, needs, read_at, box, _word, seats = its[0]
        words = [row[4] for row in its if row[4]]
        state = rules.state_of(opening, words, read_at, needs=needs, seats=seats, now=clock.now(),
                               box_there=opening.kind == "reshare" or box is not None)
        found.append(Request(opening, state, words, read_at, needs, box))
    return found


def _seats() -> Any:
    """How many could release: every seat but the asking organisation's own."""
    return sa.select(sa.func.count()).where(
        Seat.circle_id == Opening.circle_id, Seat.organisation_id != Opening.organisation_id).scalar_subquery()


def requests(consultation: uuid.UUID) -> list[Request]:
    """The requests of a consultation, newest first (one statement)."""
    return _requests(Opening.consultation_id == consultation)


def request(id: uuid.UUID) -> Request:
    found = _requests(Opening.id == id)
    return there(found[0] if found else None)


def boxes(consultation: uuid.UUID, after: str = "") -> tuple[list[Box], str]:
    """A page of the outsides of what lies with the keyholders, and behind which of them the next one begins.

    In no order that tells who came when.
    """
    found = list(db.session.scalars(sa.select(Box).where(Box.consultation_id == consultation, behind(Box, after))
                                    .order_by(Box.shuffle, Box.id).limit(BOXES + 1)))
    return found[:BOXES], place(found[BOXES - 1]) if len(found) > BOXES else ""


def box(id: uuid.UUID) -> Box:
    return there(db.session.get(Box, id))


def my_seat(by: Viewer, opening: Opening) -> Keyholder | None:
    """The key with which this person answers a request; None where she has no seat."""
    return db.session.scalars(sa.select(Keyholder).join(Seat, Seat.keyholder_id == Keyholder.id).where(
        Seat.circle_id == opening.circle_id, Keyholder.id.in_(by.of("keeping")))).first() if by.of("keeping") else None


def may_say(by: Viewer, asked: Request) -> Keyholder | None:
    """The key with which this person still has to give her word; None where she has not to, or has done so."""
    holder = my_seat(by, asked.opening) if asked.state in ("waiting", "ready", "refused") else None
    if holder is None or holder.organisation_id == asked.opening.organisation_id:
        return None
    return None if holder.id in [word.keyholder_id for word in asked.words] else holder


def shares(opening: Opening, holder: Keyholder) -> list[tuple[str, bytes]]:
    """A keyholder's own sealed shares for a request, as (box, share); none once it has ended."""
    found = sa.func.vault.share_of(opening.id, holder.id, now()).table_valued(
        "box_id", sa.column("sealed", sa.LargeBinary))
    return [(str(id), bytes(sealed)) for id, sealed in db.session.execute(sa.select(found))]


def taken(asked: Request) -> str:
    """The text for the requester's offline tool, for a little while after she has read it; else nothing."""
    o = asked.opening
    if not asked.read_at or (o.kind == "open" and not rules.still_shown(asked.read_at, MINUTES_TO_COPY, clock.now())):
        return ""
    given = sa.func.vault.released_to(o.id, now()).table_valued("released")
    released = list(db.session.scalars(sa.select(given.c.released)))
    table = sa.func.vault.taken(o.id, now()).table_valued(
        "box_id", "schema_version", "consent", sa.column("ciphertext", sa.LargeBinary))
    rows = db.session.execute(sa.select(table)).all()
    if not rows:
        return ""
    if o.kind == "reshare":
        ring = next_ring(o)
        return sealing.reshare_order(asked.asked, records=[str(row.box_id) for row in rows], needs=ring.circle.needs,
                                     keys=ring.keys, released=released)
    row = rows[0]
    return sealing.record_text(asked.asked, record=str(row.box_id), consent=str(row.consent), schema=row.schema_version,
                               needs=asked.needs, ciphertext=bytes(row.ciphertext), released=released)


def covered(opening: Opening) -> list[str]:
    """The boxes that still wait for new shares."""
    return [str(id) for id in db.session.scalars(sa.select(Box.id).where(Box.circle_id == opening.circle_id)
                                                 .order_by(Box.id))]


def next_ring(opening: Opening) -> Ring:
    """The circle for which new shares are made."""
    return there(rings(opening.consultation_id).get("coming"))
