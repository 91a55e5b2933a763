"""The bare page everything is compared with: login user loaded, translated strings, one query of 25 rows; one insert.

Same server, same database, no row security: it connects as superuser to a plain table.
"""

import os

import sqlalchemy as sa
from flask import Flask, redirect, render_template, request
from flask_babel import Babel
from flask_login import LoginManager, UserMixin, login_required
from flask_sqlalchemy_lite import SQLAlchemy
from jinja2 import DictLoader
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column
from werkzeug.wrappers import Response

PAGE = """<!doctype html><html lang="en"><head><title>{{ _('Home') }}</title></head><body><h1>{{ _('Consultations') }}</h1>
<p>{{ _('Sign out') }} {{ current_user.id }}</p><ul>{% for row in rows %}<li><p>{{ row.text }}</p>
<small>{{ _('Read more') }} {{ row.id }}</small></li>{% endfor %}</ul></body></html>"""


class Base(DeclarativeBase):
    pass


class Plain(Base):
    __tablename__ = "plain"
    __table_args__ = {"schema": "public"}
    id: Mapped[int] = mapped_column(primary_key=True)
    text: Mapped[str]


class Kept(Base):
    __tablename__ = "kept"
    __table_args__ = {"schema": "public"}
    id: Mapped[int] = mapped_column(primary_key=True)
    text: Mapped[str]


class Account(Base):
    __tablename__ = "account"
    __table_args__ = {"schema": "public"}
    id: Mapped[int] = mapped_column(primary_key=True)
    name: Mapped[str]


class User(UserMixin):
    def __init__(self, row: Account):
        self.id = row.id


def create_app() -> Flask:
    """The bare application."""
    app = Flask("bare")
    app.config.update(SECRET_KEY="b" * 40, SQLALCHEMY_ENGINES={"default": {"url": os.environ["BARE_URL"], "pool_size": 8}},
                      BABEL_TRANSLATION_DIRECTORIES=os.environ["BARE_TRANSLATIONS"])
    app.jinja_loader = DictLoader({"page.html": PAGE})  # type: ignore[assignment]  # compiled once, as from a file
    db = SQLAlchemy(app)
    Babel(app, locale_selector=lambda: "fr")
    login = LoginManager(app)
    login.request_loader(lambda request: User(db.session.get_one(Account, 1)))

    @app.post("/")
    @login_required
    def keep() -> Response:
        db.session.add(Kept(text=request.form["text"]))
        db.session.commit()
        return redirect("/", 303)

    @app.get("/")
    @login_required
    def page() -> str:
        rows = db.session.scalars(sa.select(Plain).order_by(Plain.id.desc()).limit(25)).all()
        return render_template("page.html", rows=rows)

    return app
