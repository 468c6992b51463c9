"""``hinomi bench``: the open benchmark, made-up worlds and what detection finds in them."""

import time
from pathlib import Path

import click

from hinomi.bench.kinds import KINDS, SPLITS, draw_spec
from hinomi.bench.writing import make_world
from hinomi.cli import render
from hinomi.cli.benchrun import run, table
from hinomi.cli.session import Session, shared_options


@click.group()
@shared_options
def bench() -> None:
    """Make worlds of which everything is known, and measure detection on them."""


@bench.command()
@click.argument("folder", type=click.Path(path_type=Path))
@click.option("--kind", type=click.Choice(list(KINDS)), default="tiny", show_default=True)
@click.option("--split", type=click.Choice(SPLITS), default=SPLITS[0], show_default=True)
@click.option("--seed", type=click.IntRange(min=0), default=1, show_default=True, metavar="N")
@click.option("--lines", type=click.IntRange(min=100), metavar="N", help="Lines.")
@click.option("--days", type=click.IntRange(min=1), metavar="N", help="Days.")
@click.option("--interval", type=click.IntRange(min=1), metavar="N", help="Sample 1 in N packets.")
@shared_options
@click.pass_obj
def world(
    session: Session,
    folder: Path,
    kind: str,
    split: str,
    seed: int,
    lines: int | None,
    days: int | None,
    interval: int | None,
) -> None:
    """
    Draw a world and write it to FOLDER as files that init, import and lists take.

    The same options give the same world to the last record.
    """
    started = time.monotonic()
    spec = draw_spec(kind, split, seed, lines=lines, days=days, interval=interval)
    records = make_world(spec, folder)
    seconds = time.monotonic() - started
    if session.as_json:
        render.print_json({"records": records, "seconds": round(seconds, 1)})
        return
    click.echo(f"{records:,} flow records, {seconds:.0f} s.")
    click.echo(f"The world lies in {render.path_text(folder)}")


bench.add_command(run)
bench.add_command(table)
