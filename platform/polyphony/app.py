"""The application factory: settings, extensions, one visible list of rooms, then the deny-at-boot check."""

import hashlib
import logging
from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache

import structlog
from flask import Flask, url_for
from flask_login import LoginManager
from flask_wtf import CSRFProtect
from jinja2 import StrictUndefined

from polyphony import rooms
from polyphony.folders import folder
from polyphony.kernel import access, database, edge, errors, headers, health, locale, pages, squeeze, unfinished, viewer
from polyphony.kernel.database import db
from polyphony.kernel.forms import Form
from polyphony.settings import Settings
from polyphony.uploads import receiving
from polyphony.uploads.words import FORMATS


class UnguardedView(RuntimeError):
    """A view has no access rule; the application does not start."""


def create_app(settings: Settings | None = None, *, worker: bool = False) -> Flask:
    """The web application, or with `worker` the same rooms on the worker's database role. Raises `HalfRestored`."""
    settings = _settings(settings, worker)
    app = Flask("polyphony", template_folder=str(folder("templates")), static_folder=str(folder("static")))
    app.extensions["settings"] = settings
    is_secure = settings.base_url.startswith("https://")
    app.config.update(
        SECRET_KEY=settings.secret_key, SESSION_COOKIE_HTTPONLY=True, SESSION_COOKIE_SAMESITE="Lax",
        # With this prefix no neighbouring host can plant a cookie of that name: https, this host alone, every path.
        SESSION_COOKIE_NAME="__Host-polyphony" if is_secure else "polyphony", SESSION_COOKIE_SECURE=is_secure,
        SESSION_COOKIE_PATH="/", SESSION_COOKIE_DOMAIN=None,
        MAX_CONTENT_LENGTH=2 * 1024 * 1024, MAX_FORM_MEMORY_SIZE=2 * 1024 * 1024, WTF_CSRF_TIME_LIMIT=12 * 3600,
        WTF_CSRF_SSL_STRICT=False, SHORT_SUMS=True, BABEL_TRANSLATION_DIRECTORIES=str(folder("translations")),
        BABEL_DEFAULT_LOCALE="en",
        SQLALCHEMY_ENGINES={"default": {
            "url": settings.worker_database_url if worker else settings.database_url, "pool_size": 8,
            "max_overflow": 4, "pool_timeout": 10, "hide_parameters": True, "connect_args": {"connect_timeout": 5}}},
    )
    _extensions(app)
    _templates(app)
    for blueprint in (health.blueprint, *rooms.blueprints()):
        app.register_blueprint(blueprint)
    missing = access.unguarded(app)
    if missing:
        raise UnguardedView(f"these views declare no access rule: {', '.join(missing)}")
    with app.app_context():
        edge.count_statements(db.engine)
        if not worker:
            edge.refuse_unsafe_role(db.engine)
    return app


def _settings(given: Settings | None, worker: bool) -> Settings:
    """The settings of this application; nobody is served from a place that was restored by half."""
    settings = given or Settings.from_environment()
    if not worker:
        unfinished.refuse(settings)
    return settings


@contextmanager
def application(settings: Settings, *, worker: bool = False) -> Iterator[Flask]:
    """The application for one command of the terminal; its connections to the database end with it."""
    app = create_app(settings, worker=worker)
    try:
        yield app
    finally:
        with app.app_context():
            db.engine.dispose()


def _extensions(app: Flask) -> None:
    logging.basicConfig(level=app.extensions["settings"].log_level, format="%(message)s")
    logging.getLogger("procrastinate").setLevel(logging.WARNING)  # our own tasks say what is worth saying
    structlog.configure(
        processors=[structlog.processors.TimeStamper(fmt="iso"), structlog.processors.add_log_level,
                    structlog.processors.format_exc_info, structlog.processors.JSONRenderer()],
        wrapper_class=structlog.make_filtering_bound_logger(app.extensions["settings"].log_level),
        cache_logger_on_first_use=False)
    squeeze.install(app)
    database.install(app)
    CSRFProtect(app)
    locale.babel.init_app(app, locale_selector=locale.language,
                          timezone_selector=lambda: viewer.current().time_zone or "UTC")
    locale.install(app)
    login = LoginManager(app)
    login.request_loader(lambda request: viewer.current() if viewer.current().is_signed_in else None)
    receiving.install(app)
    headers.install(app)  # before the edge, so that it also dresses what the edge answers when a commit fails
    edge.install(app)
    errors.install(app)


def _templates(app: Flask) -> None:
    app.jinja_env.undefined = StrictUndefined
    app.jinja_env.trim_blocks = app.jinja_env.lstrip_blocks = True
    app.jinja_env.globals.update(asset=lambda name: asset(app, name), protective_form=Form,
                                 file_formats=FORMATS)
    app.context_processor(pages.base_context)


def asset(app: Flask, name: str) -> str:
    """The address of a static file, changing with its content so that it may be cached for ever."""
    return url_for("static", filename=name, v=_fingerprint(str(app.static_folder), name))


@cache
def _fingerprint(folder_name: str, name: str) -> str:
    from pathlib import Path

    return hashlib.sha256((Path(folder_name) / name).read_bytes()).hexdigest()[:10]
