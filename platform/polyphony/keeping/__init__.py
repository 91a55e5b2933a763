"""Backups: one sealed file that only an offline key opens, and a restore that proves what it brought back."""
