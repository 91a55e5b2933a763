"""Second factors: an authenticator app's six digits, recovery codes on paper, and proving oneself anew.

Python looks whether a code is right; the database takes it once, and only with a proof that the key outside it made
(docs/decisions/0014). Passkeys are in `passkeys`.
"""

import hmac
import secrets as randomness
import unicodedata
import uuid
from dataclasses import dataclass
from typing import Any

import pyotp
import sqlalchemy as sa
from flask import g, session
from markupsafe import Markup

from polyphony.kernel import access, audit, clock, secrets, viewer
from polyphony.kernel.access import SignInNeeded
from polyphony.kernel.database import db
from polyphony.kernel.edge import aside
from polyphony.kernel.viewer import Viewer
from polyphony.people import rules, service
from polyphony.people.models import Factor, Recovery

ISSUER = "Polyphony"
SECONDS, SKEW = 30, 1  # a code's life, and how many lives a clock may be off (RFC 6238, 5.2)
CODES, SIGNS, LENGTH = 10, "23456789abcdefghjkmnpqrstuvwxyz", 10  # 49 bits each, no two signs alike
_IDS = {"factor": sa.Uuid(), "mark": sa.BigInteger()}
_BEHIND = sa.text("SELECT * FROM people.factors_behind(:secret)").bindparams(
    sa.bindparam("secret", type_=sa.LargeBinary()))
_PASS = service.call("people.pass_step(:secret, :factor, :proof, :mark, :fresh)", _IDS)
_PROVE = service.call("people.prove(:secret, :derived, :factor, :proof, :mark, :fresh)", _IDS)
_ADD = service.call(
    "people.add_factor(:secret, :factor, :kind, :label, :sealed, :proof, :credential, :key, :mark, :fresh)",
    {**_IDS, "kind": sa.Text(), "label": sa.Text()})
_DROP = service.call("people.drop_factor(:secret, :factor)", _IDS)
_RECOVERY = service.call("people.put_recovery(:secret, :hashes)", {"hashes": sa.ARRAY(sa.LargeBinary())})
_WAIT = service.call("people.wait_for_code(:secret)")
_FORGET = service.call("people.forget_codes(:secret, :factor, :proof)", _IDS)


@dataclass(frozen=True)
class Given:
    """A factor that was right: its id (none for a recovery code), the proof of it, and the mark it moves on to."""

    factor: uuid.UUID | None = None
    proof: bytes = b""
    mark: int = 0


def here() -> bytes:
    """The secret of this browser's session."""
    return secrets.bytes_of(session.get("key", ""))


def step() -> str:
    """Which step is open in this browser: 'code', 'enrol', or none."""
    return viewer.current().card.get("step") or ""


def behind() -> list[Any]:
    """The factors of whoever stands behind this browser's session, asked once; one empty row when she has none."""
    secret = here()
    if g.get("factors_behind", (None,))[0] != secret:
        g.factors_behind = secret, list(db.session.execute(_BEHIND, {"secret": secret}).mappings())
    return list(g.factors_behind[1])


def pass_step(*, code: str) -> Viewer:
    """Finish signing in with a code. Raises WrongCode, TooManyCodes."""
    return pass_with(_take(code))


def pass_with(given: Given) -> Viewer:
    """Finish signing in with what was right. Raises WrongCode."""
    by = _go_on(_PASS, given)
    if given.factor is None:
        audit.record("person.code_used", by.person)
    return by


def prove_with(by: Viewer, given: Given, derived: bytes | None = None) -> None:
    """Note that she has just proved who she is. Raises WrongCode."""
    _go_on(_PROVE, given, derived=derived)
    audit.record("person.proved", by.person)


def prove(by: Viewer, *, password: str, code: str = "") -> None:
    """Show once more that it is she: her password, and a code if she has a second factor.

    Raises WrongPassword, WrongCode, TooManyAttempts, TooManyCodes.
    """
    access.require(by.is_signed_in, SignInNeeded())
    derived = service.present_password(by, password)
    given = _take(code) if needs_code() else Given()
    prove_with(by, given, derived)


