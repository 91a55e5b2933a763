"""Accounts: sign in and out, choose a password, say how one is called and reads."""

import hmac
import secrets as randomness
import uuid
from typing import Any

import sqlalchemy as sa
from flask import g, session

from polyphony.kernel import access, audit, jobs, providers, secrets, sums, viewer
from polyphony.kernel.access import SignInNeeded
from polyphony.kernel.database import db
from polyphony.kernel.edge import aside
from polyphony.kernel.refusals import Refusal
from polyphony.kernel.viewer import Viewer
from polyphony.people import rules
from polyphony.people.models import Credential, Person, Session

SALT_BYTES = 16


def call(sql: str, kinds: dict[str, Any] | None = None) -> sa.TextClause:
    """A function of the database with its named values: bytes, unless `kinds` says otherwise."""
    kinds = kinds or {}
    names = [name.strip(":,)") for name in sql.split("(", 1)[1].split()]
    return sa.text(f"SELECT {sql}").bindparams(
        *(sa.bindparam(name, type_=kinds.get(name, sa.LargeBinary())) for name in names))


_SALT = call("people.salt_for(:hash)")
_WAIT = call("people.wait_to_try(:hash)")
_MISSED = call("people.missed(:hash)")
_FORGET = call("people.forget_attempts(:hash, :derived)")
_START = call("people.start_session(:hash, :derived, :token)")
_END = call("people.end_session(:secret)")
_ASK = call("people.ask_reset(:hash, :id, :token)", {"id": sa.Uuid()})
_TAKE = call("people.take_reset(:token, :salt, :derived)")
_KEEP = call("people.keep_session(:secret, :fresh)")
_RENEW = call("people.renew_secret(:secret, :fresh)")
_GOOD = call("people.reset_is_good(:token)")


def run(statement: sa.TextClause, **values: Any) -> Any:
    return db.session.execute(statement, values).scalar()


def new_secret(password: str) -> tuple[bytes, bytes]:
    """A fresh salt and the slow key of a password that is good; raises TooShort, TooCommon."""
    rules.ensure_good_password(password)
    salt = randomness.token_bytes(SALT_BYTES)
    return salt, secrets.derive_password(password, salt)


def sign_in(*, address: str, password: str) -> Viewer:
    """Open a session for whoever knows the password; the same work and words for an unknown address.

    Raises WrongSignIn, TooManyAttempts when this address has to wait, and what `ensure_right_way_in` raises.
    """
    hashed = secrets.address_hash(address)
    _ensure_may_try(hashed)
    derived = secrets.derive_password(password, run(_SALT, hash=hashed))
    if not begin_session(hashed, derived):
        raise rules.WrongSignIn()
    _forget_attempts(hashed, derived)
    return ensure_right_way_in()


def was_missed(address: str) -> bool:
    """Whether the next try for this address has to be earned: several were wrong, or many try everywhere."""
    return bool(sums.steps()) or run(_MISSED, hash=secrets.address_hash(address)) >= rules.MISSED


def begin_session(hashed: bytes, derived: bytes) -> bool:
    """Start a session from an address hash and the password's slow key; this browser carries its secret."""
    fresh = secrets.token()
    if not run(_START, hash=hashed, derived=derived, token=secrets.digest(fresh)):
        return False
    end_earlier()
    carry(fresh)
    return True


def earlier() -> bytes:
    """The secret of the session that this browser carries, for whoever puts another in its place.

    Not that of a return phrase: both in one transaction would tie the phrase to the account. It ends by itself.
    """
    return b"" if viewer.current().is_phrase else secrets.bytes_of(session.get("key", ""))


def end_earlier() -> None:
    """Whoever signs in anew has one session in this browser, not two."""
    if secret := earlier():
        run(_END, secret=secret)


def carry(fresh: bytes) -> None:
    """This browser carries a session's fresh secret; of forms made before it only the one that waited is taken."""
    session.pop("csrf_token", None)
    session["key"] = secrets.text_of(fresh)
    viewer.open_viewer(fresh, g.get("viewer_links"))


def keep_session() -> None:
    """This session outlives a change of seats, under a new secret if they were her own; every other of hers ends by it.

    The viewer is computed anew.
    """
    db.session.flush()
    if not _go_on(_KEEP):
        viewer.refresh()


def renew_secret() -> None:
    """This browser's session goes on under a new secret: a copy of the one before is worth nothing any more."""
    _go_on(_RENEW)


def _go_on(statement: sa.TextClause) -> bool:
    fresh = secrets.token()
    found = bool(run(statement, secret=secrets.bytes_of(session.get("key", "")), fresh=secrets.digest(fresh)))
    if found:
        carry(fresh)
    return found


