"""``hinomi train``: a model of the provider's own, compared with the one in use."""

import click

from hinomi.cli import render
from hinomi.cli.session import TIME, Session, shared_options
from hinomi.detect.comparison import Figure
from hinomi.errors import UsageError
from hinomi.model.window import Window
from hinomi.services.mandates import Operation
from hinomi.services.training import Trained
from hinomi.services.training import train as train_model


@click.command()
@click.option("--since", type=TIME, metavar="T", help="From here on, inclusive.  [default: all]")
@click.option("--until", type=TIME, metavar="T", help="Up to here, exclusive.  [default: all]")
@click.option("--name", required=True, metavar="NAME", help="What the model is called.")
@shared_options
@click.pass_obj
def train(session: Session, since: int | None, until: int | None, name: str) -> None:
    """
    Make a model of your own from your lake and your known-C&C lists.

    It starts from the model that ships, learns from the earlier windows, and is compared
    with the model in use on the later ones, by listed C&Cs whose entries are withheld. It
    is kept in the home and decides nothing: `hinomi models use` puts it in use.

    \b
    Examples:
      hinomi train --name spring-2027
      hinomi train --since 2027-03-01 --until 2027-03-15 --name spring-2027 --json
    """
    if since is not None and until is not None and since > until:
        raise UsageError("--since is later than --until")
    with render.share_bar("training") as tell:
        trained = train_model(session.open_home(Operation.TRAIN), Window(since, until), name, tell)
    if session.as_json:
        render.print_json(as_json(trained))
        return
    _print(trained)


def as_json(trained: Trained) -> dict[str, object]:
    """Give the JSON document of one training."""
    comparison = trained.comparison
    return {
        "model": {
            "name": trained.kept.name,
            "digest": trained.kept.digest,
            "reference": trained.kept.reference,
        },
        "started_from": trained.started_from,
        "compared_with": trained.in_use,
        "learned_on": [each.render() for each in trained.learned_on],
        "held_out": [each.render() for each in trained.held_out],
        "skipped": [each.render() for each in trained.skipped],
        "servers_learned": trained.servers,
        "servers_compared": comparison.servers,
        "services_compared": comparison.rows,
        "average_precision": _figure(comparison.average_precision),
        "log_loss": _figure(comparison.log_loss),
        "verdict": comparison.verdict,
    }


def _figure(figure: Figure) -> dict[str, float]:
    return {
        "in_use": round(figure.in_use, 6),
        "own": round(figure.own, 6),
        "difference_low": round(figure.low, 6),
        "difference_high": round(figure.high, 6),
    }


def _print(trained: Trained) -> None:
    comparison = trained.comparison
    click.echo(f"model {trained.kept.reference}, made from {trained.started_from}")
    click.echo(
        f"learned on {len(trained.learned_on)} windows with {trained.servers} listed C&Cs alive, "
        f"compared on {len(trained.held_out)} later ones with {comparison.servers}"
    )
    if trained.skipped:
        click.echo(f"skipped {len(trained.skipped)} windows of too few lines or dense sampling")
    measures = {
        "average precision": comparison.average_precision,
        "log loss per listed C&C": comparison.log_loss,
    }
    render.print_table(
        ("on held-out time", trained.in_use, "own", "difference, 95 %"),
        [
            (
                name,
                f"{each.in_use:.3f}",
                f"{each.own:.3f}",
                f"{each.low:+.3f} to {each.high:+.3f}",
            )
            for name, each in measures.items()
        ],
        numbers=(1, 2, 3),
    )
    click.echo(f"\nthe own model is: {comparison.verdict}")
    click.echo(
        f'to put it in use: hinomi models use {trained.kept.name} --reason "..."; '
        "nothing has changed yet"
    )
