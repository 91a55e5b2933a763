"""What a page costs does not grow with what it shows: the same statements at 10 rows and at 1,000."""

import uuid
from datetime import timedelta
from types import SimpleNamespace
from typing import Any

import pytest
from flask import g

import make
from polyphony.inputs.models import Handed, Original
from polyphony.organisations.models import Organisation

FEW, MANY = 10, 1_000
LISTS_AND_DETAILS, HOMES_AND_DESKS = 6, 10
PAGES = {  # who looks, where, and what it may cost
    "inputs": ("member", "/consultations/{here}/inputs", LISTS_AND_DETAILS),
    "answers": ("member", "/consultations/{here}/answers", LISTS_AND_DETAILS),
    "the answers to her words": ("member", "/consultations/{here}/answers?mine=1", LISTS_AND_DETAILS),
    "a theme": ("member", "/themes/{theme}", LISTS_AND_DETAILS),
    "the consultation": ("member", "/consultations/{here}", LISTS_AND_DETAILS),
    "consultations": ("member", "/consultations", LISTS_AND_DETAILS),
    "notices": ("member", "/notices", LISTS_AND_DETAILS),
    "her inbox": ("member", "/inbox", HOMES_AND_DESKS),
    "home": ("member", "/home", HOMES_AND_DESKS),
    "what is read first": ("facilitator", "/consultations/{here}/reading", LISTS_AND_DETAILS),
    "the facilitator's desk": ("facilitator", "/consultations/{here}/facilitate", HOMES_AND_DESKS),
    "the facilitator's home": ("facilitator", "/home", HOMES_AND_DESKS),
    "the company's desk": ("lead", "/consultations/{here}/our-answers", HOMES_AND_DESKS),
    "the company's home": ("lead", "/home", HOMES_AND_DESKS),
    "the translators' desk": ("facilitator", "/consultations/{here}/translations", HOMES_AND_DESKS),
    "organisations": ("member", "/organisations", LISTS_AND_DETAILS),
    "one input, read first": ("facilitator", "/consultations/{here}/reading/{said}", LISTS_AND_DETAILS),
    "one input, of her own": ("member", "/inbox/{said}", LISTS_AND_DETAILS),
    "one input, to be placed": ("facilitator", "/consultations/{here}/excerpts/{said}", LISTS_AND_DETAILS),
    "one text to translate": ("facilitator", "/consultations/{here}/translations/input/{said}/text/en", LISTS_AND_DETAILS),
    "a theme to translate": ("facilitator", "/consultations/{here}/translations/theme/{theme}/summary/fr",
                             LISTS_AND_DETAILS),
    "what an announcement needs": ("facilitator", "/consultations/{here}/preparation", HOMES_AND_DESKS),
    "who is invited": ("facilitator", "/consultations/{here}/organisations", LISTS_AND_DETAILS),
    "who translates": ("facilitator", "/consultations/{here}/translators", LISTS_AND_DETAILS),
    "the companies and who decides": ("lead", "/consultations/{here}/companies", LISTS_AND_DETAILS),
    "who facilitates": ("lead", "/consultations/{here}/facilitator", LISTS_AND_DETAILS),
    "the record": ("member", "/consultations/{here}/record", LISTS_AND_DETAILS),
    "inputs to place": ("facilitator", "/consultations/{here}/placing", LISTS_AND_DETAILS),
    "a company's draft": ("lead", "/themes/{theme}/answer/{company}", LISTS_AND_DETAILS),
}


def fill(world: Any, size: int) -> SimpleNamespace:
    """One consultation with so many rows of everything that a list shows."""
    company, table = make.organisation(world, "Halcyon"), make.organisation(world, "Table", "facilitation")
    sauti = make.organisation(world, "Sauti", "stakeholder")
    people = {"member": make.person(world, "m@x.example", seats=((sauti, "coordinator"),)),
              "facilitator": make.person(world, "f@x.example", seats=((table, "facilitator"),)),
              "lead": make.person(world, "l@x.example", seats=((company, "engagement_lead"),))}
    here = make.consultation(world, [company], facilitator=table, invited=(sauti,), state="published",
                             opens_at=make.now() - timedelta(days=30), closes_at=make.now() - timedelta(days=9),
                             promised_on=make.today(), languages=["en", "fr"])
    theme = _loop(world, here, company, people["member"], size)
    said = _beside(world, here, company, theme, people, size)
    make.add(world, *(Organisation(id=uuid.uuid4(), name=f"Organisation {n}", kind="stakeholder", country="KE",
                                   asked_on=make.today(), admitted_on=make.today()) for n in range(size)))
    return SimpleNamespace(people=people, here=here, theme=theme, said=said, company=company)


