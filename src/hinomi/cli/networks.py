"""``hinomi networks``: whose addresses are subscribers'."""

import shlex
from pathlib import Path

import click

from hinomi.cli import render
from hinomi.cli.session import Session, shared_options
from hinomi.clock import render_time
from hinomi.collect.networks import network_columns, render_own_networks
from hinomi.govern.roles import Act
from hinomi.model.network import OwnNetwork
from hinomi.services.mandates import Operation
from hinomi.services.networks import ReplacedNetworks, replace_networks, show_networks


@click.group()
@shared_options
def networks() -> None:
    """Show and replace the own networks: whose addresses are subscribers'."""


@networks.command()
@shared_options
@click.pass_obj
def show(session: Session) -> None:
    """
    Show the own networks, in the form that `hinomi networks replace` reads.

    \b
    Example:
      hinomi networks show > own-networks.txt
    """
    found = show_networks(session.open_home(Act.STATUS))
    if session.as_json:
        render.print_json({"own_networks": [_document(each) for each in found]})
    else:
        click.echo(render_own_networks(found), nl=False)


@networks.command()
@click.argument("file", type=click.Path(path_type=Path))
@shared_options
@click.pass_obj
def replace(session: Session, file: Path) -> None:
    """
    Put the networks of FILE in the place of all own networks.

    FILE is as for `hinomi init`. What is stored already stays as it is. A running
    `hinomi collect` takes the change up at its next flush, at once after SIGHUP;
    `hinomi import --follow` with the next files.

    Lists are read against the own networks when they are added: if those changed, add
    every list again from its file. What a list holds in plain of addresses that have
    become own stands there until you do, and is told.

    \b
    Example:
      hinomi networks replace own-networks.txt
    """
    replaced = replace_networks(session.open_home(Operation.NETWORKS), file)
    for warning in _warnings(replaced):
        render.complain(warning)
    if session.as_json:
        render.print_json(
            {
                "own_networks": replaced.own_networks,
                "added": replaced.added,
                "removed": replaced.removed,
                "kept": replaced.kept,
                "later": replaced.later,
                "lists": [
                    {"kind": each.kind.value, "source": each.source, "plain_own": each.plain}
                    for each in replaced.outdated
                ],
            }
        )
        return
    click.echo(
        f"{replaced.own_networks} own network(s): {replaced.added} added, "
        f"{replaced.removed} removed, {replaced.kept} kept."
    )
    if replaced.outdated:
        click.echo("Lists were read against the networks before. Add each again from its file:")
    for each in replaced.outdated:
        click.echo(f"  {_add_again(each.kind.value, each.source)}")


def _warnings(replaced: ReplacedNetworks) -> list[str]:
    warnings = [
        f"{each.plain:,} entries of the {each.kind.value} list of {each.source} name own "
        f"addresses and stand there in plain; run: {_add_again(each.kind.value, each.source)}"
        for each in replaced.outdated
        if each.plain
    ]
    if replaced.foreign:
        warnings.append(
            f"addresses of {replaced.foreign} network(s) count as foreign from now on, and are "
            "stored in plain where they are remotes"
        )
    if replaced.later:
        warnings.append(
            f"{replaced.later} network(s) begin later: their addresses are foreign until then, "
            "and lists are to be added again after that day"
        )
    return warnings


def _add_again(kind: str, source: str) -> str:
    return f"hinomi lists add {kind} FILE --source {shlex.quote(source)}"


def _document(network: OwnNetwork) -> dict[str, object]:
    prefix, kind, *_ = network_columns(network)
    return {
        "prefix": prefix,
        "kind": kind,
        "line_bits": network.line_bits,
        "customer": network.customer.value,
        "valid_from": render_time(network.valid_from_ms) if network.valid_from_ms else None,
    }
