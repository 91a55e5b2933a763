"""Decisions about organisations: who may be given which seat, when one ends, and who lets an organisation in."""

import uuid
from collections.abc import Iterable

from polyphony.kernel.locale import lazy
from polyphony.kernel.refusals import CONSTRAINTS, BadInput, NotPermitted, WrongState
from polyphony.organisations.models import ADMINISTERS, APPROVALS_NEEDED, ROLES


class NoSuchRole(BadInput):
    field = "roles"
    message = lazy("This kind of organisation has no such role.")


class FunctionMissing(BadInput):
    field = "function"
    message = lazy("Please say for which function this person decides.")


class LastAdministrator(WrongState):
    message = lazy("This is the last administrator of the organisation.")
    help = lazy("Invite another administrator first. This membership can end as soon as the invitation is accepted.")


class SameRole(BadInput):
    field = "role"
    message = lazy("She has this role already.")


class AlreadyEnded(WrongState):
    message = lazy("This membership has already ended.")


class NotYetAdmitted(WrongState):
    message = lazy("Your organisation has not been admitted yet.")
    help = lazy("Once two stewards have admitted it, you can invite other organisations.")


class AlreadyDecided(WrongState):
    message = lazy("This organisation has already been admitted or turned away.")


class AlreadySaid(WrongState):
    message = lazy("You have already said your word on this organisation.")
    help = lazy("Another steward has to look at it now.")


class OwnOrganisation(NotPermitted):
    message = lazy("You are a member of this organisation.")
    help = lazy("Two other stewards decide about it.")


class NotYetFree(WrongState):
    message = lazy("Your organisation cannot leave yet: something still rests on it.")
    help = lazy("The list says what, and who can help. As soon as nothing is left in it, your organisation can leave.")


class CarriesThePlace(WrongState):
    message = lazy("The operator and the fund carry this place and cannot leave it like other organisations.")
    help = lazy("The stewards can help.")


class HasLeft(WrongState):
    message = lazy("This organisation has left already.")


class InvitationGone(WrongState):
    status = 410
    message = lazy("This invitation has been answered, withdrawn, or it is too old.")
    help = lazy("Please ask whoever invited you for a new one.")


class AccountExists(WrongState):
    message = lazy("There is already an account with this address.")
    help = lazy("Please sign in with it, then open the link in the mail again.")


class ForAnotherAddress(NotPermitted):
    message = lazy("This invitation was sent to another address than yours.")
    help = lazy("Sign out first, then open the link in the mail again.")


class OwnFactor(NotPermitted):
    message = lazy("Nobody asks this for herself.")
    help = lazy("Another administrator of your organisation can ask for you. A recovery code works at once.")


class AlreadyAsked(WrongState):
    message = lazy("This has been asked already.")
    help = lazy("A steward will look at it. She may call you first.")


class ResetGone(WrongState):
    message = lazy("This request is decided, older than seven days, or it concerns yourself.")
    help = lazy("Another steward can decide about it, or the administrator can ask anew.")


def ensure_may_ask_reset(*, is_own: bool, is_asked: bool) -> None:
    """An administrator asks for another member, once at a time. Raises OwnFactor, AlreadyAsked."""
    if is_own:
        raise OwnFactor()
    if is_asked:
        raise AlreadyAsked()


def ensure_roles(kind: str, roles: Iterable[str], function: str) -> None:
    """Each kind of organisation has its own seats; a decision maker decides for a named function.

    Raises NoSuchRole or FunctionMissing.
    """
    roles = list(roles)
    if not roles or any(role not in ROLES[kind] for role in roles):
        raise NoSuchRole()
    if "decision_maker" in roles and not function:
        raise FunctionMissing()


def ensure_may_end(role: str, *, others_who_administer: int, is_ended: bool) -> None:
    """An organisation keeps at least one administrator, so that it is never out of everybody's reach."""
    if is_ended:
        raise AlreadyEnded()
    if role in ADMINISTERS and not others_who_administer:
        raise LastAdministrator()


def ensure_may_change(role: str, new_role: str, *, others_who_administer: int, has: set[str]) -> None:
    """Another role ends the present one, so the last administrator keeps hers. Raises SameRole, LastAdministrator."""
    if new_role in has:
        raise SameRole()
    if role in ADMINISTERS and new_role not in ADMINISTERS and not others_who_administer:
        raise LastAdministrator()


def ensure_may_say(*, is_decided: bool, is_member: bool, has_said: bool) -> None:
    """A steward says one word on each organisation, never on her own."""
    if is_decided:
        raise AlreadyDecided()
    if is_member:
        raise OwnOrganisation()
    if has_said:
        raise AlreadySaid()


def is_admitted_by(approvers: set[uuid.UUID]) -> bool:
    """Two different stewards admit; one alone never does."""
    return len(approvers) >= APPROVALS_NEEDED


def ensure_may_leave(rests: int, *, carries_the_place: bool, has_left: bool) -> None:
    """An organisation leaves when nobody waits for it any more. Raises HasLeft, CarriesThePlace, NotYetFree."""
    if has_left:
        raise HasLeft()
    if carries_the_place:
        raise CarriesThePlace()
    if rests:
        raise NotYetFree()


CONSTRAINTS["departure_waits"] = NotYetFree
