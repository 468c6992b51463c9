"""``hinomi detect``: the ranked and explained list of C&C candidates."""

from pathlib import Path

import click

from hinomi.cli import render
from hinomi.cli.session import TIME, Session, engine_option, shared_options
from hinomi.errors import ConfigError, MalformedDocument, UsageError
from hinomi.govern.note import BadNote
from hinomi.model.protocol import render_protocol
from hinomi.model.service import Candidate, render_probability
from hinomi.model.window import Window
from hinomi.services.cases import Kept, keep
from hinomi.services.detecting import SHOWN, Detection, Judge, judge_opened, run_detection
from hinomi.services.engines import EngineKind
from hinomi.services.findings import finder_for
from hinomi.services.home import Home
from hinomi.services.incremental import judge_at_once, judge_in_parts, sliding_window
from hinomi.services.mandates import Operation
from hinomi.services.membership.applying import lapse
from hinomi.services.membership.meeting import Meetings
from hinomi.services.overdue import warn_if_overdue
from hinomi.services.pagefile import require_page_place
from hinomi.services.report import write_report

DAY_MS = 86_400_000
_REASONS_SHOWN = 3


@click.command()
@click.option("--since", type=TIME, metavar="T", help="From here on, inclusive.  [default: all]")
@click.option("--until", type=TIME, metavar="T", help="Up to here, exclusive.  [default: all]")
@click.option(
    "--top",
    type=click.IntRange(min=1),
    default=SHOWN,
    show_default=True,
    metavar="N",
    help="Show the first N candidates.",
)
@engine_option
@click.option(
    "--partials",
    is_flag=True,
    help="Read finished days and hours once: keep what they came to, for the next run.",
)
@click.option(
    "--hourly",
    is_flag=True,
    help="As --partials, over the registered days up to the last full hour before --until "
    "(now): what a timer calls.",
)
@click.option(
    "--report",
    type=click.Path(path_type=Path),
    metavar="FILE",
    help="Also write a report page (one HTML file).",
)
@shared_options
@click.pass_obj
def detect(
    session: Session,
    since: int | None,
    until: int | None,
    top: int,
    engine: str,
    partials: bool,
    hourly: bool,
    report: Path | None,
) -> None:
    """
    List the services that behaved like C&C servers, most probable first.

    Each comes with its reasons in numbers a person can check. A probability of 0.9
    means nine in ten. What this run could not have seen stands under the list.

    \b
    Examples:
      hinomi detect
      hinomi detect --since 2026-01-01 --until 2026-01-08 --report week.html
      hinomi detect --json --top 10
      hinomi detect --hourly --json --top 100
    """
    if hourly and since is not None:
        raise UsageError("--hourly says itself where the window begins: leave out --since")
    if (hourly or partials) and EngineKind(engine) is not EngineKind.DUCKDB:
        raise UsageError("partial results are kept by DuckDB alone: leave out --engine")
    home = session.open_home(Operation.DETECT)
    warn_if_overdue(home)
    if report is not None:
        require_page_place(report)
    window = sliding_window(home, until) if hourly else window_of(since, until)
    in_memory = report is None and EngineKind(engine) is EngineKind.DUCKDB
    _let_lapse(home)
    finder, meetings = finder_for(home), Meetings(home)
    with render.share_bar("detecting") as tell:
        detection = run_detection(
            home,
            window,
            top=top,
            tell=tell,
            engine_kind=EngineKind(engine),
            judge_with=_judge(in_parts=hourly or partials, at_once=in_memory),
            with_timeline=report is not None,
            asked=finder.asked,
            look=meetings.after(finder),
        )
    meetings.keep()
    kept = keep(home, finder)
    try:
        if report is not None:
            write_report(detection, report)
    finally:  # What was found is shown, whatever became of the page.
        if session.as_json:
            render.print_json(as_json(detection))
        else:
            print_candidates(detection)
            _print_kept(kept)
    if report is not None and not session.as_json:
        click.echo(f"The report lies at {render.path_text(report)}")


def _let_lapse(home: Home) -> None:
    """Look after the hub's list; what is wrong with it is told, and detection goes on."""
    try:
        lapse(home)
    except (BadNote, ConfigError, MalformedDocument) as error:
        render.complain(str(error))


def _judge(*, in_parts: bool, at_once: bool) -> Judge:
    """Choose who judges: a report counts the records of candidates, which a unit does not hold."""
    if in_parts:
        return judge_in_parts
    return judge_at_once if at_once else judge_opened


