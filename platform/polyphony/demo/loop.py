"""How the demo closes the loop: themes, objections, answers, measures, views from the ground, as rows."""

import uuid
from typing import TYPE_CHECKING, Any

from polyphony.demo.cast import day, moment
from polyphony.feedback import rules
from polyphony.feedback.models import (
    Answer,
    AnswerHand,
    Default,
    Excerpt,
    GroundAuthor,
    GroundRound,
    GroundView,
    Measure,
    Objection,
    Publication,
    Theme,
)

if TYPE_CHECKING:
    from polyphony.demo.story import Story

MADE_BEFORE_NOW, MADE_AFTER_CLOSING, SHARED_AFTER_CLOSING = -6, 4, 14  # days


class Loop:
    """The second half of one story."""

    def __init__(self, story: "Story"):
        self.story, self.told, self.players = story, story.told, story.players
        self.here = story.consultation.id
        self.themes: dict[str, Theme] = {}
        self.kept: list[Any] = []

    def rows(self) -> list[Any]:
        for place, told in enumerate(self.told.get("themes", []), start=1):
            self._theme(place, told)
        for told in self.told.get("objections", []):
            self._objection(told)
        for told in self.told.get("answers", []):
            if not told.get("owed"):
                self._answer(told)
        for told in self.told.get("defaults", []):
            self._default(told)
        if "published_in_days" in self.told:
            self.kept.append(Publication(consultation_id=self.here, on=day(self.story.at("published")),
                                         by_organisation=self.players.id_of(self.told["facilitated_by"])))
        return self.kept

    @property
    def is_answered(self) -> bool:
        return "published_in_days" in self.told

    def _theme(self, place: int, told: dict[str, Any]) -> None:
        closes, english = self.story.at("closes"), told["texts"]["en"]
        made = closes + MADE_AFTER_CLOSING if self.is_answered else MADE_BEFORE_NOW
        quotes = [(e["input"], e["quote"]) for e in told["excerpts"]]
        quotes += [(key, "") for key in told.get("shaped_by", [])]
        inputs = [self.story.inputs[key] for key, _ in quotes]
        theme = Theme(
            id=uuid.uuid4(), consultation_id=self.here, title=english["title"], summary=english["summary"], lang="en",
            addressed=sorted({company for each in inputs for company in each.addressed}), place=place,
            made_on=day(made), shared_on=day(closes + SHARED_AFTER_CLOSING) if self.is_answered else None,
            published_on=day(self.story.at("published")) if self.is_answered else None)
        self.themes[told["key"]] = theme
        self.kept += [theme, *(Excerpt(id=uuid.uuid4(), theme_id=theme.id, input_id=self.story.inputs[key].id,
                                       consultation_id=self.here, quote=quote, placed_on=day(made))
                               for key, quote in quotes)]
        for lang, texts in told["texts"].items():
            for name in ("title", "summary"):
                self.kept += self.story.translated("theme", theme.id, name, {lang: texts[name]}, "en", made + 1)

    def _objection(self, told: dict[str, Any]) -> None:
        self.kept.append(Objection(
            id=uuid.uuid4(), theme_id=self.themes[told["theme"]].id, input_id=self.story.inputs[told["input"]].id,
            consultation_id=self.here, words=told["words"], lang=told["lang"], day=day(told["said_in_days"]),
            handled_on=day(told["handled_in_days"]), handled_words=told["handled"],
            handled_lang=told.get("handled_lang", "en")))

    def _answer(self, told: dict[str, Any]) -> None:
        signed, promised = told["signed_in_days"], self.story.at("promised")
        answer = Answer(
            id=uuid.uuid4(), theme_id=self.themes[told["theme"]].id, company_id=self.players.id_of(told["company"]),
            consultation_id=self.here, state="published", decision=told["decision"], words=told["words"],
            reason_kind=told.get("reason_kind", ""), changes=told["changes"], lang=told["lang"],
            signed_as=told["signed_as"], signed_on=day(signed), late_days=max(0, signed - promised),
            published_on=day(max(signed, self.story.at("published"))))
        hands = (("lead", "drafted", signed - 4), ("decider", "signed", signed))
        self.kept += [answer, *(AnswerHand(id=uuid.uuid4(), answer_id=answer.id, company_id=answer.company_id, act=act,
                                           person_id=self.players.person(seat, told["company"]).id, at=moment(on, 14))
                                for seat, act, on in hands)]
        for lang, texts in told["texts"].items():
            for name, text in texts.items():
                self.kept += self.story.translated("answer", answer.id, name, {lang: text}, told["lang"], signed)
        for each in told.get("measures", []):
            self._measure(each, answer)

    def _measure(self, told: dict[str, Any], answer: Answer) -> None:
        measure = Measure(
            id=uuid.uuid4(), answer_id=answer.id, theme_id=answer.theme_id, company_id=answer.company_id,
            consultation_id=self.here, what=told["what"]["en"], owner=told["owner"], due_on=day(told["due_in_days"]),
            status=told["status"], status_words=told["status_words"]["en"], lang="en",
            status_on=day(self.story.at("closed") - 7))
        self.kept.append(measure)
        for name in ("what", "status_words"):
            self.kept += self.story.translated("measure", measure.id, name, told[name], "en", -7)
        if told.get("ground"):
            self._ground(told["ground"], measure)

    def _ground(self, views: list[dict[str, Any]], measure: Measure) -> None:
        days = [told["said_in_days"] for told in views]
        enough = rules.may_be_shown(sum(not told.get("named") for told in views),
                                    threshold=self.story.consultation.threshold)
        self.kept.append(GroundRound(measure_id=measure.id, consultation_id=self.here, opened_on=day(min(days) - 3),
                                     until=day(max(days) + 7)))
        for told in views:
            said = told["said_in_days"]
            view = GroundView(id=uuid.uuid4(), measure_id=measure.id, consultation_id=self.here, view=told["view"],
                              words=told["words"], lang=told["lang"], day=day(said), read_on=day(said + 2),
                              shown_as=self.players.organisations[told["by"]].name if told.get("named") else "",
                              shown_on=day(max(days) + 2) if enough else day(said + 2) if told.get("named") else None)
            author = self.story.author(told["by"], told["lang"], said)
            self.kept += [view, GroundAuthor(view_id=view.id, measure_id=measure.id, **author)]
            self.kept += self.story.translated("ground_view", view.id, "words", told["translations"], told["lang"],
                                               said + 2)

    def _default(self, told: dict[str, Any]) -> None:
        default = Default(id=uuid.uuid4(), consultation_id=self.here, company_id=self.players.id_of(told["company"]),
                          words=told["words"]["en"], lang="en", on=day(told["recorded_in_days"]))
        self.kept.append(default)
        self.kept += self.story.translated("words", default.id, "words", told["words"], "en",
                                           told["recorded_in_days"])
