"""Two drawings of one score: wide, with time along the reading direction, and narrow, with time downwards."""

from collections.abc import Callable
from datetime import date
from itertools import pairwise
from math import sqrt

from polyphony.kernel.score_parts import (
    ANSWERED,
    LEADING,
    SMALL,
    WARNED,
    Box,
    Note,
    Picture,
    Place,
    Sheet,
    Text,
    Voice,
    run_kind,
    width_of,
    wrap,
)

ASIDE = 25  # how far a run is drawn aside by the bar
PHONE = 284  # as wide as the smallest screen leaves within a sheet, so that words keep their size


class Wide:
    """Time along the line: voices below one another, curves where one takes up another."""

    def __init__(self, voices: list[Voice], days: list[date], span: list[date], bar: tuple[date, str] | None,
                 links: list[tuple[Place, Place]], direction: str, width: int, say_day: Callable[[date], str]):
        self.voices, self.days, self.bar, self.links, self.say_day = voices, days, bar, links, say_day
        self.label = min(max(width_of(v.label) for v in voices), 150) + 18
        self.ys = self._rows()
        self.foot = self.ys[-1] + 34
        self.picture = Picture(width, int(self.foot + 44))
        self.sheet = Sheet(self.picture, direction)
        self.xs = self._columns(span, self.label + 14, width - 26)
        self.taken: list[Box] = []

    def _rows(self) -> list[float]:
        y, ys, company = 48.0, [], False
        for voice in self.voices:
            kind = voice.notes[0].kind
            if self.bar and kind in ANSWERED and not company:
                y, company = y + 34, True
            ys.append(y)
            y += 50
        return ys

    @staticmethod
    def _columns(days: list[date], first: float, last: float) -> dict[date, float]:
        gaps = [(b - a).days for a, b in pairwise(days)]
        room, roots = last - first, sum(sqrt(g) for g in gaps)
        least = min(70.0, room / max(len(gaps), 1) * 0.8)
        spare = (room - least * len(gaps)) / roots if gaps else 0.0
        xs, x = {days[0]: first}, first
        for day, gap in zip(days[1:], gaps, strict=True):
            x += least + spare * sqrt(gap)
            xs[day] = x
        return xs

    def at(self, place: Place) -> tuple[float, float]:
        return self.xs[self.voices[place[0]].notes[place[1]].day], self.ys[place[0]]

    def draw(self) -> Picture:
        for voice, y in zip(self.voices, self.ys, strict=True):
            lines = wrap(voice.label, self.label - 14)
            self.sheet.text(0, y + 5 - (len(lines) - 1) * LEADING / 2, lines, "voice")
            self.sheet.line(self.label, y, self.picture.width - 6, y, "staff")
        self._bar()
        for source, target in self.links:
            self._link(source, target)
        for v, voice in enumerate(self.voices):
            for n, note in enumerate(voice.notes):
                x, y = self.at((v, n))
                self.sheet.mark(x, y, note)
                self.taken.append((x - 9, y - 6, x + 9, y + 6))
        self._label()
        self._days()
        return self.picture

    def _bar(self) -> None:
        if not self.bar:
            return
        rows = [y for y, v in zip(self.ys, self.voices, strict=True) if v.notes[0].kind in ANSWERED] or self.ys
        x, top, bottom, wide = self.xs[self.bar[0]], rows[0] - 30, rows[-1] + 18, width_of(self.bar[1]) * 1.06
        self.sheet.line(x - 4, top, x - 4, bottom, "bar")
        self.sheet.line(x, top, x, bottom, "bar thick")
        fits = self._words_after_bar
        left = x - 5 if fits else x + 3 - wide
        self.sheet.text(x - 5 if fits else x + 3, top - 7, [self.bar[1]], "strong", "start" if fits else "end")
        self.taken += [(left, top - 21, left + wide, top - 3), (x - 6, top, x + 3, bottom)]

    def _link(self, source: Place, target: Place) -> None:
        (x1, y1), (x2, y2) = self.at(source), self.at(target)
        note = self.voices[target[0]].notes[target[1]]
        if x1 == x2 and y1 != y2 and self.bar and x1 == self.xs[self.bar[0]]:
            self._around(x1, y1, y2, run_kind(note))
            return
        if y1 == y2 or x1 == x2:
            self.sheet.run(run_kind(note), "M", (x1, y1), "L", (x2, y2))
            return
        reach = min(x2 - x1, 120 + abs(y2 - y1) * 0.25)
        if self.bar and x1 + 60 < self.xs[self.bar[0]] <= x2:
            reach = min(reach, self.xs[self.bar[0]] - x1 - 16)
        begin = x2 - reach if note.kind == "ground" else x1
        middle, finish = begin + reach / 2, begin + reach
        self.sheet.run(run_kind(note), "M", (x1, y1), "L", (begin, y1), "C", (middle, y1), (middle, y2),
                       (finish, y2), "L", (x2, y2))
        for t in (0.15, 0.3, 0.4, 0.5, 0.6, 0.7, 0.85):
            px = begin + reach * (1.5 * t * (1 - t) + t**3)
            py = y1 + (y2 - y1) * (3 * t * t - 2 * t**3)
            self.taken.append((px - 3, py - 3, px + 3, py + 3))

    def _around(self, x: float, y1: float, y2: float, kind: str) -> None:
        """On the day of the bar a run goes round it, on the side where its words do not stand."""
        aside = x - ASIDE if self._words_after_bar else x + ASIDE
        self.sheet.run(kind, "M", (x, y1), "C", (aside, y1), (aside, y2), (x, y2))
        middle = x + (aside - x) * 0.75
        self.taken.append((min(x, middle) - 3, min(y1, y2), max(x, middle) + 3, max(y1, y2)))

    @property
    def _words_after_bar(self) -> bool:
        assert self.bar
        return self.xs[self.bar[0]] + width_of(self.bar[1]) * 1.06 <= self.picture.width

    def _label(self) -> None:
        """Words beside every note: each finds its place, then moves once more, knowing where the others are."""
        order = sorted(((v, n) for v, o in enumerate(self.voices) for n in range(len(o.notes))),
                       key=lambda p: self.voices[p[0]].notes[p[1]].day)
        chosen: dict[Place, tuple[Text, Box]] = {}
        for place in (*order, *order):
            if place in chosen:
                self.taken.remove(chosen[place][1])
            chosen[place] = self._words(place, self.voices[place[0]].notes[place[1]])
            self.taken.append(chosen[place][1])
        self.picture.texts += [chosen[place][0] for place in order]

    def _words(self, place: Place, note: Note) -> tuple[Text, Box]:
        """The best place for a note's words, with the room that they take."""
        x, y = self.at(place)
        best: tuple[float, Text, Box] | None = None
        for rank, (room, after, above) in enumerate(
                (r, a, b) for r in (400, 300, 190, 130, 96) for b in (True, False) for a in (True, False)):
            lines = wrap(note.words, room)
            wide, tall = max(width_of(t) for t in lines) * 1.03, len(lines) * LEADING
            left = x + 11 if after else x - 11 - wide
            top = y - 7 - tall if above else y + 7
            box = (left, top, left + wide, top + tall)
            cost = rank * 3 + self._clash(box)
            if best is None or cost < best[0]:
                kind = "late-words" if note.kind in WARNED else "words"
                text = Text(self.sheet.x(x + 11 if after else x - 11), round(top + 13, 1),
                            "start" if after else "end", lines, kind)
                best = (cost, text, box)
        assert best
        left, top, right, bottom = best[2]
        return best[1], (left - 7, top, right + 7, bottom)

    def _clash(self, box: Box) -> float:
        out = max(0.0, self.label - box[0]) + max(0.0, box[2] - self.picture.width) + max(0.0, -box[1])
        hit = sum(max(0.0, min(box[2], b[2]) - max(box[0], b[0])) * max(0.0, min(box[3], b[3]) - max(box[1], b[1]))
                  for b in self.taken)
        lines = sum(40 for y in self.ys if box[1] < y < box[3])
        return out * 60 + hit + lines

    def _days(self) -> None:
        edge = -1.0
        for n, day in enumerate(self.days):
            x, words = self.xs[day], self.say_day(day)
            self.sheet.line(x, self.foot - 4, x, self.foot + 4, "tick")
            half = width_of(words, SMALL) / 2
            middle = min(max(x, self.label + half - 14), self.picture.width - half)
            if middle - half > edge + 8:
                self.sheet.text(middle, self.foot + 36, [words], "quietly", "middle")
                edge = middle + half
            if n:
                last = self.xs[self.days[n - 1]]
                self.sheet.run("slur", "M", (last + 3, self.foot), "Q", ((last + x) / 2, self.foot + 13),
                               (x - 3, self.foot))
                if x - last > 54:
                    self.sheet.text((last + x) / 2, self.foot + 20, (), "quietly", "middle",
                                    (day - self.days[n - 1]).days)