def sign_in(*, address: str, password: str, code: str = "") -> Viewer:
    """Both steps at once, for those who sit at a terminal; `code` as she would type it.

    Raises WrongSignIn, TooManyAttempts, WrongCode, TooManyCodes, NoFactorYet.
    """
    by = service.sign_in(address=address, password=password)
    if step() == "enrol":
        raise rules.NoFactorYet()
    return pass_step(code=code) if step() else by


def needs_code() -> bool:
    """Whether showing that it is she asks for a code as well."""
    return any(row["id"] for row in behind())


def _take(code: str) -> Given:
    """What a right code proves; the attempt is counted before it is looked at. Raises WrongCode, TooManyCodes."""
    with aside() as other:
        rules.ensure_may_try_code(other.execute(_WAIT, {"secret": here()}).scalar_one())
    given = _right(code, behind())
    if given is None:
        raise rules.WrongCode()
    with aside() as other:
        other.execute(_FORGET, {"secret": here(), "factor": given.factor, "proof": given.proof})
    return given


def _right(code: str, rows: list[Any]) -> Given | None:
    typed = tidy(code)
    if len(typed) == LENGTH and rows:
        return Given(proof=_recovery_hash(rows[0]["person_id"], typed))
    for row in rows:
        if row["kind"] == "app" and (mark := matching_step(_open(row), typed)) > row["mark"]:
            return Given(row["id"], secrets.keyed("factor", row["id"]), mark)
    return None


def tidy(code: str) -> str:
    """A code as it is compared: the digits of any script, no spaces or hyphens, small letters."""
    plain = unicodedata.normalize("NFKC", code).casefold()
    return "".join(str(unicodedata.digit(c)) if c.isdigit() else c for c in plain if c.isalnum())


def matching_step(secret: str, code: str) -> int:
    """The time step whose code this is, among now and its neighbours; -1 for none."""
    now = int(clock.now().timestamp()) // SECONDS
    app = pyotp.TOTP(secret)
    near = [each for each in range(now - SKEW, now + SKEW + 1)
            if hmac.compare_digest(app.generate_otp(each).encode(), code.encode())]
    return max(near, default=-1)


def _go_on(statement: sa.TextClause, given: Given, **more: Any) -> Viewer:
    """The session goes on under a fresh secret, once the database has taken the proof. Raises WrongCode."""
    fresh = secrets.token()
    if not service.run(statement, secret=here(), factor=given.factor, proof=given.proof, mark=given.mark,
                       fresh=secrets.digest(fresh), **more):
        raise rules.WrongCode()
    return carry(fresh)


def carry(fresh: bytes) -> Viewer:
    """This browser carries a new session secret from now on; whatever it carried before opens nothing."""
    service.carry(fresh)
    return service.ensure_right_way_in()


# An authenticator app


def fresh_secret() -> str:
    """A new secret for an app: 160 bits in base32 (RFC 4226, 4)."""
    return pyotp.random_base32()


def seal_for_form(secret: str) -> str:
    """The secret as it travels through her form, bound to her session."""
    return secrets.text_of(secrets.seal_address(secret, _form_owner()))


def open_from_form(sealed: str) -> str:
    """Raises FormTooOld when it is not what this session was given."""
    try:
        return secrets.open_address(secrets.bytes_of(sealed), _form_owner())
    except (ValueError, secrets.CryptoError):
        raise rules.FormTooOld() from None


def _form_owner() -> uuid.UUID:
    return uuid.UUID(bytes=secrets.digest(here())[:16])


def picture(secret: str, name: str) -> Markup:
    """The square that an authenticator app reads, as plain SVG elements."""
    import segno  # heavy, and needed once in a person's life

    address = pyotp.TOTP(secret).provisioning_uri(name=name, issuer_name=ISSUER)
    drawn = segno.make(address, error="m", micro=False).svg_inline(
        scale=4, border=3, dark="#000", light="#fff", svgclass="qr", lineclass=None)
    return Markup(drawn)  # noqa: S704 - drawn by us from digits and letters


