"""`polyphony found` begins a platform of one's own with two stewards; `polyphony appoint` names more, and auditors."""

from collections.abc import Iterator
from contextlib import contextmanager

import click
import sqlalchemy as sa
from flask_babel import force_locale
from psycopg.errors import LockNotAvailable

from polyphony.app import application
from polyphony.kernel import mail
from polyphony.kernel.locale import _, codes
from polyphony.kernel.migrate import migrate
from polyphony.kernel.ready import ready
from polyphony.kernel.refusals import Refusal
from polyphony.organisations.founding import Newcomer, appoint, found
from polyphony.organisations.names import countries
from polyphony.settings import Settings

ROLES = {"steward": "a steward", "auditor": "an auditor"}


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


@click.command("appoint")
@click.argument("address")
@click.option("--role", type=click.Choice(["steward", "auditor"]), required=True, help="What she becomes.")
@click.option("--language", type=click.Choice(sorted(codes())), default="en", show_default=True,
              help="In which she reads, when she has no account yet.")
def appointing(address: str, role: str, language: str) -> None:
    """Make ADDRESS a steward or an auditor; who has no account yet gets one, and a link to choose a password."""
    with ready() as settings:
        for line in name(settings, address, role, language):
            click.echo(line)


def begin(settings: Settings, organisation: str, country: str, addresses: list[str], language: str) -> list[str]:
    """Found the platform; answers what the terminal prints. Raises `click.ClickException` with the reason."""
    if not organisation.strip():
        raise click.ClickException("Please give it a name.")
    code = country.strip().upper()
    if code not in countries("en"):
        raise click.ClickException(f"This is no country: {country}. Please give its two letters, as KE for Kenya.")
    with _owning(settings, language, addresses) as owner:
        made = found(owner, organisation=organisation.strip(), country=code, language=language,
                     addresses=[address.strip() for address in addresses])
        return ["The platform is founded. Each link lets one steward choose a password, once, within seven days:",
                *_links(settings, made, language),
                "Then sign in, invite an organisation under “Your organisation”, and admit it together."]


def name(settings: Settings, address: str, role: str, language: str) -> list[str]:
    """Appoint somebody; answers what the terminal prints. Raises `click.ClickException` with the reason."""
    with _owning(settings, language, [address]) as owner:
        made = appoint(owner, address=address.strip(), role=role, language=language)
        if made is None:
            return [f"{address.strip()} is {ROLES[role]} from now on; she signs in anew."]
        return [f"{made.address} is {ROLES[role]} from now on. The link lets her choose a password, once, within seven "
                "days:", *_links(settings, [made], language)]


@contextmanager
def _owning(settings: Settings, language: str, addresses: list[str]) -> Iterator[sa.Engine]:
    """The application beside the owner's connection; what speaks against it is one sentence at the terminal."""
    if wrong := [address for address in addresses if "@" not in address.strip("@ ")]:
        raise click.ClickException(f"This is not an e-mail address: {wrong[0]}")
    owner = sa.create_engine(settings.owner_database_url)
    try:
        with application(settings) as app, app.test_request_context(f"/{language}/"):
            yield owner
    except Refusal as refusal:
        raise click.ClickException(str(refusal.message)) from None
    except sa.exc.OperationalError as error:
        if not isinstance(error.orig, LockNotAvailable):
            raise
        raise click.ClickException("The platform is busy just now. Please try again.") from None
    finally:
        owner.dispose()


def _links(settings: Settings, made: list[Newcomer], language: str) -> list[str]:
    """Mail each link; without a mail server it is printed, because nobody would read the folder."""
    lines = []
    for each in made:
        address = mail.link("people.choose_password", lang=language, token=each.token)
        if settings.smtp_url:
            with force_locale(language):
                mail.send(each.address, _("The link you asked for"),
                          _("Hello,\n\nwith this link you can choose your password. It works once, for seven days:"
                            "\n\n%(link)s", link=address), f"reset-{each.reset_id}")
            lines.append(f"  {each.address}: mailed")
        else:
            lines.append(f"  {each.address}: {address}")
    return lines
