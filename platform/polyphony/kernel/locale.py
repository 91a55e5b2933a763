"""Seven languages as equals: language from the address, direction, names, and the marks for translation."""

import tomllib
from dataclasses import dataclass
from functools import cache

from flask import g, has_request_context
from flask_babel import Babel, force_locale, gettext, lazy_gettext, ngettext, pgettext

from polyphony.folders import folder

_ = gettext
lazy = lazy_gettext
__all__ = ["_", "babel", "direction", "force_locale", "interface", "language", "lazy", "name_of", "ngettext",
           "pgettext", "writable"]

babel = Babel()


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


def name_of(code: str) -> str:
    """A language's own name; an unknown tag is shown as it is."""
    known = _table()[1].get(code) or _table()[1].get(code.split("-")[0])
    return known.name if known else code


def direction(code: str) -> str:
    """'rtl' or 'ltr'; unknown languages follow their primary subtag, else left to right."""
    known = _table()[1].get(code) or _table()[1].get(code.split("-")[0])
    return known.direction if known else "ltr"


def language() -> str:
    """The language of this request (from its address), English outside one."""
    return g.get("lang", "en") if has_request_context() else "en"


def listing(items: list[str]) -> str:
    """'Halcyon, Meridian and Tern' as this language writes a list (CLDR)."""
    from babel.lists import format_list
    from flask_babel import get_locale

    return format_list(items, locale=get_locale() or "en") if items else ""
