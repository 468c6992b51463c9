"""``hinomi demo``: the whole way on a small made-up world."""

from pathlib import Path

import click

from hinomi.cli import render
from hinomi.cli.detect import candidate_document, print_reasons
from hinomi.cli.session import Session, shared_options
from hinomi.model.service import render_probability
from hinomi.services.demo import Demo, run_demo
from hinomi.telemetry import set_up_logging

DEFAULT_FOLDER = "hinomi-demo"

_REASONS_SHOWN = 2


@click.command()
@click.option(
    "--out",
    type=click.Path(path_type=Path),
    default=DEFAULT_FOLDER,
    show_default=True,
    metavar="DIR",
    help="Where the world, its home and the report are put.",
)
@click.option(
    "--top",
    type=click.IntRange(min=1),
    default=20,
    show_default=True,
    metavar="N",
    help="Show the first N candidates.",
)
@shared_options
@click.pass_obj
def demo(session: Session, out: Path, top: int) -> None:
    """
    Build a small world, run the whole way on it, show the truth beside the result.

    The world is a made-up provider with botnets and with much that looks like them:
    device clouds, attacked servers, scanners, update servers. Its flow records are
    sampled 1 in 10,000. Afterwards the home can be used like any other:

    \b
      hinomi --home hinomi-demo/home explain ADDRESS PROTOCOL PORT
    """
    set_up_logging("warning")
    done = run_demo(out, _tell, top=top, clock=session.clock)
    if session.as_json:
        render.print_json(_as_json(done))
        return
    _print(done)


def _tell(line: str) -> None:
    click.echo(f"> {line}", err=True)


def _print(done: Demo) -> None:
    rows = []
    for rank, each in enumerate(done.detection.candidates, start=1):
        truth = done.truths.get(each.service)
        rows.append(
            (
                str(rank),
                str(each.service),
                render_probability(each.probability),
                "known" if each.known else "",
                f"{each.clients:,}",
                f"{each.suspects:,}",
                "-" if truth is None else str(truth),
            )
        )
    render.print_table(
        ("#", "service", "probability", "", "clients", "suspects", "truth"),
        rows,
        numbers=(0, 2, 4, 5),
    )
    print_reasons(done.detection, most=_REASONS_SHOWN)
    found, hidden = _count(done)
    click.echo(
        f"\n{found} of {hidden} unlisted C&C servers that sampling left visible stand among "
        f"the first {len(done.detection.candidates)}."
    )
    click.echo(f"{done.records:,} flow records, {done.seconds:.0f} s.")
    click.echo(f"The report lies at {render.path_text(done.report)}")
    click.echo(f"Go on with: hinomi --home {render.path_text(done.home)} detect")


def _count(done: Demo) -> tuple[int, int]:
    """Count the C&C servers on no list that could be found, and those that were."""
    hidden = {
        service
        for service, truth in done.truths.items()
        if truth.is_cc and truth.detectable and not truth.known
    }
    found = {each.service for each in done.detection.candidates} & hidden
    return len(found), len(hidden)


def _as_json(done: Demo) -> dict[str, object]:
    found, hidden = _count(done)
    candidates = []
    for rank, each in enumerate(done.detection.candidates, start=1):
        truth = done.truths.get(each.service)
        beside = None if truth is None else {"label": truth.label, "family": truth.family}
        candidates.append(candidate_document(rank, each) | {"truth": beside})
    return {
        "home": render.path_text(done.home),
        "report": render.path_text(done.report),
        "records": done.records,
        "seconds": round(done.seconds, 1),
        "unlisted_found": found,
        "unlisted_detectable": hidden,
        "candidates": candidates,
    }
