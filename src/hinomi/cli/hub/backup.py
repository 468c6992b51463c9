"""``hinomi hub backup`` and ``restore``: a hub in one file, and a home out of it."""

from pathlib import Path

import click

from hinomi.cli import render
from hinomi.cli.session import Session, shared_options
from hinomi.services.hub.backup import back_up
from hinomi.services.hub.backup import restore as restore_hub
from hinomi.services.mandates import Operation


@click.command()
@click.argument("file", type=click.Path(path_type=Path))
@click.option("--without-keys", is_flag=True, help="Leave keys/ out: it is kept elsewhere.")
@shared_options
@click.pass_obj
def backup(session: Session, file: Path, *, without_keys: bool) -> None:
    """
    Write this hub into the new FILE, readable by its owner alone; the hub may go on serving.

    FILE is secret: whoever has the keys in it can sign lists in the hub's name, and what members
    said is in it in clear. Encrypt what leaves the machine.

    \b
    Example:
      hinomi hub backup /safe/hub-2026-11-23.tar
    """
    saved = back_up(session.open_home(Operation.MAINTAIN), file, keys=not without_keys)
    if session.as_json:
        render.print_json({
            "file": render.path_text(saved.path),
            "newest": saved.number,
            "files": saved.files,
            "bytes": saved.size_bytes,
            "keys": saved.has_keys,
        })  # fmt: skip
        return
    click.echo(f"{saved.path}: {saved.files} files, to snapshot {saved.number}.")
    if saved.has_keys:
        click.echo("The hub's keys are in it: keep it as secret as they are.")


@click.command()
@click.argument("file", type=click.Path(path_type=Path))
@shared_options
@click.pass_obj
def restore(session: Session, file: Path) -> None:
    """
    Make a new home (--home) out of FILE; it does nothing before `hinomi hub resume`.

    Until then it neither publishes nor answers members: what was published after the backup is
    taken up from a member or a witness first, and who was suspended since is suspended again.
    See docs/howto/back-up-and-restore.md.

    \b
    Example:
      hinomi --home new hub restore /safe/hub-2026-11-23.tar
    """
    label = restore_hub(file, session.folder)
    if session.as_json:
        render.print_json({
            "home": render.path_text(session.folder),
            "made": label.made,
            "newest": label.number,
            "keys": label.has_keys,
        })  # fmt: skip
        return
    click.echo(f"Made {session.folder} as it was at {label.made}, to snapshot {label.number}.")
    if not label.has_keys:
        click.echo("Keys are not in it: put keys/ back before anything else.")
    click.echo(
        "Next: hub snapshot take, hub verify; suspend again who was since; hub resume; serve hub."
    )
