"""
Listings as a feed that MISP reads: a manifest, events as files, and hashes for quick looks.

There is one event for each epoch in which something was first listed. An attribute in it is one
address with one port; what ended is marked as deleted, since a MISP that reads the event again
would keep what merely stands there no more. All times are first moments of epochs.

Source:
    MISP core format, draft-dulaunoy-misp-core-format: events, attributes, tags, manifest; the
    lines of ``hashes.csv`` are MD5 of each part of a value, as MISP's own feeds have them.
"""

import hashlib
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from itertools import groupby
from types import MappingProxyType
from typing import Final

from hinomi.model.address import Address, render_address
from hinomi.model.listing import render_epoch
from hinomi.model.protocol import render_protocol
from hinomi.model.snapshot import Entry
from hinomi.share.canonical import render_canonical
from hinomi.share.identity import Identities

TAG: Final = "tlp:amber+strict"

_COLOUR: Final = "#ffc000"  # Of that tag in MISP's taxonomy.
_DAY_SECONDS: Final = 86_400
_OWN_ORGANISATION: Final = "0"
_COMPLETED: Final = "2"
_UNDEFINED: Final = "4"
"""Threat level: how bad a server is, is no fact of a listing."""


@dataclass(frozen=True, slots=True, kw_only=True)
class MispFeed:
    """A feed directory, as bytes."""

    manifest: bytes
    hashes: bytes
    events: Mapping[str, bytes]  # By the id that the manifest names them by.


class MispProfile:
    """
    How one hub speaks to MISP.

    Args:
        identities: Makes its ids.
        hub: What it is called, such as ``hub.example``.
        epoch_days: Length of its epochs.
    """

    def __init__(self, identities: Identities, *, hub: str, epoch_days: int) -> None:
        self._identities = identities
        self._hub = hub
        self._days = epoch_days
        self._orgc = {"name": hub, "uuid": identities.named("identity")}
        self._tags = [{"colour": _COLOUR, "name": TAG}]

    def render_feed(self, newest: Iterable[Entry]) -> MispFeed:
        """
        Render the feed.

        Args:
            newest: The newest version of each episode of each listing, also of those that ended.
        """
        ordered = sorted(newest, key=lambda each: (each.since, each))
        manifest: dict[str, object] = {}
        events: dict[str, bytes] = {}
        hashes: list[str] = []
        for since, members in groupby(ordered, key=lambda each: each.since):
            entries = list(members)
            event = self._render_event(since, entries)
            name = str(event["uuid"])
            manifest[name] = {
                "Orgc": event["Orgc"],
                "Tag": event["Tag"],
                "info": event["info"],
                "date": event["date"],
                "analysis": event["analysis"],
                "threat_level_id": event["threat_level_id"],
                "timestamp": event["timestamp"],
            }
            events[name] = render_canonical({"Event": event})
            hashes.extend(f"{each},{name}\n" for each in _hashes_of(entries))
        return MispFeed(
            manifest=render_canonical(manifest),
            hashes="".join(hashes).encode("ascii"),
            events=MappingProxyType(events),
        )

    def _render_event(self, since: int, entries: Sequence[Entry]) -> dict[str, object]:
        changed = self._seconds(max(each.modified for each in entries))
        day = render_epoch(since, self._days)
        return {
            "uuid": self._identities.named("misp", "event", day),
            "info": f"C&C servers that {self._hub} lists since the epoch {day}",
            "date": day,
            "analysis": _COMPLETED,
            "threat_level_id": _UNDEFINED,
            "distribution": _OWN_ORGANISATION,
            "published": True,
            "timestamp": changed,
            "publish_timestamp": changed,
            "Orgc": self._orgc,
            "Tag": self._tags,
            "Attribute": [
                self._render_attribute(day, place, group) for place, group in _places(entries)
            ],
        }

    def _render_attribute(
        self, day: str, place: tuple[Address, int], entries: Sequence[Entry]
    ) -> dict[str, object]:
        """Render one address with one port, whichever protocols are listed there."""
        value = _value(place)
        rendered: dict[str, object] = {
            "uuid": self._identities.named("misp", "attribute", day, value),
            "type": "ip-dst|port",
            "category": "Network activity",
            "value": value,
            "to_ids": True,
            "disable_correlation": False,
            "comment": "; ".join(map(self._remark, entries)),
            "timestamp": self._seconds(max(each.modified for each in entries)),
        }
        if all(each.is_revoked for each in entries):
            rendered["deleted"] = True
        return rendered

    def _remark(self, entry: Entry) -> str:
        """Tell what MISP has no field for: protocol, class, validity."""
        protocol = render_protocol(entry.endpoint.proto)
        if entry.is_revoked:
            return f"{protocol}: listed no more"
        until = render_epoch(entry.valid_until, self._days)
        return f"{protocol}: {entry.service_class}, valid until the epoch {until} is over"

    def _seconds(self, epoch: int) -> str:
        """Give the first moment of an epoch as MISP writes times: seconds since 1970, as text."""
        return str(epoch * self._days * _DAY_SECONDS)


def _places(entries: Iterable[Entry]) -> Iterable[tuple[tuple[Address, int], list[Entry]]]:
    """Bring together what MISP holds for one value: it has no protocol in it."""
    groups: dict[tuple[Address, int], list[Entry]] = {}
    for each in entries:
        groups.setdefault((each.endpoint.address, each.endpoint.port), []).append(each)
    return sorted(groups.items())


def _value(place: tuple[Address, int]) -> str:
    address, port = place
    return f"{render_address(address)}|{port}"


def _hashes_of(entries: Iterable[Entry]) -> Iterable[str]:
    """Hash both parts of every value that is still listed."""
    for place, group in _places(entries):
        if not all(each.is_revoked for each in group):
            for part in _value(place).split("|"):
                # MISP looks values up by it; it protects nothing.
                yield hashlib.md5(part.encode("ascii"), usedforsecurity=False).hexdigest()
