"""Listings: five facts, and no sixth."""

import dataclasses
from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from guarded import WEB
from hinomi.model.case import ServiceClass
from hinomi.model.listing import Listing, epoch_of, render_epoch

DAY_MS = 86_400_000
LISTING = Listing(WEB.address, WEB.proto, WEB.port, ServiceClass.DEDICATED, 20_780)


def test_a_listing_has_five_fields() -> None:
    """A sixth could leak (R4)."""
    assert [each.name for each in dataclasses.fields(Listing)] == [
        "address", "proto", "port", "service_class", "valid_until",
    ]  # fmt: skip


def test_a_listing_is_rendered_as_five_facts() -> None:
    """Words and numbers; the epoch by its first day."""
    assert LISTING.render(1) == {
        "address": "203.0.113.9",
        "protocol": "tcp",
        "port": 443,
        "class": "dedicated",
        "valid_until_epoch": "2026-11-23",
    }


@pytest.mark.parametrize("kind", [each for each in ServiceClass if not each.is_listable])
def test_what_is_not_listable_is_no_listing(kind: ServiceClass) -> None:
    """It cannot even be made."""
    with pytest.raises(ValueError, match="is no listing"):
        Listing(WEB.address, 6, 443, kind, 1)


def test_listings_sort_by_address_and_port() -> None:
    """In no order that tells when or by whom they were found."""
    other = dataclasses.replace(LISTING, port=80, valid_until=30_000)

    assert sorted([LISTING, other]) == [other, LISTING]


@given(time_ms=st.integers(0, 2**45), epoch_days=st.integers(1, 60))
def test_an_epoch_is_a_whole_span_of_days(time_ms: int, epoch_days: int) -> None:
    """The time lies within it, and all times of one span have one epoch."""
    epoch = epoch_of(time_ms, epoch_days)
    first_ms = epoch * epoch_days * DAY_MS

    assert first_ms <= time_ms < first_ms + epoch_days * DAY_MS
    assert epoch_of(first_ms, epoch_days) == epoch
    day = datetime.fromtimestamp(first_ms / 1000, UTC).date().isoformat()
    assert render_epoch(epoch, epoch_days) == day
