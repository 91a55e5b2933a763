"""Row security of the loop: a company's draft is its own; the published is for all who see the consultation."""

from polyphony.feedback.models import (
    Answer,
    AnswerHand,
    Comment,
    Default,
    Excerpt,
    GroundAuthor,
    GroundRound,
    GroundView,
    Lost,
    Measure,
    Objection,
    Publication,
    Reminder,
    Theme,
)
from polyphony.kernel.policies import allow, any_of, definer, ids, one, protect, statements
from polyphony.kernel.viewer import fact, had
from polyphony.languages.access import changeable, not_refused, read_first, readable_with
from polyphony.languages.models import TranslatorRefusal

fact("placed", "SELECT array_agg(DISTINCT e.theme_id) FROM feedback.excerpt e WHERE "
               f"e.input_id = ANY ({had('authored')})")
fact("viewed", "SELECT array_agg(a.view_id) FROM feedback.ground_author a WHERE a.person_id = me OR "
               "a.phrase_id = phrase")

FACILITATED = any_of("consultation_id", "facilitated")
TRANSLATING = any_of("consultation_id", "translating")
_OWN = any_of("company_id", "companies")
_SEEN = "consultation_id IN (SELECT c.id FROM consultations.consultation c)"

protect(Theme, app="SELECT, INSERT, UPDATE, DELETE", worker="SELECT")
protect(Excerpt, app="SELECT, INSERT, DELETE", worker="SELECT, DELETE", lookup="SELECT, DELETE")
protect(Lost, app="SELECT, INSERT, DELETE", worker="SELECT, INSERT, DELETE", lookup="SELECT, DELETE")
protect(Objection, app="SELECT, INSERT, UPDATE", worker="SELECT, INSERT, DELETE", lookup="SELECT, DELETE")
protect(Reminder, app="SELECT, INSERT", worker="")
protect(Answer, app="SELECT, INSERT, UPDATE", worker="SELECT, UPDATE", lookup="SELECT, DELETE")
protect(AnswerHand, app="SELECT, INSERT", worker="", lookup="SELECT, DELETE")
protect(Comment, app="SELECT, INSERT", worker="SELECT, DELETE", lookup="SELECT, DELETE")
protect(Publication, app="SELECT, INSERT", worker="SELECT")
protect(Default, app="SELECT, INSERT", worker="SELECT")
protect(Measure, app="SELECT, INSERT, UPDATE, DELETE", worker="SELECT", lookup="SELECT, DELETE")
protect(GroundRound, app="SELECT, INSERT", worker="SELECT")
protect(GroundView, app="SELECT, INSERT, UPDATE", worker="SELECT, INSERT, DELETE")
protect(GroundAuthor, app="SELECT, INSERT", worker="SELECT, INSERT, DELETE")

allow(Theme, "SELECT", "facilitator", FACILITATED)
allow(Theme, "SELECT", "placed", any_of("id", "placed"))
allow(Theme, "SELECT", "addressed", f"shared_on IS NOT NULL AND {any_of('consultation_id', 'convened', 'left')}")
allow(Theme, "SELECT", "translator", TRANSLATING)
allow(Theme, "SELECT", "published", f"published_on IS NOT NULL AND {_SEEN}", public=True)
allow(Theme, "INSERT", "facilitator", "", check=FACILITATED)
allow(Theme, "UPDATE", "facilitator", FACILITATED)
allow(Theme, "DELETE", "facilitator", f"published_on IS NULL AND {FACILITATED}")

# An excerpt is seen with its input (so it inherits the audience, and facilitator-only text is never quoted).
allow(Excerpt, "SELECT", "with_input", "EXISTS (SELECT 1 FROM inputs.input i WHERE i.id = input_id AND "
      "i.audience <> 'facilitator') AND EXISTS (SELECT 1 FROM feedback.theme t WHERE t.id = theme_id)", public=True)
