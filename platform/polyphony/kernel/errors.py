"""What a person sees when something cannot be had: a clear sentence, who can help, nothing lost."""

import traceback

import structlog
from flask import Flask, Response, current_app, g, make_response, render_template, request, url_for
from flask_wtf.csrf import CSRFError
from sqlalchemy.exc import DBAPIError, SQLAlchemyError
from werkzeug.exceptions import HTTPException

from polyphony.kernel import access, edge, kept, races, viewer
from polyphony.kernel.database import db
from polyphony.kernel.locale import lazy
from polyphony.kernel.pages import sent_to
from polyphony.kernel.refusals import NotThere, Refusal

log = structlog.get_logger()


class FormExpired(Refusal):
    status = 400
    message = lazy("This form was open for too long. Nothing was changed: please send it again.")


class SentAs(FormExpired):
    """A form of a page for authors, made before she came in: it is never sent in another way than she meant it."""

    def __init__(self, by: viewer.Viewer):
        if by.is_phrase:
            super().__init__(lazy(
                "This has not been sent yet. You are here with your return phrase now, and it would be sent with it, "
                "without an account."))
        else:
            super().__init__(lazy(
                "This has not been sent yet. You are signed in with your account now, and it would be sent with it."),
                help=lazy("If you wrote it without an account, come back with your return phrase first."))


class SignedOut(access.SignInNeeded):
    message = lazy("You are no longer signed in: you signed out in another window, or were away for too long. Please "
                   "sign in again.")


class TooLarge(Refusal):
    status = 413
    message = lazy("This is more than we can take at once. Please send it in smaller parts.")


class NotThisWay(Refusal):
    status = 405
    message = lazy("This address is for sending a form. Please go back to the page with the form.")


class OurFault(Refusal):
    status = 500
    message = lazy("Something went wrong on our side. Nothing you did was kept halfway; please try again.")


def install(app: Flask) -> None:
    """Attach the handlers to the application."""
    app.register_error_handler(NotThere, lambda e: not_there())
    app.register_error_handler(404, lambda e: not_there())
    app.register_error_handler(Refusal, show)
    app.register_error_handler(CSRFError, lambda e: _unproven())
    app.register_error_handler(413, lambda e: show(TooLarge()))
    app.register_error_handler(405, lambda e: show(NotThisWay()))
    app.register_error_handler(DBAPIError, _database)
    app.register_error_handler(Exception, _unexpected)


def not_there() -> Response:
    """The one 404: the same bytes whether the thing is missing or hidden."""
    response = make_response(render_template("errors/404.html"), 404)
    response.headers["Cache-Control"] = "no-store"
    return response


def _unproven() -> Response:
    """A form whose protection does not fit: kept for after signing in, or made before signing out, or too old."""
    has_hooks = request.blueprint in current_app.before_request_funcs  # which have not run
    has_waited, refusal = not has_hooks and kept.was_waiting(), FormExpired()
    for_authors = _is_for_authors()
    if has_waited and not for_authors:
        g.csrf_valid = True
        return _again()
    g.unproven = not has_waited
    try:
        edge.begin()
        refusal = SentAs(viewer.current()) if for_authors else refusal
    except access.SignInNeeded as must_come_in:
        return show(must_come_in)
    except (Refusal, NotThere, SQLAlchemyError):
        db.session.rollback()
    g.pop("touch", None)  # whoever sent it, this keeps no session alive
    return show(refusal)


def _is_for_authors() -> bool:
    """Whether this page is for people with a return phrase too."""
    rule = access.rule_of(current_app, request.endpoint or "")
    return bool(rule and rule.with_phrase)


def _again() -> Response:
    """The view once more, or for the first time; what it raises is answered as ever."""
    try:
        return races.again()  # type: ignore[no-any-return]
    except Exception as next_error:
        return current_app.make_response(current_app.handle_user_exception(next_error))


def show(refusal: Refusal) -> Response:
    """A refusal that no form caught, as a page (or as the fragment htmx asked for); or the page that puts it right."""
    if refusal.page and request.method in edge.READING:
        return sent_to(url_for(refusal.page, next=request.full_path.rstrip("?")))
    if type(refusal) is access.SignInNeeded and request.method not in edge.READING:
        refusal = SignedOut()
    names = {403: "errors/403.html", 422: "errors/422.html", 413: "errors/413.html", 429: "errors/429.html",
             400: "errors/400.html"}
    template = names.get(refusal.status, "errors/409.html")
    g.leave_fast = g.get("leave_fast") or _is_for_authors()
    shown = render_template(template, refusal=refusal, kept=_typed(refusal), sign_in=_sign_in(refusal),
                            come_back=_come_back(refusal), form_page=_form_page(refusal),
                            is_known=isinstance(refusal, SentAs), prove=url_for(refusal.page) if refusal.page else "")
    response = make_response(shown, refusal.status)
    response.headers.update(kept.HEADERS)
    response.headers["Cache-Control"] = "no-store"
    if refusal.wait:
        response.headers["Retry-After"] = str(refusal.wait)
    return response


def _sign_in(refusal: Refusal) -> str:
    """For a visitor, the way in that leads back to the page she wanted."""
    by = viewer.current()
    if refusal.page or by.is_signed_in or by.is_phrase or "lang" not in g:
        return ""
    wanted = request.full_path.rstrip("?") if request.method == "GET" else None
    return url_for("people.sign_in", next=wanted)


def _come_back(refusal: Refusal) -> str:
    """For whoever may have a return phrase, the way in with it that leads back to the page she was on."""
    if not isinstance(refusal, access.ComeBackNeeded) or "lang" not in g:
        return ""
    return url_for("people.come_back", next=request.full_path.rstrip("?"))


def _form_page(refusal: Refusal) -> str:
    """For a form that expired, the page it stood on, where that has the form's own address: always one of ours."""
    if not isinstance(refusal, FormExpired):
        return ""
    try:
        found = current_app.create_url_adapter(request).match(method="GET")  # type: ignore[union-attr]
    except HTTPException:
        return ""
    return url_for(found[0], **found[1])


def _typed(refusal: Refusal) -> str:
    must_come_in = isinstance(refusal, access.SignInNeeded) or bool(refusal.page)
    return kept.again(proven=not g.get("unproven"), waiting=must_come_in or isinstance(refusal, SentAs),
                      always=must_come_in or isinstance(refusal, FormExpired))


def _database(error: DBAPIError) -> Response:
    db.session.rollback()
    if races.lost(error):
        return _again()
    if edge.is_down(error):
        return edge.unavailable()
    return _unexpected(error)


def _unexpected(error: Exception) -> Response:
    if isinstance(error, HTTPException):
        return error.get_response()  # type: ignore[return-value]
    if isinstance(error.__context__, DBAPIError) and edge.is_down(error.__context__):
        return edge.unavailable()
    # Where it broke, never with what: messages and parameters can hold people's words.
    log.error("unexpected", endpoint=request.endpoint, kind=type(error).__name__,
              at="".join(traceback.format_tb(error.__traceback__)[-4:]))
    if current_app.testing:
        raise error
    db.session.rollback()
    return show(OurFault())
