"""Row security of the audit for others than the auditor: heads are public, and each party reads what concerns it."""

from polyphony.auditing.models import Head
from polyphony.kernel.audit import AuditRow, AuditSeal
from polyphony.kernel.policies import allow, any_of, ids, one, protect

# What everybody who co-owns or facilitates a consultation knows anyway; never a draft, a signature or a reading.
SHARED = ("consultation.announced", "consultation.open", "consultation.answering", "consultation.published",
          "consultation.closed", "consultation.protection_raised", "consultation.company_left",
          "consultation.taken_over", "answers.published", "default.recorded")
HOUSE = ("organisation.%", "member.%", "membership.%", "invitation.%")
_SHARED = ", ".join(f"'{verb}'" for verb in SHARED)
_HOUSE = " OR ".join(f"verb LIKE '{verb}'" for verb in HOUSE)

protect(Head, app="SELECT", worker="SELECT, INSERT", lookup="")
allow(Head, "SELECT", "anyone", "true", public=True)
allow(AuditRow, "SELECT", "own", f"actor = {one('person')}")
allow(AuditRow, "SELECT", "house", f"{any_of('about', 'administered')} AND ({_HOUSE})")
allow(AuditRow, "SELECT", "party", f"{any_of('about', 'convened', 'facilitated')} AND verb IN ({_SHARED})")
# Links show nothing but that something was done: who administers or facilitates takes them away with her rows.
allow(AuditSeal, "SELECT", "party",
      f"cardinality({ids('administered')}) > 0 OR cardinality({ids('facilitating')}) > 0")
