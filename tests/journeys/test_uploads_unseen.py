"""Whoever attaches a file that hides something is told so, and is told beforehand what may stay."""

import uuid
from html import unescape
from typing import Any

import pytest

import dirty
import dirty_office
import make
from polyphony.uploads import rules
from polyphony.uploads.cleaning import verdicts

STAYS = "What only looks gone may stay too: words under a black bar or in white"


def text(answer: Any) -> str:
    assert answer.status_code == 200
    return unescape(answer.get_data(as_text=True))


@pytest.mark.parametrize(("lang", "words"), [("en", "hidden parts: sheets, rows"), ("fr", "parties masquées"), ("sw", "sehemu zilizofichwa")])
def test_a_file_with_hidden_parts_is_refused_in_words_and_costs_no_other(world: Any, lang: str, words: str) -> None:
    firm, ngo = make.organisation(world, "Halcyon"), make.organisation(world, "Sauti", "stakeholder")
    make.person(world, "amina@s.example", seats=((ngo, "coordinator"),))
    table = make.organisation(world, "Middle", "facilitation")
    about = make.consultation(world, [firm], facilitator=table, invited=(ngo,))
    author = make.sign_in(world.client(), "amina@s.example")
    hidden = dirty_office.docx(**{"word/document.xml": dirty_office.BODY.replace('<wp:docPr id="1"', '<wp:docPr id="1" hidden="1"')})
    at = f"/{lang}/consultations/{about}/say"
    answer = author.post(at, **dirty.multipart({"text": "What I saw.", "lang": "en", "other": "", "once": str(uuid.uuid4())},
                                               [("a.docx", hidden), ("a.png", dirty.png())]))
    page = text(author.get(answer.location))
    assert words in page
    assert "What I saw." in page
    assert page.count(f'href="/{lang}/attachments/') == 1
    if lang == "en":
        assert "Show or delete them, save the file anew" in page
        assert STAYS in page


def test_the_page_about_protection_tells_what_may_stay(world: Any) -> None:
    page = text(world.client().get("/en/protection"))
    assert "What can be seen in a file stays." in page
    assert STAYS in page


def test_every_verdict_of_the_cleaner_has_its_sentence() -> None:
    said = {reason: rules.refusal_for(verdicts.Unclean(reason)) for reason in verdicts.REASONS}
    assert all(str(refusal.message) and str(refusal.help) for refusal in said.values())
    assert said[verdicts.HIDDEN].message != said[verdicts.LAYERS].message != said[verdicts.CROPPED].message
