"""`polyphony verify-audit FILE`: the tool that stands alone, for those who have the platform at hand as well."""

import sys

import click

from polyphony.auditing.verify_audit import main


@click.command("verify-audit", context_settings={"ignore_unknown_options": True}, add_help_option=False)
@click.argument("words", nargs=-1, type=click.UNPROCESSED)
def command(words: tuple[str, ...]) -> None:
    """Check an audit that was taken away (a file of its own: see --help)."""
    sys.exit(main(list(words)))
