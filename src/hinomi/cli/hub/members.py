"""``hinomi hub member``: who takes part, how that was attested, and what lets their nodes in."""

from datetime import date, datetime
from pathlib import Path
from typing import Any

import click

from hinomi.cli import render
from hinomi.cli.approvals import as_document, sentence
from hinomi.cli.hub.certificates import certify_, credential_document, revoke_
from hinomi.cli.session import Session, shared_options
from hinomi.govern.approvals import Request
from hinomi.govern.roles import Act
from hinomi.model.member import Attestation, Ground, Member, MemberKind, Use
from hinomi.services.deciding import Decided
from hinomi.services.home import Home
from hinomi.services.hub import members as acts
from hinomi.services.hub.changes import Changed
from hinomi.services.hub.members import Admission, Change, Known
from hinomi.services.mandates import Operation
from hinomi.services.people import today
from hinomi.share.enrolment import read_request

_KINDS = click.Choice([each.value for each in MemberKind])
_USES = click.Choice([each.value for each in Use])
_DAY = click.DateTime(["%Y-%m-%d"])
_FILE = click.Path(path_type=Path)

_name = click.argument("name", metavar="NAME")
_reason = click.option("--reason", required=True, metavar="TEXT", help="Why; goes to the journal.")
_reason_of_change = click.option(
    "--reason", default="", metavar="TEXT", help="Why; has to be said of whoever takes part."
)
_contacts = click.option(
    "--contact", "contacts", multiple=True, metavar="TEXT", help="Who can be reached, and how."
)
_uses = click.option("--use", "uses", type=_USES, multiple=True, help="What it does with the list.")
_page = click.option(
    "--page", metavar="URL", help="Where its subscribers read what it does with the list."
)
_request = click.option(
    "--request", "request_file", type=_FILE, metavar="FILE", help="As its node wrote it."
)


@click.group()
@shared_options
def member() -> None:
    """
    Enter, admit and shut out members of the hub, and let their nodes in.

    \b
    The way in:
      hinomi hub member add isp-a --organisation "ISP A" --kind detecting-isp \\
          --contact noc@isp-a.example --use detect --page https://isp-a.example/flow \\
          --request request.json
      hinomi hub member attest isp-a --by "the admission board" --document "minutes 12" \\
          --until 2027-11-30
      hinomi hub member admit isp-a --reason "minutes 12"
      hinomi hub member certify isp-a --request request.json --out welcome.json

    No member ever learns from the hub who the others are.
    """


@member.command()
@_name
@click.option("--organisation", required=True, metavar="TEXT", help="As others know it.")
@click.option("--kind", type=_KINDS, required=True, help="See `hinomi hub outlets`.")
@_contacts
@_uses
@_page
@_request
@shared_options
@click.pass_obj
def add(
    session: Session,
    name: str,
    organisation: str,
    kind: str,
    contacts: tuple[str, ...],
    uses: tuple[str, ...],
    page: str | None,
    request_file: Path | None,
) -> None:
    """
    Enter an organisation that wants to take part; nothing is open to it by that.

    NAME stands in its certificates: lower-case letters, digits and hyphens.
    """
    home = session.open_home(Operation.MEMBERS)
    said = _changed(contacts, uses, page, request_file)
    _tell(session, acts.add(home, name, organisation, MemberKind(kind), said), f"Entered {name}.")
    _warn(home, name)


