"""The keyholders' room of a consultation, and each request step by step. Only armoured text is exchanged."""

import uuid
from typing import Any

from flask import g, request, url_for

from polyphony.consultations.service import find
from polyphony.kernel import clock, viewer
from polyphony.kernel.access import access, facilitator, require, there, vault_room
from polyphony.kernel.forms import Form, answer
from polyphony.kernel.pages import page
from polyphony.kernel.refusals import NotThere
from polyphony.vault import desk, forms, rules, sealing, service, words
from polyphony.vault.keyholder import fingerprint
from polyphony.vault.views import blueprint, titled


@blueprint.get("/consultations/<uuid:id>/keyholders")
@access(vault_room)
def room(id: uuid.UUID) -> Any:
    return _room(id)


@blueprint.post("/consultations/<uuid:id>/keyholders")
@access(facilitator, fresh=True)
def form_circle(id: uuid.UUID) -> Any:
    form = forms.CircleForm().offer(desk.keyholders())
    return answer(form, lambda needs, keyholders: service.form_circle(
        viewer.current(), id=id, needs=needs, keyholders=keyholders or []),
                  then=lambda _: url_for("vault.room", id=id), again=lambda: _room(id, choosing=form))


@blueprint.post("/consultations/<uuid:id>/keyholders/shares")
@access(vault_room, fresh=True)
def ask_new_shares(id: uuid.UUID) -> Any:
    form = forms.ShareForm()
    return answer(form, lambda key: service.ask_new_shares(viewer.current(), id=id, key=key),
                  then=lambda o: url_for("vault.opening", id=o.id), again=lambda: _room(id, renewing=form))


def _room(id: uuid.UUID, choosing: Any = None, renewing: Any = None) -> Any:
    by, about, g.no_store = viewer.current(), find(id), True
    leads = by.is_in("facilitated", id)
    require(leads or by.is_in("kept", id), NotThere())
    rings, known = desk.around(id)
    boxes, after = desk.boxes(id, request.args.get("after", ""))
    further = url_for("vault.room", id=id, after=after) if after else ""
    if leads and choosing is None:
        choosing = forms.CircleForm(formdata=None, data={"needs": 2}).offer(known)
    return page("vault/room.html", fragment="room", about=about, title=titled(about), rings=rings,
                boxes=boxes, further=further, requests=desk.requests(id), choosing=choosing,
                states=words.STATES, marks=words.MARKS, day=clock.day,
                renewing=renewing or forms.ShareForm(formdata=None))


@blueprint.get("/boxes/<uuid:id>/opening")
@access(vault_room, fresh=True)
def ask(id: uuid.UUID) -> Any:
    return _ask(desk.box(id), forms.AskForm(formdata=None))


@blueprint.post("/boxes/<uuid:id>/opening")
@access(vault_room, fresh=True)
def take_ask(id: uuid.UUID) -> Any:
    form, box = forms.AskForm(), desk.box(id)
    return answer(form, lambda **typed: service.ask(viewer.current(), box=box, **typed),
                  then=lambda o: url_for("vault.opening", id=o.id), again=lambda: _ask(box, form))


def _ask(box: Any, form: Any) -> Any:
    about = find(box.consultation_id)
    return page("vault/ask.html", fragment="ask", box=box, about=about, title=titled(about), form=form)


@blueprint.get("/openings/<uuid:id>")
@access(vault_room, fresh=True)
def opening(id: uuid.UUID) -> Any:
    return _opening(id)


@blueprint.post("/openings/<uuid:id>/word")
@access(vault_room, fresh=True)
def say(id: uuid.UUID) -> Any:
    form, by, asked = forms.WordForm(), viewer.current(), desk.request(id)
    holder = there(desk.my_seat(by, asked.opening))
    return answer(form, lambda says, text, words: service.say(
        by, asked=asked, holder=holder, says=says, text=text or "", words=words or ""),
                  then=lambda _: url_for("vault.opening", id=id), again=lambda: _opening(id, saying=form))


@blueprint.post("/openings/<uuid:id>/reading")
@access(vault_room, fresh=True)
def take(id: uuid.UUID) -> Any:
    form = Form()
    return answer(form, lambda: service.take(viewer.current(), asked=desk.request(id)),
                  then=lambda _: url_for("vault.opening", id=id), again=lambda: _opening(id, taking=form))


@blueprint.post("/openings/<uuid:id>/shares")
@access(vault_room, fresh=True)
def renew(id: uuid.UUID) -> Any:
    form, asked = forms.NewSharesForm(), desk.request(id)
    return answer(form, lambda text: service.renew(viewer.current(), asked=asked, text=text),
                  then=lambda _: url_for("vault.room", id=asked.opening.consultation_id),
                  again=lambda: _opening(id, renewing=form))


def _opening(id: uuid.UUID, **open_forms: Any) -> Any:
    g.no_store, by, asked = True, viewer.current(), desk.request(id)
    is_mine = asked.opening.person_id == by.person
    holder = None if is_mine else desk.may_say(by, asked)
    text = desk.taken(asked) if is_mine else ""
    if holder:
        text = sealing.share_request(asked.asked, key=holder.key, shares=desk.shares(asked.opening, holder))
    fresh = {"saying": forms.WordForm, "taking": Form, "renewing": forms.NewSharesForm}
    return page("vault/opening.html", fragment="opening", is_mine=is_mine, may_say=holder is not None, text=text,
                **{name: open_forms.get(name) or kind(formdata=None) for name, kind in fresh.items()}, **_told(asked))


def _told(asked: desk.Request) -> dict[str, Any]:
    o, zone = asked.opening, viewer.current().time_zone
    return {"asked": asked, "o": o, "state": words.STATES[asked.state], "mark": words.MARKS[asked.state],
            "says": words.SAYS, "steps": words.steps(asked), "fingerprint": fingerprint(o.key), "names": asked.names,
            "moment": lambda at: clock.moment(at, zone), "day": clock.day, "delayed": rules.is_delayed(o)}
