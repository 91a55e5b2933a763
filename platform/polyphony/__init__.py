"""Polyphony: several companies hold one consultation, and each voice stays its own."""

from typing import Any

__all__ = ["create_app"]


def __getattr__(name: str) -> Any:
    """The factory, imported only by those who serve: a supervisor does not need every room to start one."""
    if name == "create_app":
        from polyphony.app import create_app

        return create_app
    raise AttributeError(name)