class Narrow:
    """Time downwards for phones: a lane for each voice, the words beside."""

    def __init__(self, voices: list[Voice], bar: tuple[date, str] | None, links: list[tuple[Place, Place]],
                 direction: str, say_day: Callable[[date], str]):
        self.voices, self.bar, self.links, self.say_day = voices, bar, links, say_day
        self.picture = Picture(PHONE, 0)
        self.sheet = Sheet(self.picture, direction)
        self.step = min(17.0, 96 / len(voices))
        self.left = 10 + self.step * (len(voices) - 1) + 20
        self.where: dict[Place, tuple[float, float]] = {}

    def draw(self) -> Picture:
        y, last, barred = 6.0, None, False
        order = sorted((n.day, v, i) for v, o in enumerate(self.voices) for i, n in enumerate(o.notes))
        for day, v, i in order:
            if self.bar and not barred and day >= self.bar[0]:
                y, barred = self._bar(y), True
            if day != last:
                y = self._day(y, day, last)
                last = day
            y = self._note(y, (v, i))
        if self.bar and not barred:  # a promise still to come
            y = self._day(self._bar(y), self.bar[0], last)
        self.picture.height = int(y + 6)
        for source, target in self.links:
            self._link(source, target)
        return self.picture

    def _bar(self, y: float) -> float:
        assert self.bar
        self.sheet.line(0, y + 12, PHONE, y + 12, "bar")
        self.sheet.line(0, y + 16, PHONE, y + 16, "bar thick")
        lines = wrap(self.bar[1], PHONE - 20 - self.left)
        self.sheet.text(self.left, y + 35, lines, "strong")
        return y + 24 + len(lines) * LEADING

    def _day(self, y: float, day: date, last: date | None) -> float:
        self.sheet.text(self.left, y + 18, [self.say_day(day)], "quietly")
        if last:
            self.sheet.text(PHONE - 2, y + 18, (), "quietly", "end", (day - last).days)
        return y + 24

    def _note(self, y: float, place: Place) -> float:
        voice = self.voices[place[0]]
        note = voice.notes[place[1]]
        x = 10 + self.step * place[0]
        self.where[place] = (x, y + 12)
        self.sheet.mark(x, y + 12, note)
        names, words = wrap(voice.label, PHONE - 20 - self.left), wrap(note.words, PHONE - 14 - self.left)
        self.sheet.text(self.left, y + 17, names, "strong")
        y += len(names) * LEADING
        self.sheet.text(self.left, y + 17, words, "late-words" if note.kind in WARNED else "words")
        return y + len(words) * LEADING + 12

    def _link(self, source: Place, target: Place) -> None:
        (x1, y1), (x2, y2) = self.where[source], self.where[target]
        kind = run_kind(self.voices[target[0]].notes[target[1]])
        bend = min(y2 - y1, 44)
        self.sheet.run(kind, "M", (x1, y1), "C", (x1, y1 + bend * 0.6), (x2, y1 + bend * 0.4), (x2, y1 + bend),
                       "L", (x2, y2))
