"""``hinomi exporters``: what the operator says of the routers that export flow records."""

from typing import Any, Final

import click

from hinomi.cli import render
from hinomi.cli.session import Session, shared_options
from hinomi.errors import UsageError
from hinomi.govern.parameters import INTERVAL_MOST
from hinomi.govern.roles import Act
from hinomi.model.exporter import CountedDirection, InterfaceRole
from hinomi.services.exporters import (
    Overridden,
    list_exporters,
    override_sampling,
    put_counts,
    put_interface,
    unset_sampling,
)
from hinomi.services.mandates import Operation

_INDEX_MOST: Final = 2**32 - 1
_MOST_NEW: Final = 8
"""Interfaces of unknown role that the table shows of one exporter; --json shows all."""

_ROLES: Final = {role.word: role for role in InterfaceRole}


@click.group()
@shared_options
def exporters() -> None:
    """
    Describe exporters: counting points, interfaces, sampling intervals.

    NAME is an exporter's name, as `hinomi exporters list` shows it: its address for what
    `hinomi collect` receives, and for files what they say or `hinomi import --exporter`
    did. A running collector takes changes up within a minute; of files it holds for those
    imported from now on.
    """


@exporters.command("list")
@shared_options
@click.pass_obj
def list_(session: Session) -> None:
    """
    Show every exporter, what is said of it, and what arrived in the last 24 hours.

    Interfaces are those you described and those that the collector met since it started,
    with their share of the exporter's records: those to describe next.
    """
    found = list_exporters(session.open_home(Act.STATUS))
    if session.as_json:
        render.print_json({"exporters": found})
        return
    render.print_table(
        ("exporter", "counts", "sampling", "interfaces", "datagrams", "records", "lost"),
        [_row(exporter) for exporter in found],
        numbers=(4, 5),
    )


@exporters.command()
@click.argument("name")
@click.argument("ifindex", type=click.IntRange(0, _INDEX_MOST))
@click.argument("role", type=click.Choice(tuple(_ROLES)))
@shared_options
@click.pass_obj
def interface(session: Session, name: str, ifindex: int, role: str) -> None:
    """
    Say where an interface looks.

    Records that come in by a peering or transit interface under an own address are
    forged, and counted as such. What comes in by an ignored interface is counted at
    another one: use it for links between your own routers.

    \b
    Examples:
      hinomi exporters interface 192.0.2.1 17 transit
      hinomi exporters interface 192.0.2.1 18 ignored
    """
    put_interface(session.open_home(Operation.DESCRIBE), name, ifindex, _ROLES[role])
    _tell(session, {"exporter": name, "ifindex": ifindex, "role": role})


@exporters.command()
@click.argument("name")
@click.argument("direction", type=click.Choice(tuple(each.value for each in CountedDirection)))
@shared_options
@click.pass_obj
def counts(session: Session, name: str, direction: str) -> None:
    """
    Say which observations of an exporter are counted.

    An exporter that observes packets both coming in and leaving sees each twice: count one
    direction. Records that do not state theirs are always counted.

    \b
    Example:
      hinomi exporters counts 192.0.2.1 ingress
    """
    put_counts(session.open_home(Operation.DESCRIBE), name, CountedDirection(direction))
    _tell(session, {"exporter": name, "counts": direction})


@exporters.command()
@click.argument("name")
@click.argument("interval", required=False, type=click.IntRange(1, INTERVAL_MOST), metavar="[N]")
@click.option("--reason", metavar="TEXT", help="Why it is so; stands in the register.")
@click.option("--unset", is_flag=True, help="Believe the exporter again.")
@shared_options
@click.pass_obj
def sampling(
    session: Session, name: str, interval: int | None, reason: str | None, unset: bool
) -> None:
    """
    State that an exporter samples 1 packet in N, whatever it says itself.

    It goes into the parameter register with its reason, and wins over all that the
    exporter states. So it decides what an operational home stores: where the exporter
    itself states a denser rate than the home takes, its records pass from now on, on the
    basis of your entry and its reason. The command says so when it knows of such a rate.

    \b
    Examples:
      hinomi exporters sampling 192.0.2.1 10000 --reason "its software exports no rate"
      hinomi exporters sampling 192.0.2.1 --unset
    """
    if unset == (interval is not None):
        raise UsageError("state N, or --unset what was stated, and not both")
    if interval is None:
        version = unset_sampling(session.open_home(Operation.DESCRIBE), name, reason)
    elif reason and reason.strip():
        overridden = override_sampling(
            session.open_home(Operation.DESCRIBE), name, interval, reason.strip()
        )
        version = overridden.version
        if overridden.stated or overridden.lets_pass:
            render.complain(_denser(name, interval, overridden))
    else:
        raise UsageError("a stated interval needs its --reason: it scales every count")
    _tell(session, {"exporter": name, "sampling_interval": interval, "register": version})


def _tell(session: Session, facts: dict[str, object]) -> None:
    if session.as_json:
        render.print_json(facts)
        return
    for fact, value in facts.items():
        click.echo(f"{fact.replace('_', ' ')}: {'-' if value is None else value}")


def _denser(name: str, interval: int, overridden: Overridden) -> str:
    said = f"{name} itself states a denser rate than 1 in {interval}"
    if overridden.stated:
        said = f"{name} itself states 1 in {overridden.stated}, denser than 1 in {interval}"
    if overridden.lets_pass:
        return f"{said}: records that this home refused pass now, on your entry's reason alone"
    return f"{said}: if it is right, every count is scaled too high"


def _row(exporter: dict[str, Any]) -> tuple[str, ...]:
    day = exporter["last_day"]
    override = exporter["sampling"]
    return (
        exporter["name"],
        exporter["counts"],
        f"1 in {override['interval']} (stated)" if override else "as exported",
        _interfaces(exporter["interfaces"]),
        f"{day['datagrams']:,}",
        f"{day['records']:,}",
        ", ".join(_loss(unit, counted) for unit, counted in day["sequence"].items()) or "-",
    )


def _interfaces(interfaces: list[dict[str, Any]]) -> str:
    """Show what was described, and the largest of what was not."""
    new = [each for each in interfaces if each["role"] == InterfaceRole.UNKNOWN.word]
    new.sort(key=lambda each: -(each["share"] or 0.0))
    hidden = {each["ifindex"] for each in new[_MOST_NEW:]}
    told = [
        f"{each['ifindex']}:{each['role']}"
        + (f" ({100 * each['share']:.3g} %)" if each["share"] is not None else "")
        for each in interfaces
        if each["ifindex"] not in hidden
    ]
    return " ".join([*told, *([f"and {len(hidden)} more"] if hidden else [])]) or "-"


def _loss(unit: str, counted: dict[str, int]) -> str:
    lost = counted["lost"]
    return f"{lost:,} {unit} ({100 * lost / max(1, lost + counted['received']):.3g} %)"
