"""One consultation of the demo, from its invitation to the views from the ground, as rows.

Days in `texts/*.toml` are counted from the day of loading. What a file leaves open (the day a theme was
made, the hour of a step) follows from the days it gives.
"""

import secrets as chance
import uuid
from collections.abc import Callable, Iterable
from typing import Any

from polyphony.consultations.models import TEXTS, Consultation, Convener, Invited, Transition, Translator
from polyphony.demo.cast import Cast, day, moment
from polyphony.demo.door import PHRASES as PHRASES
from polyphony.demo.loop import Loop
from polyphony.inputs.models import Authorship, Input, Original, Reading
from polyphony.kernel import secrets
from polyphony.languages.models import Translation, TranslationWork
from polyphony.people.models import Person, Phrase

ZONES = {"safety-alerts": "Africa/Nairobi", "maps-and-danger": "America/Bogota"}
MASKED_WHY = "El nombre y el trabajo de un familiar permitirían reconocerlo; en su lugar dice “un familiar”."


class Story:
    """Builds the rows of one file; `rows` holds them all."""

    def __init__(self, told: dict[str, Any], players: Cast):
        self.told, self.players = told, players
        self.rows: list[Any] = []
        self.phrases: dict[str, Phrase] = {}
        self.inputs: dict[str, Input] = {}
        self.works = [(who, set(spoken)) for who, _, spoken in players.languages_of(told["invited"])]
        self.consultation = self._consultation()
        self.rows += [self.consultation, *self._texts(), *self._conveners(), *self._guests(), *self._steps()]
        for each in told["inputs"]:
            self._input(each)
        self.rows += self.phrases.values()
        self.rows += Loop(self).rows()

    def at(self, name: str, default: int = 0) -> int:
        """A day of the file: `announced` for `announced_in_days`."""
        return int(self.told.get(f"{name}_in_days", default))

    def _consultation(self) -> Consultation:
        told, english = self.told, self.told["texts"]["en"]
        return Consultation(
            id=uuid.uuid4(), state=told["state"], source_lang=told["source_lang"],
            **{name: english[name] for name in TEXTS},
            **{name: told[name] for name in ("technologies", "segments", "contexts", "countries", "phases",
                                             "languages")},
            protection=told["protection"], discovery=told["discovery"], accountless=told["accountless"],
            time_zone=ZONES.get(told["slug"], "Africa/Nairobi"), opens_at=moment(self.at("opens"), 6),
            closes_at=moment(self.at("closes"), 20), promised_on=day(self.at("promised")),
            facilitator_id=self.players.id_of(told["facilitated_by"]),
            facilitator_accepted_on=day(self.at("announced") - 10), paid_by=english["facilitator_paid_by"],
            created_at=moment(self.at("announced") - 30))

    def _texts(self) -> Iterable[Any]:
        """The consultation's words in every language it offers."""
        here = self.consultation
        for lang, texts in self.told["texts"].items():
            if lang == here.source_lang:
                continue
            for name in TEXTS:
                yield from self.translated("consultation", here.id, name, {lang: texts[name]})
            yield from self.translated("consultation", here.id, "paid_by", {lang: texts["facilitator_paid_by"]})

    def _conveners(self) -> Iterable[Convener]:
        asked = self.at("announced") - 28
        for slug in self.told["co_owners"]:
            began = slug == self.told["convened_by"]
            yield Convener(
                consultation_id=self.consultation.id, company_id=self.players.id_of(slug), state="accepted",
                accepted_revision=1, accepts_facilitator=True, functions=self.told["decision_makers"][slug],
                began=began, invited_at=moment(asked), answered_at=moment(asked if began else asked + 9))

    def _guests(self) -> Iterable[Any]:
        here, begun = self.consultation.id, self.at("announced")
        for slug in self.told["invited"]:
            yield Invited(consultation_id=here, organisation_id=self.players.id_of(slug), at=moment(begun))
        for who, house, languages in self.players.languages_of(self.told["invited"]):
            yield Translator(id=uuid.uuid4(), consultation_id=here, person_id=who.id, organisation_id=house.id,
                             shown_as=house.name, languages=languages, appointed_on=day(begun + 1))

    def _steps(self) -> Iterable[Any]:
        """Every step the consultation has taken; the clock took two of them."""
        table = self.players.id_of(self.told["facilitated_by"])
        plan = [("draft", "announced", "announced", 9, table), ("announced", "open", "opens", 6, None),
                ("open", "answering", "closes", 20, None), ("answering", "published", "published", 10, table),
                ("published", "closed", "closed", 15, table)]
        for start, end, name, hour, by in plan:
            yield Transition(id=uuid.uuid4(), consultation_id=self.consultation.id, start=start, end=end,
                             at=moment(self.at(name), hour), by_organisation=by, words="", lang="en")
            if end == self.told["state"]:
                return

    def author(self, by: str, lang: str, said: int) -> dict[str, uuid.UUID]:
        """Who speaks: the coordinator of an organisation, or somebody with a return phrase."""
        if not by.startswith("phrase:"):
            return {"person_id": self.players.person("coordinator", by).id}
        if by not in self.phrases:
            words = PHRASES.get((self.told["slug"], by))
            key = secrets.derive_phrase(words.split()) if words else chance.token_bytes(32)
            self.phrases[by] = Phrase(id=uuid.uuid4(), verifier=secrets.digest(key), language=lang,
                                      consultation_id=self.consultation.id, day=day(said))
        return {"phrase_id": self.phrases[by].id}

    def _input(self, told: dict[str, Any]) -> None:
        author = self.author(told["by"], told["lang"], told["said_in_days"])
        read, masked = told.get("read_in_days"), told.get("masked")
        made = Input(
            id=uuid.uuid4(), consultation_id=self.consultation.id, day=day(told["said_in_days"]), lang=told["lang"],
            text=masked or told["text"], masked=bool(masked), audience=told["audience"],
            readers=self.players.ids(told.get("chosen", [])), addressed=self.players.ids(told["addressed"]),
            naming=told["naming"], shown_as=self._shown_as(told), speaks_as=told["speaks_as"],
            read_on=None if read is None else day(read))
        self.inputs[told["key"]] = made
        self.rows += [made, Authorship(input_id=made.id, **author)]
        if read is not None:
            self.rows.append(Reading(input_id=made.id, consultation_id=self.consultation.id, at=moment(read, 13),
                                     person_id=self.facilitator.id))
        if masked:
            self.rows.append(Original(input_id=made.id, consultation_id=self.consultation.id, text=told["text"],
                                      reason=MASKED_WHY, reason_lang="es"))
        self.rows += self.translated("input", made.id, "text", told.get("translations", {}), told["lang"],
                                     told.get("read_in_days", 0) + 2)

    def _shown_as(self, told: dict[str, Any]) -> str:
        """The name to show, as its author chose it."""
        choices: dict[str, Callable[[], str]] = {
            "pseudonym": lambda: told["pseudonym"], "unattributed": lambda: "",
            "organisation": lambda: self.players.organisations[told["by"]].name,
            "name": lambda: self.players.person("coordinator", told["by"]).name}
        return choices[told["naming"]]()

    @property
    def facilitator(self) -> Person:
        return self.players.person("facilitator", self.told["facilitated_by"])

    def translated(self, kind: str, subject: uuid.UUID, field: str, texts: dict[str, str], source: str = "en",
                   on: int | None = None) -> list[Any]:
        """A text in its other languages, and whose work each translation was."""
        rows: list[Any] = []
        for lang, text in texts.items():
            if lang == source:
                continue
            made = Translation(id=uuid.uuid4(), consultation_id=self.consultation.id, kind=kind, subject_id=subject,
                               field=field, lang=lang, text=text, mark="person")
            rows.append(made)
            maker = next((who for who, spoken in self.works if {lang, source} <= spoken), None)
            if maker:
                rows.append(TranslationWork(id=uuid.uuid4(), translation_id=made.id, person_id=maker.id, act="made",
                                            consultation_id=self.consultation.id,
                                            on=day(min(self.at("announced") + 3 if on is None else on, 0))))
        return rows
