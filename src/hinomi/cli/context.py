"""``hinomi context``: what bulk data of others tells of addresses, as of before a window."""

from collections.abc import Sequence
from pathlib import Path

import click

from hinomi.cli import render
from hinomi.cli.session import Session, shared_options
from hinomi.clock import render_time
from hinomi.govern.roles import Act
from hinomi.model.context import ContextKind, TableStatement
from hinomi.services.context import add_context, remove_context, show_context
from hinomi.services.mandates import Operation

_KINDS = click.Choice([kind.value for kind in ContextKind])


@click.group()
@shared_options
def context() -> None:
    """
    Bring in context: routes, allocations, earlier lists, names, certificates.

    Detection reads, for each kind and source, the newest table dated before its window. A
    table says something of addresses and proves nothing: no context is no acquittal.
    """


@context.command()
@click.argument("kind", type=_KINDS)
@click.argument("file", type=click.Path(path_type=Path))
@click.option("--source", required=True, metavar="NAME", help="Who made the file.")
@click.option("--licence", required=True, metavar="TEXT", help="Under what terms you have it.")
@click.option(
    "--date",
    "day",
    required=True,
    metavar="YYYY-MM-DD",
    help="As of which day it stands. What the file dates later is left out.",
)
@click.option(
    "--keep-good", is_flag=True, help="Count malformed lines and go on instead of stopping."
)
@shared_options
@click.pass_obj
def add(
    session: Session,
    kind: str,
    file: Path,
    source: str,
    licence: str,
    day: str,
    keep_good: bool,
) -> None:
    """
    Take in FILE (plain, gzip or bzip2) as a table of KIND as of a day.

    \b
    KIND          FILE
      routes        MRT RIB dump (TABLE_DUMP_V2), or pyasn text: prefix<TAB>asn
      allocations   delegation file of a registry (delegated, delegated-extended)
      history       C&C list as `hinomi lists add` takes it, best with first_listed
      pdns          passive DNS, Common Output Format, one JSON object a line
      certificates  one JSON object a line: fingerprint, not_before, address, port,
                    and where known issuer, subject, self_signed, seen
      as-kinds      CSV asn,kind (hosting, access, other), or JSON of AS number to name

    The same kind, source and day again replaces the table; other days are kept beside it.

    \b
    Examples:
      hinomi context add routes rib.20260101.0000.bz2 --source collector-1 \\
          --licence "research use" --date 2026-01-01
      hinomi context add history feed-2025.csv --source feed \\
          --licence CC-BY-4.0 --date 2025-12-31
    """
    added = add_context(
        session.open_home(Operation.LIST),
        ContextKind(kind),
        file,
        source=source,
        licence=licence,
        day=day,
        keep_good=keep_good,
    )
    if session.as_json:
        render.print_json(
            {
                **_document(added.statement),
                "ignored": added.ignored,
                "malformed": added.malformed,
            }
        )
        return
    click.echo(f"{kind} from {source} as of {added.statement.day}: {added.statement.rows:,} rows.")
    for reason, count in added.ignored.items():
        click.echo(f"ignored {count:,}: {reason}")
    if added.malformed:
        click.echo(f"malformed {added.malformed:,}")


@context.command()
@shared_options
@click.pass_obj
def show(session: Session) -> None:
    """Show which tables are in, from whom, under which licence and as of which day."""
    _print(session, show_context(session.open_home(Act.STATUS)), "tables")


@context.command()
@click.argument("kind", type=_KINDS)
@click.option("--source", required=True, metavar="NAME", help="Who made the file.")
@click.option("--date", "day", metavar="YYYY-MM-DD", help="Of this day only.  [default: all]")
@shared_options
@click.pass_obj
def remove(session: Session, kind: str, source: str, day: str | None) -> None:
    """Delete the tables of KIND from one source; exits 66 if there is none."""
    gone = remove_context(session.open_home(Operation.LIST), ContextKind(kind), source, day)
    if session.as_json:
        _print(session, gone, "removed")
    else:
        click.echo(f"{kind} from {source}: {len(gone)} removed.")


def _print(session: Session, statements: Sequence[TableStatement], name: str) -> None:
    if session.as_json:
        render.print_json({name: [_document(each) for each in statements]})
        return
    render.print_table(
        ("kind", "source", "date", "rows", "licence", "taken in"),
        [
            (
                each.kind.value,
                each.source,
                each.day,
                f"{each.rows:,}",
                each.licence,
                render_time(each.added_ms),
            )
            for each in statements
        ],
        numbers=(3,),
    )


def _document(statement: TableStatement) -> dict[str, object]:
    return {
        "kind": statement.kind.value,
        "source": statement.source,
        "licence": statement.licence,
        "date": statement.day,
        "rows": statement.rows,
        "sha256": statement.sha256,
        "taken": render_time(statement.added_ms),
    }
