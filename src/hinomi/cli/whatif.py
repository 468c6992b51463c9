"""``hinomi parameters what-if``: what detection would lose if less were collected."""

from pathlib import Path
from typing import Final, TypedDict, Unpack

import click

from hinomi.cli import render
from hinomi.cli.session import TIME, Session, shared_options
from hinomi.clock import render_time
from hinomi.errors import UsageError
from hinomi.services.home import Home
from hinomi.services.mandates import Operation
from hinomi.services.pagefile import require_page_place, write_page
from hinomi.services.whatif import (
    DAYS,
    SAMPLING,
    SEEDS,
    WITHOUT,
    Again,
    asked_window,
    keep_what_if,
    repeat_what_if,
    run_what_if,
)
from hinomi.services.whatifpage import render_what_if
from hinomi.services.whatifproposal import Proposal, propose
from hinomi.services.whatifresult import (
    REFERENCE,
    Asked,
    Axis,
    Cell,
    Share,
    WhatIf,
    document,
    fresh_of,
    loss_of,
    mean_of,
    share_of,
    truth_of,
)

DIFFERS: Final = 1
"""Exit code where figures worked out again are others: no failure of the run."""

STRANGE: Final = 65
"""Exit code where the journal does not name an earlier what-if: this home did not keep it."""

GONE: Final = 66
"""Exit code where the records of an earlier what-if are no longer those of the lake."""

_SHARES: Final = (
    "Shares are of the candidates of the setting as held; in brackets 95 % (Wilson) for so many "
    "candidates. right: mean probability of those at 0.9. loss: the largest of what is lost on no "
    "list, lost on a list, and new."
)


class Settings(TypedDict):
    """The window, what is made lesser, and the chance of it."""

    since: int | None
    until: int | None
    sampling: tuple[int, ...]
    days: tuple[int, ...]
    without: tuple[str, ...]
    seed: int
    seeds: int


@click.command("what-if")
@click.option(
    "--since", type=TIME, metavar="T", help="From here on.  [default: the registered days]"
)
@click.option(
    "--until", type=TIME, metavar="T", help="Up to here.  [default: the last full hour of records]"
)
@click.option(
    "--sampling",
    type=click.IntRange(min=2),
    multiple=True,
    metavar="M",
    help="As if sampled 1 in M; several may be given.  [default: 20000, 50000]",
)
@click.option(
    "--days",
    type=click.IntRange(min=1),
    multiple=True,
    metavar="N",
    help="The last N days of the window; several may be given.  [default: 7, 3, 1]",
)
@click.option(
    "--without",
    type=click.Choice(WITHOUT),
    multiple=True,
    help="As if never collected; several may be given.  [default: each in turn]",
)
@click.option("--seed", type=int, default=1, show_default=True, metavar="N", help="Of all chance.")
@click.option(
    "--seeds",
    type=click.IntRange(min=1),
    default=SEEDS,
    show_default=True,
    metavar="N",
    help="Drawings of each sampling.",
)
@click.option(
    "--truth",
    type=click.Path(path_type=Path),
    metavar="FILE",
    help="In a laboratory: the truth.csv of the world that was taken in.",
)
@click.option(
    "--loss",
    type=click.FloatRange(0, 1),
    metavar="X",
    help="Propose the smallest setting that loses no more than this share.",
)
@click.option(
    "--report",
    type=click.Path(path_type=Path),
    metavar="FILE",
    help="Also write a page with the curve (one HTML file).",
)
@click.option(
    "--again",
    metavar="HASH",
    help="Work an earlier what-if out again, and say whether the figures agree.",
)
@shared_options
@click.pass_context
def what_if(
    ctx: click.Context,
    *,
    truth: Path | None,
    loss: float | None,
    report: Path | None,
    again: str | None,
    **settings: Unpack[Settings],
) -> None:
    """
    Show what detection would lose if less were collected, and what each intrusion buys.

    Detects on the window as it is held, then on smaller subsets of it: sampled more
    sparsely, fewer days, without ports, sizes or flags. Subsets go with the run; the
    figures are kept as evidence that parameters can cite. Naming a setting leaves out those
    that are not named.

    With --again, exits 1 if the figures differ, 65 if the evidence is altered or not of this
    home, 66 if the records have gone since.

    \b
    Examples:
      hinomi parameters what-if --loss 0.05 --report curve.html
      hinomi parameters what-if --sampling 20000 --seeds 10 --json
      hinomi parameters what-if --again what-if:5f1c0a77
    """
    session = ctx.ensure_object(Session)
    if again is not None:
        _refuse_beside_again(ctx)
        home = session.open_home(Operation.WHAT_IF)
        with render.share_bar("working out again") as tell:
            repeated = repeat_what_if(home, again, truth=truth, tell=tell)
        _show_again(repeated, as_json=session.as_json)
        if not repeated.journalled:
            ctx.exit(STRANGE)
        if repeated.agrees is not True:
            ctx.exit(GONE if repeated.agrees is None else DIFFERS)
        return
    home = session.open_home(Operation.WHAT_IF)
    if report is not None:
        require_page_place(report)
    asked = _asked(home, settings)
    with render.share_bar("asking what if") as tell:
        result = run_what_if(home, asked, truth=truth, tell=tell)
    digest = keep_what_if(home, result)
    proposals = [] if loss is None else propose(result, digest, home.register, loss)
    try:
        if report is not None:
            write_page(render_what_if(result, digest, proposals), report)
    finally:  # What was found is shown, whatever became of the page.
        _show(session, home, result, digest, proposals, loss)
    if report is not None and not session.as_json:
        click.echo(f"The curve lies at {render.path_text(report)}")


