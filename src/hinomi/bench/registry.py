"""
What anybody can look up about the addresses of a world, as text files.

``routes.txt``       pyasn table: prefix, tab, origin AS
``allocations.txt``  delegations in the registries' extended form
``as-kinds.csv``     what each AS mostly does; small ones are not in it
``history.csv``      C&C servers listed before the window, from when until when

All are as of the day before the window.
"""

import ipaddress
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from typing import Final

import numpy as np

from hinomi.bench.access import NetworkRow
from hinomi.bench.addressing import REMOTE_BITS, Codes, render_code
from hinomi.bench.internet import FIRST_ASN, Business, Internet

_V6_GAIN: Final = 32  # A remote /p goes with the /(32+p) of `addressing.remote_v6_codes`.
_V6_BASE: Final = 0x20010DB8F << 92
_DAY_ZERO: Final = datetime(1995, 1, 1, tzinfo=UTC)
_YOUNG_DAYS: Final = 900  # Blocks of hosters who look away were registered so recently; ours.
_HISTORY_DAYS: Final = 540  # How far the history goes back; ours.
_LISTED_DAYS: Final = (13.0, 1.72)  # Median and sigma: C2IntelFeeds; 90 % are gone by 118 days.
_PORTS: Final = (443, 8_080, 80, 6_667, 48_101, 4_444, 7_000, 9_030, 50_050)
_STATED: Final = 0.85  # Share of the systems whose kind a table states; ours.
_KINDS: Final = {
    Business.HOSTING: "hosting",
    Business.ACCESS: "access",
    Business.CLOUD: "hosting",
    Business.ENTERPRISE: "other",
}


def render_routes(internet: Internet, own: Sequence[NetworkRow]) -> str:
    """Render the routing table as a pyasn text table."""
    lines = ["; prefix and origin AS of a made-up world"]
    lines += [f"{row[0]}\t{FIRST_ASN}" for row in own]
    for prefix in internet.prefixes:
        asn, length = FIRST_ASN + 1 + prefix.system, 32 - prefix.bits
        lines.append(f"{render_code(prefix.base)}/{length}\t{asn}")
        lines.append(f"{_v6(prefix.base)}/{_V6_GAIN + length}\t{asn}")
    return "\n".join(lines) + "\n"


def render_allocations(
    internet: Internet, own: Sequence[NetworkRow], starts_ms: int, rng: np.random.Generator
) -> str:
    """Render who holds which block since when, in the extended delegation format."""
    today = _day(starts_ms) - timedelta(days=1)
    span = (today - _DAY_ZERO).days
    rows = []
    for row in own:
        base, length = row[0].split("/")
        kind, value = ("ipv6", length) if ":" in base else ("ipv4", str(1 << 32 - int(length)))
        rows.append(("ZZ", kind, base, value, _DAY_ZERO + timedelta(days=2_000), "own"))
    for prefix in internet.prefixes:
        most = _YOUNG_DAYS if internet.bad[prefix.system] else span - 100
        begins = today - timedelta(days=int(rng.integers(10, most)))
        holder, country = f"holder-{prefix.system}", f"X{chr(65 + prefix.system % 26)}"
        size, length = str(1 << prefix.bits), str(_V6_GAIN + 32 - prefix.bits)
        rows.append((country, "ipv4", render_code(prefix.base), size, begins, holder))
        rows.append((country, "ipv6", _v6(prefix.base), length, begins, holder))
    stamp = f"{today:%Y%m%d}"
    lines = [f"2|iana|{stamp}|{len(rows)}|{_DAY_ZERO:%Y%m%d}|{stamp}|+0000"]
    lines += [
        f"iana|*|{kind}|*|{sum(row[1] == kind for row in rows)}|summary"
        for kind in ("ipv4", "ipv6")
    ]
    lines += [
        f"iana|{country}|{kind}|{start}|{value}|{begins:%Y%m%d}|allocated|{holder}"
        for country, kind, start, value, begins, holder in rows
    ]
    return "\n".join(lines) + "\n"


def render_as_kinds(internet: Internet, rng: np.random.Generator) -> str:
    """Render what most systems do; some are in no such table."""
    stated = rng.random(internet.business.size) < _STATED
    lines = [
        f"{FIRST_ASN + 1 + system},{_KINDS[Business(business)]}"
        for system, business in enumerate(internet.business.tolist())
        if stated[system]
    ]
    return "\n".join(("asn,kind", f"{FIRST_ASN},access", *lines)) + "\n"


def render_history(history: Codes, starts_ms: int, rng: np.random.Generator) -> str:
    """Render the C&C servers that were listed at some time before the window."""
    today = _day(starts_ms) - timedelta(days=1)
    ages = rng.integers(1, _HISTORY_DAYS, history.size)
    stays = np.maximum(_LISTED_DAYS[0] * rng.lognormal(0, _LISTED_DAYS[1], history.size), 1)
    ports = rng.choice(_PORTS, history.size)
    lines = ["address,protocol,port,first_listed,last_listed"]
    for code, port, age, stay in zip(
        history.tolist(), ports.tolist(), ages.tolist(), stays.astype(int).tolist(), strict=True
    ):
        first, last = today - timedelta(days=age), today - timedelta(days=max(age - stay, 0))
        lines.append(f"{render_code(code)},tcp,{port},{first:%Y-%m-%d},{last:%Y-%m-%d}")
    return "\n".join(lines) + "\n"


def _day(moment_ms: int) -> datetime:
    return datetime.fromtimestamp(moment_ms / 1_000, UTC).replace(hour=0, minute=0, second=0)


def _v6(base: int) -> str:
    """Give the first address of the IPv6 block that goes with an IPv4 block."""
    host = base & ((1 << REMOTE_BITS) - 1)
    return str(ipaddress.IPv6Address(_V6_BASE | host << 64))
