"""`polyphony keyholder`: the offline tool of keyholders, in the language of whoever sits at the terminal."""

import gettext
import sys

import click

from polyphony.folders import folder
from polyphony.vault import keyholder


@click.command("keyholder", context_settings={"ignore_unknown_options": True, "help_option_names": []})
@click.argument("words", nargs=-1, type=click.UNPROCESSED)
def command(words: tuple[str, ...]) -> None:
    """Keys and shares of the vault, without a network: enrol, answer, recover, ask, open, reshare."""
    keyholder.translate = gettext.translation("messages", folder("translations"), fallback=True).gettext
    sys.exit(keyholder.main(list(words)))
