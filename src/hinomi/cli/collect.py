"""``hinomi collect``: receive flow exports, and see how that fares."""

import click

from hinomi.cli import render
from hinomi.cli.session import Session, shared_options
from hinomi.collect.statement import status_document, status_lines
from hinomi.govern.roles import Act
from hinomi.services.collecting import CollectRequest, collect_flows, collect_status
from hinomi.services.collector import WorkerTask, run_worker
from hinomi.services.exporters import said_of_exporters
from hinomi.services.mandates import Operation
from hinomi.services.overdue import warn_if_overdue


@click.group(invoke_without_command=True)
@click.option(
    "--listen",
    multiple=True,
    metavar="ADDRESS:PORT",
    help="Where to listen; may be given several times.  [default: as configured]",
)
@click.option(
    "--workers",
    type=click.IntRange(1, 64),
    metavar="N",
    help="Processes that share the port.  [default: as configured]",
)
@click.option(
    "--forward",
    metavar="HOST:PORT",
    help="Pass every accepted datagram on, unchanged, to another collector; '' is none.  "
    "[default: as configured]",
)
@click.option(
    "--forward-transparent/--no-forward-transparent",
    default=None,
    help="When passing on, keep the exporter's own source address (needs CAP_NET_RAW).  "
    "[default: as configured]",
)
@shared_options
@click.pass_context
def collect(
    ctx: click.Context,
    listen: tuple[str, ...],
    workers: int | None,
    forward: str | None,
    forward_transparent: bool | None,
) -> None:
    """
    Receive NetFlow v5 and v9, IPFIX and sFlow v5 until stopped.

    Only exporters that config.toml allows are believed ([collect] allow); datagrams of
    others are counted. Subscribers' addresses become pseudonyms before anything is
    written. SIGTERM makes all that was accepted durable and ends; SIGHUP reads the
    configuration, the register and the own networks again.

    \b
    Examples:
      hinomi collect
      hinomi collect --listen 192.0.2.10:2055 --forward 127.0.0.1:9995
      hinomi collect status
    """
    if ctx.invoked_subcommand is not None:
        return
    session = ctx.ensure_object(Session)
    request = CollectRequest(
        listen=listen or None,
        workers=workers,
        forward=forward,
        forward_transparent=forward_transparent,
    )
    collect_flows(session.open_home(Operation.COLLECT), request, announce=render.complain)


@collect.command()
@shared_options
@click.pass_obj
def status(session: Session) -> None:
    """
    Show what the collector of this home received, stored, lost and left out, and why.

    It reads what the running collector writes every two seconds; the same numbers are
    at its Prometheus endpoint.
    """
    home = session.open_home(Act.STATUS)
    warn_if_overdue(home)
    state, said = collect_status(home), said_of_exporters(home)
    if session.as_json:
        render.print_json(status_document(state, said))
        return
    for line in status_lines(state, session.clock(), said):
        click.echo(line)


@collect.command(hidden=True)
@click.argument("task")
@shared_options
@click.pass_obj
def worker(session: Session, task: str) -> None:
    """Be one worker of a running collector, which hands over the sockets."""
    run_worker(session.open_home(Operation.COLLECT), WorkerTask.parse(task))
