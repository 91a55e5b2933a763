"""Payments by three hands: prepared, approved, released; then confirmed or returned by the bank."""
