"""One sentence per kind of notice, made when it is read, in the language of whoever reads it."""

from typing import Any

from polyphony.kernel.locale import lazy

SENTENCES: dict[str, Any] = {
    "invited": lazy("Your organisation is invited to a consultation."),
    "announced": lazy("A consultation is announced. The dates and the promised answer are public."),
    "open": lazy("A consultation is open: you can now say what you think."),
    "inputs_end": lazy("A consultation takes no more inputs. The companies now answer."),
    "input_read": lazy("The facilitator has read your input."),
    "input_masked": lazy("The facilitator masked something in your input. You can see what, and withdraw it."),
    "placed": lazy("Your input went into a theme. See how you were understood."),
    "objection": lazy("An author says: this is not what I meant."),
    "objection_handled": lazy("The facilitator has replied to your objection."),
    "themes_shared": lazy("The themes are ready: your company can draft its answers."),
    "published": lazy("The answers of the companies are published."),
    "answered_late": lazy("A company has given an answer that was late."),
    "answer_given": lazy("A company has given a further answer."),
    "answer_corrected": lazy("A company has corrected an answer. Both versions stay visible."),
    "ground_round": lazy("You are asked how a measure works where you live."),
    "closed": lazy("A consultation is closed. Everything published stays readable."),
    "convene": lazy("Your company is asked to co-own a consultation."),
    "appointed": lazy("You are appointed as a translator in a consultation."),
    "handed": lazy("The facilitator gave you a text to translate."),
    "joined": lazy("A company has joined a consultation."),
    "reset": lazy("Your password was changed."),
    "member_invitation": lazy("Somebody has accepted your invitation."),
    "defaulted": lazy("A company did not answer. This is recorded by name."),
    "left": lazy("A company has left a consultation. What it owes stays owed."),
    "facilitate": lazy("You are asked to facilitate a consultation."),
    "declined": lazy("The facilitation body you asked has declined. Read its words, then ask another one."),
    "company_declined": lazy("A company has declined to co-own a consultation."),
    "taken_back": lazy("An invitation to co-own a consultation was taken back. Nothing is needed from you."),
    "facilitator_gone": lazy("Nobody facilitates a consultation any more. Its companies have to agree on another "
                             "body."),
    "successor": lazy("Your company is asked to agree to another facilitator."),
    "took_over": lazy("Another facilitation body has taken over a consultation."),
    "translator_ended": lazy("A translator’s appointment has ended, because she left her organisation."),
    "admitted": lazy("Your organisation was admitted. It can take part now."),
    "turned_away": lazy("Your organisation was not admitted."),
    "reminded": lazy("The facilitator reminds your company: it has answers to sign."),
    "theme_removed": lazy("The facilitator has taken a theme back. Your company owes no answer to it."),
    "fund_review": lazy("You are asked to review applications to the fund."),
    "fund_decided": lazy("The fund has decided on an application of your organisation. Read its letter."),
    "fund_money": lazy("Money that your company promised to the fund has come."),
    "fund_money_more": lazy("More money of your company has come to the fund than it had promised."),
    "fund_money_back": lazy("The fund has sent money back to your company."),
    "fund_money_corrected": lazy("The fund has corrected what it recorded of your company’s money."),
    "fund_withdrawn": lazy("A company has withdrawn money that it had promised to the fund."),
    "fund_correction": lazy("The fund asks your organisation to correct its application."),
    "fund_ready": lazy("Applications to the fund are ready for your vote."),
    "fund_released": lazy("An instalment of your organisation’s grant is on its way."),
    "fund_paid": lazy("The bank has paid an instalment of your organisation’s grant."),
    "fund_returned": lazy("The bank has sent an instalment of your organisation’s grant back. It will be tried again."),
    "fund_cancelled": lazy("The fund has cancelled an instalment of your organisation’s grant. Read why."),
    "hold_asked": lazy("A steward proposes to keep something for a while. Another steward has to confirm it."),
    "hold_made": lazy("Two stewards have decided that something must be kept for a while. See why, and until when."),
    "vault_asked": lazy("You are asked, as a keyholder, for your share. Read why, then release or refuse."),
    "vault_ready": lazy("Enough keyholders have released their shares. You can open what you asked for."),
    "vault_refused": lazy("A keyholder has refused her share. Read why."),
    "fund_broken": lazy("A nightly check of the fund has found that something does not add up."),
    "audit_broken": lazy("A nightly check has found that the audit was changed after it was written, or that signed "
                         "heads of it are missing."),
}

# Within a day: what one can act on or has waited for stands first, what happens once for every input last.
FIRST = ("published", "ground_round", "invited", "open", "convene", "facilitate", "reminded", "closed",
         "themes_shared", "successor", "objection", "input_masked", "vault_asked",
         "fund_review", "fund_ready")
LAST = ("input_read", "placed")
# Of what happens one after the other, even on one day, the latest stands first.
LATEST = (
    "fund_cancelled", "fund_returned", "fund_paid", "fund_released", "fund_decided", "fund_correction",
    "fund_money_corrected", "fund_money_back", "fund_money_more", "fund_money")
ONE = {"input_read", "input_masked", "objection_handled"}  # about one input, which has a page of its own

# Where a reader goes next, by kind; each endpoint takes the consultation's id.
PLACES: dict[str, tuple[str, ...]] = {
    "input_read": ("inputs.inbox",), "input_masked": ("inputs.inbox",), "placed": ("inputs.inbox",),
    "objection_handled": ("inputs.inbox",), "objection": ("feedback.facilitate",),
    "themes_shared": ("feedback.desk",), "published": ("feedback.answers",),
    "defaulted": ("feedback.answers",), "appointed": ("languages.desk",),
    "convene": ("consultations.conveners",), "declined": ("consultations.edit",),
    "company_declined": ("consultations.conveners",), "facilitate": ("consultations.prepare",),
    "facilitator_gone": ("consultations.succession",), "successor": ("consultations.succession",),
    "translator_ended": ("consultations.translators",), "admitted": ("organisations.mine",),
    "turned_away": ("organisations.mine",), "reminded": ("feedback.desk",), "theme_removed": ("feedback.desk",),
    "fund_review": ("fund.reviews",), "fund_decided": ("fund.letter",), "fund_money": ("fund.promises",),
    "fund_money_more": ("fund.promises",), "fund_money_back": ("fund.promises",),
    "fund_money_corrected": ("fund.promises",), "fund_withdrawn": ("fund.money",),
    "fund_correction": ("fund.application",), "fund_ready": ("fund.committee",), "fund_released": ("fund.grant",),
    "fund_paid": ("fund.grant",), "fund_returned": ("fund.grant",), "fund_cancelled": ("fund.grant",),
    "fund_broken": ("fund.checks",),
    "audit_broken": ("auditing.rows",),
    "hold_asked": ("retention.holds",), "hold_made": ("retention.mine",),
    "vault_asked": ("vault.room",), "vault_ready": ("vault.room",), "vault_refused": ("vault.room",),
}

# These lead to what they are about, a theme with its answers and measures, rather than to the whole consultation.
BY_SUBJECT = dict.fromkeys(("ground_round", "answered_late", "answer_given", "answer_corrected"), "feedback.theme")


# To those who do not speak in consultations themselves.
FOR_OTHERS: dict[str, Any] = {"open": lazy("A consultation is open for inputs.")}


def sentence(kind: str, speaks: bool = True) -> str:
    """What is said of a notice to somebody who speaks in consultations, or to others."""
    return str(SENTENCES[kind] if speaks else FOR_OTHERS.get(kind, SENTENCES[kind]))
