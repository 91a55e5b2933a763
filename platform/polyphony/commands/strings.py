"""`polyphony strings`: sentences out of code and templates, into seven catalogues, checked.

The English sentence is the key, so English needs no translation of its own. Nothing is guessed from
similar sentences, and no dates or line numbers are written, so that a catalogue changes only when
a sentence does.
"""

import copy
import io
import re
import subprocess
import sys
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

from babel.messages.catalog import Catalog, Message
from babel.messages.extract import extract_from_dir
from babel.messages.pofile import read_po, write_po

from polyphony.folders import folder, root, source
from polyphony.kernel.locale import interface

SOURCE_LANGUAGE = "en"
SAME_WORDS = 3  # up to so many words may be the same in two languages
KEYWORDS: dict[str, tuple[int | tuple[int, str], ...] | None] = {
    "_": None, "gettext": None, "lazy": None, "ngettext": (1, 2), "lazy_plural": (1, 2), "pgettext": ((1, "c"), 2),
}
PYTHON = [("**.py", "python")]
TEMPLATES = [("**.html", "jinja2.ext:babel_extract"), ("**.txt", "jinja2.ext:babel_extract")]
OPTIONS = {"**.html": {"newstyle_gettext": "true", "silent": "false", "encoding": "utf-8"},
           "**.txt": {"newstyle_gettext": "true", "silent": "false", "encoding": "utf-8"}}
ARABIC_FORMS = ("zero", "one", "two", "few", "hundreds", "many")
PLACEHOLDER = re.compile(r"%\((\w+)\)[sd]")
LONE_PERCENT = re.compile(r"%(?!\(\w+\)[sd]|%)")
TAG = re.compile(r"</?[a-zA-Z][\w-]*[^<>]*>")
CHURN = re.compile(r'^"(POT-Creation-Date|PO-Revision-Date|Generated-By|Last-Translator|Language-Team|'
                   r'Report-Msgid-Bugs-To):.*\n', re.MULTILINE)


def languages() -> list[str]:
    """The interface languages, in the order of `languages.toml`."""
    return [language.code for language in interface()]


def template() -> Catalog:
    """Every sentence that code and templates mark for translation, as a catalogue without translations."""
    catalog = Catalog(project="Polyphony", version="1", charset="utf-8", fuzzy=False,
                      header_comment="# Polyphony: the sentences of the interface.")
    for where, methods in ((source() / "polyphony", PYTHON), (folder("templates"), TEMPLATES)):
        for _file, _line, key, comments, context in extract_from_dir(
                str(where), method_map=methods, options_map=OPTIONS, keywords=KEYWORDS, comment_tags=("Translators:",)):
            catalog.add(key, auto_comments=comments, context=context)
    return catalog


def written(catalog: Catalog, *, prune: bool = True) -> str:
    """A catalogue as text that stays the same as long as the sentences do."""
    out = io.BytesIO()
    write_po(out, catalog, width=0, no_location=True, sort_output=True, ignore_obsolete=prune)
    return CHURN.sub("", out.getvalue().decode("utf-8"))


def path_of(code: str) -> Path:
    return folder("translations") / code / "LC_MESSAGES" / "messages.po"


def read(code: str) -> Catalog:
    """One language's catalogue; an empty one if it is new."""
    path = path_of(code)
    if not path.is_file():
        return Catalog(locale=code, project="Polyphony", version="1", charset="utf-8", fuzzy=False)
    with path.open("rb") as file:
        return read_po(file, locale=code)


