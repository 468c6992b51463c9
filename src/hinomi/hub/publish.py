"""
From what shall be listed to the entries of the next snapshot; pure, and blind to clocks.

Validity is the same for all of an epoch and grows in steps of half a lease, so that it tells
nothing of a single server, and an entry that stays is not published anew every epoch.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace

from hinomi.model.case import ServiceClass
from hinomi.model.snapshot import Entry, Snapshot
from hinomi.model.statement import Endpoint


@dataclass(frozen=True, slots=True, kw_only=True)
class Changes:
    """What an epoch does to the list."""

    standing: tuple[Entry, ...]  # All that hold, by endpoint.
    versions: tuple[Entry, ...]  # Of these and of what ended, those that are new.

    @property
    def ended(self) -> tuple[Entry, ...]:
        """What is published no more."""
        return tuple(each for each in self.versions if each.is_revoked)


def valid_until(epoch: int, lease_epochs: int) -> int:
    """
    Give the last epoch in which what is published in *epoch* holds.

    Args:
        epoch: Of the snapshot.
        lease_epochs: Longest validity, in epochs, at least 1.

    Returns:
        At most *lease_epochs* - 1 epochs later, and at least half of that.

    Raises:
        ValueError: If nothing would hold at all (the caller's bug).
    """
    if lease_epochs < 1:
        raise ValueError(f"a lease of {lease_epochs} epochs is none")
    step = lease_epochs // 2
    if not step:
        return epoch  # A lease of one epoch has no half.
    return (epoch // step + 2) * step - 1


def next_entries(
    standing: Iterable[Entry],
    wanted: Mapping[Endpoint, ServiceClass],
    episodes: Mapping[Endpoint, int],
    *,
    epoch: int,
    lease_epochs: int,
) -> Changes:
    """
    Carry the list on to *epoch*.

    Args:
        standing: What holds by the snapshot before.
        wanted: What shall hold from now on, each with its class.
        episodes: How many episodes of a server there have been, where there were any.
        epoch: Of the snapshot to come.
        lease_epochs: Longest validity, in epochs.
    """
    return carry_on(standing, wanted, episodes, epoch=epoch, until=valid_until(epoch, lease_epochs))


def carry_on(
    standing: Iterable[Entry],
    wanted: Mapping[Endpoint, ServiceClass],
    episodes: Mapping[Endpoint, int],
    *,
    epoch: int,
    until: int,
) -> Changes:
    """Carry the list on to *epoch*, as `next_entries`, where all that stands holds to *until*."""
    held = {each.endpoint: each for each in standing}
    now: list[Entry] = []
    new: list[Entry] = []
    for endpoint in sorted(wanted):
        before = held.get(endpoint)
        if before is None:
            entry = Entry(
                endpoint=endpoint,
                episode=episodes.get(endpoint, 0) + 1,
                since=epoch,
                modified=epoch,
                service_class=wanted[endpoint],
                valid_until=until,
            )
        elif (before.valid_until, before.service_class) == (until, wanted[endpoint]):
            now.append(before)
            continue
        else:
            entry = replace(
                before, modified=epoch, service_class=wanted[endpoint], valid_until=until
            )
        now.append(entry)
        new.append(entry)
    ended = (
        replace(each, modified=epoch, valid_until=epoch - 1, is_revoked=True)
        for endpoint, each in sorted(held.items())
        if endpoint not in wanted
    )
    return Changes(standing=tuple(now), versions=(*new, *ended))


def snapshot_of(
    standing: Iterable[Entry], *, hub: str, number: int, epoch: int, epoch_days: int, previous: str
) -> Snapshot:
    """Put the listings of *standing* into the snapshot of *epoch*."""
    return Snapshot(
        hub=hub,
        number=number,
        epoch=epoch,
        epoch_days=epoch_days,
        previous=previous,
        listings=tuple(each.listing() for each in sorted(standing)),
    )