def in_groups(secret: str) -> str:
    """The secret for those who type it."""
    return " ".join(secret[n:n + 4] for n in range(0, len(secret), 4))


def add_app(*, secret: str, code: str, label: str = "") -> None:
    """Keep an app as second factor, once its first code was right; every other session ends.

    Nothing is guessed here, since the page shows the secret: no attempt is counted. Raises WrongCode, NotNow.
    """
    mark = matching_step(secret, tidy(code))
    if mark < 0:
        raise rules.WrongCode()
    factor = uuid.uuid4()
    add(factor, kind="app", label=label, sealed=secrets.seal_address(secret, factor), mark=mark)


def add(factor: uuid.UUID, *, kind: str, label: str, sealed: bytes | None = None, credential: bytes | None = None,
        key: bytes | None = None, mark: int = 0) -> None:
    """Keep a factor, at the enrolment step or after a fresh proof. Raises NotNow."""
    fresh = secrets.token()
    if not service.run(_ADD, secret=here(), factor=factor, kind=kind, label=label, sealed=sealed, key=key, mark=mark,
                       proof=secrets.keyed("factor", factor), credential=credential, fresh=secrets.digest(fresh)):
        raise rules.NotNow()
    by = carry(fresh)
    audit.record("person.factor_added", by.person)


def app_row(person: uuid.UUID, secret: str) -> Factor:
    """An app as a row, for those who are put in place: the demo's people."""
    factor = uuid.uuid4()
    return Factor(id=factor, person_id=person, kind="app", label="", sealed=secrets.seal_address(secret, factor),
                  verifier=secrets.digest(secrets.keyed("factor", factor)), mark=0, added_on=clock.today())


def recovery_row(person: uuid.UUID, code: str) -> Recovery:
    """A recovery code as a row, for those who are put in place."""
    return Recovery(hash=secrets.digest(_recovery_hash(person, code)), person_id=person)


def made_codes() -> list[str]:
    """Ten fresh recovery codes, as they are compared."""
    return ["".join(randomness.choice(SIGNS) for _ in range(LENGTH)) for _ in range(CODES)]


def _open(row: Any) -> str:
    return secrets.open_address(row["sealed"], row["id"])


# What she has


def mine(by: Viewer) -> list[Factor]:
    """Her factors, in the order in which she added them."""
    return list(db.session.scalars(sa.select(Factor).where(Factor.person_id == by.person)
                                   .order_by(Factor.added_on, Factor.id)))


def codes_left(by: Viewer) -> int:
    return db.session.scalar(sa.select(sa.func.count()).select_from(Recovery)
                             .where(Recovery.person_id == by.person)) or 0


def drop(by: Viewer, *, factor_id: uuid.UUID) -> None:
    """Take a factor away; every other session ends, and this one gets a new secret. Raises LastFactor, NotNow."""
    said = service.run(_DROP, secret=here(), factor=factor_id)
    if said == "needed":
        raise rules.LastFactor()
    if said != "done":
        raise rules.NotNow()
    service.renew_secret()
    audit.record("person.factor_removed", by.person)


def new_codes(by: Viewer) -> list[str]:
    """Ten recovery codes; the ones before no longer work. Raises NotNow."""
    access.require(by.is_signed_in, SignInNeeded())
    made = made_codes()
    hashes = [_recovery_hash(by.person, each) for each in made]  # type: ignore[arg-type]
    if not service.run(_RECOVERY, secret=here(), hashes=hashes):
        raise rules.NotNow()
    audit.record("person.codes_made", by.person)
    return [f"{each[:5]}-{each[5:]}" for each in made]


def _recovery_hash(person: uuid.UUID, code: str) -> bytes:
    """Slow before it is keyed: 49 bits would not withstand whoever has the tables and the key."""
    return secrets.keyed("recovery", person, secrets.derive_password(code, person.bytes).hex())