def _print_kept(kept: Kept) -> None:
    """Say in one line what the run did to the cases, if it did anything."""
    urgent = sum(each.is_urgent for each in (*kept.opened, *kept.returned))
    urgent += sum(each.is_paged for each in kept.settled)
    told = {
        "opened": len(kept.opened),
        "returned": len(kept.returned),
        "changed": len(kept.settled),
        "wait for a person": urgent,
    }
    said = ", ".join(f"{count} {what}" for what, count in told.items() if count)
    if said:
        click.echo(f"Cases: {said}; `hinomi case list` shows them.")


def as_json(detection: Detection) -> dict[str, object]:
    """Give the JSON document of one detection (design.md, section 7)."""
    return {
        "window": detection.window.render(),
        "register": detection.register_version,
        "model": detection.model,
        "drift": None if detection.drift is None else detection.drift.render(),
        "context": [
            {"kind": each.kind.value, "source": each.source, "day": each.day}
            for each in detection.context
        ],
        "limits": detection.limits,
        "candidates": [
            candidate_document(rank, each)
            for rank, each in enumerate(detection.candidates, start=1)
        ],
    }


def print_candidates(detection: Detection) -> None:
    """Print the candidates as a table, their strongest reasons below, and the limits."""
    if not detection.candidates:
        click.echo("No candidates in this window.")
    else:
        render.print_table(
            ("#", "service", "probability", "", "tier", "clients", "suspects"),
            [_row(rank, each) for rank, each in enumerate(detection.candidates, start=1)],
            numbers=(0, 2, 4, 5, 6),
        )
        print_reasons(detection, most=_REASONS_SHOWN)
    click.echo(f"\nregister {detection.register_version}")
    print_model(detection)
    if detection.context:
        told = (f"{each.kind.value} of {each.label}" for each in detection.context)
        click.echo(render.fold(f"context {'; '.join(told)}", indent=0) + "\n")
    limits = [
        (name.replace("_", " "), render.plain(value)) for name, value in detection.limits.items()
    ]
    render.print_table(("limits of this run", ""), limits)


def print_model(detection: Detection) -> None:
    """Print which model spoke, and in what the window is unlike what it was learned on."""
    model, drift = detection.model, detection.drift
    if drift is None:
        click.echo("model none: these windows are judged by terms alone\n")
        return
    click.echo(f"model {model['name']} {model['digest']}")
    if drift.drifted:
        told = ", ".join(f"{name} {drift.index[name]:.2f}" for name in drift.drifted)
        click.echo(render.fold(f"drifted from what it was learned on: {told}", indent=2))
    if not drift.knows_interval:
        click.echo("  it was not learned at this sampling interval")
    click.echo()


def print_reasons(detection: Detection, *, most: int) -> None:
    """Print the *most* strongest reasons of each candidate, folded to the terminal's width."""
    for rank, each in enumerate(detection.candidates, start=1):
        click.echo(f"\n{rank}. {each.service}")
        for reason in each.reasons[:most]:
            click.echo(render.fold(reason.text, indent=4))


def _row(rank: int, candidate: Candidate) -> tuple[str, ...]:
    return (
        str(rank),
        str(candidate.service),
        render_probability(candidate.probability),
        "known" if candidate.known else "",
        "" if candidate.tier is None else str(candidate.tier),
        f"{candidate.clients:,}",
        f"{candidate.suspects:,}",
    )


def candidate_document(rank: int, candidate: Candidate) -> dict[str, object]:
    """Give the JSON document of one candidate."""
    return {
        "rank": rank,
        "address": candidate.service.render_address(),
        "protocol": render_protocol(candidate.service.proto),
        "port": candidate.service.port,
        "probability": candidate.probability,
        "known": candidate.known,
        "tier": candidate.tier,
        "clients": candidate.clients,
        "suspects": candidate.suspects,
        "reasons": [
            {"code": reason.code, "text": reason.text, "values": reason.values}
            for reason in candidate.reasons
        ],
    }


def window_of(
    since_ms: int | None, until_ms: int | None, *, last_days: int | None = None, now_ms: int = 0
) -> Window:
    """
    Give the window that the options of a command name.

    Args:
        since_ms: --since, ms since the Unix epoch.
        until_ms: --until, the same.
        last_days: --last-days: so many whole days before the present one, UTC.
        now_ms: The present; needed for *last_days* alone.

    Raises:
        UsageError: If they contradict each other.
    """
    if last_days is not None:
        if since_ms is not None or until_ms is not None:
            raise UsageError("--last-days stands in place of --since and --until: choose")
        today_ms = now_ms // DAY_MS * DAY_MS
        return Window(today_ms - last_days * DAY_MS, today_ms)
    if since_ms is not None and until_ms is not None and since_ms > until_ms:
        raise UsageError("--since is later than --until")
    return Window(since_ms, until_ms)
