"""A short sum at the doors that need no account: next to nothing for a person, dear for whoever tries thousands.

The page carries a question that the server has signed. A number answers it when the hash of both begins with
enough zero bits (as in Hashcash); a browser finds one while she types. Without scripts, waiting answers it as well:
the question says from when on. Each is taken once. How hard it is follows from how many are asked for in this minute
by everybody together: never by the address of a device, so that nobody pays for the neighbours she has on Tor.
"""

import hashlib
import hmac
import secrets as randomness
import threading
import time
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any, ClassVar, NoReturn

import sqlalchemy as sa
from flask import current_app
from sqlalchemy.orm import Mapped, mapped_column
from wtforms import HiddenField

from polyphony.kernel import clock, secrets
from polyphony.kernel.database import Base, db
from polyphony.kernel.edge import aside
from polyphony.kernel.forms import Form
from polyphony.kernel.locale import lazy, ngettext
from polyphony.kernel.policies import definer, protect
from polyphony.kernel.refusals import Refusal

CALM, STEPS = 60, 5  # questions a minute and process that raise nothing; how often it may double from there
BITS, WAIT, LONGEST_WAIT = 15, 6, 120  # zero bits, and seconds, while it is calm; the most that anybody waits
LASTS = 2 * 3600  # seconds for which a question can be answered: as long as it takes to read and to type
PACE, PLACES = 0.1, 4  # seconds for each who did neither, one at a time; how many of them may stand in line

_asked: deque[float] = deque(maxlen=CALM * 2**STEPS)
_counting, _turn, _places = threading.Lock(), threading.Lock(), threading.Semaphore(PLACES)


class SpentSum(Base):
    """A question that was answered. It says nothing of who did; lost with the server's memory, no harm is done."""

    __tablename__ = "spent_sum"
    __table_args__ = {"schema": "kernel", "prefixes": ["UNLOGGED"]}
    nonce: Mapped[bytes] = mapped_column(primary_key=True)
    until: Mapped[datetime]  # to the hour, when it may be forgotten


protect(SpentSum, worker="SELECT, DELETE", lookup="SELECT, INSERT")
definer("kernel.spend_sum(given bytea, ending timestamptz) RETURNS boolean", """
LANGUAGE sql VOLATILE SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $f$
  WITH spent AS (INSERT INTO kernel.spent_sum (nonce, until) VALUES (given, ending) ON CONFLICT DO NOTHING RETURNING 1)
  SELECT EXISTS (SELECT 1 FROM spent)
$f$""")
_SPEND = sa.text("SELECT kernel.spend_sum(:nonce, :until)").bindparams(
    sa.bindparam("nonce", type_=sa.LargeBinary()), sa.bindparam("until", type_=sa.DateTime(timezone=True)))


class PleaseWait(Refusal):
    """Neither the sum nor the waiting was done: so many seconds are left."""

    status = 429
    help = lazy("Waiting keeps machines from trying thousands of times. Where scripts run, the browser does a short "
                "sum instead.")

    def __init__(self, seconds: int):
        super().__init__(ngettext("Please wait %(num)s second, then send this again.",
                                  "Please wait %(num)s seconds, then send this again.", seconds))
        self.wait = seconds


@dataclass(frozen=True)
class Question:
    """What one page asks: at which door, since when, after how many seconds waiting will do, how many zero bits."""

    door: str
    nonce: str
    asked_at: int
    wait: int
    bits: int

    def __str__(self) -> str:
        said = f"{self.door}.{self.nonce}.{self.asked_at}.{self.wait}.{self.bits}"
        return f"{said}.{_signed(said)}"

    def is_answered_by(self, number: str) -> bool:
        if not (number.isascii() and number.isdigit() and len(number) <= 12):
            return False
        found = hashlib.sha256(f"{self.nonce}.{number}".encode()).digest()
        return int.from_bytes(found[:4], "big") >> (32 - self.bits) == 0

    @property
    def age(self) -> int:
        return int(clock.now().timestamp()) - self.asked_at

    @property
    def ends_at(self) -> datetime:
        """The full hour after which it cannot be answered any more."""
        last = datetime.fromtimestamp(self.asked_at + LASTS, UTC)
        return last.replace(minute=0, second=0, microsecond=0) + timedelta(hours=1)


