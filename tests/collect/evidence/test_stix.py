"""STIX bundles as evidence."""

import json
from pathlib import Path
from typing import Any, Final
from uuid import NAMESPACE_OID, uuid5

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hinomi.collect.evidence import stix
from hinomi.collect.evidence.intake import A_NAME, LATER, PRIVATE
from hinomi.errors import MalformedDocument
from hinomi.model.evidence import Claim, Method
from testimony import parsed, rendered, stated

FORM: Final = "stix"
TRAFFIC_PATTERN: Final = (
    "[network-traffic:dst_ref.value = '192.0.2.1' AND network-traffic:dst_port = 8443 "
    "AND network-traffic:protocols[*] = 'udp']"
)


def name(kind: str, number: int = 1) -> str:
    """Name an object of a type."""
    return f"{kind}--{uuid5(NAMESPACE_OID, str(number))}"


def node(kind: str, number: int = 1, **fields: Any) -> dict[str, Any]:
    """Make an object."""
    return {"type": kind, "id": name(kind, number), **fields}


def edge(source: str, kind: str, target: str) -> dict[str, Any]:
    """Make a relationship."""
    return node(
        "relationship",
        relationship_type=kind,
        source_ref=source,
        target_ref=target,
        modified="2026-01-31T00:00:00Z",
    )


def bundle(*objects: Any) -> str:
    """Make a bundle."""
    return json.dumps({"type": "bundle", "id": name("bundle"), "objects": objects})


def indicator(pattern: str, **fields: Any) -> dict[str, Any]:
    """Make an indicator of a C&C server, valid from 2026-01-30."""
    stated = {
        "indicator_types": ["command-and-control"],
        "pattern": pattern,
        "pattern_type": "stix",
        "valid_from": "2026-01-30T00:00:00Z",
    }
    return node("indicator", **{**stated, **fields})


def test_a_bundle_and_an_envelope_are_told_by_their_start() -> None:
    """From the first 64 KiB."""
    assert stix.recognises(bundle()[: 1 << 16])
    assert stix.recognises('{"more": false, "objects": [')
    assert not stix.recognises('{"eventid": "cowrie.x"}')
    assert not stix.recognises('"type": "bundle"')


@pytest.mark.parametrize(
    ("pattern", "places"),
    [
        ("[ipv4-addr:value = '192.0.2.1']", ["192.0.2.1"]),
        ("[ipv4-addr:value = '192.0.2.1/32']", ["192.0.2.1"]),
        (TRAFFIC_PATTERN, ["192.0.2.1 udp/8443"]),
        ("[ipv6-addr:value IN ('2001:db8::1', '2001:db8::2')]", ["2001:db8::1", "2001:db8::2"]),
        ("[url:value = 'http://192.0.2.1:81/a']", ["192.0.2.1 tcp/81"]),
        ("[url:value = 'https://192.0.2.1/']", ["192.0.2.1 tcp/443"]),
        ("[url:value = 'tcp://192.0.2.1:443/']", ["192.0.2.1 tcp/443"]),
        ("[url:value = 'udp://192.0.2.1:53']", ["192.0.2.1 udp/53"]),
        ("[url:value = 'http://host.example/'] OR [ipv4-addr:value = '192.0.2.1']", ["192.0.2.1"]),
    ],
)
def test_patterns_name_services(tmp_path: Path, pattern: str, places: list[str]) -> None:
    """Addresses, with ports and protocols, and URLs whose host is an address."""
    found = stated(tmp_path, bundle(indicator(pattern)), FORM)

    assert rendered(found) == [f"cc {place} -2" for place in places]
    assert {each.reference for each in found} == {name("indicator")}
    assert {each.method for each in found} == {Method.LIST}


@pytest.mark.parametrize(
    ("pattern", "reason"),
    [
        ("[domain-name:value = 'host.example']", A_NAME),
        ("[url:value = 'http://host.example/']", A_NAME),
        ("[url:value = 'file://192.0.2.1@8789/a']", A_NAME),
        ("[ipv4-addr:value = '10.0.0.1']", PRIVATE),
        ("[ipv4-addr:value = '192.0.2.0/24']", "a range, not an address"),
        ("[ipv4-addr:value != '192.0.2.1']", "a pattern without an address"),
        ("[file:name = 'a']", "a pattern without an address"),
    ],
)
def test_what_names_no_server_is_counted(tmp_path: Path, pattern: str, reason: str) -> None:
    """No name is kept (R16), and no range."""
    taken = parsed(tmp_path, bundle(indicator(pattern)), FORM)

    assert (taken.statements, taken.ignored) == (0, {reason: 1})


@pytest.mark.parametrize(
    ("fields", "reason"),
    [
        ({"revoked": True}, "revoked"),
        ({"pattern_type": "snort"}, "other pattern language"),
        ({"indicator_types": []}, stix.NO_CLAIM),
        ({"valid_from": "2027-01-01T00:00:00Z"}, LATER),
    ],
)
def test_an_indicator_may_say_nothing(tmp_path: Path, fields: Any, reason: str) -> None:
    """Taken back, in another language, without a word on what it is, or of a day to come."""
    text = bundle(indicator("[ipv4-addr:value = '192.0.2.1']", **fields))

    assert parsed(tmp_path, text, FORM).ignored == {reason: 1}


