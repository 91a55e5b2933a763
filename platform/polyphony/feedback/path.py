"""The path of a theme as a score: said, read, gathered, answered by each, done, and seen from the ground."""

from typing import Any

from polyphony.feedback.service import Board, Said, ThemeShown
from polyphony.feedback.stories import bar, drawn, late_words
from polyphony.feedback.words import VIEWS
from polyphony.kernel import clock
from polyphony.kernel.locale import _
from polyphony.kernel.score import Note, Score, Voice


def path(board: Board, theme: ThemeShown, said: list[Said]) -> Score | None:
    """The score of one theme for this viewer; her own words alone where she is an author."""
    mine = [each for each in said if each.is_mine] or said
    voices = [_heard(mine)] if mine else []
    if theme.row.made_on:
        voices.append(Voice(_("Facilitator"), [Note(theme.row.made_on, _("placed in a theme"), "theme")]))
    for cell in theme.cells:
        voices += _company(board, cell)
    kept = [voice for voice in voices if voice.notes]
    if not kept:
        return None
    return drawn(kept, bar(theme.row.published_on, board.consultation.promised_on))


def _heard(mine: list[Said]) -> Voice:
    first = min(mine, key=lambda each: each.said_on)
    notes = [Note(first.said_on, _("said"), "said")]
    if first.read_on:
        notes.append(Note(first.read_on, _("read by the facilitator"), "read"))
    return Voice(_("Your words") if first.is_mine else _("Those who spoke"), notes)


def _company(board: Board, cell: Any) -> list[Voice]:
    if cell.is_owed:
        day = max(clock.today(), board.consultation.promised_on or clock.today())
        return [Voice(cell.company, [Note(day, _("owes an answer"), "owed")])]
    if not cell.current:
        return []
    notes = [Note(a.row.published_on or a.row.signed_on, late_words(str(a.label), a.row.late_days),
                  "late" if a.row.late_days else "answer", a.row.decision) for a in [*cell.earlier[::-1], cell.current]]
    ground = []
    for measure in cell.measures:
        if measure.row.status_on:
            notes.append(Note(measure.row.status_on, str(measure.status), "measure"))
        if measure.round and measure.has_views:
            top = [code for code, _label, count in measure.counts if count is not None]
            words = str(VIEWS[top[0]]) if len(top) == 1 else _("views from the ground")
            ground.append(Note(measure.round.until, words, "ground"))
    return [Voice(cell.company, notes), *([Voice(_("From the ground"), ground, cell.company)] if ground else [])]
