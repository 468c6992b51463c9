"""
The list of an epoch: made once, from what was said of the epochs before, and signed.

The same statements give the same bytes, in whichever order and at whatever time of the epoch they
came. Before anything is weighed the epoch is sealed: what comes later counts for the next list, and
a process that is killed leaves the list made, or not made, and then it is made again, the same. The
journal says first which bytes will be published, and afterwards that they were.
"""

from dataclasses import dataclass

from hinomi.clock import render_time
from hinomi.errors import Conflict
from hinomi.hub.publish import Changes, next_entries, snapshot_of
from hinomi.model.snapshot import NO_PREVIOUS
from hinomi.services.home import Home
from hinomi.services.hub.corroborating import conclude
from hinomi.services.hub.epochs import (
    Epoch,
    due_ms,
    lease_epochs,
    present_epoch,
    require_not_ahead,
)
from hinomi.services.hub.figures import keep_figures
from hinomi.services.hub.founding import list_signer
from hinomi.services.hub.restored import require_not_behind, require_taken_up
from hinomi.services.hub.statements import require_whole
from hinomi.services.hub.states import keep_state
from hinomi.services.hub.weighing import Weighed, keep_weighings, weigh_statements
from hinomi.services.mandates import Operation, record
from hinomi.share.snapshot import Head, head_over, read_head, render_csv, render_json, sign_head
from hinomi.store.casebook import CaseBook
from hinomi.store.hub.snapshots import Published, Summary


@dataclass(frozen=True, slots=True, kw_only=True)
class Made:
    """What became of an epoch."""

    number: int
    epoch: Epoch
    listed: int
    new: int
    renewed: int
    ended: int


@dataclass(frozen=True, slots=True, kw_only=True)
class _Drafted:
    """A list that is made and not yet published."""

    weighed: Weighed
    changes: Changes
    head: Head
    json: bytes
    csv: bytes
    made: Made


def publish(home: Home, *, after_pause: bool = False) -> Made:
    """
    Make the list of the present epoch.

    Args:
        home: The hub's.
        after_pause: Also if more than ``hub.pause_epochs`` have passed since the newest list: a
            person has looked at the clock. The journal is told.

    Raises:
        Conflict: If it is made already; if the newest list is of a later epoch, or of one too long
            ago; or if the journal tells of a snapshot that the database does not have, and this
            one would be another.
        MalformedDocument: If what a member said is not as it was signed: nothing is done then.
    """
    mandate = home.mandate(Operation.PUBLISH)
    require_taken_up(home)
    now = present_epoch(home)
    signer = list_signer(home)
    with home.casebook() as casebook:
        newest = _require_unmade(home, casebook, now, after_pause=after_pause)
        require_whole(home, casebook, now)
        sealed = casebook.hub.snapshots.sealed()
        casebook.hub.snapshots.seal(now.number)
        conclude(home, casebook, now)
        draft = _draft(home, casebook, now, newest)
        head = draft.head
        require_not_behind(home.journal(), newest, sealed, head)
        facts: dict[str, object] = {
            "number": head.number,
            "epoch": str(now),
            "digest": head.json_digest,
            "listed": draft.made.listed,
            "new": draft.made.new,
            "ended": draft.made.ended,
            "register": home.register.version,
        }
        if after_pause and newest is not None:
            facts["after_pause"] = now.number - newest.epoch
        entry = record(home.journal(), Operation.PUBLISH, mandate, facts)
        keep_weighings(casebook, draft.weighed)
        casebook.hub.snapshots.publish(
            Published(
                number=head.number,
                epoch=head.epoch,
                previous=head.previous,
                digest=head.json_digest,
                head=sign_head(head, signer),
                json=draft.json,
                csv=draft.csv,
                entry=entry,
            ),
            draft.changes.versions,
            draft.weighed.named,
        )
        record(home.journal(), Operation.PUBLISH, mandate, {"stage": "done", **facts})
        keep_figures(home, casebook)
        keep_state(home, casebook, mandate)
    return draft.made


def preview(home: Home, *, after_pause: bool = False) -> Made:
    """
    Tell what the list of the present epoch would be, from what was said so far; nothing changes.

    Raises:
        Conflict: If it is made already, or would not be made by this clock.
    """
    home.mandate(Operation.PUBLISH)
    now = present_epoch(home)
    with home.casebook() as casebook:
        newest = _require_unmade(home, casebook, now, after_pause=after_pause)
        return _draft(home, casebook, now, newest).made


def require_window_over(home: Home) -> None:
    """
    Return if members have had their time to say what they found in the epoch before.

    Raises:
        Conflict: If they may still do so (``hub.publish_after_minutes``).
    """
    now = present_epoch(home)
    opens_ms = due_ms(home, now)
    if home.clock() < opens_ms:
        raise Conflict(
            f"members may submit until {render_time(opens_ms)} (hub.publish_after_minutes); "
            "wait, or publish without what still comes by --now"
        )


def _require_unmade(
    home: Home, casebook: CaseBook, now: Epoch, *, after_pause: bool
) -> Summary | None:
    """Give the newest snapshot, if it is of an earlier epoch, not long ago and of this length."""
    newest = casebook.hub.snapshots.summary()
    if newest is None:
        return None
    days = read_head(newest.head).epoch_days
    if days != now.days:
        raise Conflict(
            f"epochs of this hub are {days} days long, and share.epoch_days says {now.days}: their "
            "numbers would go back, and no member would follow; put it back"
        )
    require_not_ahead(now, newest.epoch, f"snapshot {newest.number}")
    if newest.epoch == now.number:
        raise Conflict(f"the list of {now} is made already, as snapshot {newest.number}")
    pause, most = now.number - newest.epoch, home.register.integer("hub.pause_epochs")
    if pause > most and not after_pause:
        raise Conflict(
            f"by the clock it is {now}, and the newest list is of {Epoch(newest.epoch, days)}: "
            f"{pause:,} epochs, more than {most:,} (hub.pause_epochs); look at the clock, and if "
            "it is right, run `hinomi hub publish --after-pause` once"
        )
    return newest


def _draft(home: Home, casebook: CaseBook, now: Epoch, newest: Summary | None) -> _Drafted:
    store = casebook.hub.snapshots
    weighed = weigh_statements(home, casebook, now)
    changes = next_entries(
        store.standing(),
        weighed.wanted,
        store.episodes(),
        epoch=now.number,
        lease_epochs=lease_epochs(home),
    )
    snapshot = snapshot_of(
        changes.standing,
        hub=list_signer(home).name,
        number=1 if newest is None else newest.number + 1,
        epoch=now.number,
        epoch_days=now.days,
        previous=NO_PREVIOUS if newest is None else newest.digest,
    )
    json, csv = render_json(snapshot), render_csv(snapshot)
    return _Drafted(
        weighed=weighed,
        changes=changes,
        head=head_over(snapshot, json, csv),
        json=json,
        csv=csv,
        made=_told(snapshot.number, now, changes),
    )


def _told(number: int, now: Epoch, changes: Changes) -> Made:
    new = sum(each.since == now.number and not each.is_revoked for each in changes.versions)
    ended = len(changes.ended)
    return Made(
        number=number,
        epoch=now,
        listed=len(changes.standing),
        new=new,
        renewed=len(changes.versions) - new - ended,
        ended=ended,
    )
