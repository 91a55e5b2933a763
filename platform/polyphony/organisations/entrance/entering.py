"""Coming in by a company's own sign-in: begun here, vouched for there, opened by the database alone."""

import hmac
import time
import uuid
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import sqlalchemy as sa
from flask import current_app, g, session

from polyphony.kernel import access, audit, clock, edge, secrets, viewer
from polyphony.kernel.access import SignInNeeded
from polyphony.kernel.database import db
from polyphony.kernel.locale import _, language
from polyphony.kernel.providers import Waits, provide
from polyphony.kernel.refusals import Refusal
from polyphony.kernel.viewer import Viewer
from polyphony.organisations import joining
from polyphony.organisations.entrance import flow, rules, service
from polyphony.organisations.entrance.models import Entrance
from polyphony.organisations.models import Membership, Organisation
from polyphony.people import service as people
from polyphony.people.models import CompanyLink

if TYPE_CHECKING:
    from polyphony.organisations.entrance import openid

BACK = "/sign-in/back"  # what an administrator registers with the provider; without a language, so it never changes
_KINDS: dict[str, Any] = {**dict.fromkeys(("derived", "token", "before", "secret"), sa.LargeBinary()),
                          "organisation": sa.Uuid()}


def _call(sql: str, *names: str) -> sa.TextClause:
    return sa.text(f"SELECT {sql}").bindparams(*(sa.bindparam(name, type_=_KINDS[name]) for name in names))


_LINK = _call("people.link_company(:organisation, :derived, :today, :secret)", "organisation", "derived", "secret")
_OWN_WAY = _call("organisations.own_way(:secret)", "secret")
_ENTER = _call("people.enter_by_company(:derived, :second, :anew, :token, :before)", "derived", "token", "before")


@dataclass(frozen=True)
class Counts:
    """For what a sign-in at the provider counts here: as a second factor, and as a fresh proof of who she is."""

    second: bool
    anew: bool


def _openid() -> Any:
    """What speaks with providers, loaded when somebody first comes by one: it is heavy, and many places need none."""
    from polyphony.organisations.entrance import openid

    return openid


def client(door: service.Door) -> "openid.Client":
    """What the provider of this company knows us by."""
    return _openid().Client(door.issuer, door.client_id, secrets.open_address(door.sealed, door.organisation_id),
                            back(), door.acr if door.is_second else "")


def back() -> str:
    """The address to which providers send people back."""
    return str(current_app.extensions["settings"].base_url) + BACK


def derive(organisation_id: uuid.UUID, issuer: str, subject: str) -> bytes:
    """32 bytes that stand for one subject of one issuer at one company; they rest nowhere.

    Made with a key outside the database, as a password's are made with what only she knows: a dump of the links opens
    nothing and names nobody at her company, and an injected statement cannot make them.
    """
    said = b"".join(len(part).to_bytes(4, "big") + part for part in (
        b"polyphony company sign-in", organisation_id.bytes, issuer.encode(), subject.encode()))
    return hmac.digest(current_app.extensions["settings"].address_hash_key, said, "sha256")


def begin(by: Viewer, *, organisation_id: uuid.UUID, purpose: str, invitation: str = "", wanted: str = "") -> str:
    """Where to send somebody to sign in at her company. Raises SignInNeeded, ForSomebodyElse, ProviderAway."""
    found = service.door(organisation_id)
    if purpose in ("link", "try", "proof") and not by.is_signed_in:
        raise SignInNeeded()
    if purpose == "try":
        service.settings(by, organisation_id)
    if purpose == "invitation" and by.is_signed_in:
        raise rules.ForSomebodyElse()
    begun = _apart(_openid().begin, client(found), anew=purpose == "proof")
    flow.keep(flow.Flow(str(organisation_id), purpose, language(), begun.state, begun.nonce, begun.verifier,
                        int(time.time()), invitation, wanted))
    return begun.address


def told(here: flow.Flow, *, code: str, issuer: str | None) -> tuple[service.Door, "openid.Told"]:
    """Which door she came to, and whom the provider vouches for; the attempt is over, whatever comes of it.

    Raises ProviderAway, Untrusted.
    """
    if "company_told" not in g:  # who comes second begins again, but a code is redeemed once
        found = service.door(here.organisation_id)
        flow.forget()
        g.company_told = found, _apart(_openid().finish, client(found), code=code, nonce=here.nonce,
                                       verifier=here.verifier, said_issuer=issuer)
    kept: tuple[service.Door, openid.Told] = g.company_told
    return kept


