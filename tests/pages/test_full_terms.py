"""A consultation that says as much as it may still opens on a slow phone, in the heaviest of our scripts."""

import gzip
import os
from html import unescape
from pathlib import Path

import pytest

from convening import TERMS, begin, dates, once, the_cast  # noqa: F401
from polyphony.consultations.forms import TOGETHER
from polyphony.consultations.rules import FIELDS
from polyphony.demo.pairs import pairs
from polyphony.folders import folder, root


def arabic(world, length: int) -> str:
    """That many characters of what people wrote, from the real data beside the project."""
    place = Path(os.environ.get("POLYPHONY_DATA", root().parent / "shared" / "data"))
    if not place.exists():
        if os.environ.get("CI"):
            pytest.fail(f"{place} is missing")
        pytest.skip(f"LOUD: {place} is not here, so no page full of Arabic was weighed")
    return " ".join(text for lang, text, _english in pairs(world.settings) if lang == "ar")[:length]


def weight(html: bytes) -> int:
    """The page and what blocks its first picture, as they go over the line."""
    return sum(len(gzip.compress(part, 9)) for part in (html, (folder("static") / "polyphony.css").read_bytes()))


def test_the_longest_terms_fit_the_page_and_longer_ones_are_asked_back_whole(world, cast) -> None:
    short = dict.fromkeys(FIELDS, "") | {"title": "إنذارات قبل الإطلاق"}
    spare = TOGETHER - len(short["title"])
    words, texts = arabic(world, spare + 1), [name for name in FIELDS if name != "title"]
    share = spare // len(texts)
    full = short | {name: words[n * share:(n + 1) * share].strip().ljust(share, "ن") for n, name in enumerate(texts)}
    full["purpose"] += "ن" * (TOGETHER - sum(map(len, full.values())))
    id = begin(world, cast, source_lang="ar", **full)
    lead = cast["halcyon_lead"]
    for path in (f"/ar/consultations/{id}", f"/ar/consultations/{id}/edit"):
        shown = lead.get(path)
        assert shown.status_code == 200, path
        assert weight(shown.data) <= 14 * 1024, path
    more = full | {"purpose": full["purpose"] + "ن" * 7}
    refused = lead.post("/en/consultations/new", data={
        **TERMS, **dates(), "facilitator_id": str(cast["body"]), **once(), **more, "source_lang": "ar"})
    page = unescape(refused.get_data(as_text=True))
    assert refused.status_code == 422
    assert "All texts together are 7 characters too long" in page
    assert all(text in page for text in more.values()), "what she typed is still there"


def test_the_form_says_how_much_all_texts_hold_together(cast) -> None:
    page = unescape(cast["halcyon_lead"].get("/en/consultations/new").get_data(as_text=True))
    assert page.count("All texts of this page together: at most 6,000 characters.") == len(FIELDS) - 2, "title and payer are short"
    assert "At most 2,000 characters." in page
    assert "20,000" not in page
