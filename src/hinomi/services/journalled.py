"""
A request's file held against the journal: files can be written by hand, signed entries cannot.

The journal has an entry for each step, with the seal in place of the content.
"""

from collections.abc import Mapping
from typing import Final

from hinomi.errors import NotPermitted
from hinomi.govern.approvals import Request
from hinomi.services.home import Home

OPERATION: Final = "approvals"
"""What entries of requests are called."""


def require_journalled(home: Home, found: Request) -> None:
    """
    Compare what the file of a request says with the entries of the journal that it names.

    A file that somebody wrote or put back by hand gives no leave: neither an approval that the
    journal lacks, nor one that was used, nor one whose time is over.

    Raises:
        NotPermitted: If they differ; the line says in what.
    """
    fault = None
    asked = _entry_of(home, found, found.entry, "ask", found.by)
    if asked is None or asked.get("needed") != found.needed:
        fault = f"entry {found.entry} does not say that it was asked so"
    for each in found.approved:
        if _entry_of(home, found, each.entry, "approve", each.by) is None:
            fault = f"entry {each.entry} does not say that {each.by} approved"
    if len({each.by for each in found.approved} - {found.by}) < found.needed:
        fault = f"fewer than {found.needed} other(s) approved"
    last = max([found.entry, *(each.entry for each in found.approved)])
    if fault is None:
        decided_ms = home.journal().leaf(last).time_ms
        if home.clock() >= decided_ms + home.register.integer("approvals.valid_ms"):
            fault = "its approval ended"
    for body in home.journal().bodies(last + 1):
        if _is_of(found, body.parse(), "use"):
            fault = f"entry {body.index} says that it was used"
    if fault is not None:
        raise NotPermitted(f"request {found.id} and the journal differ: {fault}; ask again")


def _entry_of(
    home: Home, found: Request, entry: int, act: str, by: str
) -> dict[str, object] | None:
    """Read the entry of an act on a request; None if the journal has no such one there."""
    journal = home.journal()
    body = journal.body(entry) if 0 <= entry < journal.head().size else None
    if body is None or body.leaf() != journal.leaf(entry):
        return None
    told = body.parse()
    return told if _is_of(found, told, act) and told.get("person") == by else None


def _is_of(found: Request, told: Mapping[str, object], act: str) -> bool:
    facts = [told.get(each) for each in ("operation", "act", "request", "seal")]
    return facts == [OPERATION, act, found.id, found.seal] and "refused" not in told
