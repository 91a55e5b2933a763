"""The path of an author's own inputs as scores: said, read, and what became of each, with the days between."""

import uuid

from polyphony.consultations.models import Consultation
from polyphony.inputs.service import Mine
from polyphony.kernel import clock, providers
from polyphony.kernel.locale import _, direction, language
from polyphony.kernel.score import Note, Score, Voice, score

Paths = dict[uuid.UUID, dict[uuid.UUID | None, Score]]


def paths(mine: list[Mine], known: dict[uuid.UUID, Consultation]) -> Paths:
    """For each input its score under each theme it went to; under None while it is in no theme yet."""
    kept = [each for each in mine if each.state != "withdrawn"]
    heard = {each.entry.id: (_voice(each), [fate.theme_id for fate in each.fate]) for each in kept}
    found: Paths = {id: {} for id in heard}
    for told in providers.ask("input_paths", heard):
        for id, scores in told.items():
            found[id].update(scores)
    for each in kept:
        if not found[each.entry.id]:
            found[each.entry.id][None] = _begun(each, known.get(each.entry.consultation_id))
    return found


def _voice(each: Mine) -> Voice:
    notes = [Note(each.entry.day, _("said"), "said")]
    if each.entry.read_on:
        notes.append(Note(each.entry.read_on, _("read by the facilitator"), "read"))
    return Voice(_("Your words"), notes)


def _begun(each: Mine, about: Consultation | None) -> Score:
    """An input that waits: how far it came, and the day by which the companies have promised to answer."""
    promised = about.promised_on if about else None
    bar = (promised, _("every company answers by")) if promised else None
    return score([_voice(each)], bar, direction=direction(language()), say_day=lambda d: str(clock.day(d).text))  # type: ignore[union-attr]
