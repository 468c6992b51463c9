"""``hinomi journal``: what was done with flow information, and whether the record is whole."""

import json
from pathlib import Path
from typing import Final

import click

from hinomi.cli import render
from hinomi.cli.session import Session, shared_options
from hinomi.clock import render_time
from hinomi.errors import UsageError
from hinomi.govern.audit import Audit
from hinomi.govern.journal import Altered
from hinomi.govern.roles import Act
from hinomi.services.auditing import (
    audit_folder,
    audit_home,
    check_proof,
    export_journal,
    prove,
    read_text,
    request_for,
    take_answer,
)
from hinomi.services.history import register_history, require_whole
from hinomi.services.journals import read_verifier
from hinomi.services.people import check_people
from hinomi.services.rulings import check_rulings
from hinomi.store.durable import replace_durably

_FILE: Final = click.Path(path_type=Path)
_SHOWN_MOST: Final = 20


@click.group()
@shared_options
def journal() -> None:
    """
    Show the journal, check that nobody altered it, and prove what is in it.

    It is a Merkle tree in the form of C2SP tlog-tiles, under a checkpoint that is signed
    at each entry. Note the key and a checkpoint elsewhere, or have a witness sign one
    now and then: only that shows later if the whole was put back to an older state.
    """


@journal.command()
@shared_options
@click.pass_obj
def key(session: Session) -> None:
    """Show the public key that the journal is checked with: give it to the auditor."""
    verifier = session.open_home(Act.JOURNAL_READ).journal().verifier
    if session.as_json:
        render.print_json({"key": verifier.render()})
    else:
        click.echo(verifier.render())


@journal.command()
@click.option("--exported", type=_FILE, metavar="DIR", help="Check this export; needs no home.")
@click.option("--key", "said", metavar="KEY", help="The journal's public key, or its file.")
@click.option(
    "--seen", type=_FILE, multiple=True, metavar="FILE", help="A checkpoint from earlier."
)
@click.option("--witness", multiple=True, metavar="KEY", help="A witness's public key.")
@click.option("--without-bodies", is_flag=True, help="The export holds hashes and times alone.")
@shared_options
@click.pass_obj
def verify(
    session: Session,
    exported: Path | None,
    said: str | None,
    seen: tuple[Path, ...],
    witness: tuple[str, ...],
    *,
    without_bodies: bool,
) -> None:
    """
    Compute the whole journal anew and compare it with what was signed.

    Exits 65 and says what is wrong if anything was changed, cut, put back or re-ordered,
    if a body went without a word, or a clock was set back; for a home also if register or
    people in force are not what the journal last recorded.

    \b
    Examples:
      hinomi journal verify
      hinomi journal verify --exported ./journal-2026 --key hinomi.key --seen last-year.txt
    """
    witnesses = [read_verifier(each) for each in witness]
    home = None
    if exported is None:
        if said is not None or without_bodies:
            raise UsageError("--key and --without-bodies go with --exported: a home has its own")
        home = session.open_home(Act.JOURNAL_READ)
        found = audit_home(home, witnesses, seen)
    elif said is None:
        raise UsageError("--exported needs --key: the one in the export proves nothing")
    else:
        key = read_verifier(said)
        found = audit_folder(exported, key, witnesses, seen, with_bodies=not without_bodies)
    _tell(session, found)
    if not found.is_whole:
        raise Altered(f"the journal is not whole: {len(found.findings)} finding(s)")
    if home is not None:
        rulings = check_rulings(home.folder, home.journal())
        require_whole([*register_history(home).findings, *check_people(home), *rulings])


@journal.command()
@click.option(
    "--last", type=click.IntRange(min=1), metavar="N", help="Only the last N.  [default: all]"
)
@shared_options
@click.pass_obj
def show(session: Session, last: int | None) -> None:
    """Show the entries of the journal, oldest first."""
    entries = list(session.open_home(Act.JOURNAL_READ).journal().entries())[-last if last else 0 :]
    if session.as_json:
        render.print_json({"entries": entries})
        return
    render.print_table(
        ("#", "time", "who", "operation", "facts"),
        [_row(entry) for entry in entries],
        numbers=(0,),
    )


@journal.command()
@click.argument("folder", type=_FILE)
@click.option("--without-bodies", is_flag=True, help="Hashes and times alone.")
@shared_options
@click.pass_obj
def export(session: Session, folder: Path, *, without_bodies: bool) -> None:
    """
    Copy the journal to FOLDER for an auditor, or for any static web server.

    Its public key lies beside it for convenience: compare it with the one that you noted.
    """
    head = export_journal(
        session.open_home(Act.JOURNAL_READ), folder, with_bodies=not without_bodies
    )
    if session.as_json:
        render.print_json({"folder": render.path_text(folder), "entries": head.size})
    else:
        click.echo(f"Exported {head.size} entries to {folder}.")


