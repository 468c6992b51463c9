"""
What keeps a hub that came back from a backup from telling another history than before.

Members refuse a snapshot that does not follow on the one they have. So a hub that lost snapshots
must not number others in their place: it waits until they are back (`services.hub.takingup`), or
makes the same bytes again.
"""

from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import msgspec

from hinomi.errors import ConfigError, Conflict
from hinomi.model.listing import parse_epoch
from hinomi.services.home import Home
from hinomi.services.mandates import Operation, record
from hinomi.share.snapshot import Head
from hinomi.store.durable import on_disk, replace_durably
from hinomi.store.hub.snapshots import Summary
from hinomi.store.journal import FileJournal
from hinomi.store.leftovers import delete

MARK: Final = "hub.restored"
"""Lies in a restored home until somebody has made sure of its snapshots, and of its members."""

DONE: Final = "done"
"""Stage of the entry that follows on a snapshot that is out."""


class Restored(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """From what a home was restored."""

    number: int  # Of the newest snapshot in the backup; 0: there was none.
    made: str  # When the backup was made, ISO 8601.
    proven: int = 0  # The highest number of which a signed head was shown here since.


@dataclass(frozen=True, slots=True)
class Told:
    """What one entry of the journal tells of a snapshot."""

    entry: int  # Its index.
    number: int
    day: str  # First of its epoch.
    digest: str  # Of the JSON.
    stage: str  # `DONE`, or empty: it was about to be published.


def mark_restored(folder: Path, found: Restored) -> None:
    """Let the home at *folder* publish and answer nothing until `resume`."""
    replace_durably(folder / MARK, msgspec.json.encode(found), mode=0o600)


def restored(home: Home) -> Restored | None:
    """
    Tell whether this home was restored and waits; None: it goes on as ever.

    Raises:
        ConfigError: If what says so is damaged.
    """
    path = home.folder / MARK
    try:
        return msgspec.json.decode(path.read_bytes(), type=Restored)
    except FileNotFoundError:
        return None
    except (OSError, msgspec.DecodeError) as error:
        raise ConfigError(f"{path} is damaged; `hinomi hub resume` takes it away") from error


def note_proven(home: Home, number: int) -> None:
    """Remember that a head of snapshot *number*, which this hub signed, was shown to it."""
    try:
        found = restored(home)
    except ConfigError:
        return  # Whoever resumes is told of what is damaged.
    if found is not None and number > found.proven:
        mark_restored(home.folder, msgspec.structs.replace(found, proven=number))


def require_taken_up(home: Home) -> None:
    """
    Return unless this home was restored, and nobody has made sure what it lacks.

    Raises:
        Conflict: If so.
    """
    found = restored(home)
    if found is not None:
        raise Conflict(
            f"this home was restored from a backup of {found.made} that ends with snapshot "
            f"{found.number}: take up what was published since, from a member or a witness "
            "(`hinomi hub snapshot take`), then say which is the newest (`hinomi hub resume`)"
        )


def require_resumed(home: Home) -> None:
    """
    Return unless this home was restored, and nobody has resumed it: members must get nothing.

    Whoever was suspended after the backup was made is a member again here, with its certificates.

    Raises:
        ConfigError: If so.
    """
    found = restored(home)
    if found is not None:
        raise ConfigError(
            f"this home was restored from a backup that ends with snapshot {found.number}, and who "
            "was suspended since is not: suspend them and revoke their certificates again, take up "
            "what was published since, then `hinomi hub resume`, then serve"
        )


def resume(home: Home, newest: int) -> None:
    """
    Let a restored home publish, and answer members, again.

    Args:
        home: The hub's.
        newest: The highest number that any member or witness has; 0: none has any.

    Raises:
        Conflict: If this hub does not have that one.
    """
    mandate = home.mandate(Operation.PUBLISH)
    with home.casebook() as casebook:
        held = casebook.hub.snapshots.newest_number()
        shown = max(casebook.hub.snapshots.acknowledged().values(), default=0)
    shown = max(shown, _proven(home))
    if held < max(newest, shown):
        why = "" if newest >= shown else ", which was out, as what was shown to this hub proves"
        raise Conflict(
            f"the newest snapshot here is {held}: take up those to {max(newest, shown)}{why}, "
            "from a member or a witness first (`hinomi hub snapshot take`)"
        )
    record(home.journal(), Operation.PUBLISH, mandate, {"act": "resume", "newest": held})
    with on_disk(home.folder / MARK):
        delete(home.folder / MARK)


def _proven(home: Home) -> int:
    """Give the highest number that a signed head, or the journal, shows to be out; 0: none does."""
    told = [each.number for each in told_of(home.journal(), 0) if each.stage == DONE]
    try:
        found = restored(home)
    except ConfigError:
        found = None
    return max([*told, 0 if found is None else found.proven], default=0)


def require_not_behind(
    journal: FileJournal, newest: Summary | None, sealed: Collection[int], head: Head
) -> None:
    """
    Return if nothing that the journal tells of would be published a second time, and otherwise.

    Args:
        journal: Of the hub.
        newest: The newest snapshot that the database has.
        sealed: Epochs whose list had been begun by then, as the database says.
        head: Of the snapshot that is about to be published.

    Raises:
        Conflict: If the database is older than the journal, and *head* is not of the bytes that
            the journal names.
    """
    for told in told_of(journal, 0 if newest is None else newest.entry):
        if newest is not None and told.number <= newest.number:
            continue
        epoch = parse_epoch(told.day, head.epoch_days)
        same = (told.number, epoch, told.digest) == (head.number, head.epoch, head.json_digest)
        if not same and (told.stage == DONE or epoch not in sealed):
            raise Conflict(
                f"the journal tells of snapshot {told.number}, and the database does not have it: "
                "it is older than the journal, and what would be published now differs; take it "
                "up from a member or a witness (`hinomi hub snapshot take`)"
            )


def told_of(journal: FileJournal, first: int) -> Iterator[Told]:
    """Yield what the journal tells of snapshots that were published, from entry *first* on."""
    for body in journal.bodies(first):
        yield from told_in(body.index, body.parse())


def told_in(index: int, entry: Mapping[str, object]) -> Iterator[Told]:
    """Yield what the one entry with the number *index* tells, if it is about a snapshot."""
    number, day, digest = entry.get("number"), entry.get("epoch"), entry.get("digest")
    if (
        entry.get("operation") == Operation.PUBLISH.word
        and isinstance(number, int)
        and isinstance(day, str)
        and isinstance(digest, str)
    ):
        yield Told(index, number, day, digest, str(entry.get("stage", "")))
