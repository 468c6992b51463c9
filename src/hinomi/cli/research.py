"""``hinomi research``: researchers' programs visit the data; only tables over many lines leave."""

import json
from pathlib import Path
from typing import Final

import click

from hinomi.cli import render
from hinomi.cli.session import TIME, Session, shared_options
from hinomi.clock import render_time
from hinomi.errors import Conflict, UsageError
from hinomi.govern.note import Signer
from hinomi.govern.program import sign_program
from hinomi.govern.roles import Act
from hinomi.model.address import Address, parse_address
from hinomi.model.window import Window
from hinomi.services import research as services
from hinomi.services.auditing import read_text
from hinomi.services.foureyes import four_eyes
from hinomi.services.journals import new_signer, read_signer, read_verifier, write_signer
from hinomi.services.mandates import Operation
from hinomi.services.researchbook import Asked, all_asked, read_program
from hinomi.services.researchterms import run_terms, runs_begun
from hinomi.store.durable import on_disk, replace_durably
from hinomi.telemetry import set_up_logging

_FILE: Final = click.Path(path_type=Path)
_SIGNATURE_MODE: Final = 0o644


@click.group()
@shared_options
def research() -> None:
    """
    Let researchers' programs visit the records, and release tables over many lines.

    A program is signed, and other people approve its run; it runs in a process without network,
    files or clock, on one line at a time. The node counts. Other people approve the result.
    Made-up worlds are free: `hinomi research run --world FOLDER --program FILE`.
    """


@research.command()
@click.argument("file", type=_FILE)
@click.option("--name", required=True, help="For example researcher.example/1: no spaces, no plus.")
@shared_options
@click.pass_obj
def key(session: Session, file: Path, name: str) -> None:
    """Make a key to sign programs with, keep it in FILE, and show its public half."""
    signer = Signer(name, new_signer().seed)
    public = signer.verifier.render()  # Refuses a name that cannot be one, before it is kept.
    if file.exists():
        raise Conflict(f"{file} exists; name a file that does not")
    with on_disk(file):
        write_signer(file, signer)
    _say(session, {"key": public}, public)


@research.command()
@click.argument("program", type=_FILE)
@click.option("--with", "key_file", type=_FILE, required=True, help="The file of the secret key.")
@click.option("--out", type=_FILE, required=True, help="Where the signature is to lie.")
@shared_options
@click.pass_obj
def sign(session: Session, program: Path, key_file: Path, out: Path) -> None:
    """Sign PROGRAM: a C2SP signed note over its SHA-256."""
    read = read_program(program)
    note = sign_program(read, read_signer(key_file))
    replace_durably(out, note.encode(), mode=_SIGNATURE_MODE)
    _say(session, {"program": read.digest}, f"{read.digest} signed: {render.path_text(out)}")


@research.command()
@click.argument("program", type=_FILE)
@click.option("--signature", type=_FILE, required=True, help="As `hinomi research sign` wrote it.")
@click.option("--key", "public", required=True, metavar="KEY", help="Who signed it.")
@click.option("--since", type=TIME, required=True, metavar="T", help="From here on; a full hour.")
@click.option("--until", type=TIME, required=True, metavar="T", help="Up to here, exclusive.")
@click.option("--reason", required=True, help="Why, in words for whoever approves.")
@click.option(
    "--exact", multiple=True, metavar="ADDRESS", help="See this remote address whole; repeatable."
)
@shared_options
@click.pass_obj
def request(
    session: Session,
    program: Path,
    signature: Path,
    public: str,
    since: int,
    until: int,
    reason: str,
    exact: tuple[str, ...],
) -> None:
    """Ask that PROGRAM may run on the records of some hours; other people approve it."""
    if since >= until:
        raise UsageError("--until lies not after --since; nothing is in between")
    asked, word = services.ask(
        session.open_home(Operation.RESEARCH),
        four_eyes(),
        program=program,
        signature=read_text(signature),
        key=read_verifier(public),
        window=Window(since, until),
        reason=reason,
        exact=tuple(_address(each) for each in exact),
    )
    said = f"Research request {asked.number} waits for approval ({word})."
    _say(session, {"number": asked.number, "approval": word}, said)


