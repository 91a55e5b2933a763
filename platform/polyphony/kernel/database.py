"""The database as the rooms see it: one base class, one session per request, random ids.

Ids are random UUIDs made in Python, so that no sequence tells how many came before or who
came next to whom (safety promise 6), and so that an insert never needs RETURNING, which row
security would refuse for rows that become visible only after `viewer.refresh()`.
"""

import inspect
import uuid
from datetime import date, datetime
from typing import Any, ClassVar

import sqlalchemy as sa
from flask import Flask
from flask_sqlalchemy_lite import SQLAlchemy
from sqlalchemy.dialects.postgresql import ARRAY, UUID
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column

db = SQLAlchemy()


def install(app: Flask) -> None:
    """Attach the database to an application.

    The library also closes asynchronous sessions after each request, in a thread and an event loop made for
    that; nothing here is asynchronous, and that work was a fifth of a page.
    """
    db.init_app(app)
    app.teardown_appcontext_funcs = [
        each for each in app.teardown_appcontext_funcs if not inspect.iscoroutinefunction(each)]

NAMES = {
    "ix": "%(table_name)s_%(column_0_N_name)s_idx",
    "uq": "%(table_name)s_%(column_0_N_name)s_key",
    "ck": "%(table_name)s_%(constraint_name)s_check",
    "fk": "%(table_name)s_%(column_0_N_name)s_fkey",
    "pk": "%(table_name)s_pkey",
}


class Base(DeclarativeBase):
    __table__: ClassVar[sa.Table]  # type: ignore[misc, assignment]
    metadata = sa.MetaData(naming_convention=NAMES)
    type_annotation_map = {
        uuid.UUID: UUID(as_uuid=True),
        datetime: sa.DateTime(timezone=True),
        date: sa.Date(),
        str: sa.Text(),
        bytes: sa.LargeBinary(),
        list[str]: ARRAY(sa.Text()),
        list[uuid.UUID]: ARRAY(UUID(as_uuid=True)),
        dict[str, Any]: sa.dialects.postgresql.JSONB(),
    }


class Row:
    """A row with a random id."""

    id: Mapped[uuid.UUID] = mapped_column(primary_key=True, default=uuid.uuid4)


def to(target: str, **kw: Any) -> Any:
    """A foreign key column to `schema.table.column`, indexed, checked when the verb is done.

    Deferrable, because the batch rewriter of unlinkable rows takes parents out and puts them
    back in another order within one transaction.
    """
    kw.setdefault("index", True)
    return mapped_column(
        sa.ForeignKey(target, deferrable=True, initially="DEFERRED"), **kw
    )


def one_of(column: str, words: tuple[str, ...] | list[str], name: str | None = None) -> sa.CheckConstraint:
    """A column that holds one of these words; the database refuses any other."""
    listed = ", ".join(f"'{word}'" for word in words)
    return sa.CheckConstraint(f'"{column}" IN ({listed})', name=name or column)


def at_most(column: str, length: int) -> sa.CheckConstraint:
    """A text no longer than this many characters (the form says it kindly first)."""
    return sa.CheckConstraint(f"length({column}) <= {length}", name=f"{column}_length")
