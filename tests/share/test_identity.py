"""Ids of what is published: stable, unguessable, and free of time."""

import uuid

import pytest
from hypothesis import given
from hypothesis import strategies as st

from editioned import IDENTITIES, POOL, server
from hinomi.share.identity import Identities


def test_an_id_is_the_keyed_hash_that_the_design_names() -> None:
    """It is HMAC-SHA256 of address, protocol, port and episode, in the form of a random UUID."""
    made = Identities(bytes(range(32))).listing(server("192.0.2.1", 443), 1)

    # printf '192.0.2.1|tcp|443|1' | openssl mac -digest SHA256 -macopt hexkey:000102..1f HMAC
    assert made == "9c95e0d1-3d40-439b-947d-ce0f02e66c99"


@given(st.sampled_from(POOL), st.integers(1, 100))
def test_an_id_has_the_form_of_a_random_one(endpoint: object, episode: int) -> None:
    """Validators and people see a UUIDv4."""
    found = uuid.UUID(IDENTITIES.listing(endpoint, episode))  # type: ignore[arg-type]

    assert (found.version, found.variant) == (4, uuid.RFC_4122)


def test_another_server_episode_key_or_name_has_another_id() -> None:
    """No two things share an id."""
    other = Identities(b"\x08" * 32)
    ids = [
        *(IDENTITIES.listing(each, episode) for each in POOL for episode in (1, 2)),
        *(other.listing(each, 1) for each in POOL),
        *(IDENTITIES.named(each) for each in ("identity", "policy", "collection")),
        IDENTITIES.named("misp", "event", "2026-11-23"),
    ]

    assert len(set(ids)) == len(ids)


def test_a_key_for_one_purpose_is_none_for_another() -> None:
    """Derived keys differ from each other and from the key itself, and stay the same."""
    first, second = IDENTITIES.key_for("a"), IDENTITIES.key_for("b")

    assert len({first, second, b"\x07" * 32}) == 3
    assert first == Identities(b"\x07" * 32).key_for("a")


def test_a_key_of_another_length_is_none() -> None:
    """A key has 32 bytes."""
    with pytest.raises(ValueError, match="32 bytes"):
        Identities(b"short")
