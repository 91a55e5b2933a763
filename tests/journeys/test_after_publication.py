"""After the answers are published: objections are still heard, masking cuts nobody off, corrections hide nothing."""

from datetime import timedelta
from typing import Any

import pytest
from tests import make
from tests.journeys.test_feedback import SAID, _answer, _get, _in, _post, _sign, _theme, loop
from tests.journeys.test_themes import _desk, _mask

__all__ = ["loop"]  # a fixture


@pytest.fixture
def published(loop: Any) -> Any:
    """Halcyon has answered with a measure, Tern owes, and all is published."""
    f, fac = loop.facts, _in(loop, "fac@x.org")
    f["theme"] = _theme(loop, fac)
    _answer(loop, "halcyon", f["theme"])
    answer = loop.sql("SELECT id FROM feedback.answer")[0][0]
    _post(_in(loop, "lead@halcyon.org"), f"/en/answers/{answer}/measures", what="Quiet alerts", owner="product",
          due_on=str(make.today() + timedelta(days=30)))
    _sign(loop, "halcyon")
    _post(fac, f"/en/consultations/{f['id']}/publish", words="Here they are")
    f["measure"] = loop.sql("SELECT id FROM feedback.measure")[0][0]
    return loop


def test_an_objection_after_publication_is_heard(published: Any) -> None:
    """She is told what is true now, it stands on the desk until answered, and the reply reaches her."""
    f, fac, asha = published.facts, _in(published, "fac@x.org"), _in(published, "asha@x.org")
    place = f"{f['theme']}/inputs/{f['said']}/object"
    page = _get(asha, place)
    assert "Nothing is published" not in page
    assert "The answers are published, and the theme no longer changes." in page
    _post(asha, place, words="I meant children", lang="en")
    objection = published.sql("SELECT id FROM feedback.objection")[0][0]
    for state in ("published", "closed"):
        published.sql("UPDATE consultations.consultation SET state = %s", state)
        assert f"/en/objections/{objection}" in _get(fac, _desk(published)), state
    page = _get(fac, f"/en/objections/{objection}")
    assert "Change the theme" not in page
    assert f"{f['theme']}/edit" not in page
    _post(fac, f"/en/objections/{objection}", words="I am sorry, I misread you.")
    assert "I am sorry, I misread you." in _get(asha, f["theme"])
    assert "/en/objections/" not in _get(fac, _desk(published))


def test_masking_after_publication_leaves_the_author_her_answers(published: Any) -> None:
    """The quote goes from every page, but her place in the theme stays: placing her again would be refused."""
    f, fac, asha = published.facts, _in(published, "fac@x.org"), _in(published, "asha@x.org")
    published.sql("UPDATE inputs.input SET audience = 'public'")
    assert "Tell only the person." in _get(published.client(), f["theme"])
    published.sql("INSERT INTO feedback.excerpt (id, theme_id, input_id, consultation_id, quote, placed_on) "
                  "SELECT gen_random_uuid(), theme_id, input_id, consultation_id, 'the person', placed_on "
                  "FROM feedback.excerpt")
    _mask(published, fac, SAID.replace("the person", "[masked]"))
    assert published.sql("SELECT quote FROM feedback.excerpt") == [("",)]
    assert "the person." not in _get(published.client(), f["theme"])
    assert "halcyon will do it." in _get(asha, f["theme"])
    assert f["theme"] in _get(asha, f"/en/inbox/{f['said']}")
    assert "excerpt went" not in _get(fac, _desk(published)), "nothing is left for her to place anew"


def test_a_correction_hides_no_measure(published: Any) -> None:
    """The company corrects a sentence: what it promised stands under its present answer, and so does the round."""
    f, fac, theme = published.facts, _in(published, "fac@x.org"), published.facts["theme"]
    _post(fac, f"/en/measures/{f['measure']}/round", until=str(make.today() + timedelta(days=5)))
    _answer(published, "halcyon", theme, words="Said better.")
    assert "Quiet alerts" in _get(_in(published, "boss@halcyon.org"), f"{theme}/answer/{f['halcyon']}")
    _sign(published, "halcyon")
    page = _get(_in(published, "asha@x.org"), theme)
    assert page.count("Quiet alerts") == 1
    before, _folded, after = page.partition("The version before")
    assert "Said better." in before
    assert "Quiet alerts" in after.partition("</details>")[2], "not folded away with the version before"
    assert f"/en/measures/{f['measure']}/ground" in page
