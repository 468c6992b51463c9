"""Whom a copy of the list was made for that turned up where it should not be; journalled."""

import re
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from hinomi.errors import NotFound, UsageError
from hinomi.govern.note import BadNote
from hinomi.model.member import MemberState
from hinomi.services.auditing import read_text
from hinomi.services.home import Home
from hinomi.services.hub.founding import envelope_signer, identity_key
from hinomi.services.mandates import Operation, record
from hinomi.share.envelope import check_envelope, trace

_MARK: Final = re.compile(r"[0-9a-f]{32}")


@dataclass(frozen=True, slots=True, kw_only=True)
class Traced:
    """Which copy of the list it is."""

    member: str
    state: MemberState  # Of the member, now: it may have left since.
    number: int  # Of the snapshot.
    mark: str
    is_signed: bool  # It came as an envelope, whose signature by this hub holds.


def trace_copy(home: Home, found: str) -> Traced:
    """
    Find the member and the snapshot that a copy was made for.

    Every copy that could have been made comes into question: of each member that the hub knows,
    also those that have left or are suspended, and each number that was published, also where the
    list itself is not kept any more.

    Args:
        home: The hub's.
        found: What was found: the mark, 32 hexadecimal digits, or the path of the envelope.

    Raises:
        NotFound: If no copy bears this mark, or there is no such file.
        BadNote: If the file is no envelope, or not signed by this hub.
        UsageError: If nothing is said.
        NotPermitted: If the acting person may not ask, or this home is no hub.
    """
    mandate = home.mandate(Operation.TRACE)
    mark, is_signed = _mark_of(home, found)
    record(home.journal(), Operation.TRACE, mandate, {"act": "trace", "mark": mark})
    with home.casebook() as casebook:
        states = {each.name: each.state for each in casebook.hub.members.all()}
        # What turns up is more often new than old.
        numbers = range(casebook.hub.snapshots.newest_number(), 0, -1)
        copy = trace(mark, identity_key(home), states, numbers)
    facts: dict[str, object] = {"act": "traced", "mark": mark, "found": copy is not None}
    if copy is not None:
        facts |= {"member": copy[0], "number": copy[1]}
    record(home.journal(), Operation.TRACE, mandate, facts)
    if copy is None:
        raise NotFound(
            f"no copy of snapshots 1 to {len(numbers)} bears this mark, for any of "
            f"{len(states)} members: it is not of this hub, or was changed"
        )
    member, number = copy
    return Traced(
        member=member, state=states[member], number=number, mark=mark, is_signed=is_signed
    )


def _mark_of(home: Home, found: str) -> tuple[str, bool]:
    """Give the mark that *found* is or holds, and whether the hub's signature stands by it."""
    said = found.strip()
    if not said:
        raise UsageError("name a mark of 32 hexadecimal digits, or the file of an envelope")
    if _MARK.fullmatch(said.lower()):
        return said.lower(), False
    try:
        envelope = check_envelope(read_text(Path(found)), envelope_signer(home).verifier)
    except BadNote as error:
        raise BadNote(
            f"{found}: {error}; if a mark of 32 hexadecimal digits stands in it, give that alone"
        ) from error
    return envelope.mark, True
