"""The one visible list of rooms, lowest first; importing a room's parts declares its tables and facts."""

import importlib

from flask import Blueprint

from polyphony.kernel import retention

ROOMS = ("people", "organisations", "languages", "notices", "uploads", "auditing", "retention", "consultations",
         "vault", "inputs", "feedback", "fund", "openness")


def models() -> None:
    """Import every room's tables, row policies and tasks (migrations, worker)."""
    for module in ("audit", "once", "sums", "tallies", "jobs", "chores"):
        importlib.import_module(f"polyphony.kernel.{module}")
    for room in ROOMS:
        for part in ("models", "access", "tasks", "retention"):
            _if_there(f"polyphony.{room}.{part}")
    retention.erasers.sort(key=lambda each: ROOMS.index(each[0].__module__.split(".")[1]))  # whoever was imported first


def blueprints() -> list[Blueprint]:
    """Every room's views, as blueprints."""
    models()
    found: list[Blueprint] = []
    for room in ROOMS:
        views = _if_there(f"polyphony.{room}.views")
        found += views.BLUEPRINTS if views else []
    return found


def _if_there(name: str):  # type: ignore[no-untyped-def]
    try:
        return importlib.import_module(name)
    except ModuleNotFoundError as error:
        if error.name == name:
            return None
        raise
