"""``hinomi hub queue|show|decide``: what waits for people at the hub, and what they decide."""

from typing import Any, Final

import click

from hinomi.cli import render
from hinomi.cli.servers import read_endpoint
from hinomi.cli.session import Session, shared_options
from hinomi.hub.aggregate import Because, Outcome
from hinomi.model.case import ServiceClass
from hinomi.model.listing import render_epoch
from hinomi.model.service import render_probability
from hinomi.model.statement import Endpoint
from hinomi.services.hub.ruling import Ruled, Shown, Waiting, decide, queue, show
from hinomi.services.mandates import Operation
from hinomi.store.hub.rulings import Ruling

_CLASSES = click.Choice([each.value for each in ServiceClass if each is not ServiceClass.UNKNOWN])

WORDS: Final = {
    "agreed": "The rule holds, also without any of the members that may be dishonest: {left:.2f}.",
    "rests-on-few": "It rests on few: {members} independent member(s); without those of them that "
    "may be dishonest {left:.2f}.",
    "ruled-list": "People decided to list it.",
    "ruled-refuse": "People decided not to list it.",
    "held": "Something holds it: {codes}.",
    "refuted": "{against} independent members say that it is wrong or gone, also without those of "
    "them that may be dishonest; {support} say so or saw it.",
    "disputed": "{against} member(s) say that it is wrong or gone, {support} say so or saw it.",
    "contradicted": "{sources} other source(s) say that it is something else.",
    "few-carry": "It is listed, and too few carry that: {support} member(s).",
    "echo": "It is listed, and nobody who names it did so before: {support} member(s) may only say "
    "the list back.",
    "doubted": "{named} independent members name it, and {believed} of them are believed: what "
    "people refused before speaks against the others.",
    "silent": "It is listed, and nobody says so any more.",
    "lease-over": "Nobody carried its listing for a whole lease.",
    "contested": "It was refused before: without people it is not listed again.",
    "queued": "Number {place} of those that wait for people.",
    "queue-full": "The queue is full before it: it would be number {place}.",
}
"""What each reason says, filled with its values."""


@click.command("queue")
@click.option("--held", is_flag=True, help="What something holds back, instead.")
@click.option("--top", type=click.IntRange(1, 1000), default=50, show_default=True, metavar="N")
@shared_options
@click.pass_obj
def queue_(session: Session, held: bool, top: int) -> None:
    """
    Show which servers wait for people since the last list was made.

    Those of which the same members say the same take turns with all others, so that nobody can
    bury the queue by naming thousands.
    """
    home = session.open_home(Operation.WEIGH)
    epoch, waiting = queue(home, Outcome.HOLD if held else Outcome.QUEUE)
    days = home.register.integer("share.epoch_days")
    if session.as_json:
        render.print_json(
            {
                "epoch": None if epoch is None else render_epoch(epoch, days),
                "waiting": len(waiting),
                "servers": [_waiting_document(each) for each in waiting[:top]],
            }
        )
        return
    render.print_table(
        ("server", "listed", "probability", "members", "methods", "against", "why"),
        [
            (
                str(each.weighing.endpoint),
                "yes" if each.is_listed else "no",
                render_probability(each.weighing.posterior),
                str(each.weighing.members),
                str(each.weighing.methods),
                str(each.weighing.against),
                " ".join(str(why["code"]) for why in each.weighing.reasons),
            )
            for each in waiting[:top]
        ],
        numbers=(2, 3, 4, 5),
    )
    click.echo(f"{len(waiting):,} waiting." if waiting else "Nothing waits.")


@click.command("show")
@click.argument("address")
@click.argument("protocol")
@click.argument("port")
@shared_options
@click.pass_obj
def show_(session: Session, address: str, protocol: str, port: str) -> None:
    """
    Show what is known of ADDRESS PROTOCOL PORT, who says so, and what would become of it now.

    Names of members are for people of the hub alone. Exits 66 if nobody names the server.
    """
    endpoint = read_endpoint(address, protocol, port)
    found = show(session.open_home(Operation.WEIGH), endpoint)
    if session.as_json:
        render.print_json(_shown_document(found))
        return
    decision = found.decision
    listed = "not listed" if found.entry is None else f"listed, {found.entry.service_class}"
    click.echo(f"{endpoint}: {listed}; {decision.outcome} in {found.epoch}")
    click.echo(
        f"probability {render_probability(decision.posterior)}, {decision.members} member(s), "
        f"{decision.methods} method(s), {decision.against} member(s) against"
    )
    for why in decision.reasons:
        click.echo(render.fold(sentence(why), indent=2))
    for hold in found.holds:
        click.echo(render.fold(f"{hold.code}: {hold.text}", indent=2))
    render.print_table(
        ("source", "says", "method", "worth", "one with", "as of"),
        [
            (
                each.source,
                each.word if each.is_exact else f"{each.word} (address)",
                each.method.value,
                f"{each.worth:.2f}",
                "-" if each.group == each.source else each.group,
                render_epoch(each.day, 1),
            )
            for each in found.witnesses
        ],
        numbers=(3,),
    )
    for ruling in found.rulings:
        who = ruling.said_by + (f", {ruling.approved_by}" if ruling.approved_by else "")
        until = render_epoch(ruling.until, found.epoch.days)
        click.echo(f"{ruling.finding}, {ruling.service_class}, by {who} until {until}:")
        click.echo(render.fold(ruling.reason, indent=2))


