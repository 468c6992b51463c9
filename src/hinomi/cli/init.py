"""``hinomi init``: make a home."""

from pathlib import Path

import click

from hinomi.cli import render
from hinomi.cli.session import Session, shared_options
from hinomi.config import NodeKind
from hinomi.services.home import Created, create_home


@click.command()
@click.option(
    "--own-prefixes",
    type=click.Path(path_type=Path),
    required=True,
    metavar="FILE",
    help="The own networks: one CIDR a line, # begins a comment.",
)
@click.option(
    "--sampling",
    type=click.IntRange(min=1, max=2**31 - 1),
    metavar="N",
    help="The exporters sample 1 packet in N. Left out: not stated.",
)
@shared_options
@click.pass_obj
def init(session: Session, own_prefixes: Path, sampling: int | None) -> None:
    """
    Make a home: configuration, key, register, journal, empty lake.

    An operational home takes flow records sampled at about 1 in 10,000 or sparser. A
    denser --sampling makes a laboratory instead, which takes anything (packet captures
    too) and can share nothing.

    \b
    Examples:
      hinomi init --own-prefixes own.txt --sampling 10000
      hinomi --home ./lab init --own-prefixes own.txt --sampling 1

    \b
    A line of FILE is  prefix[, kind[, line_bits[, customer[, valid_from]]]] , for example
      192.0.2.0/24
      2001:db8::/32, ipoe, 56, private
      198.51.100.0/24, map-e, 40, private, 2026-01-01
    """
    created = create_home(session.folder, own_prefixes, sampling, session.clock)
    if session.as_json:
        render.print_json(
            {
                "home": render.path_text(created.folder),
                "kind": created.kind.value,
                "sampling_interval": created.sampling_interval or None,
                "own_networks": created.own_networks,
                "register": created.register_version,
            }
        )
        return
    for line in _tell(created):
        click.echo(line)


def _tell(created: Created) -> list[str]:
    stated = created.sampling_interval
    lines = [f"Made a home at {created.folder} with {created.own_networks} own network(s)."]
    if created.kind is NodeKind.LABORATORY:
        lines.append(
            f"It is a laboratory, since 1 in {stated} is denser than an operational home may "
            "take: it takes anything, also packet captures, and can share nothing."
        )
    else:
        lines.append(
            "It is operational: it refuses packet captures and records whose sampling is "
            "dense or not stated."
        )
        if not stated:
            lines.append(
                "The sampling interval is not stated: say it with --sampling-interval N at each "
                "import of files that do not state it themselves."
            )
    lines.append("Keep the folder keys/ secret and backed up. Next: hinomi import FILE...")
    return lines
