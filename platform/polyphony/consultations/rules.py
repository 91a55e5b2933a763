"""What a consultation needs before it may go on, decided from loaded rows alone."""

from collections.abc import Iterable, Sequence
from datetime import UTC, date, datetime
from typing import Any

from polyphony.consultations.models import MACHINE, PROTECTION, TEXTS, Consultation, Convener
from polyphony.kernel.locale import lazy
from polyphony.kernel.refusals import BadInput, NotPermitted, WrongState

FIELDS = (*TEXTS, "paid_by")  # every text that is shown to readers in their own language
NEEDED = ("title", "plain", "purpose", "open_to_change", "closed_to_change", "at_risk", "technologies", "countries",
          "phases")
GONE = ("declined", "left")  # what a company has said that takes no part; in a draft it can be asked anew
Missing = tuple[Any, str, str]  # sentence, endpoint that mends it, field


class InThePast(BadInput):
    message = lazy("This lies in the past. Please choose a later time.")


class ClosesBeforeOpening(BadInput):
    message = lazy("The last moment for inputs must come after the first.")
    field = "closes_at"


class PromiseTooEarly(BadInput):
    message = lazy("The promised date must come after the last day for inputs.")
    field = "promised_on"


class HighIsNeverListed(BadInput):
    message = lazy("At protection level high a consultation is never listed publicly. Please choose another way.")
    field = "discovery"


class WhyNotShared(BadInput):
    message = lazy("Please say why this cannot be shared, and until when.")
    field = "cannot_share_why"


class TermsStand(WrongState):
    message = lazy("The consultation is announced: its terms and its promised date no longer change.")
    help = lazy("The facilitator can raise the protection level.")


class NotYetReady(WrongState):
    message = lazy("Something is still missing. The list below says what, with a link to each.")


class AlreadyAsked(WrongState):
    message = lazy("This organisation has been asked already.")


class AlreadyAppointed(WrongState):
    field = "languages"
    message = lazy("She is appointed for these languages already. Choose a further one.")


class NeverLower(WrongState):
    message = lazy("The protection level can be raised, never lowered.")
    field = "level"


class NotLeading(NotPermitted):
    message = lazy("Only an engagement lead of one of its companies can do this.")
    help = lazy("The administrator of your company knows who that is.")


class NotFacilitating(NotPermitted):
    message = lazy("Only the facilitator of this consultation can do this.")


class NothingToAnswer(WrongState):
    message = lazy("There is no invitation to answer here any more.")


class StillInPlace(WrongState):
    message = lazy("The consultation has a facilitator who can go on, so it cannot be handed over.")
    help = lazy("The facilitation body can step back in its own words. Then the companies agree on another one.")


class SameBody(BadInput):
    message = lazy("This body facilitates already. Please choose another one.")
    field = "organisation"


class HasAnswered(WrongState):
    message = lazy("This company has answered already, so its invitation can no longer be taken back.")


class NotCalled(NotPermitted):
    message = lazy("Only the facilitation body that was asked can answer this.")


class ReasonNeeded(BadInput):
    message = lazy("Please say why. The companies read these words.")
    field = "words"


class FunctionsNeeded(BadInput):
    message = lazy("Please name at least one function whose people will decide.")
    field = "functions"


class WordsNeeded(BadInput):
    message = lazy("Please say why. The other companies and the facilitator read these words.")
    field = "words"


class FacilitatorNotAccepted(BadInput):
    message = lazy("Co-owning means accepting the facilitator. If you do not accept her, decline and say why.")
    field = "accepts_facilitator"


def ensure_draft(consultation: Consultation) -> None:
    """Terms change only before the announcement. Raises `TermsStand`."""
    if consultation.state != "draft":
        raise TermsStand()


def in_dates(opens_at: datetime | None, closes_at: datetime | None, promised_on: date | None, *,
             now: datetime, before: Consultation | None = None) -> list[BadInput]:
    """Dates lie ahead and follow one another; what stood before and was not touched is not judged again."""
    found: list[BadInput] = [_at(name) for name, value in (("opens_at", opens_at), ("closes_at", closes_at))
                             if value and value < now and value != getattr(before, name, None)]
    if promised_on and promised_on < now.date() and promised_on != getattr(before, "promised_on", None):
        found.append(_at("promised_on"))
    if opens_at and closes_at and opens_at >= closes_at:
        found.append(ClosesBeforeOpening())
    if closes_at and promised_on and promised_on < max(closes_at.date(), closes_at.astimezone(UTC).date()):
        found.append(PromiseTooEarly())
    return found


def ensure_dates(opens_at: datetime | None, closes_at: datetime | None, promised_on: date | None, *,
                 now: datetime, before: Consultation | None = None) -> None:
    """Raises the first thing that is wrong in the dates."""
    for refusal in in_dates(opens_at, closes_at, promised_on, now=now, before=before):
        raise refusal


