"""
Listings as STIX 2.1: the same five facts, carried for tools that want them so.

Every date in these objects is the first moment of an epoch of the list: of the one in which an
entry was first published, changed, or ends. None tells when anything was communicated or found.

Source:
    STIX Version 2.1, OASIS Standard (2021-06-10): sections 3 (common properties), 3.6
    (versioning), 4.5 (identity), 4.7 (indicator), 7.2 (markings), 9 (patterning). The objects of
    TLP 2.0 and IEP 2.0 are those of OASIS, oasis-open/cti-stix-common-objects.
"""

from dataclasses import dataclass
from functools import lru_cache
from typing import Final

from hinomi.model.address import is_v4, render_address
from hinomi.model.listing import render_epoch
from hinomi.model.protocol import render_protocol
from hinomi.model.snapshot import Entry
from hinomi.share.canonical import render_canonical
from hinomi.share.identity import Identities

MEDIA_TYPE: Final = "application/stix+json;version=2.1"

SPEC_VERSION: Final = "2.1"

TLP_AMBER_STRICT: Final = "marking-definition--939a9414-2ddd-4d32-a0cd-375ea402b003"
"""TLP:AMBER+STRICT of TLP 2.0, by the id that OASIS gave it: for the receiver's organisation."""

MADE: Final = "2022-10-01T00:00:00.000Z"
"""
Date of the objects that are no listings: that of TLP 2.0's own object.

They have no time of their own to tell. Whoever changes a text below raises the date of that
object, since a version is known by it.
"""

_TLP_EXTENSION: Final = "extension-definition--60a3c5c5-0d10-413e-aab3-9e08dde9e88d"
_IEP_EXTENSION: Final = "extension-definition--762e2e97-ee51-43e5-a9ea-165fbb862c4a"


@dataclass(frozen=True, slots=True, kw_only=True)
class StixObject:
    """One version of one object, as bytes."""

    type: str
    id: str
    version: str  # Timestamp that tells the versions of an object apart.
    body: bytes  # Canonical JSON.


@lru_cache(maxsize=4096)
def render_moment(epoch: int, epoch_days: int) -> str:
    """Render the first moment of an epoch, to the millisecond as STIX wants it."""
    return f"{render_epoch(epoch, epoch_days)}T00:00:00.000Z"