class Guarded(Form):
    """A form with a short sum before it; `door` keeps a sum for one door from opening another."""

    door: ClassVar[str] = ""
    at_once: ClassVar[bool] = True  # whether the page asks before anything has gone wrong
    sum = HiddenField()
    solved = HiddenField()

    @property
    def question(self) -> str:
        """The question to write on the page; none where none is asked."""
        if not is_on() or not (self.at_once or self.is_submitted() or steps()):
            return ""
        return self.sum.data or str(ask(self.door))


def is_on() -> bool:
    """Whether this application asks for sums (tests of other things do not)."""
    return bool(current_app.config["SHORT_SUMS"])


def ask(door: str) -> Question:
    """A fresh question, as hard as the present minute wants it."""
    with _counting:
        _asked.append(time.monotonic())
    harder = steps()
    return Question(door, secrets.text_of(randomness.token_bytes(16)), int(clock.now().timestamp()),
                    min(WAIT * 2**harder, LONGEST_WAIT), BITS + harder)


def steps() -> int:
    """How often the price has doubled: once for each doubling of what was asked for in the last minute."""
    since = time.monotonic() - 60
    with _counting:
        while _asked and _asked[0] < since:
            _asked.popleft()
        return min(STEPS, max(1, len(_asked) // CALM).bit_length() - 1)


def ensure(form: Guarded) -> None:
    """Let through whoever did the sum or waited, once for each question; what was typed stays on the page.

    Aside, so that it is spent whatever becomes of the attempt. Raises PleaseWait, TooBusy.
    """
    if not is_on():
        return
    question = read(form.sum.data or "", form.door)
    if question is None or not 0 <= question.age < LASTS:
        _refuse(form, ask(form.door))
    elif not question.is_answered_by(form.solved.data or "") and question.age < question.wait:
        _refuse(form, question)
    elif not _spend(question):
        _refuse(form, ask(form.door))
    else:
        form.sum.data = form.solved.data = ""


def behind(form: Guarded, verb: Callable[..., Any]) -> Callable[..., Any]:
    """The same verb, done only once the form was let through."""

    def do(**typed: Any) -> Any:
        ensure(form)
        return verb(**typed)

    return do


def read(text: str, door: str) -> Question | None:
    """The question in a form, when this deployment asked it at this door."""
    said, _dot, seal = text.rpartition(".")
    if not hmac.compare_digest(_signed(said).encode(), seal.encode()):
        return None
    at, nonce, asked_at, wait, bits = said.split(".")
    return Question(door, nonce, int(asked_at), int(wait), int(bits)) if at == door else None


def forget() -> None:
    """Drop what can no longer be answered anyway (chore)."""
    db.session.execute(sa.delete(SpentSum).where(SpentSum.until < clock.now()))


def _spend(question: Question) -> bool:
    with aside() as other:
        spent = other.scalar(_SPEND, {"nonce": secrets.bytes_of(question.nonce), "until": question.ends_at})
    return bool(spent)


def _refuse(form: Guarded, question: Question) -> NoReturn:
    """Say how long to wait; one at a time, so that whoever does neither cannot keep the server busy."""
    form.sum.data, form.solved.data = str(question), ""
    if not _places.acquire(blocking=False):
        raise secrets.TooBusy()
    try:
        with _turn:
            time.sleep(PACE)
    finally:
        _places.release()
    raise PleaseWait(max(1, question.wait - question.age))


def _signed(said: str) -> str:
    key = current_app.extensions["settings"].secret_key.encode()
    return secrets.text_of(hmac.digest(key, f"short sum:{said}".encode(), "sha256")[:16])
