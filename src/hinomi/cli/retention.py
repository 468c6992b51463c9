"""``hinomi retention``: what is due to be deleted, and deleting it."""

from collections import Counter
from collections.abc import Sequence
from typing import Final

import click

from hinomi.cli import render
from hinomi.cli.session import Session, shared_options
from hinomi.clock import render_time
from hinomi.govern.holdings import ROWS
from hinomi.govern.parameters import Register
from hinomi.govern.retention import Item, Plan
from hinomi.govern.roles import Act
from hinomi.services.mandates import Operation
from hinomi.services.retention import Outcome, plan_retention, run_retention, unknown_files

_MANY: Final = 1000


@click.group()
@shared_options
def retention() -> None:
    """
    Show what is due to be deleted and when, and delete it.

    How long each class of data stays is for the register to say (retention.…): days from
    the end of the day, UTC, on which records arrived, or something was written.
    """


@retention.command("plan")
@click.option("--all", "is_all", is_flag=True, help="Each thing by itself, also what is not due.")
@shared_options
@click.pass_obj
def plan_(session: Session, *, is_all: bool) -> None:
    """
    Show what is due now, and when the next of each class falls due; deletes nothing.

    \b
    Examples:
      hinomi retention plan
      hinomi retention plan --all --json
    """
    home = session.open_home(Act.STATUS)
    found, unknown = plan_retention(home), unknown_files(home)
    if session.as_json:
        render.print_json({
            "now": render_time(found.now_ms),
            "due": [_document(each) for each in found.due],
            "later": [_document(each) for each in found.later],
            "kept": [
                {"class": str(row.data_class), "reason": row.reason}
                for row in ROWS
                if row.parameter is None
            ],
            "unknown": unknown,
        })  # fmt: skip
        return
    if is_all:
        _print_items([*found.due, *found.later], found.now_ms)
    else:
        _print_classes(found, home.register)
    _tell_unknown(unknown)


@retention.command("run")
@shared_options
@click.pass_obj
def run(session: Session) -> None:
    """
    Delete what is due, for good, and look afterwards whether it is gone.

    To be run once a day, by a timer. The keys of days are destroyed last: then copies of
    those days' files, in backups too, cannot be read any more. A run that was stopped is
    finished by the next one. Exits 69 and says what is left if anything is.
    """
    outcome = run_retention(session.open_home(Operation.RETAIN))
    if session.as_json:
        render.print_json({
            "removed": dict(outcome.removed),
            "looked": outcome.looked,
            "unknown": outcome.unknown,
        })  # fmt: skip
        return
    _print_outcome(outcome)


def _print_outcome(outcome: Outcome) -> None:
    for name, count in outcome.removed.items():
        if count:
            click.echo(f"{name}: {count:,} deleted")
    if not any(outcome.removed.values()):
        click.echo("Nothing was due.")
    looked = sum(outcome.looked.values())
    click.echo(f"Looked again at {looked:,} things in {len(outcome.looked)} places: none is due.")
    _tell_unknown(outcome.unknown)


def _print_classes(found: Plan, register: Register) -> None:
    due: Counter[str] = Counter()
    for each in found.due:
        due[each.held.data_class] += each.held.count
    rows = []
    for row in ROWS:
        name, coming = row.data_class, found.next_of(row.data_class)
        stays = "as long as the home"
        if row.parameter is not None:
            stays = f"{register.integer(row.parameter)} days"
        rows.append((
            str(name),
            stays,
            f"{due[name]:,}" if due[name] else "-",
            "-" if coming is None else render_time(coming.due_ms),
            row.reason,
        ))  # fmt: skip
    render.print_table(("class", "stays", "due", "next", "reason"), rows, numbers=(2,))


def _print_items(items: Sequence[Item], now_ms: int) -> None:
    render.print_table(
        ("class", "what", "count", "due", "is due"),
        [
            (
                str(each.held.data_class),
                each.held.what,
                f"{each.held.count:,}",
                render_time(each.due_ms),
                "yes" if each.due_ms <= now_ms else "",
            )
            for each in items
        ],
        numbers=(2,),
    )


def _tell_unknown(unknown: Sequence[str]) -> None:
    for name in unknown[:_MANY]:
        render.complain(f"{name}: no class of data speaks of it, so it stays; see what it is")


def _document(item: Item) -> dict[str, object]:
    return {
        "class": str(item.held.data_class),
        "what": item.held.what,
        "count": item.held.count,
        "due": render_time(item.due_ms),
        "days": item.days,
        "reason": item.reason,
    }
