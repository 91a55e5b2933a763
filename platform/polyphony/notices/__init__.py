"""Notices: what happened, told in an inbox, and by content-free e-mail to those who asked for it."""