def ensure_right_way_in() -> Viewer:
    """Ask the other rooms whether she may come in this way; whoever starts a session asks it last.

    Raises their refusal, and nobody is signed in then: neither in the browser nor for the page that says so.
    """
    try:
        providers.ask("signed_in", viewer.current())
    except Refusal:
        session.pop("key", None)
        viewer.open_viewer(None, g.get("viewer_links"))
        raise
    return viewer.current()


def _ensure_may_try(hashed: bytes) -> None:
    """Count this attempt, whatever becomes of the request; who knew the password takes it back.

    Raises TooManyAttempts.
    """
    with aside() as other:
        seconds = other.execute(_WAIT, {"hash": hashed}).scalar_one()
    rules.ensure_may_try(seconds)


def _forget_attempts(hashed: bytes, derived: bytes) -> None:
    """Aside as they were counted: this request's own picture of the database does not hold them."""
    with aside() as other:
        other.execute(_FORGET, {"hash": hashed, "derived": derived})


def sign_out() -> None:
    """End this browser's session, of an account or of a return phrase."""
    key = session.get("key")
    if key:
        run(_END, secret=secrets.bytes_of(key))
    session.clear()


def end_aside() -> None:
    """End this browser's session in a transaction of its own, for whoever must leave at once."""
    key = session.get("key")
    session.clear()
    if key:
        with aside() as other:
            other.execute(_END, {"secret": secrets.bytes_of(key)})


def sign_out_everywhere(by: Viewer) -> None:
    """End every session of this account, on every machine."""
    access.require(by.is_signed_in, SignInNeeded())
    db.session.execute(sa.delete(Session).where(Session.person_id == by.person))
    audit.record("person.signed_out_everywhere", by.person)
    session.clear()


def myself(by: Viewer) -> Person:
    """The account of whoever is looking."""
    access.require(by.is_signed_in, SignInNeeded())
    return access.there(db.session.get(Person, by.person))


def change_account(by: Viewer, *, name: str, language: str, time_zone: str, mail_opt_in: bool) -> Person:
    """Say how one is called, in which language and time zone one reads, and whether mail may come."""
    person = myself(by)
    person.name, person.language, person.time_zone, person.mail_opt_in = name, language, time_zone, mail_opt_in
    audit.record("person.changed", person.id)
    return person


def present_password(by: Viewer, typed: str) -> bytes:
    """The slow key of her present password, when this is it. Raises WrongPassword, TooManyAttempts."""
    access.require(by.is_signed_in, SignInNeeded())
    kept = access.there(db.session.get(Credential, by.person))
    _ensure_may_try(kept.address_hash)
    derived = secrets.derive_password(typed, kept.salt)
    if not hmac.compare_digest(secrets.digest(derived), kept.verifier):
        raise rules.WrongPassword()
    _forget_attempts(kept.address_hash, derived)
    return derived


def change_password(by: Viewer, *, present: str, password: str) -> None:
    """Choose another password while signed in; every other session ends, and this one gets a new secret.

    Raises WrongPassword, TooManyAttempts, TooShort, TooCommon.
    """
    present_password(by, present)
    kept = access.there(db.session.get(Credential, by.person))
    kept.salt, derived = new_secret(password)
    kept.verifier = secrets.digest(derived)
    here = secrets.digest(secrets.bytes_of(session.get("key", "")))
    db.session.execute(sa.delete(Session).where(Session.person_id == by.person, Session.token_hash != here))
    renew_secret()
    audit.record("person.password_changed", by.person)


def ask_reset(*, address: str) -> None:
    """Ask for a link to choose a new password; known and unknown addresses look alike from here."""
    reset = uuid.uuid4()
    token = secrets.link_token("reset", reset)
    run(_ASK, hash=secrets.address_hash(address), id=reset, token=secrets.digest(token))
    jobs.defer("people.mail_reset", id=reset)


def reset_is_good(token: str) -> bool:
    """Whether this link still lets somebody choose a password."""
    return bool(run(_GOOD, token=secrets.bytes_of(token)))


def choose_password(*, token: str, password: str) -> None:
    """Choose a new password with a mailed link and come in with it; all other sessions of the account end.

    No attempt is counted: whoever guesses without pause keeps nobody out who has the link. Raises LinkGone.
    """
    salt, derived = new_secret(password)
    hashed = run(_TAKE, token=secrets.bytes_of(token), salt=salt, derived=derived)
    if not hashed:
        raise rules.LinkGone()
    audit.record("person.password_reset", anonymous=True)
    if begin_session(hashed, derived):
        fresh = earlier()
        try:
            ensure_right_way_in()
        except Refusal:  # her company asks for its own sign-in: the password is changed, and opens nothing
            run(_END, secret=fresh)
