"""
STIX 2.x bundles and TAXII envelopes: what reports and malware analysis say of servers.

What is claimed depends on what the bundle says an address is, and no more:

======================================================== ==============
infrastructure of type command-and-control, or one that  cc
controls malware; what malware beacons to; an indicator
of either, or with such a role or kill-chain phase
infrastructure that hosts or delivers malware            loader
a sinkhole, by a label                                   sinkhole
infrastructure of type botnet (its infected hosts);      support
what malware communicates with or exfiltrates to; an
indicator that says nothing but malicious
an indicator or infrastructure of type benign            benign
======================================================== ==============

Observed data name victims as well, and are left out. Host names are counted; of URLs those
whose host is an address count (R16). A port without a protocol is one of TCP.

Source:
    OASIS STIX 2.1, sections 4.7 (indicator), 4.8 (infrastructure), 4.11 (malware), 5.1
    (relationship), 6.12 (network traffic), 10.9 (infrastructure types).
"""

import json
import re
from collections.abc import Iterator
from itertools import product
from typing import Any, Final

from hinomi.collect.evidence.fetches import PORTS, find_url
from hinomi.collect.evidence.fields import (
    clean_words,
    make_service,
    parse_day,
    parse_host,
    parse_url_host,
)
from hinomi.collect.evidence.intake import A_NAME, Intake, Skip
from hinomi.collect.evidence.stix_links import Links, Object, link, words
from hinomi.collect.lists.fields import find_transport
from hinomi.collect.lists.intake import BadLine
from hinomi.collect.lists.stix_pattern import Alternative, parse_pattern
from hinomi.errors import MalformedDocument
from hinomi.model.evidence import Claim, Evidence, Method
from hinomi.model.protocol import render_protocol
from hinomi.model.service import Service

MOST_BYTES: Final = 1 << 26
"""A bundle is read whole: its objects name one another. Beyond this, split it."""

OBSERVED: Final = "observed data"
NO_CLAIM: Final = "nothing said of it"

_START: Final = re.compile(r'"type"\s*:\s*"bundle"|"objects"\s*:\s*\[')
_ID: Final = re.compile(r"[a-z0-9-]{3,250}--[0-9a-fA-F-]{36}")
_ADDRESSES: Final = {"ipv4-addr", "ipv6-addr"}
_NAMES: Final = {"domain-name", "url", "email-addr"}
_TRANSPORTS: Final = {"tcp": "tcp", "tls": "tcp", "ssl": "tcp", "ws": "tcp", "udp": "udp"}
"""Schemes that reports make up for what speaks no HTTP: the port is stated."""

_PATHS: Final = {"ipv4-addr:value", "ipv6-addr:value", "network-traffic:dst_ref.value"}


def recognises(start: str) -> bool:
    """Tell a bundle or an envelope by its first 64 KiB."""
    return start.lstrip().startswith("{") and _START.search(start) is not None


def read(intake: Intake) -> Iterator[Evidence]:
    """
    Yield what indicators and related observables state.

    Raises:
        MalformedDocument: If it is no bundle, or too long for one.
    """
    objects = _load(intake)
    links = link([found for found in objects if isinstance(found, dict)])
    for position, found in enumerate(objects, start=1):
        statements: list[Evidence] = []
        with intake.line(None, f"object {position}"):
            if not isinstance(found, dict) or not isinstance(found.get("type"), str):
                raise BadLine("no STIX object")
            for services, claim, source in _read_object(found, links, intake):
                statements += _state(intake, services, claim, source, links)
        yield from statements


_Found = tuple[list[Service], Claim, Object]
"""Services, what is claimed of them, and the object that dates and names the statement."""


def _load(intake: Intake) -> list[Any]:
    with intake.stream() as file:
        raw = file.read(MOST_BYTES + 1)
    path = str(intake.path)
    if len(raw) > MOST_BYTES:
        raise MalformedDocument("is too long for a STIX bundle (64 MiB): split it", path)
    try:
        document = json.loads(raw.decode("utf-8-sig"))
    except UnicodeDecodeError as error:
        line = raw.count(b"\n", 0, error.start) + 1
        raise MalformedDocument("is no text in UTF-8", path, line) from None
    except json.JSONDecodeError as error:
        raise MalformedDocument("is no valid JSON", path, error.lineno) from None
    except (ValueError, RecursionError):
        raise MalformedDocument("is no valid JSON", path) from None
    objects = document.get("objects", []) if isinstance(document, dict) else None
    if not isinstance(objects, list) or document.get("type", "bundle") != "bundle":
        raise MalformedDocument("is no STIX bundle", path)
    return objects


