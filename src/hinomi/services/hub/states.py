"""
What a hub keeps beside its lists, as digests in the journal: told with each list, compared later.

A signed head tells of a list and of nothing else. What the next list is weighed by, who may come in
by which certificate, and the hub's keys are held against what the journal was told of them when the
newest list was out. What people change in between stands in the journal too, and is not compared
until the next list.
"""

import hmac
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

from hinomi.govern.mandate import Mandate
from hinomi.services.home import Home
from hinomi.services.hub.founding import KEYS
from hinomi.services.mandates import Operation, record
from hinomi.store.casebook import CaseBook
from hinomi.store.durable import on_disk
from hinomi.store.hub.prints import Print
from hinomi.store.hub.snapshots import Summary

ACT: Final = "state"

_LABEL: Final = b"hinomi hub key"
_RENEWABLE: Final = ("server.", "client-authorities.")
"""Files of keys that people make anew or change."""

_BY_PEOPLE: Final = ("hub_rulings", "hub_outcomes")
_WEIGHED: Final = ("hub_weighings", "hub_histories")
"""Written before the list that they belong to: whoever is stopped in between finishes it later."""


@dataclass(slots=True, kw_only=True)
class _Since:
    """What the journal tells of since the newest list."""

    told: Mapping[str, Any] | None = None  # The digests; None: it has none.
    members: set[str] = field(default_factory=set)  # That people changed.
    keys: bool = False  # Whether they changed the hub's certificates, or whom it trusts.
    ruled: bool = False
    forgot: bool = False  # Whether retention ran.
    announced: bool = False  # Whether another list was begun.


def keep_state(home: Home, casebook: CaseBook, mandate: Mandate) -> None:
    """Tell the journal what is kept beside the newest list, in digests."""
    with casebook.snapshot():
        facts: dict[str, object] = {
            "act": ACT,
            "number": casebook.hub.snapshots.newest_number(),
            "tables": {
                each.table: [each.digest, each.oldest] for each in casebook.hub.prints.tables()
            },
            "members": casebook.hub.prints.members(),
            "keys": _keys(home.folder / KEYS),
        }
    record(home.journal(), Operation.PUBLISH, mandate, facts)


def _since(home: Home, newest: Summary) -> _Since:
    """Read the journal from the entry of the newest list on."""
    found = _Since()
    for body in home.journal().bodies(newest.entry):
        entry = body.parse()
        operation = entry.get("operation")
        if operation == Operation.PUBLISH.word:
            number = entry.get("number")
            if entry.get("act") == ACT and number == newest.number:
                found.told = entry
            found.announced |= isinstance(number, int) and number > newest.number
        elif operation == Operation.MEMBERS.word:
            if isinstance(member := entry.get("member"), str):
                found.members.add(member)
            else:
                found.keys = True
        found.ruled |= operation == Operation.RULE.word
        found.forgot |= operation == Operation.RETAIN.word
    return found


@dataclass(slots=True)
class Comparison:
    """What is kept, held against what the journal says of it."""

    left_out: list[str] = field(default_factory=list)  # What was not compared, and why; a line.

    def faults(self, home: Home, casebook: CaseBook, newest: Summary | None) -> Iterator[str]:
        """
        Yield a line for each table, member and key that is not as it was.

        Args:
            home: The hub's.
            casebook: Its, open, in a snapshot.
            newest: The newest list; None: there is none, and nothing is told of yet.
        """
        if newest is None:
            return
        since = _since(home, newest)
        if since.told is None:
            self.left_out.append(
                "tables beside the lists, members and keys: the journal has no digests of them "
                f"with snapshot {newest.number}; it gets them with the next list"
            )
            return
        yield from _table_faults(casebook, since, self.left_out)
        yield from _member_faults(casebook, since, self.left_out)
        yield from _key_faults(home, since, self.left_out)


def _told(since: _Since, part: str) -> Mapping[str, Any]:
    found = {} if since.told is None else since.told.get(part)
    return found if isinstance(found, Mapping) else {}


def _table_faults(casebook: CaseBook, since: _Since, left_out: list[str]) -> Iterator[str]:
    there = {each.table: each for each in casebook.hub.prints.tables()}
    for table, (digest, oldest) in sorted(_told(since, "tables").items()):
        found = there.get(table)
        if found is not None and found.digest == digest:
            continue
        if why := _why_not(table, found, oldest, since):
            left_out.append(f"{table}: {why}")
        else:
            yield f"{table}: its rows are not those that were there when the newest list was made"


def _why_not(table: str, found: Print | None, oldest: int | None, since: _Since) -> str:
    """Tell why a table that differs may do so; empty: it may not."""
    if table in _BY_PEOPLE and since.ruled:
        return "people decided since the newest list"
    if table in _WEIGHED and since.announced:
        return "another list was begun and is not finished"
    if table == "hub_acknowledgements" and since.forgot:
        return "retention ran since the newest list"
    if since.forgot and oldest is not None and found is not None:
        is_shorter = found.oldest is None or found.oldest > oldest
        return "retention took rows of it since the newest list" if is_shorter else ""
    return ""


def _member_faults(casebook: CaseBook, since: _Since, left_out: list[str]) -> Iterator[str]:
    told, there = _told(since, "members"), casebook.hub.prints.members()
    for name in sorted(told.keys() | there.keys()):
        if told.get(name) == there.get(name):
            continue
        if name in since.members:
            left_out.append(f"hub_members, hub_credentials: people changed {name} since then")
        else:
            yield (
                f"hub_members, hub_credentials: {name} is not as it was when the newest list was "
                "made, and nobody changed it"
            )


def _key_faults(home: Home, since: _Since, left_out: list[str]) -> Iterator[str]:
    told, there = _told(since, "keys"), _keys(home.folder / KEYS)
    for name in sorted(told.keys() | there.keys()):
        if told.get(name) == there.get(name):
            continue
        if since.keys and name.startswith(_RENEWABLE):
            left_out.append(f"{KEYS}/{name}: people changed it since the newest list")
        elif name in there:
            yield f"{KEYS}/{name}: it is not the one of when the newest list was made"
        else:
            yield f"{KEYS}/{name}: it is missing"


def _keys(folder: Path) -> dict[str, str]:
    """Give what tells each key from any other, and does not tell the key."""
    with on_disk(folder):
        return {
            path.name: hmac.digest(path.read_bytes(), _LABEL, "sha256").hex()
            for path in sorted(folder.iterdir())
            if path.is_file() and not path.name.startswith(".")
        }
