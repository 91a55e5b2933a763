"""What is kept of holds themselves."""

from polyphony.kernel.locale import lazy
from polyphony.kernel.retention import ACCOUNT, DELETED, PHRASE, STAYS, Datum, keeps

keeps(
    Datum("hold", (ACCOUNT, PHRASE), lazy("That something of yours must be kept for a while: since when, until when and why; "
                                          "which stewards decided it"),
          lazy("Three years after its last day. You are told of it unless a written reason of safety forbids."),
          lazy("So that nobody keeps anything in secret and for ever."), DELETED,
          {"retention.hold": "id kind subject_id reason safety_reason until made_at person_id",
           "retention.confirmation": "hold_id person_id at", "retention.release": "hold_id person_id at words"},
          "SELECT h.made_at, h.until, h.reason FROM retention.hold h WHERE h.safety_reason = '' AND (h.kind = 'account' AND "
          "h.subject_id = :person OR h.kind = 'consultation' AND h.subject_id = ANY (:participating)) ORDER BY h.until, h.id", erased=STAYS),
)
