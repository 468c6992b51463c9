"""``hinomi hub``: the certified body's side of the exchange."""

from typing import Final

import click

from hinomi.cli import render
from hinomi.cli.hub.backup import backup, restore
from hinomi.cli.hub.figures import figures, report
from hinomi.cli.hub.members import member
from hinomi.cli.hub.publish import publish, resume, snapshot, verify
from hinomi.cli.hub.queue import decide_, queue_, show_
from hinomi.cli.hub.trace import trace
from hinomi.cli.hub.trust import trust
from hinomi.cli.hub.unguarded import warn_unguarded
from hinomi.cli.session import Session, shared_options
from hinomi.govern.roles import Act
from hinomi.hub.outlets import Answer, Openings, table
from hinomi.model.member import MemberKind, Outlet
from hinomi.services.hub.authorities import certify_hub
from hinomi.services.hub.founding import create_hub
from hinomi.services.hub.status import HubStatus, status
from hinomi.services.mandates import Operation

_JAPANESE: Final = {
    "kind": "種別",
    "open": "可",
    "off": "停止中",
    Answer.PERMITTED: "認める",
    Answer.ONCE_ADMITTED: "登録簿で認めた場合に限る",
    Answer.REFUSED: "認めない",
}
"""How `outlets` says in Japanese what stands in its table, and what a row answers."""


@click.group()
@shared_options
def hub() -> None:
    """
    Run a hub: many providers' findings in, one signed list out, and nothing else let through.

    A hub has a home of its own. It takes no flow record, and none of its tables holds a time
    finer than an epoch.
    """


@hub.command()
@click.option("--name", required=True, metavar="NAME", help="What it is called: hub.example.")
@click.option(
    "--url", default="", metavar="URL", help="Where members reach it: https://hub.example:8443."
)
@click.option(
    "--made-up", is_flag=True, help="To try it out: servers may have addresses that are nobody's."
)
@shared_options
@click.pass_obj
def init(session: Session, name: str, url: str, made_up: bool) -> None:
    """
    Make a hub's home: configuration, register, people, journal, keys and an authority of its own.

    NAME stands in every signature and cannot be changed.

    \b
    Example:
      hinomi --home ./hub hub init --name hub.example --url https://hub.example:8443
    """
    founded = create_hub(session.folder, name, url, session.clock, made_up=made_up)
    if session.as_json:
        render.print_json(
            {
                "home": render.path_text(founded.folder),
                "kind": "hub",
                "name": founded.name,
                "key": founded.verifier,
                "register": founded.register_version,
            }
        )
        return
    click.echo(f"Made a hub at {founded.folder}.")
    click.echo(f"Its list is signed by {founded.verifier}")
    if not url:
        click.echo("Enter hub.url in its config.toml, then run `hinomi hub certify`.")


@hub.command()
@click.option(
    "--lang", type=click.Choice(["en", "ja"]), default="en", show_default=True, help="Of words."
)
@shared_options
@click.pass_obj
def outlets(session: Session, lang: str) -> None:
    """
    Show which kind of member may use which door, why, and what the register has opened.

    In the table: open; "off", where the register would have to admit kind or door first; "-",
    refused whatever the register says.
    """
    openings = Openings.from_register(session.open_home(Act.STATUS).register)
    if session.as_json:
        render.print_json(_as_document(openings))
        return
    said = _JAPANESE if lang == "ja" else {}
    render.print_table(
        (said.get("kind", "kind"), *(each.value for each in Outlet)),
        [
            (kind.value, *(said.get(cell, cell) for cell in _cells(openings, kind)))
            for kind in MemberKind
        ],
    )
    click.echo()
    for row in table().rows:
        kinds, doors = ", ".join(row.kinds), ", ".join(row.outlets)
        click.echo(f"{kinds} / {doors}: {said.get(row.answer, row.answer)}")
        click.echo(render.fold(row.ja if lang == "ja" else row.en, indent=2))
        click.echo(f"  [{row.seed}] {row.passage_ja if lang == 'ja' else row.passage}")


@hub.command("status")
@shared_options
@click.pass_obj
def status_(session: Session) -> None:
    """Show members by state, the epoch, the newest list, and what waits for people."""
    home = session.open_home(Act.STATUS)
    found = status(home)
    warn_unguarded(home)
    if session.as_json:
        render.print_json(_status_document(found))
        return
    click.echo(f"{found.name} at {found.url or '(no address yet)'}")
    click.echo(f"epoch {found.epoch}, of {found.epoch.days} day(s)")
    if found.newest is None:
        click.echo("no list was made yet")
    else:
        click.echo(f"newest list: number {found.newest.number}, of epoch {found.newest.epoch}")
    counts = ", ".join(f"{count} {state}" for state, count in found.members.items() if count)
    click.echo(f"members: {counts or 'none'}")
    click.echo(f"its certificate: until {found.server.until}")
    for line in found.waits:
        click.echo(f"waits: {line}")


@hub.command()
@shared_options
@click.pass_obj
def certify(session: Session) -> None:
    """
    Make the certificate that the hub shows to members' nodes anew.

    Do so after hub.url has changed, and before it ends; a hub that runs shows it from its next
    start on. Members' nodes notice nothing: they trust the hub's authority.
    """
    made = certify_hub(session.open_home(Operation.MEMBERS))
    if session.as_json:
        render.print_json(
            {
                "fingerprint": made.fingerprint,
                "hosts": list(made.hosts),
                "until": made.until.isoformat(),
            }
        )
        return
    click.echo(f"The hub's certificate is made, for {', '.join(made.hosts)}, until {made.until}.")


for _command in (
    *(member, trust, queue_, show_, decide_),
    *(publish, snapshot, verify, resume, figures, report, trace, backup, restore),
):
    hub.add_command(_command)


def _cells(openings: Openings, kind: MemberKind) -> tuple[str, ...]:
    return tuple(_cell(openings, kind, each) for each in Outlet)


def _cell(openings: Openings, kind: MemberKind, outlet: Outlet) -> str:
    if openings.refusal(kind, outlet) is None:
        return "open"
    return "-" if table().ask(kind, outlet).answer is Answer.REFUSED else "off"


def _as_document(openings: Openings) -> dict[str, object]:
    rules = table()
    return {
        "kinds": dict(rules.kinds),
        "outlets": dict(rules.outlets),
        "admitted": {
            "kinds": sorted(openings.kinds),
            "outlets": [each.value for each in Outlet if each in openings.outlets],
        },
        "pairs": [
            {
                "kind": kind.value,
                "outlet": outlet.value,
                "answer": rules.ask(kind, outlet).answer.value,
                "open": openings.refusal(kind, outlet) is None,
                "en": rules.ask(kind, outlet).en,
                "ja": rules.ask(kind, outlet).ja,
                "seed": rules.ask(kind, outlet).seed,
                "passage": rules.ask(kind, outlet).passage,
                "passage_ja": rules.ask(kind, outlet).passage_ja,
            }
            for kind in MemberKind
            for outlet in Outlet
        ],
    }


def _status_document(found: HubStatus) -> dict[str, object]:
    newest = found.newest
    return {
        "hub": found.name,
        "url": found.url or None,
        "epoch": str(found.epoch),
        "epoch_days": found.epoch.days,
        "newest": None
        if newest is None
        else {"number": newest.number, "epoch": str(newest.epoch), "digest": newest.digest},
        "members": {state.value: count for state, count in found.members.items()},
        "certificate": {
            "fingerprint": found.server.fingerprint,
            "hosts": list(found.server.hosts),
            "until": found.server.until.isoformat(),
        },
        "waits": list(found.waits),
    }
