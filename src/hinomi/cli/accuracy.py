"""``hinomi accuracy``: how often hinomi is right, measured."""

from pathlib import Path

import click

from hinomi.cli import render
from hinomi.cli.session import Session, shared_options
from hinomi.services.accuracy import accuracy as measure_accuracy
from hinomi.services.accuracy import propose_correction
from hinomi.services.mandates import Operation
from hinomi.services.seeds import sow
from hinomi.services.visibility import propose_visibility, visibility
from hinomi.verify.accuracytext import as_dict, lines, visibility_document, visibility_lines


@click.group(invoke_without_command=True)
@shared_options
@click.pass_context
def accuracy(ctx: click.Context) -> None:
    """
    Tell how often detection is right, of the cases that people and others checked.

    Precision with intervals, by band of probability, detector and month; hours to a listing;
    how many listings were stale or still contacted; how reviewers agree, and how right they
    are on cases whose truth was known; estimated recall. No service and no line is named.
    """
    if ctx.invoked_subcommand is not None:
        return
    session: Session = ctx.obj
    report = measure_accuracy(session.open_home(Operation.ACCURACY))
    if session.as_json:
        render.print_json(as_dict(report))
        return
    for line in lines(report):
        click.echo(line)


@accuracy.command()
@shared_options
@click.pass_obj
def propose(session: Session) -> None:
    """
    Propose to the register what answers teach detection; another person approves it.

    Exits 75 where the answers do not suffice to change anything.
    """
    proposed = propose_correction(session.open_home(Operation.ACCURACY))
    requests = [each.request for each in proposed]
    if session.as_json:
        render.print_json({"requests": requests})
    else:
        told = ", ".join(map(str, requests))
        click.echo(f"Proposed: requests {told}; another person approves them.")


@accuracy.command()
@click.argument("file", type=click.Path(path_type=Path))
@shared_options
@click.pass_obj
def seed(session: Session, file: Path) -> None:
    """
    Open cases for the services of FILE whose truth is known, to measure the reviewers.

    FILE is CSV with the header address,protocol,port,truth (cc or not-cc). Each appears with
    the evidence of a closed case of the same truth. They are never listed.
    """
    sown = sow(session.open_home(Operation.SEED), file)
    if session.as_json:
        render.print_json({"cases": sown.cases, "skipped": sown.skipped})
    else:
        click.echo(f"{sown.cases} cases opened, {sown.skipped} services had one already.")


@accuracy.command("visibility")
@click.option("--propose", "proposing", is_flag=True, help="Propose the fit to the register.")
@shared_options
@click.pass_obj
def visibility_(session: Session, *, proposing: bool) -> None:
    """
    Fit how often a server that is there is seen here, from this home's own sightings.

    What silence means, and so when a listing expires, depends on it. Needs 30 servers that
    were seen again after a day between, no answers and no flow records. Exits 75 where
    there are too few, or nothing is left to propose.
    """
    home = session.open_home(Operation.ACCURACY)
    found = visibility(home)
    proposed = propose_visibility(home, found) if proposing else ()
    requests = [each.request for each in proposed]
    if session.as_json:
        render.print_json({**visibility_document(found), "requests": requests})
        return
    for line in visibility_lines(found):
        click.echo(line)
    if requests:
        told = ", ".join(map(str, requests))
        click.echo(f"Proposed: requests {told}; another person approves them.")
