"""What stands in lists and on desks is told in the reader's language too, and marked with the language it is in."""

import uuid
from datetime import timedelta
from types import SimpleNamespace
from typing import Any

import pytest

import make
from polyphony.feedback.models import Answer, GroundRound, GroundView, Measure, Theme
from polyphony.languages.models import Translation

SAID = {"ar": "أخبروا الشخص وحده.", "sw": "Mwambieni mtu mwenyewe tu."}
PROMISED = {"ar": "إنذار هادئ", "sw": "Tahadhari ya kimya"}
SEEN = {"ar": "ما زال الهاتف يرنّ.", "sw": "Simu bado inalia."}


@pytest.fixture
def stage(world: Any) -> Any:
    """A theme with a measure and a view from the ground, an input in no theme: each with an Arabic and Swahili text."""
    firm, table = make.organisation(world, "Halcyon"), make.organisation(world, "Table", "facilitation")
    ngo = make.organisation(world, "Sauti", "stakeholder")
    author = make.person(world, "m@x.example", seats=((ngo, "contributor"),))
    make.person(world, "f@x.example", seats=((table, "facilitator"),))
    make.person(world, "l@x.example", seats=((firm, "engagement_lead"),))
    here = make.consultation(world, [firm], facilitator=table, invited=(ngo,), state="answering",
                             opens_at=make.now() - timedelta(days=30), closes_at=make.now() - timedelta(days=9),
                             promised_on=make.today())
    said = make.input_(world, here, person_id=author, text="Tell only the person.")
    day, theme, answer, measure, view = make.today(), *(uuid.uuid4() for _ in range(4))
    make.add(world, Theme(id=theme, consultation_id=here, title="Alerts", summary="s", lang="en", made_on=day, place=1,
                          addressed=[firm], shared_on=day))
    make.add(world, Answer(id=answer, theme_id=theme, company_id=firm, consultation_id=here, state="draft",
                           decision="adopted", words="We do.", changes="It.", lang="en"))
    make.add(world, Measure(id=measure, answer_id=answer, theme_id=theme, company_id=firm, consultation_id=here,
                            what="A silent alert", owner="product", due_on=day, lang="en"))
    make.add(world, GroundRound(measure_id=measure, consultation_id=here, opened_on=day, until=day + timedelta(days=9)))
    make.add(world, GroundView(id=view, measure_id=measure, consultation_id=here, view="partly", lang="en",
                               words="The phone still rings.", day=day))
    for kind, subject, field, texts in (("input", said, "text", SAID), ("measure", measure, "what", PROMISED),
                                        ("ground_view", view, "words", SEEN)):
        make.add(world, *(Translation(id=uuid.uuid4(), consultation_id=here, kind=kind, subject_id=subject, field=field,
                                      lang=lang, text=text, mark="person") for lang, text in texts.items()))
    who = {name: make.sign_in(world.client(), f"{name}@x.example") for name in "fl"}
    return SimpleNamespace(world=world, here=f"consultations/{here}", theme=theme, firm=firm, **who)


def line(who: Any, place: str, text: str, lang: str) -> None:
    """The page says this text, marked with its language and direction."""
    page = who.get(place).get_data(as_text=True)
    direction = "rtl" if lang == "ar" else "ltr"
    assert f'lang="{lang}" dir="{direction}">{text}' in page, (place, text)


@pytest.mark.parametrize("lang", ["ar", "sw"])
def test_lists_and_desks_speak_the_readers_language(stage: Any, lang: str) -> None:
    for page in ("facilitate", "placing", "reading"):
        line(stage.f, f"/{lang}/{stage.here}/{page}", SAID[lang], lang)
    line(stage.l, f"/{lang}/{stage.here}/our-answers", PROMISED[lang], lang)
    line(stage.l, f"/{lang}/themes/{stage.theme}/answer/{stage.firm}", PROMISED[lang], lang)
    line(stage.l, f"/fr/{stage.here}/our-answers", "A silent alert", "en")
    stage.world.sql("UPDATE feedback.answer SET state = 'published', published_on = current_date, "
                    "signed_as = 'legal', signed_on = current_date")
    stage.world.sql("UPDATE consultations.consultation SET state = 'published'")
    desk = f"/{lang}/{stage.here}/facilitate"
    line(stage.f, desk, PROMISED[lang], lang)
    line(stage.f, desk, SEEN[lang], lang)
    line(stage.f, f"/fr/{stage.here}/facilitate", "A silent alert", "en")


@pytest.mark.parametrize("lang", ["ar", "sw"])
def test_a_list_shows_the_original_of_what_changed_after_its_translation(stage: Any, lang: str) -> None:
    stage.world.sql("UPDATE languages.translation SET stale = true")
    stage.world.sql("UPDATE languages.translation SET waits = true WHERE kind = 'measure'")
    for page in ("reading", "placing", "facilitate"):
        line(stage.f, f"/{lang}/{stage.here}/{page}", "Tell only the person.", "en")
