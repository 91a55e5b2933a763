"""The board of answers opens on a slow phone with twenty-five themes and three companies that have much to say."""

import gzip
import os
import uuid
from pathlib import Path

import pytest

import make
from crawl import browser_of
from polyphony.demo.pairs import pairs
from polyphony.feedback.glance import Room
from polyphony.feedback.models import Answer, Theme
from polyphony.folders import folder, root


def sentences(world, lang: str) -> list[str]:
    """What people wrote, from the real data beside the project."""
    place = Path(os.environ.get("POLYPHONY_DATA", root().parent / "shared" / "data"))
    if not place.exists():
        if os.environ.get("CI"):
            pytest.fail(f"{place} is missing")
        pytest.skip(f"LOUD: {place} is not here, so no full board was weighed")
    return [(english if lang == "en" else text) for code, text, english in pairs(world.settings)
            if code == ("sw" if lang == "en" else lang)]


@pytest.mark.parametrize("lang", ["ar", "fr", "en"])
def test_a_full_board_fits_the_page(world, lang) -> None:
    firms = [make.organisation(world, name) for name in ("Halcyon Networks", "Meridian Systems", "Tern Mobile")]
    about, said = make.consultation(world, firms, state="published"), iter(sentences(world, lang))
    rows = []
    for place in range(25):
        theme = Theme(id=uuid.uuid4(), consultation_id=about, title=next(said)[:90], summary=f"{next(said)} {next(said)}",
                      lang=lang, addressed=firms, place=place, published_on=make.today(), shared_on=make.today(),
                      made_on=make.today())
        rows.append(theme)
        rows += [Answer(id=uuid.uuid4(), theme_id=theme.id, company_id=firm, consultation_id=about, decision="later", lang=lang,
                        reason_kind="cost", state="published", number=1, changes="It changed our plan.", signed_as="product",
                        signed_on=make.today(), published_on=make.today(), words=" ".join(next(said) for _ in range(3)))
                 for firm in firms]
    make.add(world, *rows)
    page = world.client().get(f"/{lang}/consultations/{about}/answers")
    assert page.status_code == 200
    css = (folder("static") / "polyphony.css").read_bytes()
    assert sum(len(gzip.compress(part, 9)) for part in (page.data, css)) <= 14 * 1024


def test_few_cells_have_all_the_room_and_many_share_it() -> None:
    assert Room.of(3, 3) == Room(90, 400, 160)
    assert Room.of(25, 3) == Room(32, 0, 60)
    assert Room.of(0, 0) == Room(90, 400, 160)


def test_every_theme_of_the_demo_fits_in_every_language(demo) -> None:
    css, wrong = len(gzip.compress((folder("static") / "polyphony.css").read_bytes(), 9)), []
    for (theme,) in demo.sql("SELECT id FROM feedback.theme WHERE published_on IS NOT NULL"):
        for lang in ("en", "fr", "es", "pt", "ar", "sw", "id"):
            for who in ("visitor", "phrase"):
                size = len(gzip.compress(browser_of(demo, who).get(f"/{lang}/themes/{theme}").data, 9)) + css
                wrong += [(lang, who, theme, size)] if size > 14 * 1024 else []
    assert wrong == []