def _asked(home: Home, settings: Settings) -> Asked:
    """Say what is asked: every setting in turn where none is named."""
    window = asked_window(home, settings["since"], settings["until"])
    every = not (settings["sampling"] or settings["days"] or settings["without"])
    return Asked(
        since_ms=window.since_ms or 0,
        until_ms=window.until_ms or 0,
        sampling=SAMPLING if every else settings["sampling"],
        days=DAYS if every else settings["days"],
        without=WITHOUT if every else settings["without"],
        seed=settings["seed"],
        seeds=settings["seeds"],
    )


def _refuse_beside_again(ctx: click.Context) -> None:
    """
    Refuse options that an earlier what-if has settled.

    Raises:
        UsageError: If any of them was given.
    """
    settled = ("since", "until", "sampling", "days", "without", "seed", "seeds", "loss", "report")
    given = [
        name
        for name in settled
        if ctx.get_parameter_source(name) is not click.core.ParameterSource.DEFAULT
    ]
    if given:
        raise UsageError(f"--again takes what was asked from the evidence: leave out --{given[0]}")


def _show(
    session: Session,
    home: Home,
    result: WhatIf,
    digest: str,
    proposals: list[Proposal],
    loss: float | None,
) -> None:
    if session.as_json:
        told: dict[str, object] = document(digest, result)
        if loss is not None:
            told |= {"stated_loss": loss, "proposals": [each.render() for each in proposals]}
        render.print_json(told)
        return
    held = result.present.runs[0].figures
    window = [render_time(each) for each in (result.asked.since_ms, result.asked.until_ms)]
    click.echo(f"{window[0]} to {window[1]}, {held.records:,} records of {held.lines:,} lines\n")
    with_truth = held.truth is not None
    headings = (
        "setting", "records", "lines", "0.9", "right", "on no list", "listed", "first 50", "new",
        "loss",
    )  # fmt: skip
    more = ("AP", "recall") if with_truth else ()
    rows = [
        _row(cell, result.present, with_truth=with_truth)
        for cell in (result.present, *result.cells)
        if cell.runs
    ]
    render.print_table((*headings, *more), rows, numbers=range(1, len(headings) + len(more)))
    for cell in result.cells:
        if cell.skipped:
            click.echo(f"{cell.setting.words}: left out, {cell.skipped}")
    for line in _caveats(result):
        click.echo(render.fold(line, indent=0))
    click.echo(f"\nKept as evidence {REFERENCE}{digest}")
    _show_proposals(home, proposals, loss)


