"""The edge of a request: language, one transaction, the viewer, the access rule; commit if all went well.

A GET's transaction is READ ONLY, so that no page can change anything by being looked at. What must outlive
a rollback (session touch, counters, refusals noted for the auditor) goes through `aside()`.
"""

import time
from collections.abc import Iterator
from contextlib import contextmanager

import sqlalchemy as sa
import structlog
from flask import Flask, Response, abort, current_app, g, request, session
from sqlalchemy.exc import DBAPIError, InterfaceError, OperationalError, SQLAlchemyError
from sqlalchemy.orm import Session

from polyphony.kernel import access, locale, races, secrets, viewer
from polyphony.kernel.database import db

log = structlog.get_logger()
READING = ("GET", "HEAD", "OPTIONS")
TOO_MUCH = "54"  # class of SQLSTATE: the same statement is refused at every trial (psycopg calls it operational)
WITHOUT_DATABASE = {"static", "kernel.healthz"}
UNTOLD = {"static", "kernel.healthz", "kernel.readyz", "people.leave", "people.left"}  # of these the log has no line


def install(app: Flask) -> None:
    """Attach the edge to the application."""
    app.url_value_preprocessor(_take_language)
    app.url_defaults(_give_language)
    app.before_request(begin)
    app.after_request(_close)
    app.teardown_request(_account)
    app.teardown_request(_end_reading)


def _take_language(endpoint: str | None, values: dict | None) -> None:
    g.started, g.sql = time.perf_counter(), 0
    code = values.pop("lang", None) if values else None
    g.lang_in_url = code is not None
    if code is not None and code not in locale.codes():
        g.lang = "en"
        abort(404)
    usual = current_app.extensions["settings"].default_language
    g.lang = code or _begun() or request.accept_languages.best_match(sorted(locale.codes()), usual)


def _begun() -> str:
    """The language with which an address begins that leads nowhere."""
    first = request.path.split("/", 2)[1] if request.routing_exception else ""
    return first if first in locale.codes() else ""


def _give_language(endpoint: str, values: dict) -> None:
    if "lang" not in values and endpoint != "static" and current_app.url_map.is_endpoint_expecting(endpoint, "lang"):
        values["lang"] = locale.language()


def begin() -> None:
    """Open the transaction and the viewer, and ask the view's rule; nothing without a page's address."""
    if not request.endpoint or request.endpoint in WITHOUT_DATABASE:
        return
    key = session.get("key")
    g.setdefault("carried", key)
    try:
        by = _viewer(key)
    except DBAPIError as error:
        if not error.connection_invalidated:
            raise
        db.session.rollback()  # the database was started anew since this connection was made: take another
        by = _viewer(key)
    if key and not (by.is_signed_in or by.is_phrase or by.card.get("step")):
        session.pop("key", None)
    g.touch = secrets.bytes_of(key or "") if by.card.get("touch") else None
    if request.method in READING:
        _touch()
    access.enforce()


def _viewer(key: str | None) -> viewer.Viewer:
    reading = request.method in READING
    db.session.connection(execution_options={"postgresql_readonly": True} if reading else races.ISOLATION)
    links = [secrets.bytes_of(x) for x in session.get("links", [])]
    rule = access.rule_of(current_app, request.endpoint or "")  # type: ignore[arg-type]
    g.hat = rule.hat if rule else ""
    return viewer.open_viewer(secrets.bytes_of(key) if key else None, links)


def _touch() -> None:
    """Note that this session is in use: by the page that follows a write, or when the write leads nowhere else."""
    if secret := g.pop("touch", None):
        with aside() as other:
            other.execute(sa.text("SELECT people.touch_session(:secret)").bindparams(
                sa.bindparam("secret", secret, type_=sa.LargeBinary())))


@contextmanager
def aside() -> Iterator[Session]:
    """A short transaction of its own, committed whatever becomes of the request's."""
    with Session(db.engine) as other, other.begin():
        yield other


