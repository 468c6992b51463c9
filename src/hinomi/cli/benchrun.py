"""``hinomi bench run`` and ``hinomi bench table``: how good detection is, beside others."""

from pathlib import Path
from typing import Final

import click
import msgspec

from hinomi.bench.lending import lend
from hinomi.bench.result import Result, read_results, write_results
from hinomi.bench.score import FIGURES
from hinomi.bench.summary import once
from hinomi.bench.table import render_table
from hinomi.cli import render
from hinomi.cli.session import Session, shared_options
from hinomi.errors import UsageError
from hinomi.services.benching import EVERY, method_names, run_bench, write_table
from hinomi.services.laboratory import Thinning
from hinomi.store.durable import require_file_place, require_folder_place
from hinomi.telemetry import set_up_logging

_METHOD: Final = click.Choice([EVERY, *method_names()])


@click.command()
@click.argument("world", type=click.Path(path_type=Path))
@click.option("--method", type=_METHOD, default=EVERY, show_default=True, help="What to measure.")
@click.option(
    "--thin",
    type=click.IntRange(min=1),
    default=1,
    metavar="K",
    help="Sample the world again first: keep one packet in K.",
)
@click.option("--seed", type=int, default=1, show_default=True, help="Of the thinning.")
@click.option(
    "--every",
    type=click.IntRange(min=1),
    metavar="HOURS",
    help="Also measure how soon C&Cs are found: by runs so many hours apart.",
)
@click.option("--without-context", is_flag=True, help="Leave the world's context out.")
@click.option(
    "--out", type=click.Path(path_type=Path), metavar="FILE", help="Keep the results for `table`."
)
@shared_options
@click.pass_obj
def run(
    session: Session,
    world: Path,
    method: str,
    thin: int,
    seed: int,
    every: int | None,
    without_context: bool,
    out: Path | None,
) -> None:
    """
    Measure detection on the world in the folder WORLD.

    The world is taken in as an operator would take in flow records and lists, in a home
    that is removed afterwards, and what is found is held against truth.csv. Known C&Cs
    are taken out of each list first.

    \b
    Examples:
      hinomi bench run my-world
      hinomi bench run my-world --method hinomi --thin 2 --seed 5 --json
      hinomi bench run my-world --method hinomi --every 6
    """
    set_up_logging("warning")
    if out is not None:
        require_file_place(out)
    thinning = Thinning(factor=thin, seed=seed)
    results = run_bench(
        world,
        _tell,
        method=method,
        thinning=thinning,
        every_h=every,
        with_context=not without_context,
        clock=session.clock,
    )
    try:
        if out is not None:
            write_results(results, out)
    finally:  # What was measured is shown, whatever became of the file.
        if session.as_json:
            render.print_json({"results": msgspec.to_builtins(results)})
        else:
            _print(results)
    if out is not None and not session.as_json:
        click.echo(f"The results lie in {render.path_text(out)}")


@click.command()
@click.argument("worlds", nargs=-1, required=True, type=click.Path(path_type=Path))
@click.option("--method", type=_METHOD, default=EVERY, show_default=True, help="What to measure.")
@click.option(
    "--thin",
    type=click.IntRange(min=1),
    default=1,
    metavar="K",
    help="Sample each world again first: keep one packet in K.",
)
@click.option(
    "--samples",
    type=click.IntRange(min=1),
    default=1,
    show_default=True,
    metavar="N",
    help="With --thin: so many samples of each world, of seeds 1 to N.",
)
@click.option(
    "--out",
    type=click.Path(path_type=Path),
    metavar="DIR",
    help="Write table.md, pictures and results.json there.",
)
@shared_options
@click.pass_obj
def table(
    session: Session,
    worlds: tuple[Path, ...],
    method: str,
    thin: int,
    samples: int,
    out: Path | None,
) -> None:
    """
    Put all methods side by side on all WORLDS, as Markdown.

    A world is a folder, or a file of results that `hinomi bench run --out` kept. Figures
    are means over worlds with their intervals; pictures need the extra hinomi[bench].

    \b
    Examples:
      hinomi bench table world-1 world-2 world-3 --out benchmark
      hinomi bench table results-*.json > table.md
    """
    if samples > 1 and thin == 1:
        raise UsageError("--samples needs --thin: the same packets give the same result")
    folders = [world.resolve().name for world in worlds if world.is_dir()]
    if len(set(folders)) < len(folders):
        raise UsageError("two worlds have one name; rename a folder, or leave one out")
    set_up_logging("warning")
    if out is not None:
        require_folder_place(out)
    seeds = [Thinning(factor=thin, seed=seed) for seed in range(1, samples + 1)]
    results = [
        each
        for world in worlds
        for each in (
            read_results(world) if world.is_file() else _measured(world, method, seeds, session)
        )
    ]
    results = lend(once(results))
    try:
        if out is not None:
            write_table(results, out)
    finally:
        if session.as_json:
            render.print_json({"results": msgspec.to_builtins(results)})
        else:
            click.echo(render_table(results), nl=False)
    if out is not None and not session.as_json:
        click.echo(f"The table lies in {render.path_text(out)}", err=True)


def _measured(world: Path, method: str, seeds: list[Thinning], session: Session) -> list[Result]:
    return [
        each
        for thinning in seeds
        for each in run_bench(world, _tell, method=method, thinning=thinning, clock=session.clock)
    ]


def _tell(line: str) -> None:
    click.echo(f"> {line}", err=True)


def _print(results: list[Result]) -> None:
    first = results[0]
    click.echo(
        f"{first.world}: {first.cost.records:,} records, {first.days:.1f} days at "
        f"1 in {first.interval:,}, {first.services:,} services, "
        f"{first.sought} detectable unknown C&C servers\n"
    )
    rows = [
        (words, *(_figure(each.score.figures[name]) for each in results))
        for name, words in FIGURES.items()
    ]
    headings = ("", *(each.method for each in results))
    render.print_table(headings, rows, numbers=range(1, len(headings)))
    for each in results:
        wrong = ", ".join(f"{label} {count}" for label, count in each.score.traps.items())
        click.echo(render.fold(f"{each.method}, wrong in the first 100: {wrong or '-'}", indent=0))


def _figure(value: float | None) -> str:
    return "-" if value is None else f"{value:.3f}"
