"""
The list of an epoch: made once, from what was said of the epochs before, and signed.

The same statements give the same bytes, in whichever order and at whatever time of the epoch they
came. A process that is killed leaves the list made, or not made: then it is made again, the same.
"""

from dataclasses import dataclass

from hinomi.errors import Conflict
from hinomi.hub.publish import Changes, next_entries, snapshot_of
from hinomi.model.snapshot import NO_PREVIOUS
from hinomi.services.home import Home
from hinomi.services.hub.epochs import Epoch, lease_epochs, present_epoch
from hinomi.services.hub.founding import list_signer
from hinomi.services.hub.weighing import keep_weighings, weigh_statements
from hinomi.services.mandates import Operation, record
from hinomi.share.snapshot import head_of, render_csv, render_json, sign_head
from hinomi.store.hub.snapshots import Published


@dataclass(frozen=True, slots=True, kw_only=True)
class Made:
    """What became of an epoch."""

    number: int
    epoch: Epoch
    listed: int
    new: int
    renewed: int
    ended: int


def publish(home: Home) -> Made:
    """
    Make the list of the present epoch.

    Raises:
        Conflict: If it is made already.
    """
    mandate = home.mandate(Operation.PUBLISH)
    now = present_epoch(home)
    signer = list_signer(home)
    with home.casebook() as casebook:
        store = casebook.hub.snapshots
        newest = store.newest()
        if newest is not None and newest.epoch >= now.number:
            raise Conflict(f"the list of {now} is made already, as snapshot {newest.number}")
        weighed = weigh_statements(home, casebook, now)
        keep_weighings(casebook, weighed)
        changes = next_entries(
            store.standing(),
            weighed.wanted,
            store.episodes(),
            epoch=now.number,
            lease_epochs=lease_epochs(home),
        )
        snapshot = snapshot_of(
            changes.standing,
            hub=signer.name,
            number=1 if newest is None else newest.number + 1,
            epoch=now.number,
            epoch_days=now.days,
            previous=NO_PREVIOUS if newest is None else newest.digest,
        )
        head = head_of(snapshot)
        made = _told(snapshot.number, now, changes)
        facts = {
            "number": made.number,
            "epoch": str(now),
            "digest": head.json_digest,
            "listed": made.listed,
            "new": made.new,
            "ended": made.ended,
            "register": home.register.version,
        }
        entry = record(home.journal(), Operation.PUBLISH, mandate, facts)
        store.publish(
            Published(
                number=snapshot.number,
                epoch=now.number,
                previous=snapshot.previous,
                digest=head.json_digest,
                head=sign_head(head, signer),
                json=render_json(snapshot),
                csv=render_csv(snapshot),
                entry=entry,
            ),
            changes.versions,
        )
    return made


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