@member.command()
@_name
@click.option("--organisation", metavar="TEXT", help="As others know it.")
@click.option("--kind", type=_KINDS, help="Of one that takes part it stays.")
@_contacts
@_uses
@_page
@_request
@click.option("--replace-key", is_flag=True, help="Take another signing key than the known one.")
@_reason_of_change
@shared_options
@click.pass_obj
def change(
    session: Session,
    name: str,
    organisation: str | None,
    kind: str | None,
    contacts: tuple[str, ...],
    uses: tuple[str, ...],
    page: str | None,
    request_file: Path | None,
    replace_key: bool,
    reason: str,
) -> None:
    """
    Change what is known of a member: what is said here takes the place of what was.

    Of a member that takes part this takes four eyes, and a --reason: the first call asks, and when
    another person has approved, the same command once more does it. Attestations are of an
    organisation: with another one they end, and no listing goes out until it is attested anew.
    """
    home = session.open_home(Operation.MEMBERS)
    said = _changed(
        contacts,
        uses,
        page,
        request_file,
        organisation=organisation,
        kind=MemberKind(kind) if kind else None,
        replaces_key=replace_key,
        reason=reason,
    )
    _tell_change(session, acts.change(home, name, said), f"Changed {name}.")
    _warn(home, name)


@member.command()
@_name
@click.option(
    "--ground",
    "grounds",
    type=click.Choice([each.value for each in Ground]),
    multiple=True,
    help="What is attested.  [default: both]",
)
@click.option("--by", "attested_by", required=True, metavar="TEXT", help="Who attests it.")
@click.option("--document", required=True, metavar="TEXT", help="Where it can be read.")
@click.option("--since", type=_DAY, metavar="DATE", help="First day.  [default: today, UTC]")
@click.option("--until", type=_DAY, required=True, metavar="DATE", help="Last day.")
@_reason_of_change
@shared_options
@click.pass_obj
def attest(
    session: Session,
    name: str,
    grounds: tuple[str, ...],
    attested_by: str,
    document: str,
    since: datetime | None,
    until: datetime,
    reason: str,
) -> None:
    """
    Enter that somebody attests a member's trust and its information management.

    Without both, on the very day, no listing goes to it. Of a member that takes part this takes
    four eyes, and a --reason: the first call asks, and when another person has approved, the same
    command once more does it. Say --since then, since today may be another day by that time.
    """
    home = session.open_home(Operation.MEMBERS)
    attestations = tuple(
        Attestation(
            ground=ground,
            attested_by=attested_by.strip(),
            document=document.strip(),
            since=since.date() if since else today(home),
            until=until.date(),
        )
        for ground in Ground
        if not grounds or ground.value in grounds
    )
    became = acts.attest(home, name, attestations, reason)
    _tell_change(session, became, f"Entered the attestation of {name}.")


@member.command()
@_name
@_reason
@shared_options
@click.pass_obj
def admit(session: Session, name: str, reason: str) -> None:
    """
    Let a member in: the list may go to it from now on.

    It takes four eyes: the first call asks, and when another person has approved, the same
    command once more does it.
    """
    home = session.open_home(Operation.MEMBERS)
    _tell_admission(session, acts.admit(home, name, reason))
    _warn(home, name)


@member.command()
@_name
@_reason
@shared_options
@click.pass_obj
def reinstate(session: Session, name: str, reason: str) -> None:
    """Let a suspended member in again; it takes what `admit` takes."""
    _tell_admission(session, acts.reinstate(session.open_home(Operation.MEMBERS), name, reason))


@member.command()
@_name
@_reason
@shared_options
@click.pass_obj
def suspend(session: Session, name: str, reason: str) -> None:
    """Shut a member out at once: its next request is refused."""
    found = acts.suspend(session.open_home(Operation.MEMBERS), name, reason)
    _tell(session, found, f"{name} is suspended; its next request is refused.")


@member.command()
@_name
@_reason
@shared_options
@click.pass_obj
def leave(session: Session, name: str, reason: str) -> None:
    """Enter that a member takes part no longer; its certificates are worth nothing any more."""
    found = acts.leave(session.open_home(Operation.MEMBERS), name, reason)
    _tell(session, found, f"{name} has left.")


