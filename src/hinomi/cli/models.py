"""``hinomi models``: which models there are, and which one is in use."""

import click

from hinomi.cli import render
from hinomi.cli.approvals import sentence
from hinomi.cli.session import Session, shared_options
from hinomi.govern.roles import Act
from hinomi.services.approvals import request_of
from hinomi.services.deciding import Decided
from hinomi.services.mandates import Operation
from hinomi.services.models import (
    IN_USE,
    KeptModel,
    kept_models,
    model_in_use,
    remove_model,
    use_model,
)


@click.group()
@shared_options
def models() -> None:
    """
    Show the models of this home, and decide which one is in use.

    A model says what C&Cs look like in flow records. One ships with hinomi as `default`;
    `hinomi train` makes others.
    """


@models.command()
@shared_options
@click.pass_obj
def show(session: Session) -> None:
    """Show every model, where it comes from, and which one is in use and why."""
    home = session.open_home(Act.STATUS)
    used = model_in_use(home)
    kept = kept_models(home)
    decided = home.register.parameters[IN_USE]
    if session.as_json:
        render.print_json(
            {
                "in_use": used.reference,
                "considerations": decided.considerations,
                "decided_by": decided.decided_by,
                "review": decided.review.isoformat(),
                "models": [_document(each, used) for each in kept],
            }
        )
        return
    render.print_table(
        ("model", "digest", "made", "C&Cs", "services", "in use"),
        [_row(each, used) for each in kept],
        numbers=(3, 4),
    )
    click.echo(f"\ndecided by {decided.decided_by}, to be reviewed {decided.review}:")
    click.echo(render.fold(decided.considerations, indent=2))


@models.command()
@click.argument("name")
@click.option("--reason", required=True, metavar="TEXT", help="Why; stands in the register.")
@shared_options
@click.pass_obj
def use(session: Session, name: str, reason: str) -> None:
    """
    Put model NAME in use, from the next run on, once another person has approved it.

    It goes into the parameter register with your reason and the digest of the model, and
    into the journal. A run refuses a model whose files are not those decided on. Where
    nobody else could approve it, it is in use at once.

    \b
    Examples:
      hinomi models use spring-2027 --reason "precision +0.04 on two held-out days"
      hinomi models use default --reason "own model drifted"
    """
    home = session.open_home(Operation.MODELS)
    proposed = use_model(home, name, reason)
    decided = Decided(request_of(home, proposed.request), proposed.version)
    if session.as_json:
        waits = {"model": name, "register": proposed.version, "request": proposed.request}
        render.print_json(waits)
    else:
        click.echo(f"model: {name}\n{sentence(decided)}")


@models.command()
@click.argument("name")
@shared_options
@click.pass_obj
def remove(session: Session, name: str) -> None:
    """Delete model NAME of this home; refused while it is in use."""
    remove_model(session.open_home(Operation.MODELS), name)
    if session.as_json:
        render.print_json({"removed": name})
    else:
        click.echo(f"model {name}: removed.")


def _document(kept: KeptModel, used: KeptModel) -> dict[str, object]:
    card = kept.model.card
    return {
        "name": kept.name,
        "digest": kept.digest,
        "reference": kept.reference,
        "in_use": kept.reference == used.reference,
        "made": card.made,
        "trained_on": card.trained_on,
        "sampling_intervals": card.intervals,
        "services": card.services,
        "positives": card.positives,
        "scores": card.scores,
        "limits": card.limits,
    }


def _row(kept: KeptModel, used: KeptModel) -> tuple[str, ...]:
    card = kept.model.card
    return (
        kept.name,
        kept.digest[:16],
        card.made,
        f"{card.positives:,}",
        f"{card.services:,}",
        "yes" if kept.reference == used.reference else "",
    )
