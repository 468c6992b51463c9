"""``hinomi bench``: the open benchmark, made-up worlds and what detection finds in them."""

import time
from dataclasses import replace
from pathlib import Path
from typing import Final, TypedDict, Unpack

import click
import pyarrow.parquet as pq
from click.core import ParameterSource

from hinomi.bench.kinds import KINDS, SPLITS, draw_spec
from hinomi.bench.replays import ReplaySpec
from hinomi.bench.schools import SCHOOLS
from hinomi.bench.writing import make_replay, make_world
from hinomi.cli import render
from hinomi.cli.benchrun import run, table
from hinomi.cli.session import Session, shared_options
from hinomi.errors import UsageError
from hinomi.store.durable import built_folder, on_disk, require_folder_place

_OF_DRAWN: Final = ("kind", "uneven", "transit", "scale")
"""Options that mean nothing where captures are replayed."""


class WorldOptions(TypedDict):
    """What may be asked of a world."""

    kind: str
    split: str
    seed: int
    lines: int | None
    days: int | None
    interval: int | None
    uneven: bool
    transit: float | None
    school: str | None
    scale: float


@click.group()
@shared_options
def bench() -> None:
    """Make worlds of which everything is known, and measure detection on them."""


@bench.command()
@click.argument("folder", type=click.Path(path_type=Path))
@click.option("--kind", type=click.Choice(list(KINDS)), default="tiny", show_default=True)
@click.option("--split", type=click.Choice(SPLITS), default=SPLITS[0], show_default=True)
@click.option("--seed", type=click.IntRange(min=0), default=1, show_default=True, metavar="N")
@click.option("--lines", type=click.IntRange(min=200), metavar="N", help="Instead of the kind's.")
@click.option("--days", type=click.IntRange(min=1), metavar="N", help="Instead of the kind's.")
@click.option("--interval", type=click.IntRange(min=1), metavar="N", help="Sample 1 in N packets.")
@click.option(
    "--uneven", is_flag=True, help="The last exporter samples four times as sparsely as the others."
)
@click.option(
    "--transit", type=click.FloatRange(min=0), metavar="N", help="Flows of others, a line and day."
)
@click.option(
    "--replay",
    type=click.Path(path_type=Path),
    metavar="DIR",
    help="Replay the real captures of DIR instead of drawing a kind.",
)
@click.option(
    "--school",
    type=click.Choice(list(SCHOOLS)),
    help="Draw with another generator, written without looking at this one.",
)
@click.option(
    "--scale",
    type=click.FloatRange(0, 1, min_open=True),
    default=1.0,
    show_default=True,
    metavar="X",
    help="Of the number of lines, with --school.",
)
@shared_options
@click.pass_obj
def world(
    session: Session, folder: Path, replay: Path | None, **asked: Unpack[WorldOptions]
) -> None:
    """
    Draw a world and write it to FOLDER as files that init, import, lists and context take.

    FOLDER must be new or empty; it gets its name when the world is whole.

    The same options give the same world to the last record. `truth.csv` says what is what.

    With --replay, hosts of real captures act from many lines, thinned 1 in N. DIR holds
    GROUND-TRUTH.csv, flows/ and nfcapd/; the world then names real addresses: keep it.

    With --school, the kinds are dense and sparse; --seed and --scale are all that else counts.
    """
    if replay is not None and asked["school"] is None:
        _refuse_beside_replay()
    started = time.monotonic()
    with built_folder(folder) as building:
        if asked["school"] is not None:
            records = _attend(asked["school"], building, asked, replay)
        elif replay is None:
            records = _make(building, asked)
        else:
            records = _replay(replay, building, asked)
    seconds = time.monotonic() - started
    if session.as_json:
        render.print_json({"records": records, "seconds": round(seconds, 1)})
        return
    click.echo(f"{records:,} flow records, {seconds:.0f} s.")
    click.echo(f"The world lies in {render.path_text(folder)}")


def _make(folder: Path, asked: WorldOptions) -> int:
    try:
        spec = draw_spec(
            asked["kind"],
            asked["split"],
            asked["seed"],
            lines=asked["lines"],
            days=asked["days"],
            interval=asked["interval"],
        )
        if asked["uneven"]:
            spec = replace(spec, exporters=(*spec.exporters[:-1], 4))
        if asked["transit"] is not None:
            spec = replace(spec, transit=asked["transit"])
        return make_world(spec, folder)
    except ValueError as error:
        raise UsageError(f"no such world: {error}") from None


def _attend(school: str, folder: Path, asked: WorldOptions, replay: Path | None) -> int:
    foreign = (asked["lines"], asked["days"], asked["interval"], asked["transit"], replay)
    if asked["uneven"] or any(option is not None for option in foreign):
        raise UsageError("--school goes with --kind, --seed and --scale only; leave out the others")
    require_folder_place(folder)
    try:
        with on_disk(folder):
            paths = SCHOOLS[school](asked["kind"], asked["seed"], asked["scale"], folder)
    except ValueError as error:
        raise UsageError(f"no such world: {error}") from None
    return int(pq.ParquetFile(paths["flows"]).metadata.num_rows)


def _refuse_beside_replay() -> None:
    """
    Refuse options that a replay would pass over in silence.

    Raises:
        UsageError: If any of them was given.
    """
    source = click.get_current_context().get_parameter_source
    if any(source(name) is not ParameterSource.DEFAULT for name in _OF_DRAWN):
        raise UsageError(
            "--replay goes with --split, --seed, --lines, --days and --interval only; "
            "leave out the others"
        )


def _replay(captures: Path, folder: Path, asked: WorldOptions) -> int:
    usual = ReplaySpec(seed=asked["seed"], split=asked["split"])
    try:
        spec = replace(
            usual,
            lines=asked["lines"] or usual.lines,
            days=asked["days"] or usual.days,
            interval=asked["interval"] or usual.interval,
        )
    except ValueError as error:
        raise UsageError(f"no such world: {error}") from None
    return make_replay(captures, spec, folder)


bench.add_command(run)
bench.add_command(table)