def _apart(asked: Any, *args: Any, **kw: Any) -> Any:
    """Ask somebody else's house while no connection to our database waits for it."""
    db.session.rollback()
    try:
        return asked(*args, **kw)
    finally:
        edge.begin()


def finish(here: flow.Flow, door: service.Door, said: "openid.Told", **typed: Any) -> None:
    """Do what this attempt was begun for.

    Raises NotAnew, NotLinked, ActsElsewhere, LinkedToAnother, AlreadyLinked, and what accepting an invitation raises.
    """
    derived = derive(door.organisation_id, door.issuer, said.subject)
    counts = Counts(rules.counts_as_second(is_second=door.is_second, wanted_acr=door.acr, said_acr=said.acr),
                    rules.is_anew(signed_in_at=said.signed_in_at, begun=here.begun, now=time.time()))
    if here.purpose == "try":
        service.note_trial(viewer.current(), door)
    elif here.purpose == "link":
        _link(door.organisation_id, derived)
    elif here.purpose == "invitation":
        _accept(here, derived, counts, **typed)
    else:
        rules.ensure_anew(counts.anew or here.purpose != "proof")
        _enter(derived, counts)


def _accept(here: flow.Flow, derived: bytes, counts: Counts, **typed: Any) -> None:
    """A new account whose password nobody knows, linked at once, and opened through the company."""
    nobody_knows = secrets.text_of(secrets.token())
    try:
        joining.accept(viewer.current(), token=here.invitation, password=nobody_knows, **typed)
        _link(here.organisation_id, derived)
        _enter(derived, counts)
    except Refusal:
        leave_again()
        raise


def _link(organisation_id: uuid.UUID, derived: bytes) -> None:
    said = db.session.execute(_LINK, {"organisation": organisation_id, "derived": derived, "today": clock.today(),
                                      "secret": secrets.bytes_of(session.get("key", ""))}).scalar_one()
    rules.what_the_database_said(said)
    audit.record("person.company_linked", viewer.current().person, about=organisation_id)


def _enter(derived: bytes, counts: Counts) -> None:
    """Open a session in the place of this browser's present one; the page she is sent to looks with its eyes."""
    fresh = secrets.token()
    said = db.session.execute(_ENTER, {
        "derived": derived, "second": counts.second, "anew": counts.anew, "token": secrets.digest(fresh),
        "before": people.earlier()}).scalar_one()
    rules.what_the_database_said(said)
    session.pop("csrf_token", None)
    session["key"] = secrets.text_of(fresh)


def leave_again() -> None:
    """Nobody is signed in after all: neither in the browser nor for the page that says so."""
    session.pop("key", None)
    viewer.open_viewer(None, g.get("viewer_links"))


def links(by: Viewer) -> list[tuple[Organisation, Entrance, CompanyLink | None]]:
    """The companies with a sign-in of their own for which this person acts, and whether her account is linked."""
    access.require(by.is_signed_in, SignInNeeded())
    mine = sa.select(Membership.organisation_id).where(Membership.person_id == by.person)
    rows = db.session.execute(
        sa.select(Organisation, Entrance, CompanyLink).join(Entrance, Entrance.organisation_id == Organisation.id)
        .outerjoin(CompanyLink, sa.and_(CompanyLink.organisation_id == Organisation.id,
                                        CompanyLink.person_id == by.person))
        .where(Organisation.id.in_(mine)).order_by(Organisation.name, Organisation.id))
    return [(row[0], row[1], row[2]) for row in rows]


def unlink(by: Viewer, *, organisation_id: uuid.UUID) -> None:
    """Take one's own link away; sessions that the company's sign-in opened end with it."""
    access.require(by.is_signed_in, SignInNeeded())
    db.session.delete(access.there(db.session.scalars(sa.select(CompanyLink).where(
        CompanyLink.person_id == by.person, CompanyLink.organisation_id == organisation_id)).first()))
    audit.record("person.company_unlinked", by.person, about=organisation_id)


@provide("signed_in")
def ensure_right_way_in(by: Viewer) -> None:
    """Somebody linked with a company that requires its own sign-in does not come in by her password.

    Before she is linked she may, to link her account: until then her seats there count for nothing.
    Raises UseCompanySignIn.
    """
    company = db.session.execute(_OWN_WAY, {"secret": secrets.bytes_of(session.get("key", ""))}).scalar()
    if company:
        raise rules.UseCompanySignIn(company=company)


@provide("waits")
def _waits(by: Viewer) -> list[Waits]:
    from flask import url_for

    return [Waits(_("Your company asks you to use its own sign-in. Link your account to act for it."),
                  url_for("entrance.account"))] if by.of("barred") else []
