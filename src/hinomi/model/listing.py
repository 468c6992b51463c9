"""Listings: what may be shared of a C&C server, and no field beside it (R4)."""

from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from typing import Final

from hinomi.model.address import Address, render_address
from hinomi.model.case import ServiceClass
from hinomi.model.protocol import render_protocol

_EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)
_DAY_MS: Final = 86_400_000


@dataclass(frozen=True, slots=True, order=True)
class Listing:
    """
    A C&C server that may be shared: address, protocol, port, class, validity.

    There is no other field, so none can leak: no time of a communication, no client.
    """

    address: Address
    proto: int
    port: int
    service_class: ServiceClass
    valid_until: int  # Last epoch, as `epoch_of` numbers them, in which it holds.

    def __post_init__(self) -> None:
        if not self.service_class.is_listable:
            raise ValueError(f"a {self.service_class} is no listing")

    def render(self, epoch_days: int) -> dict[str, str | int]:
        """Render the five facts as they leave the house."""
        return {
            "address": render_address(self.address),
            "protocol": render_protocol(self.proto),
            "port": self.port,
            "class": self.service_class.value,
            "valid_until_epoch": render_epoch(self.valid_until, epoch_days),
        }


def epoch_of(time_ms: int, epoch_days: int) -> int:
    """Number the epoch that *time_ms* lies in: whole spans of *epoch_days* since 1970, UTC."""
    return time_ms // (_DAY_MS * epoch_days)


def whole_epochs(days: int, epoch_days: int) -> int:
    """Give how many epochs *days* are, at least 1: a lease of five days is two epochs of two."""
    return max(days // epoch_days, 1)


def render_epoch(epoch: int, epoch_days: int) -> str:
    """Name an epoch by its first day, such as ``2026-11-23``."""
    return (_EPOCH + timedelta(days=epoch * epoch_days)).date().isoformat()


def parse_epoch(text: str, epoch_days: int) -> int:
    """
    Number the epoch that `render_epoch` named.

    Raises:
        ValueError: If *text* is not the first day of an epoch, in this form. The message does
            not repeat it.
    """
    try:
        days = (date.fromisoformat(text) - _EPOCH.date()).days
    except ValueError:
        raise ValueError("not a day such as 2026-11-23") from None
    epoch = days // epoch_days
    # ISO 8601 has further forms of a day, which would be further texts of one fact.
    if days < 0 or render_epoch(epoch, epoch_days) != text:
        raise ValueError("not the first day of an epoch")
    return epoch
