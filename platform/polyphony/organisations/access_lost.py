"""Who lost her second factor begins anew only by two people: her administrator asks, a steward agrees."""

from polyphony.kernel.policies import allow, any_of, definer, holds, one, protect
from polyphony.organisations.models import FactorReset
from polyphony.people.models import Person

VALID = "7 days"

protect(FactorReset, app="SELECT, INSERT", worker="SELECT, UPDATE (words)", lookup="SELECT, UPDATE")
allow(FactorReset, "SELECT", "administrator", any_of("organisation_id", "administered"))
allow(FactorReset, "SELECT", "steward", holds("steward"))
allow(FactorReset, "INSERT", "administrator", "", check=f"asked_by = {one('person')} AND person_id <> {one('person')} AND "
      f"decided_at IS NULL AND NOT granted AND {any_of('organisation_id', 'administered')} AND EXISTS (SELECT FROM "
      "organisations.membership m WHERE m.person_id = factor_reset.person_id AND m.organisation_id = "
      "factor_reset.organisation_id AND NOT EXISTS (SELECT FROM organisations.membership_end e WHERE e.membership_id = m.id))")
allow(Person, "SELECT", "lost_factor", f"{holds('steward')} AND id IN (SELECT r.person_id FROM organisations.factor_reset r "
      "UNION ALL SELECT r.asked_by FROM organisations.factor_reset r)")

# The steward is the one who is looking, neither she who asked nor she who lost it. Her sessions end with her factors.
definer("organisations.decide_factor_reset(request uuid, yes boolean) RETURNS boolean", f"""
LANGUAGE plpgsql VOLATILE SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $f$
DECLARE me uuid := nullif(current_setting('polyphony.person', true), '')::uuid; who uuid;
BEGIN
  IF NOT viewer.sealed() OR NOT coalesce('steward' = ANY(nullif(current_setting('polyphony.roles', true), '')::text[]), false)
  THEN RETURN false; END IF;
  UPDATE organisations.factor_reset r SET steward_id = me, decided_at = now(), granted = yes
  WHERE r.id = request AND r.decided_at IS NULL AND r.asked_at > now() - interval '{VALID}'
    AND r.asked_by <> me AND r.person_id <> me RETURNING r.person_id INTO who;
  IF who IS NULL THEN RETURN false; END IF;
  IF yes THEN
    DELETE FROM people.factor f WHERE f.person_id = who;
    DELETE FROM people.recovery c WHERE c.person_id = who;
    DELETE FROM people.session s WHERE s.person_id = who;
  END IF;
  RETURN true;
END $f$""")
