"""How the register came to be what it is: read from the journal, and compared with it."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from hinomi.govern.journal import Altered
from hinomi.govern.parameters import Value
from hinomi.services.home import Home
from hinomi.services.register import sanctioned_register
from hinomi.services.sanctioned import REGISTER, compared, puts_in_force


@dataclass(frozen=True, slots=True, kw_only=True)
class Change:
    """One value that changed, as an entry of the journal says."""

    entry: int
    time: str
    act: str
    name: str
    before: Value | None  # None: there was no such parameter.
    after: Value | None
    person: str
    approved_by: tuple[str, ...]
    four_eyes: bool | None  # None: the entry does not say.
    break_glass: bool
    version: str


@dataclass(frozen=True, slots=True, kw_only=True)
class History:
    """What the journal tells of the register."""

    changes: tuple[Change, ...]
    deleted: int  # Entries whose bodies are deleted: what they said of the register is not here.
    findings: tuple[str, ...]  # What does not fit.


def register_history(home: Home, name: str | None = None) -> History:
    """
    Read the changes of the register, all or those of one parameter, oldest first.

    Findings: the copy in ``sanctioned/`` is not what the journal last put in force; a run of an
    operational home cites a register that never was. Entries of before such things were kept are
    not judged.
    """
    journal = home.journal()
    changes: list[Change] = []
    ever: set[object] = set()
    foreign: list[str] = []
    kept = 0
    for entry in journal.entries():
        kept += 1
        if puts_in_force(entry, REGISTER):
            ever.add(entry.get(REGISTER))
            changes += [each for each in _changes(entry) if name in {None, each.name}]
        elif ever and REGISTER in entry and entry[REGISTER] not in ever:
            foreign.append(f"entry {entry['index']} ({entry.get('operation')})")
    ruling = sanctioned_register(home.folder)
    findings = [] if ruling is None else compared(journal, REGISTER, ruling.version)
    if foreign and not home.is_laboratory:
        more = f" and {len(foreign) - 1} more" if len(foreign) > 1 else ""
        findings.append(f"{foreign[0]}{more} cite a register that was never put in force")
    deleted = journal.head().size - kept
    return History(changes=tuple(changes), deleted=deleted, findings=tuple(findings))


def require_whole(findings: Sequence[str]) -> None:
    """
    Return if nothing was found.

    Raises:
        Altered: If something was; the message says all of it.
    """
    if findings:
        raise Altered("; ".join(findings))


def _changes(entry: Mapping[str, Any]) -> Iterator[Change]:
    mandate = entry.get("mandate")
    who = mandate.get("who") if isinstance(mandate, dict) else entry.get("who")
    values = entry.get("changed")
    told = values if isinstance(values, dict) and values else {"": [None, None]}
    for name, (before, after) in told.items():
        yield Change(
            entry=entry["index"],
            time=str(entry.get("time", "")),
            act=str(entry.get("act") or entry.get("operation")),
            name=name,
            before=before,
            after=after,
            person=str(entry.get("person") or who or ""),
            approved_by=tuple(entry.get("approved_by") or ()),
            four_eyes=entry.get("four_eyes"),
            break_glass=bool(entry.get("break_glass")),
            version=str(entry[REGISTER]),
        )
