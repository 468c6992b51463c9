"""``hinomi transparency``: the page that tells subscribers what is done with their traffic data."""

from pathlib import Path
from typing import cast

import click

from hinomi.cli import render
from hinomi.cli.session import TIME, Session, shared_options
from hinomi.govern.plainwords import Language
from hinomi.services.mandates import Operation
from hinomi.services.transparency import publish_page, require_page_place


@click.command()
@click.option(
    "--lang",
    type=click.Choice(["ja", "en"]),
    default="ja",
    show_default=True,
    help="In which language.",
)
@click.option(
    "--output",
    type=click.Path(path_type=Path),
    metavar="FILE",
    help="Put the page here.  [default: print it]",
)
@click.option(
    "--since", type=TIME, metavar="T", help="First day of the period.  [default: the home's first]"
)
@click.option(
    "--until", type=TIME, metavar="T", help="Day after its last.  [default: today, if any is over]"
)
@shared_options
@click.pass_obj
def transparency(
    session: Session, lang: str, output: Path | None, since: int | None, until: int | None
) -> None:
    """
    Make the page for subscribers, from what this home really is and did.

    One HTML page that needs nothing else, in Japanese or English; --json gives the facts
    behind it. Periods are whole days, UTC. Counts below the registered least are not told,
    others are rounded. The journal keeps the page's SHA-256. Who answers subscribers stands
    in config.toml, [operator].

    \b
    Examples:
      hinomi transparency --lang ja --output transparency-ja.html
      hinomi transparency --lang en --since 2026-01-01 --until 2026-02-01 > january.html
      hinomi transparency --json
    """
    home = session.open_home(Operation.TRANSPARENCY)
    if output is not None:
        require_page_place(output)
    page = publish_page(home, cast("Language", lang), output, since_ms=since, until_ms=until)
    if page.missing:
        options = " and ".join(f"operator.{each}" for each in page.missing)
        render.complain(
            f"not fit to be published: set {options} in config.toml, then make the page again"
        )
    if session.as_json:
        file = None if output is None else render.path_text(output)
        about = {"language": page.language, "sha256": page.sha256, "file": file}
        render.print_json({**page.document, "page": about})
    elif output is None:
        click.echo(page.html, nl=False)
    else:
        click.echo(f"The page lies at {render.path_text(output)}\nsha256 {page.sha256}")
