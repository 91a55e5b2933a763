"""Organisations: companies, stakeholder organisations, bodies; who acts for them and in which role."""