def _loop(world: Any, here: uuid.UUID, company: uuid.UUID, author: uuid.UUID, size: int) -> uuid.UUID:
    world.sql("INSERT INTO inputs.input (id, consultation_id, day, shuffle, lang, text, audience, readers, addressed, naming, "
              "shown_as, speaks_as, masked, read_on, revision) SELECT gen_random_uuid(), %s, current_date, n, 'sw', "
              "'Maneno ya mtu.', 'participants', '{}', %s, 'unattributed', '', 'affected', false, "
              "CASE WHEN n %% 2 = 0 THEN current_date END, 1 FROM generate_series(1, %s) n", here, [company], size)
    world.sql("INSERT INTO languages.translation (id, consultation_id, kind, subject_id, field, lang, text, mark, stale) "
              "SELECT gen_random_uuid(), consultation_id, 'input', id, 'text', 'en', 'A person said.', 'person', false "
              "FROM inputs.input")
    world.sql("INSERT INTO inputs.authorship (input_id, person_id) SELECT id, %s FROM inputs.input", author)
    world.sql("INSERT INTO feedback.theme (id, consultation_id, title, summary, lang, addressed, added_reason, place, made_on, "
              "shared_on, published_on, revision) SELECT gen_random_uuid(), %s, 'Theme ' || n, 'What they say.', 'en', %s, "
              "'', n, current_date, current_date, current_date, 1 FROM generate_series(1, %s) n", here, [company], size)
    world.sql("INSERT INTO feedback.answer (id, theme_id, company_id, consultation_id, number, state, decision, reason_kind, "
              "words, changes, lang, signed_as, signed_on, published_on, late_days, revision) SELECT gen_random_uuid(), id, "
              "%s, consultation_id, 1, 'published', 'adopted', '', 'We do this.', 'The wording.', 'en', 'product', "
              "current_date, current_date, 0, 1 FROM feedback.theme", company)
    theme: uuid.UUID = world.sql("SELECT id FROM feedback.theme ORDER BY place LIMIT 1")[0][0]
    world.sql("INSERT INTO feedback.excerpt (id, theme_id, input_id, consultation_id, quote, placed_on) SELECT "
              "gen_random_uuid(), %s, id, consultation_id, 'Maneno', current_date FROM inputs.input", theme)
    return theme


def _beside(world: Any, here: uuid.UUID, company: uuid.UUID, theme: uuid.UUID, people: dict[str, uuid.UUID],
            size: int) -> uuid.UUID:
    """What hangs on one theme and on one input: measures, remarks, translators; answers the input, masked and handed on."""
    world.sql("INSERT INTO feedback.measure (id, answer_id, theme_id, company_id, consultation_id, what, owner, due_on, lang, "
              "status, status_words, revision) SELECT gen_random_uuid(), id, theme_id, company_id, consultation_id, 'We do it.', "
              "'product', current_date, 'en', 'planned', '', 1 FROM feedback.answer, generate_series(1, %s) WHERE theme_id = %s",
              size, theme)
    world.sql("INSERT INTO feedback.comment (id, theme_id, company_id, person_id, shown_as, words, at) SELECT "
              "gen_random_uuid(), %s, %s, %s, 'A colleague', 'A remark.', now() FROM generate_series(1, %s)", theme, company,
              people["lead"], size)
    (said,) = world.sql("SELECT id FROM inputs.input WHERE read_on IS NOT NULL ORDER BY shuffle LIMIT 1")[0]
    make.add(world, Original(input_id=said, consultation_id=here, text="Maneno ya mtu fulani.", reason="A name."),
             Handed(input_id=said, person_id=people["lead"], consultation_id=here))
    world.sql("INSERT INTO consultations.translator (id, consultation_id, organisation_id, person_id, shown_as, languages, "
              "appointed_on) SELECT gen_random_uuid(), %s, %s, %s, 'Translator ' || n, '{en}', current_date "
              "FROM generate_series(1, %s) n", here, company, people["lead"], size)
    found: uuid.UUID = said
    return found


def counts(world: Any, here: SimpleNamespace) -> dict[str, int]:
    """What each page costs its reader."""
    found = {}
    for name, (who, address, _) in PAGES.items():
        with world.app.app_context(), world.client() as client:
            make.sign_in(client, f"{who[0]}@x.example")
        seen = []
        for _again in range(2):  # once a minute a session is touched, which the other visit shows to be no cost of the page
            with world.app.app_context(), client:
                answer = client.get("/en" + address.format(**vars(here)))
                assert answer.status_code == 200, (name, answer.status_code)
                seen.append(g.sql)
        found[name] = min(seen)
    return found


def empty(world: Any) -> None:
    """As if nothing had been there."""
    for table in ("entry", "entry_line", "seal"):  # the ledger refuses even to be emptied
        world.sql(f"ALTER TABLE fund.{table} DISABLE TRIGGER posted_stays_whole")
    world.sql("TRUNCATE people.person, organisations.organisation CASCADE")


@pytest.mark.slow
def test_a_page_costs_the_same_with_ten_rows_and_with_a_thousand(world: Any) -> None:
    few = counts(world, fill(world, FEW))
    empty(world)
    many = counts(world, fill(world, MANY))
    assert many == few
    assert {name: n for name, n in many.items() if n > PAGES[name][2]} == {}
