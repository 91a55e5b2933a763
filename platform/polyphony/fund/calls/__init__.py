"""Calls for applications: what is offered, to whom, until when, judged by what."""