def _close(response: Response) -> Response:
    """Commit at the edge: nothing is kept of a request that did not succeed."""
    if request.method in READING or not request.endpoint:
        return response
    if response.status_code < 400:
        try:
            db.session.commit()
        except DBAPIError as error:
            db.session.rollback()
            return unavailable() if is_down(error) else _unkept(error)
    else:
        db.session.rollback()
    leads_on = response.status_code == 303 or "HX-Redirect" in response.headers
    if not leads_on and response.status_code < 500:
        _touch()
    return response


def _unkept(error: DBAPIError) -> Response:
    log.error("commit refused", error=type(error.orig).__name__)
    return current_app.make_response(current_app.handle_user_exception(error))


def is_down(error: BaseException) -> bool:
    """Whether this is the database being away rather than a statement being wrong, or asking for too much of it."""
    if (getattr(getattr(error, "orig", None), "sqlstate", None) or "").startswith(TOO_MUCH):
        return False
    return isinstance(error, OperationalError | InterfaceError) or bool(getattr(error, "connection_invalidated", False))


def unavailable() -> Response:
    """The 503 page: static, in all seven languages, needs no database; what she sent comes back with it."""
    from polyphony.folders import folder
    from polyphony.kernel import kept

    text = (folder("templates") / "errors" / "503.html").read_text("utf-8")
    text = text.replace("<!-- kept -->", kept.again(always=True))
    headers = {"Retry-After": "30", "Cache-Control": "no-store", **kept.HEADERS}
    return Response(text, 503, headers, content_type="text/html; charset=utf-8")


def _account(error: BaseException | None) -> None:
    """One log line: which page, how long, how many statements; never who, where from or which row.

    None for what people do without an account: the line's time would say when they did it. None for what a command
    does in the name of the site: nobody asked for a page.
    """
    if "started" not in g:
        return
    if not request.endpoint or request.endpoint in UNTOLD:
        return
    by, rule = viewer.current(), access.rule_of(current_app, request.endpoint)
    is_nobody = bool(rule and rule.with_phrase) and not by.is_signed_in  # whose phrase has ended, perhaps
    if by.is_phrase or is_nobody or (g.get("leave_fast") and g.get("no_store")):
        return
    log.info("request", endpoint=request.endpoint, method=request.method, lang=g.get("lang"),
             ms=round((time.perf_counter() - g.started) * 1000, 1), sql=g.get("sql", 0),
             failed=type(error).__name__ if error else None)


def _end_reading(error: BaseException | None) -> None:
    """Commit a page that was only read: after a rollback the driver forgets every plan that it had prepared."""
    if error is None and request.method in READING and request.endpoint and db.session.in_transaction():
        try:
            db.session.commit()
        except SQLAlchemyError:
            db.session.rollback()


def count_statements(engine: sa.Engine) -> None:
    """Count every statement of a request (budgets are tested against it)."""

    @sa.event.listens_for(engine, "before_cursor_execute")
    def _count(*args: object) -> None:
        if g:
            g.sql = g.get("sql", 0) + 1
            if "sql_log" in g:
                g.sql_log.append(args[2])


def refuse_unsafe_role(engine: sa.Engine) -> None:
    """Never work as a role that row security does not bind: owner, superuser or BYPASSRLS."""

    @sa.event.listens_for(engine, "connect")
    def _check(connection: object, record: object) -> None:
        row = connection.execute(  # type: ignore[attr-defined]
            "SELECT rolsuper OR rolbypassrls OR EXISTS (SELECT 1 FROM pg_class c JOIN pg_namespace n ON n.oid = "
            "c.relnamespace WHERE c.relowner = r.oid AND n.nspname NOT LIKE 'pg\\_%') FROM pg_roles r "
            "WHERE rolname = current_user").fetchone()
        connection.rollback()  # type: ignore[attr-defined]
        if row is None or row[0]:
            raise UnsafeRole("the database role of the web application can bypass row security; use polyphony_app")


class UnsafeRole(RuntimeError):
    """The application was given a database role that row security does not bind."""
