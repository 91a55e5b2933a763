"""The score of an input: the same notes in both pictures and the table, nothing on top of anything."""

from datetime import date

import pytest

from polyphony.kernel.score import Note, Voice, score
from polyphony.kernel.score_parts import LEADING, SIZE, width_of, wrap

SAID, UNDERSTOOD, TOGETHER, LATE, GROUND = (
    date(2027, 1, 27), date(2027, 1, 30), date(2027, 3, 14), date(2027, 4, 14), date(2027, 9, 10))


def story() -> list[Voice]:
    return [
        Voice("You said", [Note(SAID, "A shared phone tells the whole family", "said")]),
        Voice("Understood as", [Note(UNDERSTOOD, "Who is told when an account is flagged", "theme")]),
        Voice("Halcyon Messaging", [Note(TOGETHER, "adopted", "answer", "adopted"),
                                    Note(date(2027, 5, 20), "in version 4", "measure")]),
        Voice("Meridian Maps", [Note(TOGETHER, "declined, with reasons", "answer", "declined")]),
        Voice("Tern Social", [Note(LATE, "31 days late", "late")]),
        Voice("On the ground", [Note(GROUND, "works in part", "ground", "partly")]),
    ]


def drawn(**kw):
    return score(story(), (TOGETHER, "answered together"), **kw)


def box(text):
    wide = max((width_of(x) for x in text.lines), default=0)
    left = {"start": text.x, "end": text.x - wide, "middle": text.x - wide / 2}[text.anchor]
    return left, text.y - SIZE, left + wide, text.y + (len(text.lines) - 1) * LEADING


def overlap(a, b):
    return min(a[2], b[2]) - max(a[0], b[0]) > 2 and min(a[3], b[3]) - max(a[1], b[1]) > 2


def test_every_note_is_in_both_pictures_and_in_the_table():
    whole = drawn()
    assert len(whole.wide.marks) == len(whole.narrow.marks) == len(whole.rows) == 7
    for picture in (whole.wide, whole.narrow):
        written = " ".join(" ".join(t.lines) for t in picture.texts)
        assert all(n.words in written for v in story() for n in v.notes)


def test_days_between_are_counted_from_one_event_to_the_next():
    assert [r.since for r in drawn().rows] == [None, 3, 43, 0, 31, 36, 113]
    assert [t.days for t in drawn().wide.texts if t.days] == [3, 43, 31, 36, 113]


def test_a_late_voice_is_seen_by_colour_and_shape_and_words():
    whole = drawn()
    (late,) = [m for m in whole.wide.marks if m.warn]
    assert late.shape == "late"
    assert [r.kind for r in whole.wide.runs].count("late") == 1
    assert [t.lines for t in whole.wide.texts if t.kind == "late-words"] == [("31 days late",)]


def test_a_declining_voice_leads_nowhere_and_the_ground_takes_up_the_measure():
    whole = drawn()
    runs = [r for r in whole.wide.runs if r.kind != "slur"]
    # said→theme, theme→three companies, answer→measure, measure→ground
    assert len(runs) == 6


def test_time_runs_forward_and_turns_round_in_right_to_left():
    ltr, rtl = drawn().wide, drawn(direction="rtl").wide
    assert [round(ltr.width - m.x, 1) for m in ltr.marks] == [m.x for m in rtl.marks]
    assert [t.anchor for t in ltr.texts] == [t.anchor for t in rtl.texts]
    ticks = [line.x1 for line in ltr.lines if line.kind == "tick"]
    assert ticks == sorted(ticks)


def test_words_do_not_cover_one_another_nor_leave_the_picture():
    for picture in (drawn().wide, drawn().narrow):
        boxes = [box(t) for t in picture.texts if t.lines]
        assert not [(a, b) for i, a in enumerate(boxes) for b in boxes[:i] if overlap(a, b)]
        assert all(b[0] >= -16 and b[2] <= picture.width + 16 and b[3] <= picture.height for b in boxes)


def test_an_answer_owed_is_a_broken_line_to_its_day():
    owed = score([*story()[:2], Voice("Tern", [Note(LATE, "owed for 31 days", "owed")])])
    assert [r.kind for r in owed.wide.runs if r.kind != "slur"] == ["run", "owed"]
    assert owed.narrow.marks[-1].warn


