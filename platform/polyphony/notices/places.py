"""Addresses of pages in other rooms, asked for by name; None while there is no such page."""

import uuid

from flask import current_app, url_for

from polyphony.notices import service, words


def place(endpoint: str, id: uuid.UUID | None = None) -> str | None:
    """The address of `endpoint` for one consultation, whatever that room calls its id."""
    if endpoint not in current_app.view_functions:
        return None
    rule = next(current_app.url_map.iter_rules(endpoint))
    wanted = [name for name in rule.arguments if name != "lang"]
    if wanted and id is None:
        return None
    return url_for(endpoint, **dict.fromkeys(wanted[:1], id)) if len(wanted) < 2 else None


def place_of(note: service.Told) -> str | None:
    """Where this notice leads: the page of its kind when it is there, else the consultation."""
    if note.kind in words.ONE and note.subject_id:
        return place("inputs.mine", note.subject_id)
    if note.subject_id and note.kind in words.BY_SUBJECT:
        return place(words.BY_SUBJECT[note.kind], note.subject_id)
    for endpoint in (*words.PLACES.get(note.kind, ()), "consultations.show"):
        found = place(endpoint, note.consultation_id)
        if found:
            return found
    return None
