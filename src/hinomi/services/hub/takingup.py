"""
Snapshots as files: handed out to who has no network, and taken up where the hub lost its own.

A folder has ``NUMBER.head``, the signed note, and beside it ``NUMBER.json`` and ``NUMBER.csv`` of
the snapshots whose list is kept. A member's home has the same in folders of its own, as
``NUMBER.note`` and ``NUMBER.json``, and is taken as it is. To take one up the head suffices, since
it bears the hub's own signature; the list is wanted of the newest one.
"""

from dataclasses import dataclass
from pathlib import Path
from typing import Final

from hinomi.errors import Conflict, MalformedDocument, NotFound
from hinomi.govern.approvals import Request, State
from hinomi.govern.mandate import Mandate
from hinomi.govern.note import BadNote
from hinomi.hub.publish import Changes, carry_on, snapshot_of
from hinomi.model.listing import render_epoch
from hinomi.model.snapshot import Snapshot
from hinomi.model.statement import Endpoint
from hinomi.services import approvals
from hinomi.services.home import Home
from hinomi.services.hub.founding import list_signer
from hinomi.services.hub.restored import note_proven
from hinomi.services.hub.scrutiny import asked
from hinomi.services.hub.states import keep_state
from hinomi.services.mandates import Operation, record
from hinomi.services.wording import one_line
from hinomi.share.snapshot import (
    Head,
    check_head,
    read_head,
    render_csv,
    render_json,
    require_body,
    require_next,
)
from hinomi.store.casebook import CaseBook
from hinomi.store.durable import built_folder, on_disk
from hinomi.store.hub.snapshots import Published
from hinomi.telemetry import mask_addresses

_LIST_MOST = 2**28
"""No list is so large, in bytes: a file of another kind is not read into memory."""

_HEADS: Final = (".head", ".note")
_MEMBERS_FOLDERS: Final = ("heads", "lists", "hub/heads", "hub/lists")
"""Where `services.membership.holding` has them, seen from its own folder and from the home."""


@dataclass(frozen=True, slots=True)
class Found:
    """One snapshot in a folder."""

    head: Head
    note: str
    body: bytes  # Canonical JSON; empty: there is none.


@dataclass(frozen=True, slots=True, kw_only=True)
class Shown:
    """One line about a snapshot."""

    number: int
    day: str  # First of its epoch.
    digest: str
    is_kept: bool  # Whether its list is.


@dataclass(frozen=True, slots=True, kw_only=True)
class Wanted:
    """Which snapshots shall go out as files, and to whom."""

    first: int
    last: int
    recipient: str
    reason: str  # What whoever approves is told, where nobody was asked yet.


@dataclass(frozen=True, slots=True, kw_only=True)
class Exported:
    """What became of the wish to hand snapshots out: done, or waiting for another person."""

    count: int  # 0: it waits.
    request: Request


def list_snapshots(home: Home) -> tuple[Shown, ...]:
    """Tell of all snapshots of a hub, by number."""
    home.mandate(Operation.WEIGH)
    with home.casebook() as casebook, casebook.snapshot():
        store = casebook.hub.snapshots
        kept = store.kept()
        return tuple(
            Shown(
                number=each.number,
                day=render_epoch(each.epoch, read_head(each.head).epoch_days),
                digest=each.digest,
                is_kept=each.number in kept,
            )
            for each in store.summaries()
        )


def show_snapshot(home: Home, number: int, *, whole: bool = False) -> Published:
    """
    Give one snapshot as it was published; that somebody sees all of it is journalled.

    Args:
        home: The hub's.
        number: Of the snapshot.
        whole: Whether its list is shown, and not its head alone.

    Raises:
        NotFound: If there is none of this number, or its list is not kept any more.
    """
    mandate = home.mandate(Operation.WEIGH)
    with home.casebook() as casebook:
        found = casebook.hub.snapshots.get(number)
        if whole:
            facts = {"act": "show snapshot", "number": number, "digest": found.digest}
            record(home.journal(), Operation.WEIGH, mandate, facts)
        return found


