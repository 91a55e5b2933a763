"""What an author takes back, or the facilitator masks, is gone in every language, and who translated it with it."""

import uuid
from types import SimpleNamespace
from typing import Any

import pytest
import sqlalchemy as sa
from sqlalchemy.exc import IntegrityError

import make
from polyphony.consultations.models import Translator
from polyphony.feedback.models import Excerpt, Theme
from polyphony.languages import service

SAID, QUOTED = "Simu ya jirani yangu Baraka inaonyesha onyo.", "jirani yangu Baraka"
TOLD, TOLD_QUOTE = "The telephone of my neighbour Baraka shows the warning.", "my neighbour Baraka"
HARMLESS = "Simu ya jirani inaonyesha onyo."


@pytest.fixture
def stage(world: Any) -> Any:
    """An input that was read and quoted; a translator has put both into English, and somebody has reviewed that."""
    firm, table = make.organisation(world, "Halcyon"), make.organisation(world, "Table", "facilitation")
    sauti, lugha = make.organisation(world, "Sauti", "stakeholder"), make.organisation(world, "Lugha", "stakeholder")
    amina = make.person(world, "amina@x.example", seats=((sauti, "coordinator"),))
    make.person(world, "fay@x.example", seats=((table, "facilitator"),))
    about = make.consultation(world, [firm], facilitator=table, invited=(sauti,))
    for name in ("tatu", "tena"):
        who = make.person(world, f"{name}@x.example", seats=((lugha, "translator"),))
        make.add(world, Translator(id=uuid.uuid4(), consultation_id=about, person_id=who, organisation_id=lugha,
                                   shown_as="Lugha", languages=["en"], appointed_on=make.today()))
    said = make.input_(world, about, person_id=amina, text=SAID, lang="sw")
    theme = Theme(id=uuid.uuid4(), consultation_id=about, title="Warnings", summary="They show.", lang="en", made_on=make.today())
    excerpt = Excerpt(id=uuid.uuid4(), theme_id=theme.id, input_id=said, consultation_id=about, quote=QUOTED,
                      placed_on=make.today())
    make.add(world, theme, excerpt)
    browser = {name: make.sign_in(world.client(), f"{name}@x.example") for name in ("amina", "fay", "tatu", "tena")}
    at = f"/en/consultations/{about}"
    for kind, subject, field, text in (("input", said, "text", TOLD), ("quote", excerpt.id, "quote", TOLD_QUOTE)):
        piece = f"{at}/translations/{kind}/{subject}/{field}/en"
        assert browser["tatu"].post(piece, data={"text": text, "revision": make.revision(browser["tatu"], piece)}).status_code == 303
        assert browser["tena"].post(f"{piece}/review", data={"revision": make.revision(browser["tena"], piece)}).status_code == 303
    assert found_in(world, "Baraka") >= {"inputs.input", "feedback.excerpt", "languages.translation"}
    assert works(world) == 4, "two translations, each made and reviewed"
    return SimpleNamespace(world=world, at=at, said=said, **browser)


def found_in(world: Any, words: str) -> set[str]:
    """Every table in which these words stand, in whatever column."""
    tables = world.sql("SELECT n.nspname || '.' || quote_ident(c.relname) FROM pg_class c JOIN pg_namespace n "
                       "ON n.oid = c.relnamespace WHERE c.relkind = 'r' AND n.nspname NOT IN ('pg_catalog', "
                       "'information_schema')")
    return {table for (table,) in tables
            if world.sql(f"SELECT 1 FROM {table} t WHERE to_jsonb(t)::text ILIKE %s LIMIT 1", f"%{words}%")}


def works(world: Any) -> int:
    return int(world.sql("SELECT count(*) FROM languages.work")[0][0])


def test_an_input_taken_back_is_gone_in_every_language(stage: Any) -> None:
    gone = stage.amina.post(f"/en/inbox/{stage.said}/withdrawal", data={"sure": "yes"})
    assert gone.status_code == 303, gone.get_data(as_text=True)
    assert found_in(stage.world, "Baraka") == set()
    assert found_in(stage.world, "telephone") == set()
    assert works(stage.world) == 0, "nobody can see any more who worked on it"


def test_what_was_masked_is_kept_for_its_author_alone_and_in_no_other_language(stage: Any) -> None:
    data = {"text": HARMLESS, "reason": "It names a neighbour.", "revision": "1"}
    masked = stage.fay.post(f"{stage.at}/reading/{stage.said}/masking", data=data)
    assert masked.status_code == 303, masked.get_data(as_text=True)
    assert found_in(stage.world, "Baraka") == {"inputs.original"}
    assert works(stage.world) == 0
    assert "Baraka" in stage.amina.get(f"/en/inbox/{stage.said}").get_data(as_text=True)
    for other in (stage.tatu, stage.tena):
        piece = other.get(f"{stage.at}/translations/input/{stage.said}/text/en").get_data(as_text=True)
        assert HARMLESS in piece
        assert "Baraka" not in piece


def without(monkeypatch: Any, part: str, instead: str) -> None:
    """Take a part out of what makes translations go."""
    kept = str(service._REMOVED)
    assert part in kept
    monkeypatch.setattr(service, "_REMOVED", sa.text(kept.replace(part, instead)).bindparams(
        sa.bindparam("gone", type_=sa.ARRAY(sa.UUID))))


def test_a_withdrawal_that_forgets_the_work_alone_would_be_found(stage: Any, monkeypatch: Any) -> None:
    found = "FROM languages.translation WHERE subject_id = ANY (:gone) AND :kind IN ('', kind)"
    without(monkeypatch, f"DELETE {found} RETURNING id", f"SELECT id {found}")
    stage.amina.post(f"/en/inbox/{stage.said}/withdrawal", data={"sure": "yes"})
    assert "languages.translation" in found_in(stage.world, "Baraka")


def test_a_withdrawal_that_does_not_forget_the_work_is_refused_by_the_database(stage: Any, monkeypatch: Any) -> None:
    without(monkeypatch, "languages.forget_work(array_agg(t.id))", "count(*)")
    with pytest.raises(IntegrityError, match="work_translation_id_fkey"):
        stage.amina.post(f"/en/inbox/{stage.said}/withdrawal", data={"sure": "yes"})
