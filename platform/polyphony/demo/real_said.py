"""`make real`, what people say: organisations bring theirs as files, others come with a return phrase of their own.

The files go through `polyphony import inputs`, called as from a terminal; a return phrase takes each step of the pages.
"""

import csv
import tempfile
import uuid
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from flask import session

from polyphony.demo.pairs import Pair
from polyphony.inputs import rules, sealing
from polyphony.inputs import service as inputs
from polyphony.kernel import secrets
from polyphony.languages import service as languages
from polyphony.languages.desk import keep, piece
from polyphony.people import phrases

if TYPE_CHECKING:
    from polyphony.demo.real import Real

# How somebody may have written it down, and what the import is told of it; nobody asks for the place.
HEAD = ("No.", "Place", "Said in", "In their words", "In English")
OPTIONS = ("--key", "No.", "--lang", "Said in", "--text", "In their words", "--translation", "In English",
           "--audience", "participants")


def bring(job: "Real", about: uuid.UUID, shares: Sequence[Sequence[Pair]]) -> None:
    """Each organisation's file through the import, twice: the second run should bring in nothing."""
    with tempfile.TemporaryDirectory() as folder:
        files = [(f"org{n}", _written(Path(folder) / f"org{n}.csv", share)) for n, share in enumerate(shares)]
        for new, known in (("brought", "known before"), ("brought twice", "known")):
            done = [job.imported("inputs", file, name, "--consultation", str(about), *OPTIONS) for name, file in files]
            job.counts[new] = sum(each.added for each in done)
            job.counts[known] = sum(each.known for each in done)


def _written(path: Path, share: Sequence[Pair]) -> Path:
    """A file as one organisation has it: its own numbers, which others use as well."""
    with path.open("w", encoding="utf-8", newline="") as file:
        table = csv.writer(file)
        table.writerow(HEAD)
        table.writerows((str(n), "market", *pair) for n, pair in enumerate(share, 1))
    return path


def come(job: "Real", about: uuid.UUID, said: Sequence[Pair]) -> list[bytes]:
    """Each keeps a return phrase in her language, having shown that she wrote it down; her session's secret."""
    return [_begun(job, about, lang) for lang, _text, _english in said]


def _begun(job: "Real", about: uuid.UUID, lang: str) -> bytes:
    with job.acting(None, f"/{lang}/"):
        inputs.ensure_accountless(inputs.consultation(about))
        shown = sealing.unseal(sealing.seal(sealing.fresh(about, lang)), about)
        first, second = (shown.words[place] for place in shown.asked)
        sealing.ensure_written_down(shown, first, second)
        phrases.keep(shown.words, about, shown.lang)
        if not phrases.come_back(shown.words):
            raise LookupError("a return phrase did not open what it was kept for")
        return secrets.bytes_of(session["key"])


def speak(job: "Real", about: uuid.UUID, strangers: Sequence[tuple[bytes, Pair]]) -> None:
    """Each writes, chooses, sends what she saw, and translates it, one page after the other."""
    for secret, (lang, text, english) in strangers:
        with job.acting(secret, f"/{lang}/") as by:
            inputs.say(by, about=inputs.consultation(about), text=text, lang=lang, other="", revision="")
        with job.acting(secret, f"/{lang}/") as by:
            where = inputs.consultation(about)
            kept = inputs.choose(
                by, about=where, addressed=[str(firm.id) for firm in inputs.companies(about)], audience="participants",
                readers=[], naming="unattributed", pseudonym="", speaks_as="affected", revision="")
            shown = rules.mark(rules.with_files(kept.fields, []), rules.SHOWN)
        with job.acting(secret, f"/{lang}/") as by:
            entry = inputs.send(by, about=inputs.consultation(about), revision=shown).id
        with job.acting(secret, f"/{lang}/") as by:
            there = piece(by, about, languages.heading(about), kind="input", subject=entry, field="text", into="en")
            keep(by, about, there, text=english, revision=there.revision)
