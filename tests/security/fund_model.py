"""What a life of the fund's money is made of, in plain Python: who may do what, what came of it, what is drawn for a step."""

import uuid
from dataclasses import dataclass, field

from hypothesis import strategies as st

HANDS = ("treasurer", "approver", "releaser", "both", "admin")
KEEPERS = ("treasurer", "both")
CURRENCIES = ("KES", "JPY")
FIRST = 2_000_00  # promised and received in each currency before the first step
MAY = {"prepared": KEEPERS, "approved": ("approver", "both"), "released": ("releaser", "both"),
       "confirmed": KEEPERS, "returned": KEEPERS, "stopped": ("treasurer", "approver", "releaser", "both")}
AFTER = {"approved": ("prepared",), "released": ("approved",), "confirmed": ("released",), "returned": ("released",),
         "stopped": ("prepared", "approved")}
POSTS = {"released": "release", "confirmed": "confirmation", "returned": "return"}
WAITS = ("due", "returned", "stopped")  # an instalment that nobody is paying
# What a life leaves behind, taken out before the next one as only the owner of the machine could.
OVER = ("payment_step", "payment", "instalment", "grantee", '"grant"', "decision", "vote", "recusal", "applicant",
        "application", "receipt", "pledge_change", "pledge", "seal", "entry_line", "entry", "grant_balance", "balance",
        "turn")


@dataclass
class Promised:
    """A promise of the model, and what of it has not come."""

    id: uuid.UUID
    currency: str
    left: int


@dataclass
class Came:
    """Money of the model that came in, with the acts on it that still stand, the newest last."""

    id: uuid.UUID
    currency: str
    amount: int
    pledge: Promised | None
    acts: list[str]

    @property
    def waits(self) -> bool:
        return self.acts[-1:] == ["unmatched_receipt"]


@dataclass
class Case:
    """A granted application of the model, and who stepped aside from it."""

    application: uuid.UUID
    grant: uuid.UUID
    currency: str
    aside: set[str] = field(default_factory=set)


@dataclass
class Part:
    """One instalment of the model, with the payment on its way and the hands it passed."""

    id: uuid.UUID
    case: Case
    amount: int
    state: str = "due"
    payment: uuid.UUID | None = None
    hands: set[str] = field(default_factory=set)


@dataclass(frozen=True)
class Turn:
    """What is drawn for one step: whether anybody does anything, else about what something fitting is done."""

    blind: bool
    about: str
    n: int
    who: str
    amount: int
    amounts: list[int]
    currency: str
    step: str


TURNS = st.builds(
    Turn, blind=st.sampled_from((False, False, True)), n=st.integers(0, 9999), who=st.sampled_from(HANDS),
    about=st.sampled_from(("pay", "pay", "pay", "money", "grant", "mend")), amount=st.integers(1, 900_00),
    amounts=st.lists(st.integers(1, 300_00), min_size=1, max_size=3), currency=st.sampled_from(CURRENCIES),
    step=st.sampled_from(sorted(AFTER)))