def _at(field: str) -> InThePast:
    refusal = InThePast()
    refusal.field = field
    return refusal


def in_terms(values: dict[str, Any]) -> list[BadInput]:
    """What contradicts itself in the terms, each beside its field."""
    found: list[BadInput] = []
    if values["protection"] == "high" and values["discovery"] == "listed":
        found.append(HighIsNeverListed())
    if values["cannot_share"] and not values["cannot_share_why"]:
        found.append(WhyNotShared())
    return found


def ensure_terms(values: dict[str, Any]) -> None:
    """Raises `HighIsNeverListed`, `WhyNotShared`."""
    for refusal in in_terms(values):
        raise refusal


def ensure_higher(start: str, end: str) -> None:
    """Protection only goes up, so that nobody speaks under a promise that weakens later. Raises `NeverLower`."""
    if PROTECTION.index(end) <= PROTECTION.index(start):
        raise NeverLower()


def missing_for_announcement(consultation: Consultation, conveners: Sequence[Convener],
                             lacking: Iterable[tuple[Any, str, str]], *, now: datetime) -> list[Missing]:
    """Everything that still has to be said or agreed, one sentence each, with the page that mends it."""
    found: list[Missing] = [(_SENTENCES[name], "consultations.edit", name)
                            for name in NEEDED if not getattr(consultation, name)]
    found += _missing_dates(consultation, now)
    if not consultation.languages:
        found.append((lazy("Choose the languages in which people can take part."), "consultations.edit", "languages"))
    found += _missing_people(consultation, conveners)
    if any(True for _ in lacking):
        found.append((lazy("Some texts are not yet translated into every language offered."), "languages.desk", ""))
    return found


def _missing_dates(consultation: Consultation, now: datetime) -> list[Missing]:
    found: list[Missing] = []
    for name in ("opens_at", "closes_at", "promised_on"):
        if not getattr(consultation, name):
            found.append((_SENTENCES[name], "consultations.edit", name))
    if consultation.closes_at and consultation.closes_at <= now:
        found.append((lazy("The last moment for inputs has passed. Choose a later one."), "consultations.edit",
                      "closes_at"))
    return found


def _missing_people(consultation: Consultation, conveners: Sequence[Convener]) -> list[Missing]:
    found: list[Missing] = []
    if not consultation.facilitator_id:
        found.append((lazy("Choose a facilitator."), "consultations.edit", "facilitator_id"))
    elif not consultation.facilitator_accepted_on:
        found.append((lazy("The facilitator has not accepted yet."), "consultations.prepare", "facilitation"))
    if not consultation.paid_by:
        found.append((lazy("Say who pays the facilitator."), "consultations.edit", "paid_by"))
    if not any(c.state == "accepted" for c in conveners):
        found.append((lazy("No company has accepted yet."), "consultations.conveners", ""))
    for convener in conveners:
        sentence = waiting_for(consultation, convener)
        if sentence:
            found.append((sentence, "consultations.conveners", ""))
    return found


def waiting_for(consultation: Consultation, convener: Convener) -> Any:
    """What this company still has to say before the announcement, or nothing."""
    name = convener.company.name
    if convener.state == "invited":
        return lazy("%(company)s has not answered the invitation.", company=name)
    if convener.state != "accepted":
        return None
    if convener.accepted_revision != consultation.revision:
        return lazy("%(company)s has not accepted the terms as they are now.", company=name)
    if not convener.accepts_facilitator:
        return lazy("%(company)s has not accepted the facilitator.", company=name)
    if not convener.functions:
        return lazy("%(company)s has not said which functions decide.", company=name)
    return None


def due_now(state: str, opens_at: datetime | None, closes_at: datetime | None, now: datetime) -> str | None:
    """The step that time itself takes, if its moment has come."""
    if state == "announced" and opens_at and opens_at <= now:
        return MACHINE.way(state, "open").verb
    if state == "open" and closes_at and closes_at <= now:
        return MACHINE.way(state, "end inputs").verb
    return None


_SENTENCES = {
    "title": lazy("Give it a title."),
    "plain": lazy("Say in plain words what it is about."),
    "purpose": lazy("Say what it is for."),
    "open_to_change": lazy("Say what is open to change."),
    "closed_to_change": lazy("Say what is not open to change."),
    "at_risk": lazy("Say who is most at risk."),
    "technologies": lazy("Say which technologies it is about."),
    "countries": lazy("Say which countries it is about."),
    "phases": lazy("Choose the phases that it belongs to."),
    "opens_at": lazy("Choose when inputs begin."),
    "closes_at": lazy("Choose when inputs end."),
    "promised_on": lazy("Promise a date for the answers."),
}
