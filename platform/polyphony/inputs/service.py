"""What authors do: begin with or without an account, draft, choose, send, change, withdraw."""

import uuid
from collections.abc import Iterable
from dataclasses import dataclass
from types import SimpleNamespace
from typing import Any

import sqlalchemy as sa

from polyphony.consultations.models import Consultation, Convener, Invited
from polyphony.inputs import rules, tongues
from polyphony.inputs.models import Authorship, Draft, Input, Original
from polyphony.kernel import audit, clock, locale, providers, viewer
from polyphony.kernel.access import require, there
from polyphony.kernel.database import db
from polyphony.kernel.forms import ChangedMeanwhile
from polyphony.kernel.viewer import Viewer
from polyphony.languages.models import Translation
from polyphony.languages.service import Written, mark_stale, remove_translations, written
from polyphony.organisations.models import Organisation
from polyphony.uploads import service as uploads


def consultation(id: uuid.UUID) -> Consultation:
    """The consultation in which something is said; 404 when hidden."""
    return there(db.session.get(Consultation, id))


def ensure_open(about: Consultation) -> None:
    """Whether it takes inputs now. Raises NotOpenYet, NoMoreInputs."""
    rules.ensure_open(about, clock.now())


def closed_because(about: Consultation) -> Exception | None:
    """The refusal that sending would meet now, or None."""
    try:
        ensure_open(about)
    except rules.WrongState as refusal:
        return refusal
    return None


def ensure_accountless(about: Consultation) -> None:
    """Whether somebody without an account may begin now. Raises NeedsAccount and what `ensure_open` raises."""
    if not about.accountless:
        raise rules.NeedsAccount()
    ensure_open(about)


def may_speak(by: Viewer, id: uuid.UUID) -> bool:
    """A return phrase of this consultation, or a coordinator or contributor of an invited organisation."""
    return by.is_in("participating", id) and (by.is_phrase or bool(by.of("speaking")))


def ensure_may_speak(by: Viewer, id: uuid.UUID) -> None:
    require(may_speak(by, id), rules.NotInvited())


def companies(id: uuid.UUID) -> list[Organisation]:
    """The convening companies that may be addressed and chosen as readers."""
    rows = db.session.scalars(sa.select(Convener).where(Convener.consultation_id == id, Convener.state == "accepted"))
    return sorted((row.company for row in rows), key=lambda c: (c.name, c.id))


def namings(by: Viewer) -> tuple[str, ...]:
    """How this author may be named."""
    return ("name", "organisation", "pseudonym", "unattributed") if by.is_signed_in else rules.PHRASE_NAMINGS


def speaks_for(by: Viewer, id: uuid.UUID) -> str:
    """The invited organisation for which a member speaks here."""
    wanted = sa.select(Organisation.name).join(Invited, Invited.organisation_id == Organisation.id).where(
        Invited.consultation_id == id, Organisation.id.in_(by.of("speaking"))).order_by(Organisation.name)
    return db.session.scalars(wanted).first() or ""


def own_rows(table: Any, by: Viewer) -> Any:
    """The rows of this account or return phrase."""
    return table.person_id == by.person if by.is_signed_in else table.phrase_id == by.phrase


def draft(by: Viewer, id: uuid.UUID) -> Draft | None:
    """What this author has begun to say in a consultation."""
    if not (by.is_signed_in or by.is_phrase):
        return None
    return db.session.scalars(sa.select(Draft).where(Draft.consultation_id == id, own_rows(Draft, by))
                              .order_by(Draft.id)).first()


def _draft_id(by: Viewer, about: Consultation) -> uuid.UUID:
    """One author has one draft in a consultation, from however many windows: its id is made of these two."""
    return uuid.uuid5(about.id, str(by.person or by.phrase))


def _keep(by: Viewer, about: Consultation, seen: str | None = None, **fields: Any) -> Draft:
    kept = draft(by, about.id)
    if kept and rules.is_unseen(kept.fields, seen, fields):
        raise ChangedMeanwhile()
    if kept is None:
        kept = Draft(id=_draft_id(by, about), consultation_id=about.id, person_id=by.person, phrase_id=by.phrase,
                     fields=fields, day=clock.today())
        db.session.add(kept)
    else:
        kept.fields = {**kept.fields, **fields}
    db.session.flush()
    return kept


