"""Passkeys: a key on her phone or in her hand that signs a question asked once, after her finger or PIN.

Each asks for her finger or PIN itself (user verification), so it is two factors in one and signs her in alone. The
question rests in the database as a hash and is taken once; the key is bound to the address of this deployment.
"""

import json
import uuid
from typing import Any
from urllib.parse import urlsplit

import sqlalchemy as sa
import webauthn
from flask import current_app, session
from webauthn.helpers.exceptions import WebAuthnException
from webauthn.helpers.structs import (
    AuthenticatorSelectionCriteria,
    PublicKeyCredentialDescriptor,
    ResidentKeyRequirement,
    UserVerificationRequirement,
)

from polyphony.kernel import secrets, viewer
from polyphony.kernel.database import db
from polyphony.kernel.edge import aside
from polyphony.kernel.viewer import Viewer
from polyphony.people import factors, rules, service
from polyphony.people.factors import Given

# What rubbish raises in the library.
NOT_ONE = (WebAuthnException, ValueError, TypeError, LookupError, AttributeError, RecursionError)
_PUT = service.call("people.put_challenge(:given)")
_TAKE = service.call("people.take_challenge(:given)")
_START = service.call("people.start_with_passkey(:factor, :proof, :mark, :token)",
                      {"factor": sa.Uuid(), "mark": sa.BigInteger()})
_BEHIND = sa.text("SELECT * FROM people.passkey_behind(:given)").bindparams(
    sa.bindparam("given", type_=sa.LargeBinary()))


def _base() -> tuple[str, str]:
    """The host that passkeys are bound to, and the origin that they sign."""
    parts = urlsplit(current_app.extensions["settings"].base_url)
    return parts.hostname or "localhost", f"{parts.scheme}://{parts.netloc}"


def _question() -> bytes:
    """A fresh question, kept as a hash until it is answered."""
    asked = secrets.token()
    service.run(_PUT, given=asked)
    session["question"] = secrets.text_of(asked)
    return asked


def _asked() -> bytes:
    """The question this browser was asked; it is taken now, whatever becomes of the answer. Raises WrongPasskey."""
    asked = secrets.bytes_of(session.pop("question", ""))
    with aside() as other:
        if not other.execute(_TAKE, {"given": asked}).scalar_one():
            raise rules.WrongPasskey()
    return asked


def ask_for_new() -> dict[str, Any]:
    """What a browser needs to make a passkey. Raises NotNow when nobody stands behind this browser."""
    rows = factors.behind()
    if not rows:
        raise rules.NotNow()
    options = webauthn.generate_registration_options(
        rp_id=_base()[0], rp_name=factors.ISSUER, user_name=rows[0]["called"], challenge=_question(),
        user_id=secrets.keyed("passkey", rows[0]["person_id"]),
        exclude_credentials=[PublicKeyCredentialDescriptor(id=row["credential"]) for row in rows if row["credential"]],
        authenticator_selection=AuthenticatorSelectionCriteria(
            resident_key=ResidentKeyRequirement.PREFERRED, user_verification=UserVerificationRequirement.REQUIRED))
    return dict(json.loads(webauthn.options_to_json(options)))


def add(*, answer: str, label: str = "") -> None:
    """Keep a passkey as second factor; every other session ends. Raises WrongPasskey, NotNow."""
    asked, (host, origin) = _asked(), _base()
    try:
        made = webauthn.verify_registration_response(
            credential=answer, expected_challenge=asked, expected_rp_id=host, expected_origin=origin,
            require_user_verification=True)
    except NOT_ONE:
        raise rules.WrongPasskey() from None
    factors.add(uuid.uuid4(), kind="passkey", label=label, credential=made.credential_id,
                key=made.credential_public_key, mark=made.sign_count)


def ask() -> dict[str, Any]:
    """What a browser needs to sign with a passkey; the keys of whoever stands behind it, if anybody does."""
    known = [PublicKeyCredentialDescriptor(id=row["credential"]) for row in factors.behind() if row["credential"]]
    options = webauthn.generate_authentication_options(
        rp_id=_base()[0], challenge=_question(), allow_credentials=known,
        user_verification=UserVerificationRequirement.REQUIRED)
    return dict(json.loads(webauthn.options_to_json(options)))


def take(answer: str) -> None:
    """Use a passkey: to finish signing in, to show again that it is she, or to sign in with it alone.

    Raises WrongPasskey.
    """
    given, by = _signed(answer), viewer.current()
    try:
        if factors.step() == "code":
            factors.pass_with(given)
        elif by.is_signed_in:
            factors.prove_with(by, given)
        else:
            _start(given)
    except rules.WrongCode:
        raise rules.WrongPasskey() from None


def _start(given: Given) -> Viewer:
    fresh = secrets.token()
    if not service.run(_START, factor=given.factor, proof=given.proof, mark=given.mark, token=secrets.digest(fresh)):
        raise rules.WrongPasskey()
    service.end_earlier()
    return factors.carry(fresh)


def _signed(answer: str) -> Given:
    """The factor whose key signed our question. Raises WrongPasskey."""
    asked, (host, origin) = _asked(), _base()
    try:
        credential = webauthn.base64url_to_bytes(json.loads(answer)["rawId"])
        row = db.session.execute(_BEHIND, {"given": credential}).mappings().one()
        seen = webauthn.verify_authentication_response(
            credential=answer, expected_challenge=asked, expected_rp_id=host, expected_origin=origin,
            credential_public_key=row["public_key"], credential_current_sign_count=row["mark"],
            require_user_verification=True)
    except (*NOT_ONE, sa.exc.NoResultFound):
        raise rules.WrongPasskey() from None
    return Given(row["id"], secrets.keyed("factor", row["id"]), seen.new_sign_count)

