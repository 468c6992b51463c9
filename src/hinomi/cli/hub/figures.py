"""``hinomi hub figures`` and ``report``: how good the list is, and to whom it is of use."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any, cast

import click

from hinomi.cli import render
from hinomi.cli.session import Session, shared_options
from hinomi.errors import Conflict
from hinomi.govern.plainwords import Language
from hinomi.hub.figures import NEVER
from hinomi.services.hub.figures import newest_figures
from hinomi.services.mandates import Operation
from hinomi.services.pagefile import write_page

_COLUMNS = ("named", "confirmed", "not-seen", "wrong", "gone")


@click.command()
@shared_options
@click.pass_obj
def figures(session: Session) -> None:
    """
    Show what the newest list came to: quality, feedback, and each member by itself.

    For the hub's own people: what it says of one member is for that member and nobody else.
    """
    found = newest_figures(session.open_home(Operation.WEIGH))
    if session.as_json:
        render.print_json({"number": found.number, **found.told})
        return
    _print(found.number, found.told)


@click.command()
@click.option("--year", type=click.IntRange(1970, 9998), required=True)
@click.option(
    "--lang", type=click.Choice(["ja", "en"]), default="ja", show_default=True, help="Of the page."
)
@click.option("--out", type=click.Path(path_type=Path), required=True, metavar="FILE")
@shared_options
@click.pass_obj
def report(session: Session, year: int, lang: str, out: Path) -> None:
    """
    Write the yearly page into the new FILE: one HTML file that needs nothing else.

    It names no server and no member, and may be published.

    \b
    Example:
      hinomi hub report --year 2026 --lang en --out hub-2026.html
    """
    # Its intervals take a library that is slow to load.
    from hinomi.services.hub.yearly import yearly_page  # noqa: PLC0415

    home = session.open_home(Operation.WEIGH)
    if out.exists():
        raise Conflict(f"{out} exists; name another file")
    write_page(yearly_page(home, year, cast("Language", lang)), out)
    if session.as_json:
        render.print_json({"file": render.path_text(out), "year": year})
    else:
        click.echo(f"{out}: the lists of {year}.")


def _print(number: int, told: Mapping[str, Any]) -> None:
    checked, reached = told["checked"], told["reached"]
    waited = ", ".join(f"{count:,} in {name}" for name, count in told["waited"].items())
    lines = (
        f"Snapshot {number}",
        f"listed                                   {told['listed']:,}",
        f"new, ended                               {told['new']:,}, {told['ended']:,}",
        f"epochs from the first word to the list   {waited or '-'}",
        f"new ones that no list of others has      {told['unique']:,} of {told['new']:,}",
        f"neither named nor confirmed by anybody   {told['stale']:,}",
        f"somebody's own server, abused            {told['compromised']:,}",
        f"under a list of what is benign           {told['held']:,}",
        f"checked by people: right, wrong          {checked['right']:,}, {checked['wrong']:,}",
        f"members up to date, behind, never        {', '.join(map(str, reached.values()))}",
    )
    for line in lines:
        click.echo(line)
    for name, became in told["feedback"].items():
        click.echo(
            f"called {name:<6} ended, stands                {became['ended']:,}, "
            f"{became['stands']:,}"
        )
    rows = [
        (
            member,
            *(f"{own[each]:,}" for each in _COLUMNS),
            "never took one" if own["behind"] == NEVER else str(own["behind"]),
        )
        for member, own in told["members"].items()
    ]
    render.print_table(("member", *_COLUMNS, "lists behind"), rows, numbers=(1, 2, 3, 4, 5))
