"""What the operator says of an exporter, and what was received from it hour by hour."""

from dataclasses import dataclass
from enum import IntEnum, StrEnum
from typing import Final

from hinomi.model.flow import Ingress

HOUR_MS: Final = 3_600_000


class CountedDirection(StrEnum):
    """Which of an exporter's observations are kept, so that each path counts a packet once."""

    ALL = "all"  # Whatever it exports.
    INGRESS = "ingress"  # Only what it saw come in (IE 61 `flowDirection` 0, or not stated).
    EGRESS = "egress"  # Only what it saw leave (1, or not stated).


class InterfaceRole(IntEnum):
    """Where an interface of an exporter looks; 0 and above as `model.flow.Ingress`."""

    IGNORED = -1  # Inside the own network: what comes in here is counted elsewhere.
    UNKNOWN = Ingress.UNKNOWN
    SUBSCRIBER = Ingress.SUBSCRIBER
    PEERING = Ingress.PEERING
    TRANSIT = Ingress.TRANSIT
    CUSTOMER = Ingress.CUSTOMER

    @property
    def word(self) -> str:
        """Give the role as the operator writes it."""
        return self.name.lower()


class SequenceUnit(StrEnum):
    """What the sequence numbers of a protocol count."""

    FLOWS = "flows"  # NetFlow v5.
    DATAGRAMS = "datagrams"  # NetFlow v9 and sFlow.
    RECORDS = "records"  # IPFIX: data records.


@dataclass(frozen=True, slots=True, kw_only=True)
class ExporterHour:
    """
    What arrived from one exporter in one hour, and what its sequence numbers say is missing.

    *lost* holds every loss on the way: in the exporter, in the network, in the socket.
    """

    exporter: int  # Number in the case book.
    hour: int  # Hours since the Unix epoch, UTC, of arrival.
    unit: SequenceUnit
    datagrams: int = 0  # Received.
    records: int = 0  # Flow records in them.
    received: int = 0  # Units, of those streams whose sequence counts.
    lost: int = 0  # Units; below 0 where what an earlier hour counted came after all.

    @property
    def loss_share(self) -> float | None:
        """The share of units that did not arrive, 0..1; None where no sequence counted."""
        lost = max(self.lost, 0)
        return lost / (self.received + lost) if self.received or lost else None
