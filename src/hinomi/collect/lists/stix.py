"""
STIX bundles 2.0 and 2.1, and TAXII 2.1 envelopes: what indicators and observables name.

From indicators come the addresses their patterns test for; from observables those that
stand for themselves, make up an infrastructure or are the destination of traffic. What
was merely observed (``observed-data``) is left out: it names victims as well. Domains,
URLs, files and the like are counted by type; a list is of addresses.

Source:
    OASIS STIX 2.1, sections 4.7 (indicator), 4.8 (infrastructure), 6 (observables).
"""

import json
from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass, field
from itertools import product
from typing import Any, Final

from hinomi.collect.lists.fields import (
    clean_label,
    find_role,
    find_transport,
    parse_port,
    parse_prefix,
    parse_when,
)
from hinomi.collect.lists.intake import BadLine, Intake
from hinomi.collect.lists.stix_pattern import Alternative, Test, parse_pattern
from hinomi.errors import MalformedDocument
from hinomi.model.listed import ListEntry

_ADDRESS_TYPES: Final = {"ipv4-addr", "ipv6-addr"}
_ADDRESS_PATHS: Final = {"ipv4-addr:value", "ipv6-addr:value", "network-traffic:dst_ref.value"}
_OTHER_TYPES: Final = {
    "artifact", "autonomous-system", "directory", "domain-name", "email-addr", "email-message",
    "file", "mac-addr", "mutex", "network-traffic", "process", "software", "url",
    "user-account", "windows-registry-key", "x509-certificate",
}  # fmt: skip
_FAMILIES: Final = ("malware", "tool", "campaign", "intrusion-set", "threat-actor")

Object = dict[str, Any]


@dataclass(slots=True)
class _Links:
    """What the objects of a bundle say of one another, by id."""

    objects: dict[str, Object] = field(default_factory=dict)
    indicated: dict[str, list[Object]] = field(default_factory=lambda: defaultdict(list))
    consisting: dict[str, list[Object]] = field(default_factory=lambda: defaultdict(list))
    observed: set[str] = field(default_factory=set)
    ends: set[str] = field(default_factory=set)  # Of some network traffic.


def recognises(text: str) -> bool:
    """Tell a bundle or an envelope by its field ``objects``."""
    return text.lstrip().startswith("{") and _objects(text) is not None


def read(text: str, intake: Intake) -> None:
    """Hand every object to *intake*."""
    objects = _objects(text)
    if objects is None:
        raise MalformedDocument("is no STIX bundle", str(intake.path))
    links = _link([found for found in objects if isinstance(found, dict)])
    for position, found in enumerate(objects, start=1):
        with intake.line(None, f"object {position}"):
            if not isinstance(found, dict) or not isinstance(found.get("type"), str):
                raise BadLine("no STIX object")
            for entry in _read_object(found, links, intake):
                intake.add(entry)


def _objects(text: str) -> list[Any] | None:
    try:
        document = json.loads(text)
    except (ValueError, RecursionError):
        return None
    if not isinstance(document, dict) or document.get("type", "bundle") != "bundle":
        return None
    objects = document.get("objects", [] if "type" in document else None)
    return objects if isinstance(objects, list) else None


def _link(objects: list[Object]) -> _Links:
    links = _Links(objects={str(found.get("id")): found for found in objects})
    for found in objects:
        kind = found.get("type")
        if kind == "relationship":
            source, target = str(found.get("source_ref")), str(found.get("target_ref"))
            if found.get("relationship_type") == "indicates" and target in links.objects:
                links.indicated[source].append(links.objects[target])
            if found.get("relationship_type") == "consists-of" and source in links.objects:
                links.consisting[target].append(links.objects[source])
        elif kind == "observed-data":
            links.observed.update(_words(found, "object_refs"))
        elif kind == "network-traffic":
            links.ends.update(str(found[end]) for end in ("src_ref", "dst_ref") if end in found)
    return links


def _read_object(found: Object, links: _Links, intake: Intake) -> Iterator[ListEntry]:
    kind = found["type"]
    if kind == "indicator":
        yield from _read_indicator(found, links, intake)
    elif str(found.get("id")) in links.observed:
        intake.ignore("observed-data")
    elif kind in _ADDRESS_TYPES:
        if str(found.get("id")) not in links.ends:  # Else its traffic says what it is.
            yield _observable(found, links)
    elif kind == "network-traffic":
        yield from _read_traffic(found, links, intake)
    elif kind in _OTHER_TYPES:
        intake.ignore(kind)