def export_snapshots(home: Home, wanted: Wanted, folder: Path) -> Exported:
    """
    Write snapshots into a new folder, or ask another person for leave to.

    The whole list goes to a party, as it does by letting in a member: that takes four eyes. The
    approval is of these numbers for this recipient.

    Raises:
        UsageError: If nobody, or not in words of one line, is named as the recipient.
        NotFound: If there is none of these numbers.
        NotPermitted: If the acting person may not ask.
        Conflict: If *folder* holds something.
        Unavailable: If the disk refuses.
    """
    mandate = home.mandate(Operation.SERVE)
    recipient = one_line(wanted.recipient, "the recipient")
    with home.casebook() as casebook:
        first, last = wanted.first, wanted.last
        numbers = [
            number
            for number, _ in casebook.hub.snapshots.heads(first - 1, last - first + 1)
            if number <= last
        ]
        if not numbers:
            raise NotFound(f"no snapshot has a number from {first} to {last}")
        what: dict[str, object] = {
            "act": "export snapshots",
            "first": numbers[0],
            "last": numbers[-1],
            "recipient": recipient,
        }
        request = asked(home, what, wanted.reason)
        if request.state_at(home.clock()) is not State.APPROVED:
            return Exported(count=0, request=request)
        with built_folder(folder) as building, on_disk(folder):
            for number in numbers:
                _write(building, casebook, number)
            _, approval = approvals.take(home, request.id)
            facts = {
                "act": "export",
                "first": numbers[0],
                "last": numbers[-1],
                "recipient": mask_addresses(recipient),
                "request": approval.request,
                "approved_by": list(approval.approved_by),
                "four_eyes": approval.four_eyes,
            }
            record(home.journal(), Operation.SERVE, mandate, facts)
    return Exported(count=len(numbers), request=request)


def take_up(home: Home, folder: Path) -> tuple[int, ...]:
    """
    Take up the snapshots in *folder* that come after the newest one here.

    All of them bear this hub's signature and follow on each other, or none is taken up.

    Args:
        home: The hub's.
        folder: As `export_snapshots` writes it; a member's home, its ``hub`` folder, or a copy of
            what is in there.

    Returns:
        Their numbers.

    Raises:
        NotFound: If none comes after the newest one here.
        BadNote: If one is not signed by this hub, or its list is another one.
        MalformedDocument: If a list is none, or nothing but files of another kind is there.
        Conflict: If they do not follow on what is here, or the list of the newest is missing.
    """
    mandate = home.mandate(Operation.PUBLISH)
    with home.casebook() as casebook:
        newest = casebook.hub.snapshots.summary()
        held = None if newest is None else read_head(newest.head)
        found = _found(home, folder, 0 if held is None else held.number)
        require_next(held, tuple(each.head for each in found))
        if held is None and found[0].head.number != 1:
            raise Conflict("there is no snapshot here: take them up from number 1 on")
        if not found[-1].body:
            raise Conflict(
                f"{folder}: the list of snapshot {found[-1].head.number} is missing, and without "
                "it nobody knows what stands on it; a member has it in hub/lists"
            )
        for each in found:
            _keep(home, casebook, each, mandate)
        keep_state(home, casebook, mandate)
    return tuple(each.head.number for each in found)


def _write(folder: Path, casebook: CaseBook, number: int) -> None:
    summary = casebook.hub.snapshots.summary(number)
    if summary is None:
        return
    (folder / f"{number}.head").write_text(summary.head, "utf-8")
    kept = casebook.hub.snapshots.find(number)
    if kept is not None:
        (folder / f"{number}.json").write_bytes(kept.json)
        (folder / f"{number}.csv").write_bytes(kept.csv)


