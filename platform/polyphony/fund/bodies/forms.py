"""What is asked about the fund's record, its rules and its seats."""

import uuid
from typing import Any

from wtforms import BooleanField, DateField, RadioField, SelectField
from wtforms.fields.choices import SelectChoice

from polyphony.fund.bodies import words
from polyphony.fund.bodies.rules import Asked
from polyphony.kernel import locale
from polyphony.kernel.forms import Form, Line, Whole, Words, an_id, optional, required
from polyphony.kernel.locale import lazy


def _choices(names: dict[str, Any]) -> list[SelectChoice]:
    return [SelectChoice(code, name) for code, name in names.items()]


class Found(Form):
    purpose = Words(lazy("What is the fund for?"), [required()], description=lazy("Everybody can read this."))
    lang = SelectField(lazy("In which language did you write this?"), choices=lambda: [
        SelectChoice(x.code, x.name) for x in locale.interface()])


class SeatForm(Form):
    membership_id = SelectField(lazy("Member"), coerce=an_id, validators=[required(lazy("Please choose a member."))])
    shown_as = Line(lazy("Name that everybody sees"), [required()])
    comes_from = Line(lazy("Where does she come from?"), [required()],
                      description=lazy("The organisation or the field of work, as everybody will see it."))
    constituency = RadioField(lazy("She sits for"), [required()], choices=_choices(words.CONSTITUENCY_NAMES))
    until = DateField(lazy("The term ends on"), [required()])

    def offer(self, members: list[tuple[uuid.UUID, str]]) -> "SeatForm":
        self.membership_id.choices = [SelectChoice("", lazy("Please choose")),
                                      *(SelectChoice(str(id), name) for id, name in members)]
        return self


_SHARE = lazy("A decision needs the votes of more than this share of those who may decide, in percent")
_LEAST = lazy("A decision needs at least this many votes")


class RulesForm(Form):
    """Every rule a body may have; an empty field means no such rule."""

    least_seats = Whole(lazy("At least this many seats"), 1, 99, [optional()])
    least_share = Whole(lazy("At least this share of the seats, in percent, …"), 1, 100, [optional()])
    share_of = SelectField(lazy("… for"), choices=_choices(words.CONSTITUENCY_NAMES), default="south_civil_society")
    most_per_organisation = Whole(lazy("At most this many members from one organisation"), 1, 99, [optional()])
    longest_term = Whole(lazy("Longest term, in months"), 1, 240, [optional()])
    no_contributors = BooleanField(lazy("Nobody who contributes money sits here"))
    quorum_share = Whole(_SHARE, 1, 99, [optional()])
    quorum_least = Whole(_LEAST, 1, 99, [optional()])

    @classmethod
    def of(cls, asked: list[Asked]) -> "RulesForm":
        """The form as the present rules fill it."""
        share = next((rule.constituency for rule in asked if rule.kind == "least_share"), "south_civil_society")
        return cls(data={**{rule.kind: rule.number for rule in asked}, "share_of": share})

    @property
    def values(self) -> dict[str, Any]:
        typed = super().values
        share_of = typed.pop("share_of")
        return {"asked": [Asked(kind, int(number), share_of if kind == "least_share" else "")
                          for kind, number in typed.items() if number]}


class CommitteeRulesForm(RulesForm):
    """The body that decides has a quorum: without a rule of its own one would be counted that no page tells."""

    quorum_share = Whole(_SHARE, 1, 99, [required()])
    quorum_least = Whole(_LEAST, 1, 99, [required()])