@research.command()
@click.argument("number", type=click.IntRange(min=1), required=False)
@click.option("--world", type=_FILE, metavar="FOLDER", help="A made-up world: free, at once.")
@click.option("--program", type=_FILE, metavar="FILE", help="What to run on the world.")
@shared_options
@click.pass_obj
def run(session: Session, number: int | None, world: Path | None, program: Path | None) -> None:
    """
    Run request NUMBER once it is approved, or a program on a made-up world.

    The result stays in the home until its release is approved. Exits 69 where this machine
    cannot keep the program apart: then nothing runs.
    """
    if (number is None) == (world is None) or (world is None) != (program is None):
        raise UsageError("give the NUMBER of a request, or --world with --program")
    set_up_logging("warning")
    with render.share_bar("visiting") as tell:
        if world is not None and program is not None:
            visited = services.run_on_world(world, program, tell, session.clock)
            table = services.table_of(visited.disclosure)
        else:
            asked = services.run(
                session.open_home(Operation.RESEARCH), four_eyes(), int(number or 0), tell
            )
            _show(session, asked, _facts(asked))
            return
    told: dict[str, object] = {
        "records": visited.records,
        "rows_suppressed": visited.disclosure.suppressed,
    }
    told |= {"lines_failed": visited.disclosure.failed, "fault": visited.fault or None}
    if session.as_json:
        render.print_json({**table, **told})
        return
    _table(table)
    click.echo(
        f"{visited.records} records; about {visited.disclosure.suppressed} rows over too few lines "
        f"dropped, about {visited.disclosure.failed} lines failed."
    )
    if visited.fault:
        click.echo(f"First fault: {visited.fault}")


@research.command("list")
@shared_options
@click.pass_obj
def list_(session: Session) -> None:
    """List what was asked for, and what came of it."""
    found = all_asked(session.open_home(Act.RESEARCH_SHOW).folder)
    if session.as_json:
        render.print_json({"requests": [_facts(each) for each in found]})
        return
    rows = [[str(value) for value in _facts(each).values()][:6] for each in found]
    render.print_table(["number", "state", "by", "since", "until", "reason"], rows, numbers=[0])


@research.command()
@click.argument("number", type=click.IntRange(min=1))
@shared_options
@click.pass_obj
def show(session: Session, number: int) -> None:
    """
    Show a request: its terms, its program, and its result with the hash by which it is approved.

    For those who approve; the journal has who looked.
    """
    home = session.open_home(Act.RESEARCH_SHOW)
    asked = services.look(home, number)
    terms = run_terms(home, asked)
    terms["runs_that_saw_the_window"] = runs_begun(home, asked.request.window)
    _show(session, asked, {**_facts(asked), "terms": terms}, with_program=True)


@research.command()
@click.argument("number", type=click.IntRange(min=1))
@click.option("--reason", help="Ask that the result may leave: why, in words for whoever approves.")
@click.option("--out", type=_FILE, metavar="FILE", help="Write the approved result here.")
@shared_options
@click.pass_obj
def release(session: Session, number: int, reason: str | None, out: Path | None) -> None:
    """
    Ask that the result of NUMBER may leave (--reason), or take it out once approved (--out).

    What is approved is the result to its last byte.
    """
    if (reason is None) == (out is None):
        raise UsageError("give --reason to ask for the release, or --out once it is approved")
    home = session.open_home(Operation.RELEASE)
    if out is not None:
        asked = services.release(home, four_eyes(), number, out)
        _say(session, _facts(asked), f"{asked.digest} written to {render.path_text(out)}")
        return
    asked, word = services.ask_release(home, four_eyes(), number, reason or "")
    _show(session, asked, {**_facts(asked), "approval": word})


def _address(text: str) -> Address:
    try:
        return parse_address(text)
    except ValueError:
        raise UsageError("--exact names no IP address; give one such as 198.51.100.1") from None


def _facts(asked: Asked) -> dict[str, object]:
    request = asked.request
    return {
        "number": asked.number,
        "state": "asked" if asked.result is None else "has a result",
        "by": request.by,
        "since": render_time(request.since_ms),
        "until": render_time(request.until_ms),
        "reason": request.reason,
        "program": request.program,
        "key": request.key,
        "result_sha256": asked.digest,
    }


def _show(
    session: Session, asked: Asked, facts: dict[str, object], *, with_program: bool = False
) -> None:
    result = None if asked.result is None else json.loads(asked.result)
    if session.as_json:
        shown = {"source": asked.program.source} if with_program else {}
        render.print_json({**facts, **shown, "result": result})
        return
    for name, value in facts.items():
        click.echo(f"{name.replace('_', ' ')}: {render.plain(value)}")
    if with_program:
        click.echo(f"\n{asked.program.source}")
    if result is not None:
        click.echo()
        _table(result)


def _table(document: dict[str, object]) -> None:
    columns, rows = document["columns"], document["rows"]
    if isinstance(columns, list) and isinstance(rows, list):
        render.print_table(columns, [[str(cell) for cell in row] for row in rows])


def _say(session: Session, document: dict[str, object], line: str) -> None:
    if session.as_json:
        render.print_json(document)
    else:
        click.echo(line)
