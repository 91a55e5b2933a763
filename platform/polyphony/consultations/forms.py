"""What the rooms of a consultation ask for."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from flask_babel import lazy_pgettext as pgettext
from wtforms import (
    BooleanField,
    DateField,
    DateTimeLocalField,
    HiddenField,
    RadioField,
    SelectField,
    SelectMultipleField,
    ValidationError,
    widgets,
)
from wtforms.fields.choices import SelectChoice

from polyphony.consultations import words
from polyphony.consultations.models import Consultation
from polyphony.consultations.rules import FIELDS, in_dates, in_terms
from polyphony.kernel import clock, locale
from polyphony.kernel.forms import Form, Line, Words, an_id, optional, required, tidy
from polyphony.kernel.locale import _, lazy

TOGETHER = 6000  # characters of all texts; as many in Arabic, the heaviest of our scripts, still fit the page's bytes


class Boxes(SelectMultipleField):
    """Several of a list, each with its own box."""

    widget = widgets.TableWidget(with_table_tag=False)
    option_widget = widgets.CheckboxInput()

    def __init__(self, label: Any = None, **kw: Any):
        self.widget = widgets.ListWidget(prefix_label=False)
        super().__init__(label, **kw)


class Slugs(Line):
    """Several short entries on one line, separated by commas."""

    def _value(self) -> str:
        return ", ".join(self.data) if isinstance(self.data, list) else self.data or ""

    def process_formdata(self, valuelist: list[str]) -> None:
        text = tidy(valuelist[0] if valuelist else "") or ""
        self.data = [part.strip() for part in text.replace("،", ",").split(",") if part.strip()]

    def __init__(self, label: Any = None, **kw: Any):
        super().__init__(label, **kw)
        self.filters = ()
        self.validators = ()


class Countries(Line):
    """Countries by name in any language of ours, or by their two letters, separated by commas.

    Nobody has to find several of 250 entries in one list without scripts; what is not known is asked back.
    """

    unknown: Sequence[str] = ()
    typed: str | None = None

    def __init__(self, label: Any = None, **kw: Any):
        super().__init__(label, **kw)
        self.filters = ()

    def _value(self) -> str:
        return self.typed if self.typed is not None else self.said()

    def said(self) -> str:
        """Their names as this reader calls them, however they were typed."""
        return ", ".join(words.country(code) for code in self.data or [])

    def process_formdata(self, valuelist: list[str]) -> None:
        self.typed = ", ".join(valuelist)
        parts = [part.strip() for part in self.typed.replace("،", ",").split(",") if part.strip()]
        codes = {part: words.country_code(part) for part in parts}
        self.unknown = [part for part, code in codes.items() if code is None]
        self.data = list(dict.fromkeys(code for code in codes.values() if code))

    def pre_validate(self, form: Any) -> None:
        if self.unknown:
            raise ValidationError(" ".join(self._ask_back(part) for part in self.unknown[:5]))

    def _ask_back(self, name: str) -> str:
        close = words.countries_like(name)
        if close:
            return _("We do not know the country “%(name)s”. Do you mean one of these: %(close)s?", name=name,
                     close=locale.listing(close))
        return _("We do not know the country “%(name)s”.", name=name)


class Tongues(Slugs):
    """Languages the interface does not speak, by their BCP 47 tags: rhg, tzm, zgh-Tfng."""

    def process_formdata(self, valuelist: list[str]) -> None:
        super().process_formdata(valuelist)
        self.data = list(dict.fromkeys(locale.tag(part) or part for part in self.data or []))

    def pre_validate(self, form: Any) -> None:
        for part in self.data or []:
            if locale.tag(part) is None:
                raise ValidationError(_("“%(code)s” is no language code. Please write it like sw, rhg or zgh.",
                                        code=part))


class Shared(Words):
    """A text that has its room together with the others of its form: `TermsForm.validate` counts them."""

    def __init__(self, label: Any = None, **kw: Any):
        super().__init__(label, **kw)
        self.flags.together = TOGETHER


class TermsForm(Form):
    """Everything a consultation says of itself, on one page for staff."""

    before: Consultation | None = None  # the terms as they stand, where they are changed
    revision = HiddenField()
    company = SelectField(lazy("Your company"), coerce=an_id, validators=[optional()], validate_choice=False)
    source_lang = SelectField(lazy("Language you write in"))
    title = Line(lazy("Title"), [required()])
    plain = Shared(lazy("In plain words"))
    purpose = Shared(lazy("What it is for"))
    open_to_change = Shared(lazy("Open to change"))
    closed_to_change = Shared(lazy("Not open to change"))
    cannot_share = Shared(lazy("What we cannot share"))
    cannot_share_why = Shared(lazy("Why, and until when"))
    at_risk = Shared(lazy("Who is most at risk"))
    technologies = Slugs(lazy("Technologies"))
    countries = Countries(lazy("Countries"))
    segments = Slugs(lazy("Groups of people"))
    contexts = Slugs(lazy("Situations"))
    phases = Boxes(lazy("Phases"))
    languages = Boxes(lazy("Languages offered"))
    further = Tongues(lazy("Further languages, by their codes"))
    protection = RadioField(lazy("Protection level"), default="standard")
    discovery = RadioField(lazy("How people find it"), default="listed")
    accountless = BooleanField(lazy("People can take part without an account"))
    time_zone = SelectField(lazy("Time zone of the dates below"), default="UTC")
    opens_at = DateTimeLocalField(lazy("Inputs begin"), [optional()], format="%Y-%m-%dT%H:%M")
    closes_at = DateTimeLocalField(lazy("Inputs end"), [optional()], format="%Y-%m-%dT%H:%M")
    promised_on = DateField(lazy("Every company answers by"), [optional()])
    facilitator_id = SelectField(lazy("Facilitator"), coerce=an_id)
    paid_by = Words(lazy("Who pays the facilitator"), length=2000)

    def offer(self, companies: list[tuple[Any, str]], facilitators: list[tuple[Any, str]]) -> "TermsForm":
        """Fill the lists to choose from."""
        self.company.choices = companies
        self.facilitator_id.choices = [("", lazy("Not chosen yet")), *facilitators]
        self.source_lang.choices = [(x.code, x.name) for x in locale.interface()]
        self.languages.choices = [(x.code, x.name) for x in locale.interface()]
        self.phases.choices = list(words.PHASES.items())
        self.protection.choices = list(words.PROTECTION.items())
        self.discovery.choices = list(words.DISCOVERY.items())
        self.time_zone.choices = [("UTC", "UTC"), *((z, z) for z in clock.zones() if z != "UTC")]
        return self

    def validate(self, extra_validators: Any = None) -> bool:
        """Also all texts together: they stand on one page, and a slow phone has to open it.

        What contradicts itself is told together with what is wrong by itself.
        """
        fine = super().validate(extra_validators)
        fine = not self._contradictions() and fine
        texts = [self[name] for name in FIELDS]
        over = sum(len(text.data or "") for text in texts) - TOGETHER
        longest = max(texts, key=lambda text: len(text.data or ""))
        if over > 0 and not longest.errors:
            longest.errors = [_("All texts together are %(over)s characters too long; %(length)s fit, so that the page "
                                "opens on a slow phone.", over=over, length=TOGETHER)]
        return fine and not longest.errors

    def _contradictions(self) -> bool:
        """Put beside its field whatever contradicts another one; says whether there was anything."""
        said = self.values
        found = [*in_terms(said), *in_dates(said["opens_at"], said["closes_at"], said["promised_on"], now=clock.now(),
                                            before=self.before)]
        for refusal in found:
            field = self[str(refusal.field)]
            field.errors = [*field.errors, refusal.message]
        return bool(found)

    @property
    def values(self) -> dict[str, Any]:
        """With instants instead of local times."""
        found = super().values
        found["languages"] = list(dict.fromkeys([*(found["languages"] or []), *(found.pop("further") or [])]))
        zone = clock.zone(found["time_zone"])
        for name in ("opens_at", "closes_at"):
            if isinstance(found[name], datetime):
                found[name] = found[name].replace(tzinfo=zone)
        return found


class AskForm(Form):
    """Which organisation is asked."""

    organisation = SelectField(lazy("Organisation"), coerce=an_id, validators=[required()])


class ReplyForm(Form):
    """A company's answer to the invitation to co-own a consultation."""

    revision = HiddenField()
    says = RadioField(lazy("Your company’s answer"), [required()],
                      choices=[SelectChoice("accepted", lazy("We co-own it")),
                               SelectChoice("declined", lazy("We decline"))])
    functions = Boxes(lazy("Functions whose people decide"),
                      choices=[SelectChoice(*x) for x in words.FUNCTIONS.items()])
    accepts_facilitator = BooleanField(lazy("We accept the facilitator"))
    words = Words(lazy("Words for the others"), length=2000)


class WordsForm(Form):
    """A step that needs its reason said."""

    words = Words(lazy("Words for those concerned"), [required()], length=2000)


class StepForm(Form):
    """A step of the facilitator, with words if she likes."""

    words = Words(lazy("Words for those concerned"), length=2000)


class DeclineForm(Form):
    """Saying no to facilitating; the words are required by the rule, so that accepting needs none."""

    words = Words(lazy("Why"), length=2000, id="why-not")


class CallForm(Form):
    """A facilitation body answers companies that ask it to take over."""

    says = RadioField(lazy("Your answer"), [required()],
                      choices=[SelectChoice("accepted", lazy("We take over")),
                               SelectChoice("declined", pgettext("facilitation", "We decline"))])
    words = Words(lazy("Words for the companies"), length=2000)


class RaiseForm(Form):
    level = RadioField(lazy("New protection level"), [required()])
    words = Words(lazy("Why"), [required()], length=2000)


class TranslatorForm(Form):
    person = SelectField(lazy("Translator"), [required()])
    languages = Boxes(lazy("Languages"), validators=[required(lazy("Choose at least one language."))])
