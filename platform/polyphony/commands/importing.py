"""`polyphony import inputs FILE`: bring in what was collected elsewhere, from a terminal."""

import uuid
from pathlib import Path
from typing import Protocol

import click
from click.core import ParameterSource

from polyphony.app import application
from polyphony.inputs.importing import BadLine, Mapping, Result, run
from polyphony.inputs.models import AUDIENCES, NAMINGS, SPEAKS_AS
from polyphony.kernel.locale import _, force_locale
from polyphony.kernel.ready import ready
from polyphony.kernel.refusals import NotThere, Refusal
from polyphony.settings import Settings


@click.command("inputs")
@click.argument("file", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@click.option("--consultation", "consultation_id", type=click.UUID, required=True, help="Id in the page's address.")
@click.option("--as", "address", required=True, help="E-mail address of the member who collected them.")
@click.option("--password", prompt=True, hide_input=True, help="Asked for when not given.")
@click.option("--code", default="", help="Code of the second factor, for those who have one.")
@click.option("--text", default="text", show_default=True, help="Column of the words.")
@click.option("--lang", default="lang", show_default=True, help="Column of their language; guessed where empty.")
@click.option("--translation", default="", help="Column of a translation.")
@click.option("--translation-lang", default="en", show_default=True, help="Language of that translation.")
@click.option("--key", default="", help="Column that tells rows apart; the words themselves by default.")
@click.option("--pseudonym", default="", help="Column of pseudonyms, with --naming pseudonym.")
@click.option("--audience", type=click.Choice([a for a in AUDIENCES if a != "chosen"]), default="facilitator",
              show_default=True)
@click.option("--naming", type=click.Choice(NAMINGS), default="unattributed", show_default=True)
@click.option("--speaks-as", type=click.Choice(SPEAKS_AS), default="affected", show_default=True)
@click.option("--skip-bad", is_flag=True, help="Leave out bad lines instead of importing nothing.")
@click.pass_context
def command(context: click.Context, file: Path, consultation_id: uuid.UUID, address: str, password: str, code: str,
            skip_bad: bool, **columns: str) -> Result:
    """Import inputs from a CSV FILE with a header line, in UTF-8."""
    is_given = context.get_parameter_source("lang") is not ParameterSource.DEFAULT
    given = context.find_object(Settings)  # of whoever calls this from another command; a terminal gives none
    with (ready(given) as settings, application(settings) as app, app.app_context(),
          force_locale(settings.default_language)):
        try:
            result = run(app, file, address=address, password=password, code=code, skip_bad=skip_bad,
                         consultation_id=consultation_id, mapping=Mapping(lang_is_given=is_given, **columns))
        except NotThere:
            raise click.ClickException(_("There is no such consultation for this member.")) from None
        except (Refusal, BadLine) as error:
            raise click.ClickException(str(getattr(error, "message", "") or error)) from None
        tell(result, skip_bad)
    return result


class Outcome(Protocol):
    """What any import did."""

    added: int
    known: int
    errors: list[tuple[int, str]]


def tell(result: Outcome, skip_bad: bool) -> None:
    """Say what an import did, and what is wrong with which line. Raises `click.ClickException` when nothing came in."""
    for number, why in result.errors:
        click.echo(_("Line %(number)s: %(reason)s", number=number, reason=why), err=True)
    click.echo(_("%(added)s new, %(known)s there already, %(bad)s bad.", added=result.added, known=result.known,
                 bad=len(result.errors)))
    if result.errors and not skip_bad:
        raise click.ClickException(
            _("Nothing was imported. Put these lines right, or leave them out with --skip-bad."))
