"""`polyphony found`: begin a platform of one's own, with its organisation and two stewards."""

import click
import sqlalchemy as sa
from flask import Flask
from flask_babel import force_locale

from polyphony.app import application
from polyphony.kernel import mail
from polyphony.kernel.locale import _, codes
from polyphony.kernel.migrate import migrate
from polyphony.kernel.ready import ready
from polyphony.kernel.refusals import Refusal
from polyphony.organisations.founding import Steward, found
from polyphony.settings import Settings


@click.command("found")
@click.option("--organisation", prompt="Name of the platform's organisation", help="Asked for when not given.")
@click.option("--country", prompt="Its country, as two letters", help="Where it sits, as two letters (ISO 3166-1).")
@click.option("--steward", "stewards", multiple=True, help="E-mail address of a steward; give two.")
@click.option("--language", type=click.Choice(sorted(codes())), default="en", show_default=True,
              help="In which the stewards read.")
def command(organisation: str, country: str, stewards: tuple[str, ...], language: str) -> None:
    """Begin a platform: its organisation, and two stewards who choose their passwords by a link."""
    given = [*stewards]
    while len(given) < 2:
        given.append(click.prompt(f"E-mail address of steward {len(given) + 1}"))
    with ready() as settings:
        migrate(settings.owner_database_url)
        for line in begin(settings, organisation, country, given, language):
            click.echo(line)


def begin(settings: Settings, organisation: str, country: str, addresses: list[str], language: str) -> list[str]:
    """Found the platform; answers what the terminal prints. Raises `click.ClickException` with the reason."""
    wrong = [address for address in addresses if "@" not in address.strip("@ ")]
    if wrong or not organisation.strip():
        raise click.ClickException(f"This is not an e-mail address: {wrong[0]}" if wrong else "Please give it a name.")
    owner = sa.create_engine(settings.owner_database_url)
    try:
        with application(settings) as app, app.test_request_context(f"/{language}/"):
            made = found(owner, organisation=organisation.strip(), country=country.upper(), language=language,
                         addresses=[address.strip() for address in addresses])
            return _tell(app, settings, made, language)
    except Refusal as refusal:
        raise click.ClickException(str(refusal.message)) from None
    finally:
        owner.dispose()


def _tell(app: Flask, settings: Settings, made: list[Steward], language: str) -> list[str]:
    """Mail each link; without a mail server it is printed, because nobody would read the folder."""
    lines = ["The platform is founded. Each link lets one steward choose a password, once, within seven days:"]
    for steward in made:
        address = mail.link("people.choose_password", lang=language, token=steward.token)
        if settings.smtp_url:
            with force_locale(language):
                mail.send(steward.address, _("The link you asked for"),
                          _("Hello,\n\nwith this link you can choose your password. It works once, for seven days:"
                            "\n\n%(link)s", link=address), f"reset-{steward.reset_id}")
            lines.append(f"  {steward.address}: mailed")
        else:
            lines.append(f"  {steward.address}: {address}")
    return [*lines, "Then sign in, invite an organisation under “Your organisation”, and admit it together."]
