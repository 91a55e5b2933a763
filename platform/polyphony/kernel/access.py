"""Who may come to a page at all, declared on every view; the factory refuses to start without it.

A rule is a sentence about the viewer. It explains a no; row security enforces it: with every rule
removed, pages still show only what the database lets this viewer see (a test does exactly that).
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, TypeVar

from flask import Flask, current_app, request

from polyphony.kernel import viewer
from polyphony.kernel.locale import lazy
from polyphony.kernel.refusals import NotPermitted, NotThere
from polyphony.kernel.viewer import Viewer

T = TypeVar("T")


class SignInNeeded(NotPermitted):
    message = lazy("Please sign in to go on.")
    help = lazy("If you have no account, the administrator of your organisation can invite you.")


class StepNeeded(NotPermitted):
    """The password was right, the second step is still open: nothing else is there until it is done."""

    page = "people.second_step"
    message = lazy("One more step: please show that it is you.")
    help = lazy("Your password was right. Now your second factor is asked for.")


class ProofNeeded(NotPermitted):
    """What she wants to do could harm others if it were not she, and her last proof is some time ago."""

    page = "people.prove"
    message = lazy("Please show once more that it is you.")
    help = lazy("This is asked before anything that could do harm if it were not you, when your last proof is more than ten "
                "minutes old.")


class ComeBackNeeded(SignInNeeded):
    message = lazy("Please come back with your return phrase, or sign in, to go on.")
    help = lazy("After a while without anything sent we close the door behind you, for your safety.")


@dataclass(frozen=True)
class Rule:
    """One sentence about who may come, the test for it, and what is said to the others."""

    name: str
    allows: Callable[[Viewer], bool]
    help: Any = ""
    is_stakeholder_page: bool = False
    with_phrase: bool = False
    hat: str = ""  # as whom the database reads here when somebody is several things at once

    def check(self, by: Viewer) -> None:
        if self.allows(by):
            return
        if not by.is_signed_in and not by.is_phrase:
            raise ComeBackNeeded() if self.with_phrase else SignInNeeded()
        raise NotPermitted(lazy("This page is for somebody else's role."), help=self.help)


anyone = Rule("anyone", lambda v: True)
signed_in = Rule("signed in", lambda v: v.is_signed_in)
company = Rule("company member", lambda v: v.is_company, lazy("A member of one of the companies can do this."))
stakeholder = Rule("stakeholder member", lambda v: v.is_stakeholder,
                   lazy("A member of an invited stakeholder organisation can do this."))
facilitator = Rule("facilitator", lambda v: v.is_facilitator, lazy("The facilitator can do this."))
steward = Rule("steward", lambda v: v.is_steward, lazy("The stewards of the platform can do this."))
auditor = Rule("auditor", lambda v: v.is_auditor, lazy("The auditor can see this."))
organisation_admin = Rule("organisation administrator", lambda v: bool(v.of("administered")),
                          lazy("The administrator of your organisation can do this."))
keyholder = Rule("keyholder", lambda v: bool(v.of("keyholding")), lazy("A keyholder can do this."))
vault_room = Rule("keyholder or facilitator", lambda v: bool(v.of("keyholding")) or v.is_facilitator,
                  lazy("The facilitator and the keyholders can see this."))
phrase = Rule("return phrase holder", lambda v: v.is_phrase, lazy("Enter your return phrase to come back to this."),
              with_phrase=True)
author = Rule("author", lambda v: v.is_phrase or v.is_signed_in,
              lazy("Enter your return phrase, or sign in, to come back to this."), with_phrase=True)


def access(rule: Rule, *, fresh: bool = False, step: bool = False) -> Callable[[Callable[..., Any]], Callable[..., Any]]:
    """Declare who may come to a view.

    `fresh`: only with a proof of the last ten minutes that it is she. `step`: open also between password and second
    factor.
    """

    def keep(view: Callable[..., Any]) -> Callable[..., Any]:
        view.access_rule, view.access_fresh, view.access_step = rule, fresh, step  # type: ignore[attr-defined]
        return view

    return keep


def rule_of(app: Flask, endpoint: str) -> Rule | None:
    return getattr(app.view_functions.get(endpoint), "access_rule", None)


def enforce() -> None:
    """Check the rule of the view about to run, and whether she has to prove herself first."""
    rule, by = rule_of(current_app, request.endpoint or ""), viewer.current()
    if rule:
        view: Any = current_app.view_functions[request.endpoint or ""]
        require(not by.card.get("step") or view.access_step, StepNeeded())
        require(rule.allows(by), lambda: rule.check(by))
        if view.access_fresh:
            proven()


def proven() -> None:
    """Only with a proof of the last ten minutes; between password and factor she proves it anyway. Raises ProofNeeded."""
    by = viewer.current()
    require(bool(by.card.get("fresh")) or not by.is_signed_in, ProofNeeded())


def require(permitted: bool, otherwise: Callable[[], Any] | Exception) -> None:
    """The single gate of every permission in Python: pass, or refuse with a reason.

    Being single, it can be removed by the test that proves that row security is the enforcer.
    """
    if permitted:
        return
    if isinstance(otherwise, Exception):
        raise otherwise
    otherwise()


def there(thing: T | None) -> T:
    """The thing looked up, or the one 404 for missing and hidden alike."""
    if thing is None:
        raise NotThere
    return thing


def unguarded(app: Flask) -> list[str]:
    """Endpoints without an access rule (the static files are public by nature)."""
    return sorted(e for e, view in app.view_functions.items() if e != "static" and not hasattr(view, "access_rule"))
