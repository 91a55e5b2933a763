"""The pages of the vault: what somebody leaves with the keyholders, who they are, and the ceremony."""

import hashlib
import uuid
from pathlib import Path
from typing import Any

from flask import Blueprint, Response, g, url_for

from polyphony.kernel import clock, locale, viewer
from polyphony.kernel.access import access, anyone, author, keyholder
from polyphony.kernel.forms import an_id, answer
from polyphony.kernel.locale import lazy
from polyphony.kernel.pages import nav, page
from polyphony.languages.service import translations_for, written
from polyphony.vault import desk, forms, providing, service
from polyphony.vault.keyholder import __file__ as offline_tool
from polyphony.vault.keyholder import fingerprint

blueprint = Blueprint("vault", __name__, url_prefix="/<lang>")
BLUEPRINTS = [blueprint]
TOOL = Path(offline_tool).read_bytes()  # as it was when the server started, like the program that runs


def titled(about: Any) -> Any:
    """The consultation's title for this reader."""
    tr = translations_for([about.id], locale.language())
    return written(about.title, about.source_lang, about.id, "title", tr, locale.language())


# What somebody leaves


@blueprint.get("/consultations/<uuid:id>/identity")
@access(author)
def identity(id: uuid.UUID) -> Any:
    return _identity(id)


@blueprint.post("/consultations/<uuid:id>/identity")
@access(author)
def leave(id: uuid.UUID) -> Any:
    form = forms.IdentityForm()
    return answer(form, lambda **typed: service.leave(viewer.current(), id=id, **typed),
                  then=lambda _: url_for("vault.identity", id=id), again=lambda: _identity(id, form=form))


@blueprint.post("/consultations/<uuid:id>/identity/withdrawal")
@access(author)
def withdraw(id: uuid.UUID) -> Any:
    form = forms.WithdrawForm()
    return answer(form, lambda sure: service.withdraw(viewer.current(), id=id),
                  then=lambda _: url_for("vault.identity", id=id) if desk.about(id, is_hers=True) else
                  url_for("retention.mine"), again=lambda: _identity(id, gone=form))


def _identity(id: uuid.UUID, form: Any = None, gone: Any = None) -> Any:
    g.no_store, by = True, viewer.current()
    left, told = desk.left(by, id), desk.told(by, [id])
    about, rings = desk.about(id, is_hers=bool(left or told)), desk.rings(id)
    return page("vault/identity.html", fragment="identity", id=id, about=about, title=titled(about) if about else None,
                day=clock.day, ring=rings.get("coming") or rings.get("living"), left=left, told=told,
                form=form or forms.IdentityForm(formdata=None), gone=gone or forms.WithdrawForm(formdata=None),
                takes_part=by.is_in("participating", id))


# Who keeps


@blueprint.get("/keyholders")
@access(anyone)
def keyholders() -> Any:
    return _keyholders()


@blueprint.post("/keyholders")
@access(keyholder, fresh=True)
def enrol() -> Any:
    form = _enrolling(forms.EnrolForm())
    return answer(form, lambda organisation, text: service.enrol(
        viewer.current(), organisation=an_id(organisation) or uuid.UUID(int=0), text=text),
                  then=lambda _: url_for("vault.keyholders"), again=lambda: _keyholders(form=form))


@blueprint.post("/keyholders/<uuid:id>/end")
@access(keyholder, fresh=True)
def lay_down(id: uuid.UUID) -> Any:
    form = forms.EndForm()
    return answer(form, lambda sure: service.lay_down(viewer.current(), id=id),
                  then=lambda _: url_for("vault.keyholders"), again=lambda: _keyholders(ending=form))


@blueprint.get("/keyholders/keyholder.py")
@access(anyone)
def tool() -> Response:
    """The offline tool, the same for everybody: one file that can be read before it is trusted."""
    answer = Response(TOOL, mimetype="text/x-python")
    answer.headers["Content-Disposition"] = 'attachment; filename="keyholder.py"'
    return answer


def _enrolling(form: Any) -> Any:
    return form.offer(desk.organisations(viewer.current().of("keyholding")))


def _keyholders(form: Any = None, ending: Any = None) -> Any:
    by = viewer.current()
    return page("vault/keyholders.html", fragment="keyholders", by=by, known=desk.keyholders(), day=clock.day,
                mine=desk.holding(by) if by.of("keyholding") else [], rooms=desk.rooms(by), fingerprint=fingerprint,
                form=form or (_enrolling(forms.EnrolForm(formdata=None)) if by.of("keyholding") else None),
                ending=ending or forms.EndForm(formdata=None), direction_of=locale.direction,
                tool_hash=hashlib.sha256(TOOL).hexdigest())


from polyphony.vault import views_openings  # noqa: E402

PARTS = (providing, views_openings)
nav("vault.keyholders", lazy("Keyholders"), lambda by: bool(by.of("keyholding")))
