"""``hinomi accuracy``: how often hinomi is right, measured."""

from pathlib import Path

import click

from hinomi.cli import render
from hinomi.cli.session import Session, shared_options
from hinomi.services.accuracy import accuracy as measure_accuracy
from hinomi.services.accuracy import propose_correction
from hinomi.services.mandates import Operation
from hinomi.services.seeds import sow
from hinomi.verify.accuracytext import as_dict, lines


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
