"""The list as STIX 2.1: five facts, epochs for dates, and nothing else."""

import json
import re
from typing import Any, Final

import pytest
from hypothesis import given
from hypothesis import strategies as st

from editioned import (
    COMPROMISED,
    DEDICATED,
    EPOCH,
    IDENTITIES,
    histories,
    server,
    versions_of,
)
from hinomi.model.snapshot import Entry
from hinomi.model.statement import Endpoint
from hinomi.share.canonical import render_canonical
from hinomi.share.stix import MADE, TLP_AMBER_STRICT, StixProfile, pattern_of, render_moment

PROFILE: Final = StixProfile(IDENTITIES, hub="hub.example", epoch_days=1)

FIELDS: Final = {
    "type", "spec_version", "id", "created_by_ref", "created", "modified", "name", "description",
    "indicator_types", "labels", "pattern", "pattern_type", "pattern_version", "valid_from",
    "valid_until", "object_marking_refs",
}  # fmt: skip


def entry(endpoint: Endpoint | None = None, **changed: Any) -> Entry:
    """Describe a version of a listing."""
    facts: dict[str, Any] = {
        "endpoint": endpoint or server(),
        "episode": 1,
        "since": EPOCH,
        "modified": EPOCH,
        "service_class": DEDICATED,
        "valid_until": EPOCH + 13,
    }
    return Entry(**facts | changed)


def rendered(each: Entry) -> dict[str, Any]:
    """Render and read again."""
    found: dict[str, Any] = json.loads(PROFILE.render_indicator(each).body)
    return found


def test_a_listing_is_an_indicator_of_address_protocol_and_port() -> None:
    """The whole object, field by field."""
    assert rendered(entry(service_class=COMPROMISED, modified=EPOCH + 3)) == {
        "type": "indicator",
        "spec_version": "2.1",
        "id": f"indicator--{IDENTITIES.listing(server(), 1)}",
        "created_by_ref": f"identity--{IDENTITIES.named('identity')}",
        "created": "2026-11-23T00:00:00.000Z",
        "modified": "2026-11-26T00:00:00.000Z",
        "name": "C&C 192.0.2.1 tcp/443",
        "description": (
            "Botnet C&C server (compromised-host) on the list of hub.example; "
            "dates are epochs of the list"
        ),
        "indicator_types": ["malicious-activity"],
        "labels": ["compromised-host"],
        "pattern": (
            "[network-traffic:dst_ref.type = 'ipv4-addr' AND "
            "network-traffic:dst_ref.value = '192.0.2.1' AND network-traffic:dst_port = 443 AND "
            "network-traffic:protocols[*] = 'tcp']"
        ),
        "pattern_type": "stix",
        "pattern_version": "2.1",
        "valid_from": "2026-11-23T00:00:00.000Z",
        "valid_until": "2026-12-07T00:00:00.000Z",
        "object_marking_refs": [
            TLP_AMBER_STRICT,
            f"marking-definition--{IDENTITIES.named('policy')}",
        ],
    }


def test_what_ended_is_revoked() -> None:
    """The version that ends a listing says so, and keeps its id."""
    lived, ended = versions_of([{server(): DEDICATED}, {}])

    assert rendered(ended)["revoked"] is True
    assert rendered(ended)["id"] == rendered(lived)["id"]
    assert rendered(ended)["valid_until"] == "2026-11-24T00:00:00.000Z"
    assert "revoked" not in rendered(lived)


def test_what_comes_back_is_another_indicator() -> None:
    """A revoked object has no later version (STIX 2.1, 3.6): a new episode has a new id."""
    lived, _, back = versions_of([{server(): DEDICATED}, {}, {server(): DEDICATED}])

    assert rendered(lived)["id"] != rendered(back)["id"]


def test_ipv6_and_udp_stand_in_the_pattern() -> None:
    """The kind of address and the protocol are those of the server."""
    assert pattern_of(entry(server("2001:db8::7", 53, 17))) == (
        "[network-traffic:dst_ref.type = 'ipv6-addr' AND "
        "network-traffic:dst_ref.value = '2001:db8::7' AND network-traffic:dst_port = 53 AND "
        "network-traffic:protocols[*] = 'udp']"
    )


@given(histories(), st.sampled_from([1, 7]))
def test_every_date_is_the_first_moment_of_an_epoch(history: Any, days: int) -> None:
    """No object has a time finer than an epoch, and each holds before it ends."""
    profile = StixProfile(IDENTITIES, hub="hub.example", epoch_days=days)
    for each in versions_of(history, since=3000):
        found = json.loads(profile.render_indicator(each).body)
        dates = [found[name] for name in ("created", "modified", "valid_from", "valid_until")]
        moments = {render_moment(epoch, days) for epoch in range(2990, 3040)}
        assert set(dates) <= moments
        assert found["created"] == found["valid_from"] < found["valid_until"]
        assert found["created"] <= found["modified"]
        assert set(found) - {"revoked"} == FIELDS


@given(histories())
def test_objects_are_canonical_bytes(history: Any) -> None:
    """The same facts are the same bytes, whoever renders them."""
    for each in versions_of(history):
        made = PROFILE.render_indicator(each)
        assert render_canonical(json.loads(made.body)) == made.body
        assert made == StixProfile(IDENTITIES, hub="hub.example", epoch_days=1).render_indicator(
            each
        )


@given(histories())
def test_versions_of_an_object_are_told_apart_by_their_dates(history: Any) -> None:
    """No two versions of one id have one date."""
    made = [PROFILE.render_indicator(each) for each in versions_of(history)]

    assert len({(each.id, each.version) for each in made}) == len(made)


def test_companions_say_who_and_what_may_be_done() -> None:
    """The hub, TLP:AMBER+STRICT under its own id, and the policy come along."""
    identity, tlp, policy = (json.loads(each.body) for each in PROFILE.companions())

    assert identity["name"] == "hub.example"
    assert "first moment of an epoch" in identity["description"]
    assert tlp == {
        "type": "marking-definition",
        "spec_version": "2.1",
        "id": "marking-definition--939a9414-2ddd-4d32-a0cd-375ea402b003",
        "created": "2022-10-01T00:00:00.000Z",
        "name": "TLP:AMBER+STRICT",
        "extensions": {
            "extension-definition--60a3c5c5-0d10-413e-aab3-9e08dde9e88d": {
                "extension_type": "property-extension",
                "tlp_2_0": "amber+strict",
            }
        },
    }
    (said,) = policy["extensions"].values()
    assert said["permitted_actions"] == "externally-visible-indirect-actions"
    assert (said["unmodified_resale"], said["provider_attribution"]) == ("must-not", "must-not")
    assert {each.version for each in PROFILE.companions()} == {MADE}


@pytest.mark.parametrize(
    "forbidden",
    ["first_seen", "last_seen", "first_observed", "sighting", "observed-data", "external_id"],
)
def test_nothing_speaks_of_when_it_was_seen(forbidden: str) -> None:
    """No field that STIX has for times or cases stands in any object."""
    every = [PROFILE.render_indicator(entry()), *PROFILE.companions()]

    assert not any(re.search(forbidden, each.body.decode()) for each in every)
