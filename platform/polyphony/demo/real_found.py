"""`make real`, the last look: whether everyone who spoke finds every answer where the pages show it to her."""

import uuid
from collections import Counter
from collections.abc import Collection, Iterator
from dataclasses import dataclass, field
from typing import Any

from polyphony.feedback.service import whole_board
from polyphony.inputs import service, whole
from polyphony.inputs.inbox import inbox
from polyphony.inputs.service import Mine
from polyphony.kernel.viewer import Viewer

Signed = dict[tuple[uuid.UUID, str], tuple[str, str]]  # (theme, company): its decision and its words


@dataclass
class Look:
    """What should be there, how much of it was found, and what was not, in words with their number."""

    companies: Collection[str]
    signed: Signed
    found: Counter[str] = field(default_factory=Counter)
    lacking: Counter[str] = field(default_factory=Counter)

    def at(self, by: Viewer, consultation_id: uuid.UUID, said: Collection[str]) -> None:
        """Look through this author's inbox, at each input's own page, and at the answers in their own words."""
        mine = list(_leafed(by, consultation_id))
        self.found["inputs in inboxes"] += len(mine)
        if sorted(each.words for each in mine) != sorted(said):
            self.lacking["an inbox holds other words than were said"] += 1
        board = whole_board(by, service.consultation(consultation_id))
        words = {(line.row.id, cell.company): cell.current.words.text for line in board.themes for cell in line.cells
                 if cell.current}
        for each in mine:
            self._fates("in the inbox", each)
            self._fates("on the input's own page", whole.own(by, each.entry.id)[1])
        for theme in {fate.theme_id for each in mine for fate in each.fate}:
            self._words(theme, words)

    def _fates(self, place: str, mine: Mine) -> None:
        if not mine.fate:
            self.lacking[f"an input is in no theme {place}"] += 1
        for fate in mine.fate:
            shown: dict[str, Any] = {company: decision for company, decision, *_told in fate.answers}
            for company in self.companies:
                decision, _said = self.signed.get((fate.theme_id, company), ("", ""))
                self._is(shown.get(company) == decision != "", f"answers {place}", f"the answer of {company} {place}")

    def _words(self, theme: uuid.UUID, words: dict[tuple[uuid.UUID, str], str]) -> None:
        for company in self.companies:
            _decision, said = self.signed.get((theme, company), ("", ""))
            self._is(words.get((theme, company)) == said != "", "answers in their own words",
                     f"the answer of {company} in its own words")

    def _is(self, is_there: bool, what: str, one: str) -> None:
        if is_there:
            self.found[what] += 1
        else:
            self.lacking[f"{one} is not what was signed"] += 1


def _leafed(by: Viewer, consultation_id: uuid.UUID) -> Iterator[Mine]:
    """What she said in this consultation, page after page of her inbox."""
    start: int | None = 0
    while start is not None:
        page = inbox(by, only=consultation_id if start else None, start=start)
        yield from (each for each in page.mine if each.entry.consultation_id == consultation_id)
        start = page.more.get(consultation_id)
