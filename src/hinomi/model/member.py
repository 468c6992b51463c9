"""Members of the hub: organisations that give findings, take the list, or both."""

import re
from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from typing import Final

MEMBER_NAME: Final = re.compile(r"[a-z0-9]([a-z0-9-]{0,30}[a-z0-9])?")
"""What the hub calls a member: it stands in certificates and paths."""


class MemberKind(StrEnum):
    """What an organisation is, which decides what it may give and take."""

    DETECTING_ISP = "detecting-isp"  # Analyses its own flow, gives findings, takes the list.
    RECEIVING_ISP = "receiving-isp"  # Takes the list and tells what it saw of it.
    RESEARCH = "research-body"
    MANAGED_NETWORK = "managed-network-operator"
    VENDOR = "security-vendor"
    MAKER = "maker"  # Of devices.
    MINISTRY = "ministry"


class MemberState(StrEnum):
    """Whether a member takes part."""

    APPLIED = "applied"
    ADMITTED = "admitted"
    SUSPENDED = "suspended"
    LEFT = "left"


class Outlet(StrEnum):
    """A door of the hub, inwards or outwards."""

    SUBMIT = "submit"  # Findings in.
    FEEDBACK = "feedback"  # Sightings in.
    SNAPSHOT = "snapshot"  # The signed list, JSON and CSV.
    PLAIN = "plain"
    TAXII = "taxii"
    MISP = "misp"
    RPZ = "rpz"  # Response policy zone: for consented names.
    FIGURES = "figures"  # What the hub's accuracy is, without any listing.

    @property
    def gives_listings(self) -> bool:
        """Tell whether the list leaves through it."""
        return self not in {Outlet.SUBMIT, Outlet.FEEDBACK, Outlet.FIGURES}


class Ground(StrEnum):
    """What a member has to attest before the list may go to it (R5)."""

    TRUST = "trust"
    INFORMATION_MANAGEMENT = "information-management"


class Use(StrEnum):
    """What a member may do with the list (R6); words of FIRST's IEP 2.0 stand in its marking."""

    DETECT = "detect"  # Look for the servers in the own network.
    BLOCK_CONSENTED = "block-consented"  # For subscribers who consented.
    OWN_SERVICES = "own-services"  # Security services to its own users, paid or not.
    RESEARCH = "research"


@dataclass(frozen=True, slots=True, kw_only=True)
class Attestation:
    """One dated statement that a member is fit, with the document that says so."""

    ground: Ground
    attested_by: str
    document: str  # Where it can be read: a name, a number, a digest.
    since: date
    until: date  # Last day on which it holds.

    def holds(self, day: date) -> bool:
        """Tell whether it holds on *day*."""
        return self.since <= day <= self.until


@dataclass(frozen=True, slots=True, kw_only=True)
class Member:
    """One organisation at the hub."""

    name: str  # `MEMBER_NAME`.
    organisation: str
    kind: MemberKind
    state: MemberState = MemberState.APPLIED
    contacts: tuple[str, ...] = ()
    uses: tuple[Use, ...] = ()
    page: str = ""  # Where its subscribers read what it does with the list (R5, R8).
    signing_key: str = ""  # Public key of its statements, as `govern.note.Verifier` renders it.
    attestations: tuple[Attestation, ...] = ()

    def __post_init__(self) -> None:
        if not MEMBER_NAME.fullmatch(self.name):
            raise ValueError(
                f"{self.name!r} cannot name a member: use lower-case letters, digits and hyphens, "
                "32 at most"
            )
        if not self.organisation.strip():
            raise ValueError("a member without an organisation is nobody")


@dataclass(frozen=True, slots=True, kw_only=True)
class Credential:
    """A certificate of a member's node, and the token that is worth something with it alone."""

    fingerprint: str  # SHA-256 of the certificate's DER, 64 hex digits.
    member: str
    token_digest: str  # `govern.people.token_digest`.
    outlets: tuple[Outlet, ...]  # Roles of this node: of what its member may, these.
    until: date  # Last day on which it is valid.
    is_revoked: bool = False