def test_a_voice_may_say_whom_it_follows():
    two = [story()[0], Voice("First", [Note(UNDERSTOOD, "one", "theme")]),
           Voice("Second", [Note(UNDERSTOOD, "two", "theme")]),
           Voice("Halcyon", [Note(TOGETHER, "adopted", "answer", "adopted")], follows="First")]
    first, halcyon = score(two).wide.marks[1], score(two).wide.marks[3]
    assert any(f"M {first.x:g} {first.y:g}" in r.d and f"{halcyon.x:g} {halcyon.y:g}" in r.d
               for r in score(two).wide.runs)


@pytest.mark.parametrize("voices", [[], [Voice("Nobody yet", [])], story()[:1]])
def test_a_story_that_has_hardly_begun_can_be_drawn(voices):
    assert len(score(voices).rows) == sum(len(v.notes) for v in voices)


def test_many_days_stay_inside_and_in_order():
    many = [Voice("You said", [Note(date(2027, 1, 1 + n), f"word {n}", "said") for n in range(28)])]
    xs = [m.x for m in score(many).wide.marks]
    assert xs == sorted(xs)
    assert xs[-1] <= 720


def test_lines_break_between_words_and_lose_none():
    assert " ".join(wrap("a long sentence of several words", 90)) == "a long sentence of several words"
    assert wrap("", 90) == ("",)
    assert width_of("e\u0301") == width_of("e")


def test_a_promise_still_to_come_is_drawn_behind_what_has_happened():
    whole = score(story()[:1], (TOGETHER, "every company answers by"))
    (said,), bars = whole.narrow.marks, [line.y1 for line in whole.narrow.lines if line.kind == "bar"]
    assert bars
    assert min(bars) > said.y
    assert [t.days for t in whole.narrow.texts if t.days] == [(TOGETHER - SAID).days]
    assert max(line.x1 for line in whole.wide.lines if line.kind.startswith("bar")) > whole.wide.marks[0].x


def test_words_on_a_crowded_line_find_room_beside_one_another():
    late = Voice("Tern Social", [
        Note(TOGETHER, "2 answers", "answer"), Note(date(2027, 3, 25), "1 answer · 11 days late", "late"),
        Note(date(2027, 9, 21), "1 measure", "measure"), Note(date(2027, 10, 22), "owes 1 answer", "owed")])
    boxes = [box(t) for t in score([*story()[:4], late], (TOGETHER, "answered together")).wide.texts if t.lines]
    assert not [(a, b) for i, a in enumerate(boxes) for b in boxes[:i] if overlap(a, b)]


@pytest.mark.parametrize(("kind", "decision"), [("late", ""), ("answer", "declined")])
def test_a_view_from_the_ground_hangs_on_its_company_however_it_answered(kind, decision):
    """Late, or without: what it promised is looked at all the same."""
    told = [story()[0], Voice("Tern", [Note(LATE, "said", kind, decision)]),
            Voice("From the ground", [Note(GROUND, "works in part", "ground", "partly")], "Tern")]
    whole = score(told)
    _said, tern, ground = whole.wide.marks
    assert any(f"M {tern.x:g} {tern.y:g}" in r.d and r.d.endswith(f"{ground.x:g} {ground.y:g}") for r in whole.wide.runs)


@pytest.mark.parametrize("direction", ["ltr", "rtl"])
@pytest.mark.parametrize("words", ["answered together", "answered together by all the companies, on the day promised"])
def test_what_happens_on_the_day_of_the_bar_goes_round_its_words(words, direction):
    """Placed and answered on one day: the run between them crosses no word."""
    told = [Voice("You said", [Note(SAID, "a phone", "said")]), Voice("Facilitator", [Note(TOGETHER, "placed", "theme")]),
            Voice("Halcyon", [Note(TOGETHER, "adopted", "answer", "adopted")])]
    picture = score(told, (TOGETHER, words), direction=direction).wide
    (bar,) = [t for t in picture.texts if t.kind == "strong"]
    left, right = (box(bar)[0], box(bar)[2]) if direction == "ltr" else (
        (bar.x - width_of(words), bar.x) if bar.anchor == "start" else (bar.x, bar.x + width_of(words)))
    _said, placed, adopted = picture.marks
    (run,) = [r.d for r in picture.runs if r.kind != "slur" and r.d.startswith(f"M {placed.x:g} {placed.y:g}")]
    control = float(run.split("C ")[1].split()[0])
    middle = placed.x + (control - placed.x) * 0.75
    assert placed.x == adopted.x
    assert not left - 2 < middle < right + 2
    assert abs(middle - placed.x) > 12, "nor along the bar itself"
