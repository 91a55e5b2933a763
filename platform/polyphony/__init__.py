"""Polyphony: several companies hold one consultation, and each voice stays its own."""

from polyphony.app import create_app

__all__ = ["create_app"]