@dataclass(slots=True)
class _Files:
    """What a folder holds, by what the names of its files say."""

    heads: list[Path]
    lists: dict[int, Path]  # By number.
    others: list[Path]  # What neither is.

    @classmethod
    def in_(cls, folder: Path) -> "_Files":
        """
        Look into a folder of this hub's, or a member's as it is: its home, or what is in there.

        Raises:
            NotFound: If there is no such folder.
        """
        if not folder.is_dir():
            raise NotFound(f"{folder}: there is no such folder")
        inner = [folder / each for each in _MEMBERS_FOLDERS if (folder / each).is_dir()]
        found = cls([], {}, [])
        for path in sorted(each for place in inner or [folder] for each in place.iterdir()):
            if path.suffix in _HEADS:
                found.heads.append(path)
            elif path.suffix == ".json" and path.stem.isdecimal():
                found.lists[int(path.stem)] = path
            elif path.is_file() and path.suffix != ".csv":
                found.others.append(path)
        return found

    def require_understood(self) -> None:
        """
        Return if every file here is of a kind that is known, and none lacks its other half.

        Raises:
            MalformedDocument: If not, about the first such file.
        """
        if self.others:
            raise MalformedDocument(
                "is nothing of a snapshot: wanted are NUMBER.head as `hinomi hub snapshot export` "
                "writes it, or NUMBER.note as a member has it in hub/heads, and NUMBER.json",
                str(self.others[0]),
            )
        if self.lists and not self.heads:
            raise MalformedDocument(
                "is a list without its signed head: a member has that in hub/heads, copy it too",
                str(self.lists[max(self.lists)]),
            )


def _found(home: Home, folder: Path, after: int) -> list[Found]:
    """Read the snapshots of a folder that come after number *after*, by number."""
    with on_disk(folder):
        files = _Files.in_(folder)
        heads = _heads(home, files, after)
        found = []
        for number, (head, note) in sorted(heads.items()):
            listed, body = files.lists.get(number), b""
            if listed is not None and listed.stat().st_size <= _LIST_MOST:
                body = listed.read_bytes()
                require_body(head, body, str(listed))
            found.append(Found(head, note, body))
    if heads:
        note_proven(home, max(heads))
        return found
    files.require_understood()
    if not files.heads:
        raise NotFound(f"{folder}: there is no file of a snapshot in it")
    if later := [each for number, each in sorted(files.lists.items()) if number > after]:
        raise MalformedDocument("is a list whose signed head is missing", str(later[0]))
    raise NotFound(f"{folder}: no snapshot in it comes after number {after}")


def _heads(home: Home, files: _Files, after: int) -> dict[int, tuple[Head, str]]:
    """Read the signed heads after number *after*, by their number."""
    verifier = list_signer(home).verifier
    found: dict[int, tuple[Head, str]] = {}
    for path in files.heads:
        if path.stem.isdecimal() and int(path.stem) <= after:
            continue
        note = path.read_text("utf-8", "replace")
        try:
            head = check_head(note, verifier)
        except BadNote as error:
            raise BadNote(f"{path}: {error}") from error
        known, _ = found.setdefault(head.number, (head, note))
        if known != head:
            raise Conflict(f"{path}: two snapshots bear the number {head.number}, both signed here")
    return {number: each for number, each in found.items() if number > after}


def _keep(home: Home, casebook: CaseBook, found: Found, mandate: Mandate) -> None:
    """Keep one snapshot as it was signed, with what it changes of the list."""
    head, store = found.head, casebook.hub.snapshots
    snapshot = require_body(head, found.body) if found.body else None
    versions = () if snapshot is None else _changes(casebook, snapshot).versions
    facts = {"act": "take up", "number": head.number, "digest": head.json_digest}
    entry = record(home.journal(), Operation.PUBLISH, mandate, facts)
    store.seal(head.epoch)
    store.publish(
        Published(
            number=head.number,
            epoch=head.epoch,
            previous=head.previous,
            digest=head.json_digest,
            head=found.note,
            json=found.body,
            csv=b"" if snapshot is None else render_csv(snapshot),
            entry=entry,
        ),
        versions,
    )


def _changes(casebook: CaseBook, snapshot: Snapshot) -> Changes:
    """Tell what the list of a snapshot that came back changes of what stands here."""
    store = casebook.hub.snapshots
    wanted = {
        Endpoint(each.address, each.proto, each.port): each.service_class
        for each in snapshot.listings
    }
    until = {each.valid_until for each in snapshot.listings} or {snapshot.epoch}
    changes = carry_on(
        store.standing(), wanted, store.episodes(), epoch=snapshot.epoch, until=max(until)
    )
    again = snapshot_of(
        changes.standing,
        hub=snapshot.hub,
        number=snapshot.number,
        epoch=snapshot.epoch,
        epoch_days=snapshot.epoch_days,
        previous=snapshot.previous,
    )
    if render_json(again) != render_json(snapshot):
        raise Conflict(f"snapshot {snapshot.number} was made by other rules than those of today")
    return changes
