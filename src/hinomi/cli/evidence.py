"""``hinomi case evidence``: what others know, in."""

from pathlib import Path

import click

from hinomi.cli import render
from hinomi.cli.servers import read_address, read_port, read_protocol
from hinomi.cli.session import TIME, Session, shared_options
from hinomi.collect.evidence.catalogue import FORMATS
from hinomi.model.context import DAY_MS
from hinomi.model.evidence import ANY_PORT, Claim, Evidence, Method
from hinomi.model.service import Service
from hinomi.services.evidencing import Brought, Taken, add_finding, grade_source, import_evidence
from hinomi.services.mandates import Operation
from hinomi.services.sources import Judged, learn_kinship, sources_of
from hinomi.verify.reliability import Grade

_CLAIMS = click.Choice([each.value for each in Claim])
_METHODS = click.Choice([each.value for each in Method if each is not Method.FLOW])
_GRADES = click.Choice([each.value for each in Grade])


@click.group()
@shared_options
def evidence() -> None:
    """Bring in what others know: honeypots, malware analysis, darknets, lists, people."""


@evidence.command("import")
@click.argument("file", type=click.Path(path_type=Path))
@click.option("--source", required=True, metavar="NAME", help="Who states it.")
@click.option(
    "--format",
    "format_name",
    type=click.Choice([each.name for each in FORMATS]),
    help="What the file is.  [default: told from its content]",
)
@click.option("--day", type=TIME, metavar="T", help="Day of the file.  [default: today]")
@click.option("--claim", type=_CLAIMS, help="What it claims, where its format does not say.")
@click.option("--method", type=_METHODS, help="How it was found out, where that is not said.")
@click.option("--keep-good", is_flag=True, help="Count malformed lines and go on.")
@shared_options
@click.pass_obj
def import_(
    session: Session,
    file: Path,
    source: str,
    format_name: str | None,
    day: int | None,
    claim: str | None,
    method: str | None,
    keep_good: bool,
) -> None:
    """
    Take in FILE as evidence of one source, all of it or nothing.

    The same statements again change nothing. Cases that it speaks of are weighed anew; where
    two methods agree on a service, its case is opened and waits for a person.

    \b
    Examples:
      hinomi case evidence import cowrie.json.gz --source honeypots
      hinomi case evidence import sandbox.csv --source our-sandbox --format malware-csv
    """
    how = Brought(
        source=source,
        format_name=format_name,
        day=None if day is None else day // DAY_MS,
        keep_good=keep_good,
        claim=None if claim is None else Claim(claim),
        method=None if method is None else Method(method),
    )
    _print_taken(session, import_evidence(session.open_home(Operation.EVIDENCE), file, how))


@evidence.command()
@click.argument("address")
@click.argument("protocol")
@click.argument("port")
@click.option("--claim", required=True, type=_CLAIMS, help="What it is.")
@click.option("--day", type=TIME, metavar="T", help="When it was so.  [default: today]")
@click.option("--words", required=True, metavar="TEXT", help="How you know.")
@shared_options
@click.pass_obj
def add(
    session: Session,
    address: str,
    protocol: str,
    port: str,
    claim: str,
    day: int | None,
    words: str,
) -> None:
    """
    Say what you found out about ADDRESS PROTOCOL PORT yourself; PORT may be `any`.

    It counts as evidence of one person. A verdict on a case is another thing: see
    `hinomi case decide`.
    """
    service = _service(address, protocol, port)
    home = session.open_home(Operation.EVIDENCE)
    finding = Evidence(
        service=service,
        method=Method.ANALYST,
        source="person",
        claim=Claim(claim),
        observed_day=(home.clock() if day is None else day) // DAY_MS,
    )
    _print_taken(session, add_finding(home, finding, words))


@evidence.command()
@click.option(
    "--learn", is_flag=True, help="Ask the lists' histories anew which of them are copies."
)
@shared_options
@click.pass_obj
def sources(session: Session, learn: bool) -> None:
    """Show what each source is worth: how often answers bore it out, and whom it copies."""
    home = session.open_home(Operation.EVIDENCE if learn else Operation.SHOW_CASES)
    if learn:
        learn_kinship(home)
    found = sources_of(home)
    if session.as_json:
        render.print_json({"sources": [_source_document(each) for each in found]})
        return
    render.print_table(
        ("source", "method", "grade", "reliability", "right", "wrong", "statements", "copies"),
        [
            (
                each.name,
                each.method.value,
                each.reliability.grade.value,
                _interval(each),
                str(each.reliability.right),
                str(each.reliability.wrong),
                f"{each.statements:,}",
                " ".join(_copies(each)),
            )
            for each in found
        ],
        numbers=(4, 5, 6),
    )


@evidence.command()
@click.argument("name")
@click.option("--method", required=True, type=_METHODS, help="How it comes to know.")
@click.option("--grade", required=True, type=_GRADES, help="Admiralty letter: A best, F unknown.")
@click.option(
    "--family",
    default="",
    metavar="NAME",
    help="Sources of one family are one source, those of two families are two.",
)
@shared_options
@click.pass_obj
def source(session: Session, name: str, method: str, grade: str, family: str) -> None:
    """Say what the source NAME is, before answers tell."""
    home = session.open_home(Operation.EVIDENCE)
    said = grade_source(home, name, Method(method), Grade(grade), family)
    if session.as_json:
        render.print_json({"source": said.name, "method": method, "grade": grade, "family": family})
    else:
        click.echo(f"{said.name} is a source of {method}, grade {grade}.")


def _service(address: str, protocol: str, port: str) -> Service:
    base = read_address(address)
    if port == "any":
        return Service(base, ANY_PORT, ANY_PORT)
    return Service(base, read_protocol(protocol), read_port(port, besides=", nor `any`"))


def _source_document(judged: Judged) -> dict[str, object]:
    return {
        "source": judged.name,
        "method": judged.method.value,
        "grade": judged.reliability.grade.value,
        "reliability": round(judged.reliability.mean, 4),
        "low": round(judged.reliability.low, 4),
        "high": round(judged.reliability.high, 4),
        "right": judged.reliability.right,
        "wrong": judged.reliability.wrong,
        "statements": judged.statements,
        "kin": judged.kin,
    }


def _interval(judged: Judged) -> str:
    found = judged.reliability
    return f"{found.mean:.2f} ({found.low:.2f}-{found.high:.2f})"


def _copies(judged: Judged) -> list[str]:
    return sorted(name for name, kinship in judged.kin.items() if kinship == "copy")


def _print_taken(session: Session, taken: Taken) -> None:
    if session.as_json:
        render.print_json(
            {
                "format": taken.format,
                "statements": taken.statements,
                "new": taken.new,
                "claims": taken.claims,
                "ignored": taken.ignored,
                "malformed": taken.malformed,
                "opened": [each.id for each in taken.opened],
                "changed": [each.case.id for each in taken.settled],
            }
        )
        return
    click.echo(f"{taken.format}: {taken.statements:,} statements, {taken.new:,} new.")
    for reason, count in taken.ignored.items():
        click.echo(f"ignored {count:,}: {reason}")
    if taken.malformed:
        click.echo(f"malformed {taken.malformed:,}")
    for each in taken.opened:
        click.echo(f"case {each.id} opened: methods agree")
    for settled in taken.settled:
        click.echo(f"case {settled.case.id}: {settled.step}, {settled.case.state}")
