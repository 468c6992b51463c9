"""What the objects of a bundle say of one another."""

from typing import Any

import pytest

from hinomi.collect.evidence.stix_links import link, words
from hinomi.model.evidence import Claim

INFRASTRUCTURE = "infrastructure--1"
MALWARE = "malware--1"
ADDRESS = "ipv4-addr--1"


def node(called: str, **fields: Any) -> dict[str, Any]:
    """Make an object whose type is the first part of its id."""
    return {"type": called.partition("--")[0], "id": called, **fields}


def edge(source: str, kind: str, target: str) -> dict[str, Any]:
    """Make a relationship."""
    fields = {"relationship_type": kind, "source_ref": source, "target_ref": target}
    return node(f"relationship--{source}-{kind}-{target}", **fields)


def claims(*objects: dict[str, Any]) -> dict[str, Claim]:
    """Give what is claimed of each object."""
    return {name: claim for name, (claim, _) in link(list(objects)).claims.items()}


@pytest.mark.parametrize(
    ("kind", "claim"),
    [
        ("command-and-control", Claim.CC),
        ("hosting-malware", Claim.LOADER),
        ("botnet", Claim.SUPPORT),
        ("sinkhole", Claim.SINKHOLE),
    ],
)
def test_a_part_of_infrastructure_is_what_the_whole_is(kind: str, claim: Claim) -> None:
    """By its types; in whatever order the objects come."""
    objects = [
        edge(INFRASTRUCTURE, "consists-of", ADDRESS),
        node(ADDRESS),
        node(INFRASTRUCTURE, infrastructure_types=[kind]),
    ]

    assert claims(*objects) == {INFRASTRUCTURE: claim, ADDRESS: claim}


def test_infrastructure_of_other_types_says_nothing() -> None:
    """Lists of targets, phishing, reconnaissance."""
    objects = [
        node(INFRASTRUCTURE, infrastructure_types=["phishing"]),
        edge(INFRASTRUCTURE, "consists-of", ADDRESS),
    ]

    assert claims(*objects) == {}


@pytest.mark.parametrize(
    ("source", "kind", "target", "claim"),
    [
        (INFRASTRUCTURE, "controls", MALWARE, Claim.CC),
        (INFRASTRUCTURE, "hosts", MALWARE, Claim.LOADER),
        (INFRASTRUCTURE, "delivers", MALWARE, Claim.LOADER),
        (MALWARE, "beacons-to", INFRASTRUCTURE, Claim.CC),
        (MALWARE, "exfiltrates-to", INFRASTRUCTURE, Claim.SUPPORT),
    ],
)
def test_infrastructure_is_known_by_its_malware(
    source: str, kind: str, target: str, claim: Claim
) -> None:
    """By what the one does to the other."""
    objects = [
        node(MALWARE),
        node(INFRASTRUCTURE),
        edge(source, kind, target),
        edge(INFRASTRUCTURE, "consists-of", ADDRESS),
    ]

    assert claims(*objects) == {INFRASTRUCTURE: claim, ADDRESS: claim}


def test_what_malware_communicates_with_is_support() -> None:
    """It communicates with much."""
    objects = [node(MALWARE), node(ADDRESS), edge(MALWARE, "communicates-with", ADDRESS)]

    assert claims(*objects) == {ADDRESS: Claim.SUPPORT}


def test_of_several_claims_the_one_that_acquits_stands() -> None:
    """A sinkhole that malware beacons to is a sinkhole."""
    objects = [
        node(MALWARE),
        node(INFRASTRUCTURE, labels=["sinkhole"]),
        edge(MALWARE, "beacons-to", INFRASTRUCTURE),
    ]

    assert claims(*objects) == {INFRASTRUCTURE: Claim.SINKHOLE}


def test_traffic_stands_for_its_address() -> None:
    """It names the port too."""
    traffic = node("network-traffic--1", dst_ref=ADDRESS, dst_port=443)
    objects = [
        node(MALWARE),
        node(ADDRESS),
        traffic,
        edge(MALWARE, "communicates-with", ADDRESS),
        edge(MALWARE, "communicates-with", "network-traffic--1"),
    ]

    assert claims(*objects) == {"network-traffic--1": Claim.SUPPORT}


def test_an_indicator_claims_what_it_indicates() -> None:
    """Else what its own words say; malware alone says no more than malicious."""
    indicator = node("indicator--1", indicator_types=["malicious-activity"])
    whole = node(INFRASTRUCTURE, infrastructure_types=["command-and-control"])
    malware = node(MALWARE, name="Example")

    bare = link([indicator])
    assert bare.claim_of_indicator(indicator) is Claim.SUPPORT
    indicated = link([indicator, whole, edge("indicator--1", "indicates", INFRASTRUCTURE)])
    assert indicated.claim_of_indicator(indicator) is Claim.CC
    of_malware = link([node("indicator--2"), malware, edge("indicator--2", "indicates", MALWARE)])
    assert of_malware.claim_of_indicator(node("indicator--2")) is Claim.SUPPORT
    assert of_malware.family_of(node("indicator--2")) == "Example"
    assert link([]).claim_of_indicator(node("indicator--3")) is None
    phased = node("indicator--4", kill_chain_phases=[{"phase_name": "command-and-control"}, 7])
    assert link([]).claim_of_indicator(phased) is Claim.CC


def test_what_is_no_list_has_no_words() -> None:
    """Producers write one text where a list belongs."""
    assert words({"labels": "sinkhole"}, "labels") == []
    assert words({"labels": ["a", 1]}, "labels") == ["a", "1"]