@click.command("decide")
@click.argument("address")
@click.argument("protocol")
@click.argument("port")
@click.option(
    "--finding",
    required=True,
    type=click.Choice(["list", "refuse"]),
    help="What shall become of it from the next list on.",
)
@click.option("--class", "kind", type=_CLASSES, help="What kind of server it is.")
@click.option("--gone", is_flag=True, help="It was one and is none any more: nobody was wrong.")
@click.option("--reason", required=True, metavar="TEXT", help="Why, in your words.")
@shared_options
@click.pass_obj
def decide_(
    session: Session,
    address: str,
    protocol: str,
    port: str,
    finding: str,
    kind: str | None,
    gone: bool,
    reason: str,
) -> None:
    """
    Decide what becomes of ADDRESS PROTOCOL PORT, for `hub.ruling_days`.

    To list it takes two people: the first asks by this command, the second gives the same one.
    To refuse it, or take it off the list, takes one.
    """
    endpoint = read_endpoint(address, protocol, port)
    done = decide(
        session.open_home(Operation.RULE),
        endpoint,
        is_listed=finding == "list",
        reason=reason,
        service_class=ServiceClass.UNKNOWN if kind is None else ServiceClass(kind),
        gone=gone,
    )
    if session.as_json:
        render.print_json(_ruled_document(endpoint, finding, done))
    elif done.ruling is None:
        click.echo(f"Request {done.request}: another person has to decide the same.")
    else:
        click.echo(f"{endpoint}: {finding}, from the next list on.")


def sentence(why: Because) -> str:
    """Say a reason in English."""
    return WORDS[why.code].format_map(why.values)


def _waiting_document(waiting: Waiting) -> dict[str, Any]:
    weighing = waiting.weighing
    return {
        **weighing.endpoint.render(),
        "listed": waiting.is_listed,
        "outcome": weighing.outcome,
        "posterior": weighing.posterior,
        "members": weighing.members,
        "methods": weighing.methods,
        "against": weighing.against,
        "class": weighing.service_class.value,
        "reasons": [dict(each) for each in weighing.reasons],
    }


def _shown_document(found: Shown) -> dict[str, Any]:
    decision = found.decision
    return {
        **decision.endpoint.render(),
        "epoch": str(found.epoch),
        "listed": found.entry is not None,
        "outcome": decision.outcome.value,
        "posterior": decision.posterior,
        "members": decision.members,
        "methods": decision.methods,
        "against": decision.against,
        "class": decision.service_class.value,
        "reasons": [
            {"code": why.code, **why.values, "text": sentence(why)} for why in decision.reasons
        ],
        "holds": [
            {"code": each.code, "text": each.text, "lift": each.lift.value} for each in found.holds
        ],
        "sources": [
            {
                "source": each.source,
                "says": each.word,
                "method": each.method.value,
                "worth": round(each.worth, 4),
                "one_with": each.group,
                "member": each.is_member,
                "exact": each.is_exact,
                "as_of": render_epoch(each.day, 1),
            }
            for each in found.witnesses
        ],
        "rulings": [_ruling_document(each, found.epoch.days) for each in found.rulings],
    }


def _ruling_document(ruling: Ruling, epoch_days: int) -> dict[str, Any]:
    return {
        "finding": ruling.finding.value,
        "class": ruling.service_class.value,
        "by": ruling.said_by,
        "approved_by": ruling.approved_by.split(),
        "since": render_epoch(ruling.epoch, epoch_days),
        "until": render_epoch(ruling.until, epoch_days),
        "reason": ruling.reason,
    }


def _ruled_document(endpoint: Endpoint, finding: str, done: Ruled) -> dict[str, Any]:
    return {
        **endpoint.render(),
        "finding": finding,
        "done": done.ruling is not None,
        "request": done.request,
        "answered": done.answered,
    }
