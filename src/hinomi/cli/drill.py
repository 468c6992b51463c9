"""``hinomi drill``: known truth laid over one's own traffic, and what detection finds of it."""

from pathlib import Path
from typing import Final

import click

from hinomi.cli import render
from hinomi.cli.detect import window_of
from hinomi.cli.session import TIME, Session, engine_option, shared_options
from hinomi.clock import render_time
from hinomi.govern.roles import Act
from hinomi.services.drilling import run_drill
from hinomi.services.drillmetrics import write_metrics
from hinomi.services.drillresult import Drill, PaceLimit, cell_document
from hinomi.services.engines import EngineKind
from hinomi.services.mandates import Operation
from hinomi.store.drills import DrillRecord
from hinomi.store.durable import require_file_place

ALARM: Final = 1
"""Exit code of a drill that found much less than those before it: no failure of the run."""


@click.command()
@click.option("--since", type=TIME, metavar="T", help="From here on, inclusive.  [default: all]")
@click.option("--until", type=TIME, metavar="T", help="Up to here, exclusive.  [default: all]")
@click.option(
    "--last-days",
    type=click.IntRange(min=1),
    metavar="N",
    help="The last N whole days, UTC, in place of --since and --until.",
)
@click.option(
    "--rounds",
    type=click.IntRange(min=1),
    metavar="N",
    help="So many detections at most.  [default: as registered]",
)
@click.option("--seed", type=int, metavar="N", help="Of all chance.  [default: another each time]")
@engine_option
@click.option(
    "--metrics",
    type=click.Path(path_type=Path),
    metavar="FILE",
    help="Also write the numbers for Prometheus (a textfile of its node exporter).",
)
@click.option("--history", is_flag=True, help="Show the drills of the past, and run none.")
@shared_options
@click.pass_context
def drill(
    ctx: click.Context,
    *,
    since: int | None,
    until: int | None,
    last_days: int | None,
    rounds: int | None,
    seed: int | None,
    engine: str,
    metrics: Path | None,
    history: bool,
) -> None:
    """
    Measure what detection finds, with made-up botnets in your own traffic.

    Lays botnets of every size and pace over the records of the window, in memory only,
    runs the detector unchanged, and prints what it found of them beside what sampling
    leaves to be found at all. Nothing of it is stored but the numbers.

    Exits 1, with a line on standard error, if it found much less than earlier drills of
    like windows: fit for a timer.

    \b
    Examples:
      hinomi drill --last-days 1
      hinomi drill --json --last-days 7 --metrics /var/lib/node_exporter/hinomi.prom
      hinomi drill --history
    """
    session = ctx.ensure_object(Session)
    home = session.open_home(Act.STATUS if history else Operation.DRILL)
    if history:
        with home.casebook() as casebook:
            _show_history(casebook.drills.all(), as_json=session.as_json)
        return
    window = window_of(since, until, last_days=last_days, now_ms=home.clock())
    if metrics is not None:
        require_file_place(metrics)
    with render.share_bar("drilling") as tell:
        done = run_drill(
            home, window, rounds=rounds, seed=seed, tell=tell, engine_kind=EngineKind(engine)
        )
    try:
        if metrics is not None:
            write_metrics(done, metrics)
    finally:  # What was measured is shown, whatever became of the file.
        if session.as_json:
            render.print_json(as_json(done))
        else:
            _print(done)
        if done.record.alarm:
            render.complain(alarm_line(done))
    if done.record.alarm:
        ctx.exit(ALARM)


def as_json(drill: Drill) -> dict[str, object]:
    """Give the JSON document of one drill."""
    kept, watched = drill.record, drill.watched
    return {
        "window": drill.window.render(),
        "register": kept.register,
        "model": drill.model,
        "seed": drill.seed,
        "rounds": kept.rounds,
        "lines": kept.lines,
        "played": drill.played,
        "botnets": kept.botnets,
        "left_out": drill.left_out,
        "found": kept.found,
        "possible": round(kept.possible, 3),
        "attained": _rounded(watched.attained),
        "listed": kept.listed,
        "confirmed": kept.confirmed,
        "others": kept.others,
        "wrong": kept.wrong,
        "precision_at_least": _rounded(drill.precision_least),
        "cells": [cell_document(cell) for cell in drill.cells],
        "detection_limit": [
            {
                "pace": each.pace,
                "half": each.half,
                "nine_tenths": each.nine_tenths,
                "possible_half": each.possible_half,
                "possible_nine_tenths": each.possible_nine_tenths,
                "theory": each.theory,
            }
            for each in drill.pace_limits
        ],
        "limits": drill.limits,
        "earlier": {"drills": watched.earlier, "median_attained": _rounded(watched.median)},
        "alarm": kept.alarm,
    }