def _row(cell: Cell, present: Cell, *, with_truth: bool) -> tuple[str, ...]:
    shares = [share_of(cell, name) for name in ("unlisted", "listed", "top")]
    new, loss = fresh_of(cell), loss_of(cell)
    row = (
        cell.setting.words,
        _part(cell, present, "records"),
        _part(cell, present, "lines"),
        f"{mean_of(cell, 'sure') or 0:,.3g}",
        _percent(mean_of(cell, "expected_right")),
        *(_share(each) for each in shares),
        _percent(new),
        _percent(loss),
    )
    if not with_truth:
        return row
    return (
        *row,
        *(_fraction(truth_of(cell, each)) for each in ("average_precision", "recall_100")),
    )


def _caveats(result: WhatIf) -> list[str]:
    """Say what the figures cannot tell."""
    held = result.present.runs[0].figures
    told = [_SHARES]
    if held.single_packet is not None and any(
        cell.setting.axis is Axis.SAMPLING and cell.runs for cell in result.cells
    ):
        told.append(
            f"{held.single_packet:.1%} of the records have one packet and are thinned exactly; "
            "the others keep all their flags."
        )
    if any(cell.setting.axis is Axis.WITHOUT and cell.runs for cell in result.cells):
        told.append(
            "The model was learned with every column: what a missing one costs is an upper bound, "
            "and right says little there."
        )
    if loss_of(result.present) is None:
        told.append(
            "No candidate at 0.9 in the setting as held: of what is lost nothing can be said."
        )
    others = [
        cell.setting.words
        for cell in result.cells
        if any(run.figures.model_spoke is not held.model_spoke for run in cell.runs)
    ]
    if others:
        told.append(
            f"Judged by terms in place of the model, or by it in place: {', '.join(others)}."
        )
    unknown = [
        cell.setting.words
        for cell in result.cells
        if any(run.figures.model_spoke and not run.figures.knows_interval for run in cell.runs)
    ]
    if unknown and held.knows_interval:
        told.append(f"The model was not learned at such a sampling: {', '.join(unknown)}.")
    return told


def _show_proposals(home: Home, proposals: list[Proposal], loss: float | None) -> None:
    if loss is None:
        return
    if not proposals:
        click.echo(
            "\nNothing to propose: no lesser value of a parameter was looked at, or the setting "
            "as held has no candidate that could be lost."
        )
    for each in proposals:
        lesser = each.value != home.register.integer(each.name)
        what = "can be less" if lesser else "stays; this can stand as its evidence"
        click.echo(f"\n{each.name} {what}:\n\n  {each.command}")


def _show_again(again: Again, *, as_json: bool) -> None:
    if as_json:
        render.print_json(
            {
                "evidence": f"{REFERENCE}{again.digest}",
                "agrees": again.agrees,
                "journalled": again.journalled,
                "changed": list(again.changed),
                "differences": None if again.differences is None else list(again.differences),
            }
        )
        return
    if again.agrees is None:
        click.echo("Data has gone since, or come: the records of the window are others.")
    elif again.agrees:
        click.echo("The figures agree.")
    else:
        click.echo("The figures differ:")
        for each in again.differences or ():
            click.echo(f"  {each}")
    if again.changed:
        click.echo(f"Other than then: {', '.join(again.changed)}.")
    named = "names it" if again.journalled else "does NOT name it: this home did not keep it"
    click.echo(f"The evidence is whole; the journal {named}.")


def _part(cell: Cell, present: Cell, name: str) -> str:
    value, whole = mean_of(cell, name), mean_of(present, name)
    return "-" if value is None or not whole else f"{value / whole:.0%}"


def _share(share: Share | None) -> str:
    if share is None:
        return "-"
    return f"{share.value:.0%} ({share.low:.0%}-{share.high:.0%})"


def _percent(value: float | None) -> str:
    return "-" if value is None else f"{value:.0%}"


def _fraction(value: float | None) -> str:
    return "-" if value is None else f"{value:.2f}"