@journal.command("prove")
@click.argument("index", type=click.IntRange(min=0))
@click.option("--out", type=_FILE, metavar="FILE", help="Write it here.  [default: print it]")
@shared_options
@click.pass_obj
def prove_(session: Session, index: int, out: Path | None) -> None:
    """Prove that entry INDEX is in the journal, in a file that can be checked offline."""
    _give(session, prove(session.open_home(Act.JOURNAL_READ), index), out)


@journal.command()
@click.argument("proof", type=_FILE)
@click.option("--key", "said", required=True, metavar="KEY", help="The journal's public key.")
@shared_options
@click.pass_obj
def check(session: Session, proof: Path, said: str) -> None:
    """Check a proof that `journal prove` made, and show what it proves; needs no home."""
    found = check_proof(read_text(proof), read_verifier(said))
    time = render_time(found.leaf.time_ms)
    if session.as_json:
        told = {"index": found.index, "entries": found.size, "time": time, "entry": found.entry}
        render.print_json(told)
        return
    click.echo(f"Entry {found.index} of {found.size}, written {time}, is in the journal.")
    if found.entry is None:
        click.echo("What it said is not in the proof: it was deleted when its time had come.")
    else:
        click.echo(json.dumps(found.entry, ensure_ascii=False, sort_keys=True))


@journal.command()
@click.option("--witness", required=True, metavar="KEY", help="The witness's public key.")
@click.option("--out", type=_FILE, metavar="FILE", help="Write it here.  [default: print it]")
@shared_options
@click.pass_obj
def request(session: Session, witness: str, out: Path | None) -> None:
    """Write what a witness is asked to sign: the body of C2SP tlog-witness add-checkpoint."""
    _give(session, request_for(session.open_home(Act.JOURNAL_READ), read_verifier(witness)), out)


@journal.command()
@click.argument("request", type=_FILE)
@click.argument("answer", type=_FILE)
@click.option("--witness", required=True, metavar="KEY", help="The witness's public key.")
@shared_options
@click.pass_obj
def witnessed(session: Session, request: Path, answer: Path, witness: str) -> None:
    """Keep the ANSWER of a witness to a REQUEST; exports carry it."""
    verifier = read_verifier(witness)
    size = take_answer(
        session.open_home(Act.JOURNAL_WITNESSED), read_text(request), read_text(answer), verifier
    )
    if session.as_json:
        render.print_json({"witness": verifier.name, "entries": size})
    else:
        click.echo(f"{verifier.name} signed {size} entries.")


def _tell(session: Session, found: Audit) -> None:
    if session.as_json:
        render.print_json(
            {
                "whole": found.is_whole,
                "origin": found.origin,
                "entries": found.entries,
                "head": found.root.hex(),
                "bodies": len(found.kept),
                "witnesses": found.witnesses,
                "findings": [
                    {"fault": str(each.fault), "text": each.text} for each in found.findings
                ],
                "unfinished": sorted({*found.unfinished}),
            }
        )
        return
    for each in found.findings[:_SHOWN_MOST]:
        click.echo(f"{each.fault}: {each.text}")
    if (more := len(found.findings) - _SHOWN_MOST) > 0:
        click.echo(f"and {more} more; --json shows all")
    if found.is_whole:
        click.echo(f"The journal is whole: {found.entries} entries, {len(found.kept)} with body.")
    for name, size in found.witnesses.items():
        click.echo(f"{name} signed {size} entries.")
    click.echo(f"head {found.root.hex()}")


def _give(session: Session, text: str, out: Path | None) -> None:
    if out is not None:
        replace_durably(out, text.encode())
    if session.as_json:
        render.print_json({"text": text} if out is None else {"file": render.path_text(out)})
    elif out is None:
        click.echo(text, nl=False)


def _row(entry: dict[str, object]) -> tuple[str, ...]:
    mandate = entry.get("mandate")
    who = mandate.get("who", "") if isinstance(mandate, dict) else entry.get("who", "")
    apart = {"index", "before", "hash", "time", "operation", "mandate", "who", "content"}
    facts = ", ".join(
        f"{key} {value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)}"
        for key, value in entry.items()
        if key not in apart and value not in (None, {}, "")
    )
    return (
        str(entry["index"]),
        str(entry.get("time", "")),
        str(who),
        str(entry.get("operation", "")),
        facts,
    )