def alarm_line(drill: Drill) -> str:
    """Say in one line what dropped, and what to look at."""
    watched = drill.watched
    return (
        f"drill: {_share(watched.attained)} of the possible was found, the median of "
        f"{watched.earlier} earlier drills is {_share(watched.median)}; look at what changed in "
        "exporters, lists, register or model"
    )


def _print(drill: Drill) -> None:
    kept, watched = drill.record, drill.watched
    render.print_table(
        ("pace", "lines", "botnets", "found", "recall", "possible", "silent", "found"),
        [
            (
                cell.pace,
                str(cell.size),
                str(cell.botnets),
                str(cell.found),
                _share(cell.recall),
                _share(cell.possible / max(cell.botnets, 1)),
                str(cell.silent),
                str(cell.silent_found),
            )
            for cell in drill.cells
        ],
        numbers=(1, 2, 3, 4, 5, 6, 7),
    )
    click.echo("\nSmallest botnets found by this share of them (in brackets: possible at all)\n")
    render.print_table(
        ("pace", "half", "nine tenths", "theory, 95 %"),
        [_limit_row(each) for each in drill.pace_limits],
        numbers=(1, 2, 3),
    )
    share = _share(watched.attained)
    facts = [
        ("found of the possible", f"{kept.found} of {kept.possible:.1f}, {share}"),
        ("earlier drills alike", f"{watched.earlier}, median {_share(watched.median)}"),
        ("known C&Cs confirmed", f"{kept.confirmed} of {kept.listed}"),
        ("other candidates", f"{kept.others}, neither the drill's nor listed: right or wrong"),
        ("precision at least", f"{_share(drill.precision_least)}, if all of these were wrong"),
        ("certainly wrong", f"{kept.wrong} services that the bots scanned"),
        ("lines", f"{drill.played:,} played bots in {kept.rounds} round(s), of {kept.lines:,}"),
        ("left out", f"{drill.left_out} botnets: no room (drill.lines_share, drill.rounds)"),
        ("seed", str(drill.seed)),
    ]
    click.echo()
    render.print_table(("this drill", ""), facts)


def _limit_row(limit: PaceLimit) -> tuple[str, ...]:
    return (
        limit.pace,
        f"{_size(limit.half)} ({_size(limit.possible_half)})",
        f"{_size(limit.nine_tenths)} ({_size(limit.possible_nine_tenths)})",
        _size(limit.theory),
    )


def _show_history(drills: tuple[DrillRecord, ...], *, as_json: bool) -> None:
    if as_json:
        render.print_json({"drills": [_past(each) for each in drills]})
        return
    render.print_table(
        ("time", "1 in", "hours", "botnets", "found", "attained", "others", "wrong", "alarm"),
        [
            (
                render_time(each.ran_ms),
                f"{each.sampling_interval:,}",
                str(each.hours),
                str(each.botnets),
                str(each.found),
                _share(each.attained),
                str(each.others),
                str(each.wrong),
                "yes" if each.alarm else "",
            )
            for each in drills
        ],
        numbers=(1, 2, 3, 4, 5, 6, 7),
    )


def _past(each: DrillRecord) -> dict[str, object]:
    return {
        "time": render_time(each.ran_ms),
        "register": each.register,
        "plan": each.plan,
        "sampling_interval": each.sampling_interval,
        "hours": each.hours,
        "botnets": each.botnets,
        "found": each.found,
        "possible": round(each.possible, 3),
        "attained": _rounded(each.attained),
        "others": each.others,
        "wrong": each.wrong,
        "alarm": each.alarm,
        "cells": list(each.cells),
    }


def _rounded(share: float | None) -> float | None:
    return None if share is None else round(share, 4)


def _share(share: float | None) -> str:
    return "-" if share is None else f"{share:.0%}"


def _size(size: int | None) -> str:
    return "none" if size is None else f"{size:,}"
