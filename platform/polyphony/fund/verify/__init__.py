"""Proof that the money adds up: every invariant by its name, checked against the rows themselves."""
