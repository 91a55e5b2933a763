"""In which language was this written? A guess by py3langid, always shown and always correctable."""

from functools import cache

from polyphony.kernel import locale

SHORT = 12  # letters under which a guess is worse than the language of the page


@cache
def _reader():  # type: ignore[no-untyped-def]
    from py3langid.langid import MODEL_FILE, LanguageIdentifier

    made = LanguageIdentifier.from_model_file(MODEL_FILE)
    known = set(made.labels)
    made.set_languages([x.code for x in locale.writable() if x.code in known])
    return made


def guess(text: str, otherwise: str) -> str:
    """The language of a text; for a few letters only, the language she reads in."""
    if sum(c.isalpha() for c in text) < SHORT:
        return otherwise
    return str(_reader().classify(text)[0])