class StixProfile:
    """
    How one hub speaks STIX.

    Args:
        identities: Makes its ids.
        hub: What it is called, such as ``hub.example``.
        epoch_days: Length of its epochs.
    """

    def __init__(self, identities: Identities, *, hub: str, epoch_days: int) -> None:
        self._identities = identities
        self._hub = hub
        self.epoch_days = epoch_days
        self._identity = f"identity--{identities.named('identity')}"
        self._policy = f"marking-definition--{identities.named('policy')}"
        self._markings = [TLP_AMBER_STRICT, self._policy]

    def indicator_id(self, entry: Entry) -> str:
        """Give the id of the indicator that *entry* is a version of."""
        return f"indicator--{self._identities.listing(entry.endpoint, entry.episode)}"

    def render_indicator(self, entry: Entry) -> StixObject:
        """Render one version of a listing; of one that ended, that it is revoked."""
        name = self.indicator_id(entry)
        since = render_moment(entry.since, self.epoch_days)
        version = render_moment(entry.modified, self.epoch_days)
        document: dict[str, object] = {
            "type": "indicator",
            "spec_version": SPEC_VERSION,
            "id": name,
            "created_by_ref": self._identity,
            "created": since,
            "modified": version,
            "name": f"C&C {entry.endpoint}",
            "description": (
                f"Botnet C&C server ({entry.service_class}) on the list of {self._hub}; "
                "dates are epochs of the list"
            ),
            "indicator_types": ["malicious-activity"],
            "labels": [entry.service_class.value],
            "pattern": pattern_of(entry),
            "pattern_type": "stix",
            "pattern_version": SPEC_VERSION,
            "valid_from": since,
            # The first moment in which it does not hold any more.
            "valid_until": render_moment(entry.valid_until + 1, self.epoch_days),
            "object_marking_refs": self._markings,
        }
        if entry.is_revoked:
            document["revoked"] = True
        return StixObject(
            type="indicator",
            id=name,
            version=version,
            body=render_canonical(document),
        )

    def companions(self) -> tuple[StixObject, ...]:
        """Render what every indicator refers to: who says so, and what may be done with it."""
        return (self._render_identity(), _render_tlp(), self._render_policy())

    def _render_identity(self) -> StixObject:
        return _object(
            {
                "type": "identity",
                "spec_version": SPEC_VERSION,
                "id": self._identity,
                "created": MADE,
                "modified": MADE,
                "name": self._hub,
                "description": (
                    "List of botnet C&C servers: address, protocol, port, class, validity, and "
                    "nothing else. Every date in its objects is the first moment of an epoch of "
                    "the list, never the time of a communication or of a finding."
                ),
                "identity_class": "organization",
            }
        )

    def _render_policy(self) -> StixObject:
        """
        Render what members may do with the list (R6), as FIRST's IEP 2.0.

        The draft of the extension names ``tlp`` in its text and ``tlp_ref`` and ``policy_name`` in
        its schema; all are there. Its ``tlp`` knows no AMBER+STRICT, so that ``tlp_ref`` says it.
        """
        policy = {
            "extension_type": "property-extension",
            "iep_id": self._identities.named("policy"),
            "iep_version": 2,
            "policy_name": f"C&C list of {self._hub}",
            "description": (
                "Security measures only: detection in the recipient's own network, notices to its "
                "own subscribers, blocking for those who consented. Not to be passed on."
            ),
            "start_date": MADE,
            "encrypt_in_transit": "must",
            "permitted_actions": "externally-visible-indirect-actions",
            "affected_party_notifications": "may",
            "tlp": "amber",
            "tlp_ref": TLP_AMBER_STRICT,
            "provider_attribution": "must-not",
            "unmodified_resale": "must-not",
        }
        return _object(
            {
                "type": "marking-definition",
                "spec_version": SPEC_VERSION,
                "id": self._policy,
                "created": MADE,
                "name": f"IEP 2.0 of {self._hub}",
                "external_references": [
                    {"source_name": "FIRST IEP 2.0", "description": "Information Exchange Policy"}
                ],
                "extensions": {_IEP_EXTENSION: policy},
            }
        )


def pattern_of(entry: Entry) -> str:
    """Render what to look for in traffic: address, protocol and port, always all three."""
    address = entry.endpoint.address
    kind = "ipv4-addr" if is_v4(address) else "ipv6-addr"
    asked = (
        f"network-traffic:dst_ref.type = '{kind}'",
        f"network-traffic:dst_ref.value = '{render_address(address)}'",
        f"network-traffic:dst_port = {entry.endpoint.port}",
        f"network-traffic:protocols[*] = '{render_protocol(entry.endpoint.proto)}'",
    )
    return f"[{' AND '.join(asked)}]"


def _render_tlp() -> StixObject:
    marking = {"extension_type": "property-extension", "tlp_2_0": "amber+strict"}
    return _object(
        {
            "type": "marking-definition",
            "spec_version": SPEC_VERSION,
            "id": TLP_AMBER_STRICT,
            "created": MADE,
            "name": "TLP:AMBER+STRICT",
            "extensions": {_TLP_EXTENSION: marking},
        }
    )


def _object(document: dict[str, object]) -> StixObject:
    return StixObject(
        type=str(document["type"]),
        id=str(document["id"]),
        # A marking has no other version than the one it was created as (STIX 2.1, 3.6).
        version=str(document.get("modified", document["created"])),
        body=render_canonical(document),
    )
