"""What is kept beside a listing; that it comes and goes with its case is in tests/contracts."""

from dataclasses import fields

from hinomi.model.listing import Listing
from hinomi.store.listings import Published


def test_what_the_house_knows_is_beside_the_listing_and_not_in_it() -> None:
    """Whoever gives listings out holds five facts; the rest needs another word to reach."""
    inside = {each.name for each in fields(Listing)}
    beside = {each.name for each in fields(Published)} - {"listing"}

    assert inside == {"address", "proto", "port", "service_class", "valid_until"}
    assert not inside & beside