def say(by: Viewer, *, about: Consultation, text: str, lang: str, other: str, is_last: bool = True,
        revision: str | None = None) -> Draft:
    """Keep the words and their language as a draft; without words only when she goes on writing (not `is_last`).

    Raises NotInvited, NothingSaid, NoSuchTag, ChangedMeanwhile, and what `ensure_open` raises.
    """
    ensure_may_speak(by, about.id)
    ensure_open(about)
    if not text and not is_last:
        return _keep(by, about)
    rules.ensure_said(text)
    tag = rules.tag(lang or tongues.guess(text, locale.language()), other)
    return _keep(by, about, revision, text=text, lang=tag, guessed=not lang)


def choose(by: Viewer, *, about: Consultation, addressed: list[str], audience: str, readers: list[str], naming: str,
           pseudonym: str, speaks_as: str, revision: str | None = None) -> Draft:
    """Keep who owes an answer, who reads, how she is named and as whom she speaks.

    Raises NotInvited, ChangedMeanwhile, what `rules.ensure_choices` and what `ensure_open` raise.
    """
    ensure_may_speak(by, about.id)
    ensure_open(about)
    addressed, readers = _taking_part(about.id, addressed, readers)
    rules.ensure_choices(audience=audience, addressed=addressed, readers=readers, naming=naming,
                         pseudonym=pseudonym, with_account=by.is_signed_in)
    return _keep(by, about, revision, addressed=addressed, audience=audience, naming=naming, pseudonym=pseudonym or "",
                 readers=readers if audience == "chosen" else [], speaks_as=speaks_as)


def _taking_part(id: uuid.UUID, *chosen: list[str]) -> list[list[str]]:
    """The companies chosen, without those that take no part (any more)."""
    known = {str(company.id) for company in companies(id)}
    return [[each for each in companies_chosen if each in known] for companies_chosen in chosen]


def is_complete(kept: Draft | None) -> bool:
    """Whether a draft can be sent."""
    return kept is not None and {"text", "lang", "audience", "addressed", "naming", "speaks_as"} <= set(kept.fields)


def send(by: Viewer, *, about: Consultation, revision: str | None = None) -> Input:
    """Make the draft an input. It waits for the facilitator; nobody else can read it before.

    What a member says is noted without a name; what is said without an account leaves no row of its own.
    A company that left since the choices were made is neither asked nor given it to read.
    Raises NotInvited, DraftGone, DraftChanged, NobodyAddressed, NobodyChosen, and what `ensure_open` raises.
    """
    ensure_may_speak(by, about.id)
    ensure_open(about)
    kept = draft(by, about.id)
    if kept is None or not is_complete(kept):
        raise rules.DraftGone()
    rules.ensure_shown(rules.with_files(kept.fields, uploads.on(kept.input_id)), revision)
    fields = {k: v for k, v in kept.fields.items() if k != "guessed"}
    fields["addressed"], fields["readers"] = _taking_part(about.id, fields["addressed"], fields.get("readers", []))
    for refusal in rules.lacking(fields["audience"], fields["addressed"], fields["readers"], fields["naming"],
                                 fields.get("pseudonym")):
        raise refusal
    entry = put(by, about=about, id=kept.input_id, **fields)
    db.session.delete(kept)
    viewer.refresh()
    return entry


def put(by: Viewer, *, about: Consultation, text: str, lang: str, audience: str, addressed: list[Any], naming: str,
        speaks_as: str, readers: list[Any] | tuple[()] = (), pseudonym: str = "", source: str | None = None,
        id: uuid.UUID | None = None) -> Input:
    """Add one input of this author (also for imports, with the key of the imported row in `source`)."""
    organisation = speaks_for(by, about.id) if naming == "organisation" else ""
    entry = Input(
        id=id or uuid.uuid4(), consultation_id=about.id, day=clock.today(), lang=lang, text=text, audience=audience,
        readers=[uuid.UUID(str(x)) for x in readers], addressed=[uuid.UUID(str(x)) for x in addressed], naming=naming,
        shown_as=rules.shown_as(naming, name=by.name, organisation=organisation, pseudonym=pseudonym),
        speaks_as=speaks_as, source=source)
    db.session.add(entry)
    db.session.add(Authorship(input_id=entry.id, person_id=by.person, phrase_id=by.phrase))
    if by.is_signed_in:
        audit.record("input.sent", about=about.id, anonymous=True)
    return entry


# The author's inbox


