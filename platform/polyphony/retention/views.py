"""What we keep and how long; what is held about me, to take away or to erase; holds."""

import uuid
from typing import Any

from flask import Blueprint, Response, g, url_for

from polyphony.kernel import clock, viewer
from polyphony.kernel.access import Rule, access, anyone, author, steward
from polyphony.kernel.forms import answer
from polyphony.kernel.locale import lazy
from polyphony.kernel.pages import nav, page
from polyphony.retention import forms, holding, service, taking, words

blueprint = Blueprint("retention", __name__, url_prefix="/<lang>")
BLUEPRINTS = [blueprint]
watcher = Rule("steward or auditor", lambda v: v.is_steward or v.is_auditor,
               lazy("Stewards and auditors can see this."))
CALLED: dict[str, Any] = {"column": words.column, "ends": words.ENDS}


@blueprint.get("/kept")
@access(anyone)
def kept() -> Response:
    groups = [(words.WHOSE[kind], service.kept_of(kind)) for kind in ("phrase", "account", "organisation")]
    return page("retention/kept.html", groups=groups, ends=words.ENDS)


@blueprint.get("/my-data")
@access(author)
def mine() -> Response:
    g.no_store = True
    by = viewer.current()
    return page("retention/mine.html", found=service.mine(by), holds=holding.about_me(by), day=clock.day, by=by,
                most=service.SHOWN, long=service.LONG, waits=service.erasure_waits(by), **CALLED)


@blueprint.get("/my-data/file")
@access(author, fresh=True)
def download() -> Response:
    """Nothing in its name says what it is or whose."""
    g.sandboxed = g.no_store = True
    body = taking.packed(service.mine(viewer.current(), most=None))
    return Response(body, content_type="application/zip",
                    headers={"Content-Disposition": f'attachment; filename="{clock.today().isoformat()}.zip"'})


def _erasing(form: Any = None) -> Response:
    g.no_store = True
    by = viewer.current()
    return page("retention/erase.html", found=service.mine(by, most=0), holds=holding.about_me(by), day=clock.day,
                by=by, alone=service.alone_in(by), last=service.is_last_steward(by),
                form=form or forms.Erase(formdata=None), **CALLED)


@blueprint.get("/my-data/erasure")
@access(author, fresh=True)
def erase() -> Response:
    return _erasing()


@blueprint.post("/my-data/erasure")
@access(anyone, fresh=True)
def erased_now() -> Any:
    """For anyone: a second click comes when she is signed out already, and lands where the first one did."""
    return answer(forms.Erase(), lambda sure: service.ask_erasure(viewer.current()),
                  then=lambda _: url_for("retention.erased"), again=_erasing)


@blueprint.get("/erased")
@access(anyone)
def erased() -> Response:
    g.no_store = g.leave_fast = True
    return page("retention/erased.html")


@blueprint.get("/holds")
@access(watcher)
def holds() -> Response:
    return page("retention/holds.html", holds=holding.listed(), day=clock.day, words=words, by=viewer.current())


def _propose(form: Any) -> Response:
    return page("retention/propose.html", form=form)


@blueprint.get("/holds/new")
@access(steward, fresh=True)
def propose() -> Response:
    return _propose(forms.Propose(formdata=None))


@blueprint.post("/holds/new")
@access(steward, fresh=True)
def proposed() -> Any:
    form = forms.Propose()
    return answer(form, lambda **typed: holding.propose(viewer.current(), **typed),
                  then=lambda made: url_for("retention.hold", id=made.id), again=lambda: _propose(form))


def _hold(id: uuid.UUID, confirm: Any = None, release: Any = None) -> Response:
    return page("retention/hold.html", known=holding.one(id), by=viewer.current(), day=clock.day, words=words,
                confirm=confirm or forms.Confirm(formdata=None), release=release or forms.Release(formdata=None))


@blueprint.get("/holds/<uuid:id>")
@access(watcher)
def hold(id: uuid.UUID) -> Response:
    return _hold(id)


@blueprint.post("/holds/<uuid:id>/confirmation")
@access(steward, fresh=True)
def confirm(id: uuid.UUID) -> Any:
    form, known = forms.Confirm(), holding.one(id)
    return answer(form, lambda about: holding.confirm(viewer.current(), known=known, about=about),
                  then=lambda _: url_for("retention.hold", id=id), again=lambda: _hold(id, confirm=form))


@blueprint.post("/holds/<uuid:id>/release")
@access(steward, fresh=True)
def release(id: uuid.UUID) -> Any:
    form, known = forms.Release(), holding.one(id)
    return answer(form, lambda words: holding.release(viewer.current(), known=known, words=words),
                  then=lambda _: url_for("retention.hold", id=id), again=lambda: _hold(id, release=form))


nav("retention.holds", lazy("Holds"), lambda by: by.is_steward or by.is_auditor)