def _read_object(found: Object, links: Links, intake: Intake) -> Iterator[_Found]:
    kind, name = found["type"], str(found.get("id"))
    if kind == "indicator":
        yield _indicator(found, links, intake)
    elif kind in _NAMES:
        raise Skip(A_NAME)
    elif kind in _ADDRESSES | {"network-traffic"}:
        said = links.claims.get(name)
        if said is None:
            raise Skip(OBSERVED if name in links.observed else NO_CLAIM)
        claim, source = said
        if kind == "network-traffic":
            yield [_traffic(found, links)], claim, source
        else:
            yield [make_service(_host(found), "", "")], claim, source


def _indicator(found: Object, links: Links, intake: Intake) -> _Found:
    if found.get("revoked") is True:
        raise Skip("revoked")
    if found.get("pattern_type", "stix") != "stix":
        raise Skip("other pattern language")
    pattern = found.get("pattern")
    if not isinstance(pattern, str):
        raise BadLine("an indicator without a pattern")
    claim = links.claim_of_indicator(found)
    if claim is None or claim is Claim.SUPPORT:
        claim = intake.told.claim or claim
    if claim is None:
        raise Skip(NO_CLAIM)
    services: list[Service] = []
    for alternative in parse_pattern(pattern):
        with intake.skipping():
            services += _tested(alternative)
    return services, claim, found


def _tested(alternative: Alternative) -> list[Service]:
    """Give the services that *alternative* asks for."""
    addresses: list[str] = []
    urls: list[str] = []
    ports: list[str] = []
    protocols: list[str] = []
    for test in alternative:
        names_values = test.operator in {"=", "IN", "ISSUBSET"} and not test.is_negated
        if test.path == "network-traffic:dst_port" and not names_values:
            raise Skip("port range")
        if not names_values:
            continue
        if test.path in _PATHS:
            addresses += test.values
        elif test.path == "url:value":
            urls += test.values
        elif test.path == "network-traffic:dst_port":
            ports += test.values
        elif test.path.startswith("network-traffic:protocols"):
            protocols += test.values
    if not addresses and not urls:
        subject = alternative[0].subject
        raise Skip(A_NAME if subject in _NAMES else "a pattern without an address")
    if any("/" in address.removesuffix("/32").removesuffix("/128") for address in addresses):
        raise Skip("a range, not an address")
    proto = _transport(protocols)
    hosts = [parse_host(each.partition("/")[0], is_laboratory=True) for each in addresses]
    return [make_service(host, proto, port) for host, port in product(hosts, ports or [""])] + [
        _of_url(url) for url in urls
    ]


def _of_url(url: str) -> Service:
    scheme, mark, rest = url.strip().partition("://")
    transport = _TRANSPORTS.get(scheme.lower(), "") if mark else ""
    fetch = find_url(f"http://{rest}" if transport else url)
    if fetch is None:
        raise Skip(A_NAME)
    port = fetch.port or ("" if transport else str(PORTS.get(fetch.scheme, "")))
    return make_service(parse_url_host(fetch.host, is_laboratory=True), transport or "tcp", port)


def _traffic(found: Object, links: Links) -> Service:
    target = links.objects.get(str(found.get("dst_ref")))
    if target is None or target.get("type") not in _ADDRESSES:
        raise Skip(A_NAME)
    port = found.get("dst_port")
    proto = _transport(words(found, "protocols"))
    return make_service(_host(target), proto, "" if port is None else str(port))


def _host(found: Object) -> Any:
    text = str(found.get("value"))
    if "/" in text.removesuffix("/32").removesuffix("/128"):
        raise Skip("a range, not an address")
    return parse_host(text.partition("/")[0], is_laboratory=True)


def _transport(names: list[str]) -> str:
    proto = find_transport(names)
    return "" if proto is None else render_protocol(proto)


def _state(
    intake: Intake, services: list[Service], claim: Claim, source: Object, links: Links
) -> Iterator[Evidence]:
    stated = next(
        (
            str(source[name])
            for name in ("last_seen", "valid_from", "modified", "created")
            if source.get(name)
        ),
        "",
    )
    day = parse_day(stated, intake.told.day)
    name = str(source.get("id"))
    for service in services:
        yield intake.evidence(
            service,
            claim,
            intake.told.method or Method.LIST,
            day,
            reference=name if _ID.fullmatch(name) else "",
            strength=intake.told.limits.trait_strength if claim is Claim.SUPPORT else None,
            family=clean_words(links.family_of(source)),
        )
