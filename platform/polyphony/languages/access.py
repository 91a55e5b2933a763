"""Row security of translations: whoever may read a thing may read it in every language.

Each higher room adds the policy for its own kind of thing; this room knows only who works on them.
"""

from polyphony.kernel.policies import SEALED, allow, any_of, definer, one, protect, statements
from polyphony.kernel.viewer import fact
from polyphony.languages.models import Translation, TranslationWork, TranslatorRefusal

protect(Translation, app="SELECT, INSERT, UPDATE, DELETE", worker="SELECT, INSERT, DELETE")
protect(TranslationWork, app="SELECT, INSERT, DELETE", worker="SELECT, DELETE", lookup="SELECT, DELETE")
protect(TranslatorRefusal, app="SELECT, INSERT, DELETE", worker="SELECT, INSERT, DELETE")
allow(TranslationWork, "SELECT", "own", f"person_id = {one('person')}")
allow(TranslationWork, "INSERT", "own", "", check=f"person_id = {one('person')}")
allow(TranslatorRefusal, "SELECT", "of_me", f"person_id = {one('person')}")

# Who worked on a translation is forgotten with it, also by those who may not know who it was.
definer("languages.forget_work(gone uuid[]) RETURNS void", """
LANGUAGE sql VOLATILE SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $f$
  DELETE FROM languages.work w WHERE w.translation_id = ANY (gone)
    AND NOT EXISTS (SELECT 1 FROM languages.translation t WHERE t.id = w.translation_id)
$f$""")

# Texts whose authors do not want this viewer as their translator: a fact, so that policies of texts need no join.
fact("refused", "SELECT array_agg(r.subject_id) FROM languages.translator_refusal r WHERE r.person_id = me")


def not_refused(column: str) -> str:
    """The author of this text has not refused the viewer as its translator."""
    return f"NOT coalesce({any_of(column, 'refused')}, false)"


def readable_with(kind: str, parent: str, *, key: str = "id", name: str = "", held: str = "", inside: str = "") -> None:
    """Translations of a kind are seen with their thing; things of several tables share a kind by another `name`.

    Those that are `held` back are seen only by who is `inside`. OFFSET 0 keeps PostgreSQL from reading the whole table
    of things once to look up a few of them.
    """
    shown = f" AND (NOT ({held}) OR ({SEALED} AND ({inside})))" if held else ""
    allow(Translation, "SELECT", f"with_{name or kind}",
          f"kind = '{kind}'{shown} AND EXISTS (SELECT 1 FROM {parent} p WHERE p.{key} = subject_id OFFSET 0)", public=True)


def changeable(kind: str, rows: str, *, removed: bool | str = False) -> None:
    """Who may write and replace translations of a kind (`rows`, over the translation's columns).

    Who may also remove them: only where people take the text itself away (`removed`: the same, or other rows).
    """
    kept = f"kind = '{kind}' AND ({rows})"
    allow(Translation, "INSERT", f"write_{kind}", "", check=kept)
    allow(Translation, "UPDATE", f"change_{kind}", kept)
    if removed:
        allow(Translation, "DELETE", f"remove_{kind}", kept if removed is True else f"kind = '{kind}' AND ({removed})")


def read_first(kind: str, *, own: str = "", said: str = "") -> None:
    """What people translate of their own words (`own`: a fact) waits for the facilitator, whatever was asked for.

    `said` leads to the input that is translated: whoever writes at the moment in which its words change, are masked or
    go comes second and begins again, so that old words do not come back in another language.
    """
    mine = f"NEW.subject_id = ANY (nullif(current_setting('polyphony.{own}', true), '')::uuid[])" if own else "false"
    touch = f"UPDATE inputs.input SET revision = revision WHERE id = ({said});" if said else ""
    definer(f"languages.read_{kind}_first() RETURNS trigger", f"""
LANGUAGE plpgsql VOLATILE SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $f$
DECLARE anew boolean := TG_OP = 'INSERT';
BEGIN
  IF TG_OP = 'UPDATE' THEN anew := OLD.waits OR NEW.text <> OLD.text OR NEW.lang <> OLD.lang; END IF;
  IF NOT anew OR coalesce(current_setting('polyphony.seal', true), '') = '' THEN RETURN NEW; END IF;
  {touch}
  IF {mine} AND NOT coalesce(NEW.consultation_id = ANY (
      nullif(current_setting('polyphony.facilitated', true), '')::uuid[]), false) THEN NEW.waits := true; END IF;
  RETURN NEW;
END $f$""")
    statements.append(f"CREATE OR REPLACE TRIGGER read_{kind}_first BEFORE INSERT OR UPDATE ON languages.translation FOR "
                      f"EACH ROW WHEN (NEW.kind = '{kind}') EXECUTE FUNCTION languages.read_{kind}_first()")
