"""Bring in inputs that were collected elsewhere, on paper or in another system, from a CSV file.

The person who collected them signs in; they are hers to change and withdraw, and the facilitator reads each
before others do. Every row has a key, so a second run brings in nothing twice.
"""

import csv
import hashlib
import uuid
from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import click
import sqlalchemy as sa

from polyphony.inputs import rules, service, tongues
from polyphony.inputs.models import Input
from polyphony.kernel import viewer
from polyphony.kernel.database import db
from polyphony.kernel.forms import TEXT_LENGTH, tidy
from polyphony.kernel.locale import _, force_locale
from polyphony.kernel.refusals import Refusal
from polyphony.kernel.viewer import Viewer
from polyphony.languages.service import store_translation

TOGETHER = 200  # rows between two looks at the progress bar


@dataclass(frozen=True)
class Mapping:
    """Which column holds what ('' = none), and what holds for every row without a column of its own."""

    text: str = "text"
    lang: str = "lang"
    translation: str = ""
    translation_lang: str = "en"
    key: str = ""
    pseudonym: str = ""
    audience: str = "facilitator"
    naming: str = "unattributed"
    speaks_as: str = "affected"
    lang_is_given: bool = False  # somebody named that column, so it must be there

    @property
    def columns(self) -> list[str]:
        """Every column that must be there."""
        lang = self.lang if self.lang_is_given else ""
        return [c for c in (self.text, lang, self.translation, self.key, self.pseudonym) if c]


@dataclass(frozen=True)
class Line:
    """One good row."""

    number: int
    text: str
    lang: str
    translation: str
    pseudonym: str
    source: str


@dataclass
class Result:
    """What an import did."""

    added: int = 0
    known: int = 0
    errors: list[tuple[int, str]] = field(default_factory=list)


class BadLine(Exception):
    """A row that cannot be taken, with the reason."""


def read(path: Path, mapping: Mapping, consultation_id: uuid.UUID) -> tuple[list[Line], list[tuple[int, str]]]:
    """Every good row and, by line number, what is wrong with the others. Raises BadLine without the columns."""
    good, bad, said_before = [], [], Counter[str]()
    by_key: dict[str, Line] = {}
    with path.open(encoding="utf-8-sig", newline="") as file:
        rows = csv.DictReader(file)
        try:
            missing = [c for c in mapping.columns if c not in (rows.fieldnames or [])]
            if missing:
                raise BadLine(_("The file has no column named %(names)s.", names=", ".join(missing)))
            for row in rows:
                try:
                    line = _line(rows.line_num, row, mapping, consultation_id, said_before)
                    _ensure_same(by_key.setdefault(line.source, line), line)
                    good.append(line)
                except (BadLine, Refusal) as error:
                    bad.append((rows.line_num, str(getattr(error, "message", "") or error)))
        except UnicodeDecodeError:
            raise BadLine(_("The file is not in UTF-8. Save it as CSV in UTF-8.")) from None
        except csv.Error as error:
            raise BadLine(_("Line %(number)s: %(reason)s", number=rows.line_num, reason=error)) from None
    return good, bad


def _ensure_same(first: Line, line: Line) -> None:
    """A key stands for one row: repeated with other words, one of them would be lost unseen. Raises BadLine."""
    if replace(line, number=first.number) != first:
        raise BadLine(_("The key stands in line %(number)s already, with other words.", number=first.number))


def _by_words(lang: str, text: str, said_before: Counter[str]) -> str:
    """What a line is known by without a key: its words, and how often they stood before: two may say the same."""
    words = f"{lang}\n{text}"
    said_before[words] += 1
    return words if said_before[words] == 1 else f"{words}\n{said_before[words]}"


def _line(number: int, row: dict[str, Any], mapping: Mapping, consultation_id: uuid.UUID,
          said_before: Counter[str]) -> Line:
    text = tidy(row.get(mapping.text)) or ""
    if not text:
        raise BadLine(_("There is no text."))
    translation = (tidy(row.get(mapping.translation)) or "") if mapping.translation else ""
    for said, most in ((text, TEXT_LENGTH), (translation, 2 * TEXT_LENGTH)):
        if len(said) > most:
            raise BadLine(_("The text has %(length)s characters; at most %(limit)s fit.", length=len(said), limit=most))
    given = (row.get(mapping.lang) or "").strip() if mapping.lang else ""
    lang = rules.tag("other", given) if given else tongues.guess(text, "en")
    key = (row.get(mapping.key) or "").strip() if mapping.key else _by_words(lang, text, said_before)
    if not key:
        raise BadLine(_("The key is empty."))
    pseudonym = (tidy(row.get(mapping.pseudonym)) or "") if mapping.pseudonym else ""
    if mapping.naming == "pseudonym" and not pseudonym:
        raise BadLine(_("There is no pseudonym."))
    return Line(number, text, lang, translation, pseudonym[:300],
                hashlib.sha256(f"{consultation_id}\n{key}".encode()).hexdigest())


def bring(by: Viewer, lines: Iterable[Line], *, about: Any, mapping: Mapping) -> Iterator[bool]:
    """Add each line that is not there yet; yields whether it was new. Raises what `service.send` raises."""
    service.ensure_may_speak(by, about.id)
    service.ensure_open(about)
    firms = [firm.id for firm in service.companies(about.id)]
    hers = Input.id == sa.any_(sa.literal(list(by.of("authored")), sa.ARRAY(sa.Uuid())))  # others number theirs alike
    known = set(db.session.scalars(sa.select(Input.source).where(
        Input.consultation_id == about.id, hers, Input.source.is_not(None))))
    waiting: list[tuple[Input, Line]] = []
    for line in lines:
        is_new = line.source not in known
        if is_new:
            known.add(line.source)
            entry = service.put(by, about=about, text=line.text, lang=line.lang, audience=mapping.audience,
                                addressed=firms, naming=mapping.naming, speaks_as=mapping.speaks_as,
                                pseudonym=line.pseudonym, source=line.source)
            waiting.append((entry, line))
        yield is_new
    _translate(viewer.refresh(), about, waiting, mapping.translation_lang)


def _translate(by: Viewer, about: Any, made: list[tuple[Input, Line]], lang: str) -> None:
    for entry, line in made:
        if line.translation and lang != line.lang:
            store_translation(by, kind="input", subject_id=entry.id, consultation_id=about.id, field="text", lang=lang,
                              text=line.translation)


def run(app: Any, path: Path, *, address: str, password: str, consultation_id: uuid.UUID, mapping: Mapping,
        skip_bad: bool, code: str = "") -> Result:
    """Import a file as one member; everything or nothing, unless `skip_bad`."""
    from polyphony.people import factors
    from polyphony.people import service as people

    lang = app.extensions["settings"].default_language  # whoever sits at the terminal reads it
    with app.test_request_context(f"/{lang}/"), force_locale(lang):
        viewer.open_viewer(None)
        by = factors.sign_in(address=address, password=password, code=code)
        about = service.consultation(consultation_id)
        good, bad = read(path, mapping, consultation_id)
        result = Result(errors=bad)
        if bad and not skip_bad:
            db.session.rollback()
            return result
        with click.progressbar(bring(by, good, about=about, mapping=mapping), length=len(good), label=_("Importing"),
                               update_min_steps=TOGETHER) as steps:
            for is_new in steps:
                result.added, result.known = result.added + is_new, result.known + (not is_new)
        people.sign_out()
        db.session.commit()
    return result