allow(Excerpt, "SELECT", "facilitator", FACILITATED)
allow(Excerpt, "SELECT", "author", f"input_id = ANY ({ids('authored')})")
allow(Excerpt, "INSERT", "facilitator", "", check=FACILITATED)
allow(Excerpt, "DELETE", "facilitator", FACILITATED)
allow(Excerpt, "DELETE", "author", f"input_id = ANY ({ids('authored')})")
allow(Objection, "SELECT", "author_and_facilitator", f"input_id = ANY ({ids('authored')}) OR {FACILITATED}")
allow(Objection, "INSERT", "author", "", check=f"input_id = ANY ({ids('authored')}) AND {any_of('theme_id', 'placed')}")
# A translator reads it after the facilitator, or because she was handed the input that it is about.
allow(Objection, "SELECT", "translator", f"{TRANSLATING} AND {not_refused('input_id')} AND EXISTS (SELECT 1 FROM "
      f"inputs.input i WHERE i.id = input_id AND (i.id = ANY ({ids('handed')}) OR handled_on IS NOT NULL AND "
      "i.audience <> 'facilitator'))")
allow(Objection, "UPDATE", "facilitator", FACILITATED)
allow(Lost, "SELECT", "facilitator", FACILITATED)
allow(Lost, "INSERT", "author_and_facilitator", "", check=f"input_id = ANY ({ids('authored')}) OR {FACILITATED}")
allow(Lost, "DELETE", "facilitator", FACILITATED)

allow(Answer, "SELECT", "own_company", _OWN)
allow(Answer, "SELECT", "signed_for_facilitator", f"state <> 'draft' AND {FACILITATED}")
allow(Answer, "SELECT", "signed_for_translator", f"state <> 'draft' AND {TRANSLATING} AND {not_refused('id')}")
allow(Answer, "SELECT", "published", f"state = 'published' AND {_SEEN}", public=True)
allow(Answer, "INSERT", "own_company", "", check=f"state = 'draft' AND {any_of('company_id', 'leading', 'deciding')}")
allow(Answer, "UPDATE", "own_company", f"state = 'draft' AND {any_of('company_id', 'leading', 'deciding')}",
      check=f"state = 'draft' OR ({any_of('company_id', 'deciding')} AND (state = 'signed' OR EXISTS (SELECT 1 FROM "
            "consultations.consultation c WHERE c.id = consultation_id AND c.state IN ('published', 'closed'))))")
allow(Answer, "UPDATE", "publish", f"state = 'signed' AND {FACILITATED}", check=f"state = 'published' AND {FACILITATED}")
allow(AnswerHand, "SELECT", "own_company", _OWN)
allow(AnswerHand, "INSERT", "own_company", "", check=f"{_OWN} AND person_id = {one('person')}")
allow(Comment, "SELECT", "own_company", _OWN)
allow(Comment, "INSERT", "own_company", "", check=f"{_OWN} AND person_id = {one('person')}")
allow(Reminder, "SELECT", "facilitator_and_company", f"{FACILITATED} OR {_OWN}")
allow(Reminder, "INSERT", "facilitator", "", check=FACILITATED)
for model in (Publication, Default):
    allow(model, "SELECT", "of_seen", _SEEN, public=True)
    allow(model, "INSERT", "facilitator", "", check=FACILITATED)

allow(Measure, "SELECT", "with_answer", "EXISTS (SELECT 1 FROM feedback.answer a WHERE a.id = answer_id)", public=True)
allow(Measure, "INSERT", "own_company", "", check=any_of("company_id", "leading", "deciding"))
allow(Measure, "UPDATE", "own_company", any_of("company_id", "leading", "deciding"))
allow(Measure, "DELETE", "own_company", any_of("company_id", "leading", "deciding"))
allow(GroundRound, "SELECT", "of_seen", _SEEN, public=True)
allow(GroundRound, "INSERT", "facilitator", "", check=FACILITATED)
# Read is not shown: while few have spoken, words and marks would point at people.
allow(GroundView, "SELECT", "shown", f"shown_on IS NOT NULL AND {_SEEN}", public=True)
allow(GroundView, "SELECT", "translator", f"read_on IS NOT NULL AND {TRANSLATING} AND {not_refused('id')}")
allow(GroundView, "SELECT", "facilitator", FACILITATED)
allow(GroundView, "SELECT", "own", any_of("id", "viewed"))
# Those who spoke, also without the seat in which they did.
allow(GroundView, "INSERT", "author", "", check="read_on IS NULL AND shown_on IS NULL AND consultation_id IN (SELECT "
      f"i.consultation_id FROM inputs.input i WHERE i.id = ANY ({ids('authored')}))")
allow(GroundView, "UPDATE", "facilitator", FACILITATED)
_MINE = f"person_id = {one('person')} OR phrase_id = {one('phrase')}"
allow(GroundAuthor, "SELECT", "own", _MINE)
allow(GroundAuthor, "INSERT", "own", "", check=_MINE)