@dataclass(frozen=True)
class Mine:
    """One own input as its author sees it: her words, where it stands, what was masked, what became of it."""

    entry: Input
    state: str
    original: Original | None
    reason: Written | None  # why something was masked, in her language where somebody translated it
    fate: list[Any]

    @property
    def words(self) -> str:
        """What she wrote, masked parts included."""
        return self.original.text if self.original else self.entry.text


def own(by: Viewer, id: uuid.UUID, said_in: uuid.UUID | None = None) -> Input:
    """One input of this author, said in this consultation where one is named; 404 for everybody else's."""
    found = there(db.session.get(Input, id) if by.is_in("authored", id) else None)
    return there(found if said_in in (None, found.consultation_id) else None)


def with_fate(entries: list[Input]) -> list[Mine]:
    """Own inputs with what was masked and what became of each."""
    ids = [e.id for e in entries]
    return told(entries, db.session.execute(sa.select(Original, reason_told()).where(
        Original.input_id.in_(ids)))) if ids else []


def reason_told() -> Any:
    """Beside `Original`: why something was masked, translated for this reader; nothing where it was not."""
    columns = (Translation.text, Translation.lang, Translation.mark, Translation.stale)
    named = (part for column in columns for part in (sa.literal(column.key), column))
    return sa.select(sa.func.json_build_object(*named)).where(
        Translation.subject_id == Original.input_id, Translation.field == "reason",
        Translation.lang == locale.language()).correlate(Original).scalar_subquery()


def told(entries: list[Input], originals: Iterable[Any]) -> list[Mine]:
    """Own inputs, these words of them masked, with what became of each."""
    masked: dict[Any, tuple[Any, Any]] = {o.input_id: (o, _reason(o, told)) for o, told in originals}
    fates = [answer for answer in providers.ask("fate", [e.id for e in entries]) if answer]
    return [Mine(e, rules.state_of(e), *masked.get(e.id, (None, None)), [
        x for fate in fates for x in fate.get(e.id, ())]) for e in entries]


def _reason(original: Original, told: Any) -> Written:
    there_is = {(original.input_id, "reason"): SimpleNamespace(**told)} if told else {}
    return written(original.reason, original.reason_lang, original.input_id, "reason", there_is, locale.language())


def ensure_changeable(entry: Input, about: Consultation) -> None:
    """Raises Withdrawn, and what `ensure_open` raises."""
    if entry.withdrawn_on:
        raise rules.Withdrawn()
    ensure_open(about)


def change(by: Viewer, *, entry: Input, about: Consultation, text: str, revision: int | None, lang: str,
           other: str) -> Input:
    """The author writes it anew, or says its language: unread again, nobody reads it before the facilitator has.

    Raises ChangedMeanwhile, NoSuchTag, Withdrawn, and what `ensure_open` raises.
    """
    ensure_changeable(entry, about)
    providers.ask("ensure_may_go", about.id)
    if revision != entry.revision:
        raise ChangedMeanwhile()
    lang = rules.tag(lang or tongues.guess(text, locale.language()), other)
    if entry.masked:
        remove_translations([entry.id], "masking")
    _forget_reading(entry)
    entry.text, entry.lang, entry.masked, entry.read_on = text, lang, False, None
    entry.revision += 1
    db.session.flush()
    mark_stale(entry.id, ["text"])
    providers.ask("input_changed", entry, is_masked=False)  # quotes of words that are no longer there go
    if by.is_signed_in:
        audit.record("input.changed", about=about.id, anonymous=True)
    return entry


def _forget_reading(entry: Input) -> None:
    """What the facilitator masked and when she read it belong to words that are no more."""
    db.session.execute(sa.select(sa.func.inputs.forget_reading(entry.id)).add_cte(
        sa.delete(Original).where(Original.input_id == entry.id).cte("masked")))


def withdraw(by: Viewer, *, entry: Input) -> Input:
    """Take an input back, at any time: words, files, name, translations and excerpts go; that there was one stays.

    Raises Withdrawn.
    """
    if entry.withdrawn_on:
        raise rules.Withdrawn()
    providers.ask("ensure_may_go", entry.consultation_id)
    providers.ask("input_withdrawn", entry.id)
    remove_translations([entry.id])
    uploads.remove_all(entry.id)
    _forget_reading(entry)
    entry.text, entry.shown_as, entry.masked, entry.withdrawn_on = "", "", False, clock.today()
    entry.naming, entry.revision = "unattributed", entry.revision + 1
    db.session.flush()
    if by.is_signed_in:
        audit.record("input.withdrawn", about=entry.consultation_id, anonymous=True)
    return entry