def _read_indicator(found: Object, links: _Links, intake: Intake) -> Iterator[ListEntry]:
    types = _words(found, "indicator_types")
    if found.get("revoked") is True:
        intake.ignore("revoked")
        return
    if "benign" in types and not intake.is_benign:
        intake.ignore("benign")
        return
    if found.get("pattern_type", "stix") != "stix":
        intake.ignore("other pattern language")
        return
    pattern = found.get("pattern")
    if not isinstance(pattern, str):
        raise BadLine("an indicator without a pattern")
    targets = links.indicated[str(found.get("id"))]
    phases = found.get("kill_chain_phases")
    words = types + _words(found, "labels") + _infrastructure_types(targets)
    for phase in phases if isinstance(phases, list) else []:
        words.append(str(phase.get("phase_name")) if isinstance(phase, dict) else "")
    stated = {
        "role": find_role(words),
        "label": _family(targets),
        "first_listed_ms": parse_when(str(found.get("valid_from") or "")),
        "last_listed_ms": parse_when(str(found.get("valid_until") or "")),
    }
    for alternative in parse_pattern(pattern):
        yield from _read_alternative(alternative, stated, intake)


def _read_alternative(
    alternative: Alternative, stated: dict[str, Any], intake: Intake
) -> Iterator[ListEntry]:
    """Give the addresses that *alternative* asks for, with the port and protocol it asks for."""
    addresses: list[str] = []
    ports: list[str] = []
    protocols: list[str] = []
    for test in alternative:
        names_values = test.operator in {"=", "IN", "ISSUBSET"} and not test.is_negated
        if test.path in _ADDRESS_PATHS and names_values:
            addresses += test.values
        elif test.path == "network-traffic:dst_port":
            if not names_values:
                intake.ignore("port range")
                return
            ports += test.values
        elif test.path.startswith("network-traffic:protocols") and names_values:
            protocols += test.values
    if not addresses:
        intake.ignore(_kind_of(alternative))
    proto = find_transport(protocols)
    for address, port in product(addresses, ports or [""]):
        base, length = parse_prefix(address)
        yield ListEntry(base=base, length=length, proto=proto, port=parse_port(port), **stated)


def _kind_of(alternative: Alternative) -> str:
    first: Test = alternative[0]
    if first.subject in _ADDRESS_TYPES:
        return "no plain address"  # Negated, or by a regular expression.
    return first.subject if first.subject in _OTHER_TYPES else "other"


def _read_traffic(found: Object, links: _Links, intake: Intake) -> Iterator[ListEntry]:
    target = links.objects.get(str(found.get("dst_ref")))
    if target is None or target.get("type") not in _ADDRESS_TYPES:
        intake.ignore("network-traffic")
        return
    port = found.get("dst_port")
    yield _observable(
        target,
        links,
        about=found,
        proto=find_transport(_words(found, "protocols")),
        port=None if port is None else parse_port(str(port)),
    )


def _observable(
    found: Object,
    links: _Links,
    *,
    about: Object | None = None,
    proto: int | None = None,
    port: int | None = None,
) -> ListEntry:
    """Make an entry of the address *found*; *about* is the traffic that leads to it, if any."""
    base, length = parse_prefix(str(found.get("value")))
    ids = [str(one.get("id")) for one in (found, about) if one is not None]
    wholes = [whole for one in ids for whole in links.consisting[one]]
    role = find_role(_infrastructure_types(wholes))
    label = clean_label(str(wholes[0].get("name", ""))) if wholes else ""
    return ListEntry(base=base, length=length, proto=proto, port=port, role=role, label=label)


def _infrastructure_types(objects: list[Object]) -> list[str]:
    return [
        word
        for found in objects
        if found.get("type") == "infrastructure"
        for word in _words(found, "infrastructure_types") + _words(found, "labels")
    ]


def _family(targets: list[Object]) -> str:
    for kind in _FAMILIES:
        for target in targets:
            if target.get("type") == kind:
                return clean_label(str(target.get("name", "")))
    return ""


def _words(found: Object, name: str) -> list[str]:
    words = found.get(name)
    return [str(word) for word in words] if isinstance(words, list) else []