def update(*, prune: bool = False) -> int:
    """Write the template and all catalogues, then compile them; tell what is still missing."""
    fresh = template()
    (folder("translations") / "messages.pot").write_text(written(fresh), "utf-8")
    for code in languages():
        catalog = read(code)
        catalog.update(copy.deepcopy(fresh), no_fuzzy_matching=True, update_header_comment=False)
        catalog.fuzzy = False
        if code == SOURCE_LANGUAGE:
            for message in _living(catalog):
                message.string = message.id
        catalog.header_comment = f"# Polyphony: the sentences of the interface ({code})."
        path_of(code).parent.mkdir(parents=True, exist_ok=True)
        path_of(code).write_text(written(catalog, prune=prune), "utf-8")
        missing = sum(1 for message in _living(catalog) if _untranslated(message, code))
        print(f"{code}: {len(fresh)} sentences, {missing} to translate")
    return subprocess.run([sys.executable, root() / "hatch_build.py"], check=False).returncode


def check() -> int:
    """Fail when the template is stale, or a catalogue incomplete or unfaithful; print what, per language."""
    fresh = template()
    pot = folder("translations") / "messages.pot"
    faults = [] if pot.is_file() and pot.read_text("utf-8") == written(fresh) else [
        "messages.pot is stale: run `make strings`"]
    for code in languages():
        faults += [f"{code}: {fault}" for fault in faults_of(fresh, read(code), code)]
    print(*faults, f"{len(languages())} languages, {len(fresh)} sentences, {len(faults)} faults", sep="\n")
    return 1 if faults else 0


def faults_of(fresh: Catalog, catalog: Catalog, code: str) -> Iterator[str]:
    """What is wrong in one catalogue, one sentence a fault."""
    for wanted in fresh:
        if not wanted.id:
            continue
        message = catalog.get(_key(wanted), wanted.context)
        if message is None or _untranslated(message, code):
            yield f"missing: {_first(wanted)!r}"
        elif message.fuzzy:
            yield f"fuzzy: {_first(wanted)!r}"
        elif code != SOURCE_LANGUAGE and _copied(message):
            yield f"still English: {_first(wanted)!r}"
        elif not (code == SOURCE_LANGUAGE and not _filled(message)):
            yield from _unfaithful(message, catalog.num_plurals)


def _unfaithful(message: Message, plurals: int) -> Iterator[str]:
    originals = [message.id] if isinstance(message.id, str) else list(message.id)
    forms = [message.string] if isinstance(message.string, str) else list(message.string or ())
    said = f"{_first(message)!r}"
    if len(originals) > 1 and len(forms) != plurals:
        yield f"{len(forms)} plural forms, {plurals} needed: {said}"
    names = [set(PLACEHOLDER.findall(text)) for text in originals]
    tags = [Counter(TAG.findall(text)) for text in originals]
    for place, form in enumerate(forms):
        found = set(PLACEHOLDER.findall(form))
        # Arabic has words for none, one and two, which need no figure.
        spoken = {"num"} if plurals == len(ARABIC_FORMS) and len(originals) > 1 and place < 3 else set()
        if not set.intersection(*names) - spoken <= found <= set.union(*names):
            yield f"placeholders differ: {said} → {form!r}"
        if Counter(TAG.findall(form)) not in tags:
            yield f"tags differ: {said} → {form!r}"
        if LONE_PERCENT.search(form) and not any(map(LONE_PERCENT.search, originals)):
            yield f"a lone % (write %%): {said} → {form!r}"


def _living(catalog: Catalog) -> Iterator[Message]:
    return (message for message in catalog if message.id)


def _untranslated(message: Message, code: str) -> bool:
    return code != SOURCE_LANGUAGE and not _filled(message)


def _filled(message: Message) -> bool:
    forms = [message.string] if isinstance(message.string, str) else list(message.string or [""])
    return all(forms)


def _copied(message: Message) -> bool:
    """Whether a whole sentence stands in the catalogue as it is in English; names and codes may well be the same."""
    forms = [message.string] if isinstance(message.string, str) else list(message.string or ())
    return len(_key(message).split()) > SAME_WORDS and _key(message) in forms


def _key(message: Message) -> str:
    return message.id if isinstance(message.id, str) else message.id[0]


def _first(message: Message) -> str:
    return f"{message.context} | {_key(message)}" if message.context else _key(message)
