"""Evidence: what one source says of one service, by which method, on which day."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Final

from hinomi.model.service import Service

ANY_PORT: Final = -1
"""In place of protocol and port: the source speaks of the address, not of one service on it."""


class Method(StrEnum):
    """
    How a source comes to know: two methods do not err for the same reason.

    Several sources of one method are one method, however many they are.
    """

    FLOW = "flow"  # Detection in the own network.
    HONEYPOT = "honeypot"
    MALWARE = "malware-analysis"
    DARKNET = "darknet"
    LIST = "list"  # Somebody else's list; how it was made is not known.
    PASSIVE_DNS = "passive-dns"
    CERTIFICATE = "certificate"  # Others' scans, and certificates that they saw.
    SIGHTING = "sighting"  # Another member's statement about its own network.
    ANALYST = "analyst"  # A person's own finding, such as a server that was seized.


class Claim(StrEnum):
    """What a piece of evidence says of the service."""

    CC = "cc"
    LOADER = "loader"  # Hands out malware; bots fetch from it and do not report to it.
    SINKHOLE = "sinkhole"  # A C&C name or address that defenders hold.
    SHARED = "shared-host"  # Many customers behind one address.
    COMPROMISED = "compromised-host"  # Somebody's server, abused.
    BENIGN = "benign"  # Not a C&C server.
    GONE = "gone"  # It was one and is not any more.
    MOVED = "moved"  # The address has another holder now.
    SUPPORT = "support"  # A trait that C&C servers have more often than others; no verdict.

    @property
    def is_for(self) -> bool:
        """Tell whether it speaks for a C&C server that is there now."""
        return self in {Claim.CC, Claim.COMPROMISED, Claim.SUPPORT}


@dataclass(frozen=True, slots=True, kw_only=True)
class Evidence:
    """
    One dated observation about a service, attributable to one source.

    It holds nothing about who spoke with the service: counts at most.
    """

    service: Service  # Protocol and port are ANY_PORT where the source names an address alone.
    method: Method
    source: str  # As the operator calls it; `verify.reliability` knows what it is worth.
    claim: Claim
    observed_day: int  # Days since 1970-01-01, UTC: the last one on which the source saw it.
    reference: str = ""  # Tells two statements of a source apart: a digest, a run, a sample.
    strength: float | None = None  # The source's own probability of its claim, 0..1.
    facts: Mapping[str, float | int | str] = field(default_factory=dict)

    def __post_init__(self) -> None:
        if not self.source.strip():
            raise ValueError("evidence without a source cannot be weighed")
        if self.strength is not None and not 0.0 <= self.strength <= 1.0:
            raise ValueError(f"strength {self.strength} is outside 0..1")

    @property
    def is_exact(self) -> bool:
        """Tell whether it speaks of this very protocol and port."""
        return self.service.port != ANY_PORT