for verb in ("SELECT", "INSERT", "DELETE"):
    _whole = ("EXISTS (SELECT 1 FROM feedback.answer a WHERE a.id = subject_id AND "
              f"{any_of('a.company_id', 'leading', 'deciding')})")
    allow(TranslatorRefusal, verb, "answering_company", "" if verb == "INSERT" else _whole, check=_whole)
    _viewed = any_of("subject_id", "viewed")
    allow(TranslatorRefusal, verb, "whose_view", "" if verb == "INSERT" else _viewed, check=_viewed)

readable_with("theme", "feedback.theme")
changeable("theme", f"{FACILITATED} OR {TRANSLATING}", removed=True)
readable_with("answer", "feedback.answer")
changeable("answer", f"{FACILITATED} OR {TRANSLATING} OR EXISTS (SELECT 1 FROM feedback.answer a WHERE "
           f"a.id = subject_id AND {any_of('a.company_id', 'leading', 'deciding')})")
readable_with("measure", "feedback.measure")
changeable("measure", f"{FACILITATED} OR {TRANSLATING} OR EXISTS (SELECT 1 FROM feedback.measure m WHERE "
           f"m.id = subject_id AND {any_of('m.company_id', 'leading', 'deciding')})")
readable_with("ground_view", "feedback.ground_view", held="waits", inside=f"{any_of('subject_id', 'viewed')} OR {FACILITATED}")
changeable("ground_view", f"{any_of('subject_id', 'viewed')} OR {FACILITATED} OR {TRANSLATING}")
read_first("ground_view", own="viewed")
# A quote is what the facilitator cut out: an author translates her whole input, which stands beside its quotes.
readable_with("quote", "feedback.excerpt")
changeable("quote", f"{FACILITATED} OR {TRANSLATING}", removed=f"{FACILITATED} OR EXISTS (SELECT 1 FROM feedback.excerpt e "
           f"WHERE e.id = subject_id AND e.input_id = ANY ({ids('authored')}))")
read_first("quote", said="SELECT e.input_id FROM feedback.excerpt e WHERE e.id = NEW.subject_id")
readable_with("words", "feedback.objection", name="objection_words")
readable_with("words", 'feedback."default"', name="default_words")

# A theme taken back takes with it what the facilitator may not see: drafts that no company has signed.
definer("feedback.drop_drafts(theme uuid) RETURNS void", """
LANGUAGE plpgsql VOLATILE SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $f$
BEGIN
  IF NOT viewer.sealed() OR NOT EXISTS (
      SELECT 1 FROM feedback.theme t WHERE t.id = theme AND t.published_on IS NULL AND t.consultation_id = ANY (
        nullif(current_setting('polyphony.facilitated', true), '')::uuid[]))
    OR EXISTS (SELECT 1 FROM feedback.answer a WHERE a.theme_id = theme AND a.state <> 'draft')
    OR EXISTS (SELECT 1 FROM feedback.objection o WHERE o.theme_id = theme AND o.handled_on IS NULL) THEN
    RETURN;
  END IF;
  DELETE FROM feedback.excerpt e WHERE e.theme_id = theme;
  DELETE FROM feedback.lost l WHERE l.theme_id = theme;
  DELETE FROM feedback.measure m WHERE m.theme_id = theme;
  DELETE FROM feedback.answer_hand h USING feedback.answer a WHERE a.id = h.answer_id AND a.theme_id = theme;
  DELETE FROM feedback.comment c WHERE c.theme_id = theme;
  DELETE FROM feedback.answer a WHERE a.theme_id = theme;
  DELETE FROM feedback.objection o WHERE o.theme_id = theme;
END $f$""")

# Signing and publishing go one after the other: neither sees in its own picture of the database what the other is
# doing. Both write the consultation's row, so that PostgreSQL tells whoever comes second to begin again.
definer("feedback.signs_in_turn() RETURNS trigger", """
LANGUAGE plpgsql VOLATILE SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $f$
BEGIN
  UPDATE consultations.consultation c SET revision = c.revision WHERE c.id = NEW.consultation_id;
  RETURN NULL;
END $f$""", to="polyphony_lookup")
statements.append("""
CREATE OR REPLACE TRIGGER signs_in_turn AFTER UPDATE OF state ON feedback.answer
FOR EACH ROW WHEN (OLD.state = 'draft' AND NEW.state <> 'draft') EXECUTE FUNCTION feedback.signs_in_turn()""")