@member.command()
@_name
@shared_options
@click.pass_obj
def show(session: Session, name: str) -> None:
    """Show one member: who it is, what it attested, what its nodes are let in by."""
    home = session.open_home(Act.STATUS)
    told = _document(acts.known(home, name), today(home))
    if session.as_json:
        render.print_json(told)
        return
    for fact, value in told.items():
        if fact not in {"attestations", "certificates", "missing"}:
            click.echo(f"{fact.replace('_', ' ')}: {render.plain(value) or '-'}")
    for each in told["attestations"]:
        ended = "" if each["holds"] else ", does not hold today"
        said = f"{each['ground']} by {each['by']}, {each['document']}"
        click.echo(f"attested: {said}, {each['since']} to {each['until']}{ended}")
    for each in told["certificates"]:
        ended = "" if each["valid"] else ", revoked" if each["revoked"] else ", ended"
        click.echo(f"certificate: {each['fingerprint']} until {each['until']}{ended}")
        click.echo(f"  open to it: {', '.join(each['outlets']) or 'nothing'}")
    for gap in told["missing"]:
        click.echo(f"missing: {gap}")


@member.command("list")
@shared_options
@click.pass_obj
def list_(session: Session) -> None:
    """Show all members."""
    home = session.open_home(Act.STATUS)
    told = [_document(each, today(home)) for each in acts.all_known(home)]
    if session.as_json:
        render.print_json({"members": told})
        return
    render.print_table(
        ("name", "organisation", "kind", "state", "certificates", "missing"),
        [
            (
                each["name"],
                each["organisation"],
                each["kind"],
                each["state"],
                str(sum(one["valid"] for one in each["certificates"])),
                "; ".join(each["missing"]) or "-",
            )
            for each in told
        ],
        numbers=(4,),
    )


def _changed(
    contacts: tuple[str, ...],
    uses: tuple[str, ...],
    page: str | None,
    request_file: Path | None,
    *,
    organisation: str | None = None,
    kind: MemberKind | None = None,
    replaces_key: bool = False,
    reason: str = "",
) -> Changed:
    return Changed(
        organisation=organisation,
        kind=kind,
        contacts=contacts or None,
        uses=tuple(map(Use, uses)) or None,
        page=page,
        request=None if request_file is None else read_request(request_file),
        replaces_key=replaces_key,
        reason=reason,
    )


def _tell(session: Session, found: Member, said: str) -> None:
    if session.as_json:
        render.print_json({"member": found.name, "state": found.state.value})
    else:
        click.echo(said)


def _warn(home: Home, name: str) -> None:
    for line in acts.neighbours(home, name):
        render.complain(line)


def _tell_admission(session: Session, became: Admission) -> None:
    found, now_ms = became.member, session.clock()
    if session.as_json:
        request = as_document(became.request, now_ms)
        render.print_json({"member": found.name, "state": found.state.value, "request": request})
    elif became.is_done:
        click.echo(f"{found.name} is admitted.{_alone(became.request)}")
    else:
        click.echo(sentence(Decided(became.request)))


def _tell_change(session: Session, became: Change, done: str) -> None:
    found, request = became.member, became.request
    if request is None:
        _tell(session, found, done)
    elif session.as_json:
        told = as_document(request, session.clock())
        render.print_json({"member": found.name, "state": found.state.value, "request": told})
    elif became.is_done:
        click.echo(f"{done}{_alone(request)}")
    else:
        click.echo(sentence(Decided(request)))


def _alone(request: Request) -> str:
    return "" if request.four_eyes else " Nobody else could approve; the journal says so."


def _document(known: Known, day: date) -> dict[str, Any]:
    found = known.member
    return {
        "name": found.name,
        "organisation": found.organisation,
        "kind": found.kind.value,
        "state": found.state.value,
        "contacts": list(found.contacts),
        "uses": [each.value for each in found.uses],
        "page": found.page or None,
        "signing_key": found.signing_key or None,
        "attestations": [
            {
                "ground": each.ground.value,
                "by": each.attested_by,
                "document": each.document,
                "since": each.since.isoformat(),
                "until": each.until.isoformat(),
                "holds": each.holds(day),
            }
            for each in found.attestations
        ],
        "certificates": [credential_document(each, day) for each in known.credentials],
        "missing": list(known.gaps),
    }


member.add_command(certify_)
member.add_command(revoke_)
