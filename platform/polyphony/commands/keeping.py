"""`polyphony backup`, `polyphony backup-key` and `polyphony restore`."""

import sys
from pathlib import Path

import click

from polyphony.keeping import backup as making
from polyphony.keeping import keys
from polyphony.kernel.postgres import write_private
from polyphony.kernel.ready import ready
from polyphony.settings import Settings


@click.command("backup-key")
@click.argument("file", type=click.Path(path_type=Path, exists=False))
@click.password_option("--passphrase", prompt="Passphrase", help="Asked for when not given.")
def key(file: Path, passphrase: str) -> None:
    """Make the key that opens backups, into FILE. Do this on a machine that is not online, and keep it there."""
    if file.exists():
        raise click.ClickException(f"There is a file at {file} already; nothing is ever written over.")
    try:
        public, private = keys.make(passphrase)
    except keys.KeyTrouble as error:
        raise click.ClickException(str(error)) from None
    write_private(file, private)
    click.echo(f"The private key lies in {file}: keep it off line, with its passphrase elsewhere.\n"
               f"Backups are sealed to this public key:\n{public}")


@click.command("backup")
@click.argument("file", type=click.Path(path_type=Path))
@click.option("--to", "public", required=True, help="Public key of the offline key, as `polyphony backup-key` told it.")
def backup(file: Path, public: str) -> None:
    """Write everything into FILE, sealed so that only the offline key opens it."""
    with ready() as settings:
        _ensure_backup_role(settings)
        try:
            told = making.make(settings, settings.backup_database_url, file, public)
        except (making.BackupTrouble, keys.KeyTrouble) as error:
            raise click.ClickException(str(error)) from None
    click.echo(f"{file}: {sum(told['rows'].values())} rows of {len(told['rows'])} tables and {len(told['parts']) - 1} "
               f"files, written, read again and whole.\nSHA-256: {making.checksum(file)}\n"
               "Keep this checksum apart from the file, and compare it before you restore.")


@click.command("restore")
@click.argument("file", type=click.Path(path_type=Path, exists=True))
@click.option("--key", "key_file", required=True, type=click.Path(path_type=Path, exists=True), help="The offline key.")
@click.option("--passphrase", prompt=True, hide_input=True, help="Asked for when not given.")
@click.option("--even-so", is_flag=True, help="Let the platform start although a proof says no.")
def restore(file: Path, key_file: Path, passphrase: str, even_so: bool) -> None:
    """Bring FILE back into an empty database and folder, and prove what came; then the platform may start."""
    from polyphony.keeping import restore as bringing

    try:
        private = keys.open_file(key_file, passphrase)
        _ensure_backup_role(Settings.from_environment())
        with bringing.brought(Settings.from_environment(), file, private) as (settings, told):
            click.echo(f"Restored what was there at {told['made_at']}.")
            wrong = 0
            for what, faults in bringing.proofs(settings, told):
                click.echo(f"{'yes' if not faults else 'NO '}  {what}" + "".join(f"\n       {each}" for each in faults))
                wrong += bool(faults)
            if even_so or not wrong:
                bringing.end(settings)
    except (making.BackupTrouble, keys.KeyTrouble) as error:
        raise click.ClickException(str(error)) from None
    if wrong and not even_so:
        click.echo("Nothing starts from this. Put right what is wrong and restore again; or, if you know why it is so, "
                   "restore again with --even-so.")
    sys.exit(1 if wrong else 0)


def _ensure_backup_role(settings: Settings) -> None:
    """With a PostgreSQL of one's own, the role that sees every row is named."""
    if settings.database_url and not settings.backup_database_url:
        raise click.ClickException("POLYPHONY_BACKUP_DATABASE_URL is missing: the address with the backup role.")
