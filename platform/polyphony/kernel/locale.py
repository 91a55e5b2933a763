"""Seven languages as equals: language from the address, direction, names, and the marks for translation."""

import re
import tomllib
from dataclasses import dataclass
from functools import cache
from typing import Any

from babel import Locale
from babel.numbers import format_decimal
from flask import Flask, g, has_request_context
from flask_babel import Babel, force_locale, get_locale, get_translations, pgettext
from flask_babel.speaklater import LazyString
from jinja2 import pass_eval_context
from jinja2.nodes import EvalContext
from markupsafe import Markup

from polyphony.folders import folder

__all__ = ["_", "babel", "direction", "force_locale", "gettext", "interface", "language", "lazy", "name_of",
           "ngettext", "pgettext", "writable"]

MOST_KEPT = 5_000  # sentences kept ready for each language
LARGE = 1_000  # from here on a number is written in groups

babel = Babel()


class _Spoken:
    """One language's catalogue, with the sentences that templates have said already (each made safe once)."""

    def __init__(self, catalogue: Any) -> None:
        self.catalogue = catalogue
        self.said: dict[str, Markup] = {}

    def markup(self, sentence: str) -> Markup:
        """A sentence of our own catalogues, as a template may show it."""
        found = self.said.get(sentence)
        if found is None:
            found = Markup(self.catalogue.ugettext(sentence))  # noqa: S704 (our own words)
            if len(self.said) < MOST_KEPT:
                self.said[sentence] = found
        return found


_spoken: dict[Any, _Spoken] = {}  # by locale; a page says some hundred sentences and looks here for each


def _catalogue() -> _Spoken:
    """The sentences of the language spoken now (a job may force another for a while)."""
    try:
        held = vars(g._get_current_object()).get("_flask_babel")  # type: ignore[attr-defined]
    except RuntimeError:  # outside any application: English
        return _Spoken(get_translations())
    locale = getattr(held, "babel_locale", None) or get_locale()
    found = _spoken.get(locale)
    if found is None:
        found = _spoken[locale] = _Spoken(get_translations())
    return found


def gettext(sentence: str, **variables: Any) -> str:
    """A sentence in the reader's language."""
    said: str = _catalogue().catalogue.ugettext(sentence)
    return said % variables if variables else said


def lazy(sentence: str, **variables: Any) -> LazyString:
    """A sentence that is said in the reader's language only when it is shown."""
    return LazyString(gettext, sentence, **variables)


_ = gettext


def ngettext(one: str, several: str, number: Any, **variables: Any) -> str:
    """A sentence with how many, in the reader's language, the number written as it writes numbers."""
    said: str = _catalogue().catalogue.ungettext(one, several, number)
    return said % {"num": _number(number), **variables}


def _number(number: Any) -> Any:
    return number if number < LARGE else format_decimal(number, locale=get_locale() or "en")


@pass_eval_context
def _in_template(about: EvalContext, sentence: str, **variables: Any) -> str:
    """The same in a template: what is put into the sentence is escaped, the sentence itself is ours."""
    spoken = _catalogue()
    said: str = spoken.markup(sentence) if about.autoescape else spoken.catalogue.ugettext(sentence)
    return said % variables if variables or "%" in said else said


@pass_eval_context
def _counted_in_template(about: EvalContext, one: str, several: str, number: Any, **variables: Any) -> str:
    """The same with how many."""
    said: str = _catalogue().catalogue.ungettext(one, several, number)
    if about.autoescape:
        said = Markup(said)  # noqa: S704 (our own words)
    return said % {"num": _number(number), **variables}


def install(app: Flask) -> None:
    """Let the templates of this application speak, without asking for the catalogue's name at each sentence."""
    app.jinja_env.globals.update(_=_in_template, gettext=_in_template, ngettext=_counted_in_template)


@dataclass(frozen=True)
class Language:
    """A language by its BCP 47 tag, called by its own name in its own script."""

    code: str
    name: str
    direction: str


@cache
def _table() -> tuple[tuple[Language, ...], dict[str, Language]]:
    data = tomllib.loads((folder("translations") / "languages.toml").read_text("utf-8"))
    ours = tuple(Language(x["code"], x["name"], x["direction"]) for x in data["interface"])
    further = [Language(code, x["name"], x.get("direction", "ltr")) for code, x in data["written"].items()]
    return ours, {x.code: x for x in [*ours, *further]}


def interface() -> tuple[Language, ...]:
    """The languages the interface speaks, all complete at all times."""
    return _table()[0]


@cache
def codes() -> frozenset[str]:
    return frozenset(x.code for x in interface())


def writable() -> list[Language]:
    """Every language offered when somebody says in which one she wrote."""
    return list(_table()[1].values())


def tag(code: str) -> str | None:
    """A BCP 47 tag in its usual spelling (language, script, region), or None when it is no such tag."""
    found = re.fullmatch(r"([a-z]{2,3})(-[a-z]{4})?(-(?:[a-z]{2}|[0-9]{3}))?", code.strip().replace("_", "-").lower())
    return found[1] + (found[2] or "").title() + (found[3] or "").upper() if found else None


def name_of(code: str) -> str:
    """A language's own name; else its name in the reader's language (CLDR), else the tag as it is."""
    known = _table()[1].get(code) or _table()[1].get(code.split("-")[0])
    return known.name if known else (get_locale() or Locale("en")).languages.get(code.split("-")[0], code)


def direction(code: str) -> str:
    """'rtl' or 'ltr'; unknown languages follow their primary subtag, else left to right."""
    known = _table()[1].get(code) or _table()[1].get(code.split("-")[0])
    return known.direction if known else "rtl" if set(code.split("-")) & {"Arab", "Hebr", "Rohg", "Syrc"} else "ltr"


def language() -> str:
    """The language of this request (from its address), English outside one."""
    return g.get("lang", "en") if has_request_context() else "en"


def listing(items: list[str]) -> str:
    """'Halcyon, Meridian and Tern' as this language writes a list (CLDR)."""
    from babel.lists import format_list
    from flask_babel import get_locale

    return format_list(items, locale=get_locale() or "en") if items else ""
