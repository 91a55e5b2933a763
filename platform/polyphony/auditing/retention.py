"""The audit holds numbers and no names: it stays, and once an account is erased its number leads to nobody."""

from polyphony.auditing.words import VERBS
from polyphony.kernel.locale import lazy
from polyphony.kernel.retention import ACCOUNT, STAYS, Datum, keeps, spare

keeps(
    Datum("audit", (ACCOUNT,), lazy("What was done with your account: the act, the moment and numbers, never a word or a "
                                    "name. Nothing of what is said without an account."),
          lazy("As long as this place exists. Once your account is erased, its number leads to nobody."),
          lazy("So that nobody can rewrite what happened without being noticed by those who have kept a copy."), STAYS,
          {"audit.row": "id at actor verb subject about details"},
          "SELECT r.at, r.verb FROM audit.row r WHERE r.actor = :person ORDER BY r.at DESC, r.id",
          codes={"verb": VERBS}),
)
spare("hashes of rows and signatures over them", audit__seal="number row_id content hash",
      audit__head="day link hash key signature")
spare("that a form was sent, under names made with a secret key, and the page it led to, without who sent it, until the "
      "next day",
      kernel__once="value place day")
spare("counts, too small ones as nothing", kernel__tally="subject name count")
spare("the deployment's own secret", viewer__key="number secret")