def test_malicious_alone_is_a_weak_trait_unless_the_caller_knows_more(tmp_path: Path) -> None:
    """Reports name victims' and hosters' addresses with the same word."""
    vague = indicator("[ipv4-addr:value = '192.0.2.1']", indicator_types=["malicious-activity"])

    [found] = stated(tmp_path, bundle(vague), FORM)
    assert (found.claim, found.strength) == (Claim.SUPPORT, 0.1)
    [told] = stated(tmp_path, bundle(vague), FORM, claim=Claim.CC, method=Method.LIST)
    assert (told.claim, told.strength, told.method) == (Claim.CC, None, Method.LIST)


def test_infrastructure_is_read_through_its_parts(tmp_path: Path) -> None:
    """With the malware it controls as the family, and the port of its traffic."""
    whole = node("infrastructure", infrastructure_types=["command-and-control"])
    address = node("ipv4-addr", value="192.0.2.1")
    protocols = ["ipv4", "tcp"]
    traffic = node("network-traffic", dst_ref=address["id"], dst_port=8443, protocols=protocols)
    objects = [
        whole | {"last_seen": "2026-01-29T00:00:00Z"},
        node("malware", name="elf.example"),
        address,
        traffic,
        edge(whole["id"], "controls", name("malware")),
        edge(whole["id"], "consists-of", traffic["id"]),
    ]

    taken = parsed(tmp_path, bundle(*objects), FORM)

    [found] = taken.evidence
    assert rendered([found]) == ["cc 192.0.2.1 tcp/8443 -3"]
    assert found.facts == {"family": "elf.example"}
    assert taken.ignored == {stix.NO_CLAIM: 1}  # The address by itself.


def test_what_malware_communicates_with_is_a_weak_trait(tmp_path: Path) -> None:
    """Dated by the relationship; a name is counted."""
    objects = [
        node("malware", name="Example"),
        node("ipv6-addr", value="2001:db8::1"),
        node("domain-name", value="host.example"),
        edge(name("malware"), "communicates-with", name("ipv6-addr")),
        edge(name("malware"), "communicates-with", name("domain-name")),
    ]

    taken = parsed(tmp_path, bundle(*objects), FORM)

    assert rendered(list(taken.evidence)) == ["support 2001:db8::1 -1"]
    assert taken.ignored == {A_NAME: 1}


def test_what_was_merely_observed_is_left_out(tmp_path: Path) -> None:
    """Victims are observed too."""
    address = node("ipv4-addr", value="192.0.2.1")
    text = bundle(address, node("observed-data", object_refs=[address["id"]]))

    assert parsed(tmp_path, text, FORM).ignored == {stix.OBSERVED: 1}


@pytest.mark.parametrize(
    "broken",
    [
        7,
        {"type": 7},
        indicator("[ipv4-addr:value = 'x']"),
        indicator("[ipv4-addr:value ="),
        indicator("[ipv4-addr:value = '192.0.2.1']", valid_from="yesterday"),
        {"type": "indicator", "indicator_types": ["benign"]},
    ],
)
def test_a_broken_object_is_named(tmp_path: Path, broken: Any) -> None:
    """By its place; with good ones kept the others are read."""
    text = bundle(indicator("[ipv4-addr:value = '192.0.2.9']"), broken)

    with pytest.raises(MalformedDocument, match="file: object 2: "):
        parsed(tmp_path, text, FORM)
    taken = parsed(tmp_path, text, FORM, keep_good=True)
    assert (taken.statements, taken.malformed) == (1, 1)


@pytest.mark.parametrize(
    ("content", "where"),
    [
        (b"{\n\n,", "line 3: is no valid JSON"),
        (b'{"type": "report"}', "is no STIX bundle"),
        (b"[]", "is no STIX bundle"),
        (b"[" * 200_000, "is no valid JSON"),
        (b'{\n"\xff": 1}', "line 2: is no text in UTF-8"),
    ],
)
def test_what_is_no_bundle_is_refused(tmp_path: Path, content: bytes, where: str) -> None:
    """With the line where there is one."""
    with pytest.raises(MalformedDocument, match=where):
        parsed(tmp_path, content, FORM, keep_good=True)


def test_a_bundle_is_bounded(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """It is read whole, so it has a limit."""
    monkeypatch.setattr(stix, "MOST_BYTES", 10)

    with pytest.raises(MalformedDocument, match="too long"):
        parsed(tmp_path, bundle(), FORM)


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=10),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner),
    max_leaves=5,
)
PROPERTIES: Final = [
    "value",
    "pattern",
    "indicator_types",
    "dst_ref",
    "dst_port",
    "protocols",
    "valid_from",
    "source_ref",
    "target_ref",
    "relationship_type",
    "kill_chain_phases",
    "object_refs",
]


@given(
    kind=st.sampled_from(["indicator", "ipv4-addr", "network-traffic", "relationship"]),
    fields=st.dictionaries(st.sampled_from(PROPERTIES), JSON),
)
def test_no_object_breaks_the_import(
    tmp_path_factory: pytest.TempPathFactory, kind: str, fields: dict[str, Any]
) -> None:
    """Whatever its properties hold, it is read, counted or malformed."""
    text = bundle(fields | {"type": kind, "id": "x"}, {"type": "observed-data", **fields})

    taken = parsed(tmp_path_factory.mktemp("stix"), text, FORM, keep_good=True)

    assert len(list(taken.evidence)) == taken.statements
