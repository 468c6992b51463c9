"""The account of a collector as people and scripts read it."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import Any, Final

from hinomi.clock import render_time
from hinomi.collect.accounting import (
    DROPPED,
    KEPT,
    CollectStatus,
    ExporterStatus,
    SamplerStatus,
    unaccounted,
)
from hinomi.collect.wire.decoder import DATAGRAM_BYTES, DATAGRAMS, RECORDS
from hinomi.collect.wire.sequences.places import LATE, LOST, SEQUENCED
from hinomi.model.exporter import InterfaceRole, SequenceUnit

_TOLD_APART: Final = frozenset(
    {DATAGRAMS, DATAGRAM_BYTES, RECORDS, KEPT, *DROPPED}
    | {*SEQUENCED.values(), *LOST.values(), *LATE.values()}
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Said:
    """What the operator says of one exporter, to stand beside what it says itself."""

    interval: int = 0  # N of 1-in-N above all that it states; 0: nothing is said.
    reason: str = ""  # Of the interval.
    roles: Mapping[int, InterfaceRole] = field(default_factory=dict)  # By interface index.


_NOTHING_SAID: Final = Said()
_NOBODY: Final[Mapping[str, Said]] = MappingProxyType({})
_MOST_TOLD: Final = 16
"""Interfaces of one exporter that people are shown."""


def interface_shares(
    records: Mapping[int, int], roles: Mapping[int, InterfaceRole]
) -> dict[int, tuple[InterfaceRole, float]]:
    """
    Give each interface that records name: where it looks, and its share of the records.

    Args:
        records: By interface index, as `ExporterStatus.interfaces`.
        roles: What the operator says, by interface index.

    Returns:
        By interface index, largest share first; shares are 0..1, of all records: also of
        those that name no interface, or one of those not told apart.
    """
    total = sum(records.values())
    return {
        index: (roles.get(index, InterfaceRole.UNKNOWN), count / total)
        for index, count in sorted(records.items(), key=lambda item: (-item[1], item[0]))
        if index >= 0
    }


def status_document(status: CollectStatus, said: Mapping[str, Said] = _NOBODY) -> dict[str, Any]:
    """
    Render *status* as a JSON document; times are ISO 8601 UTC.

    Args:
        status: Of all workers.
        said: What the operator says of exporters, by name.
    """
    return {
        "workers": [
            {
                "worker": name,
                "pid": each.pid,
                "started": render_time(each.started_ms),
                "updated": render_time(each.updated_ms),
            }
            for name, each in sorted(status.workers.items())
        ],
        "exporters": [
            {"name": name, **_exporter_document(each, said.get(name, _NOTHING_SAID))}
            for name, each in sorted(status.exporters.items())
        ],
        "counts": dict(sorted(status.counts.items())),
        "refused": dict(sorted(status.refused.items())),
        "refused_own": status.refused_own,
        "refused_others": status.refused_others,
        "over_limit": status.over_limit,
        "gathered": status.gathered,
        "conversations": {
            name: getattr(status.rows, name) for name in status.rows.__struct_fields__
        },
        "unaccounted": unaccounted(status),
    }


def status_lines(
    status: CollectStatus, now_ms: int, said: Mapping[str, Said] = _NOBODY
) -> list[str]:
    """
    Render *status* for people, one fact a line.

    Args:
        status: Of all workers.
        now_ms: The present, from which ages are told.
        said: What the operator says of exporters, by name.
    """
    if not status.workers:
        return ["No collector has run in this home; `hinomi collect` starts one."]
    lines = [
        f"worker {name}: pid {each.pid}, since {render_time(each.started_ms)}, "
        f"last heard of {_age(now_ms - each.updated_ms)} ago"
        + (": it ended, or hangs" if now_ms - each.updated_ms > _SILENT_MS else "")
        for name, each in sorted(status.workers.items())
    ]
    rows = status.rows
    lines.append(
        f"conversations: {_number(rows.stored)} stored, {_number(rows.waiting)} waiting, "
        f"{_number(rows.given_up)} given up, {_number(rows.removed_hour)} of removed hours"
    )
    if status.gathered:
        lines.append(f"flow records gathered to become conversations: {_number(status.gathered)}")
    for name, each in sorted(status.exporters.items()):
        lines += _exporter_lines(name, each, now_ms, said.get(name, _NOTHING_SAID))
    lines += _reasons("no exporter's doing", status.counts)
    lines += [
        f"refused {address}: {_number(count)} datagrams (not in [collect] allow)"
        for address, count in sorted(status.refused.items(), key=_by_count)
    ]
    if status.refused_own:
        lines.append(
            f"refused addresses of own networks: {_number(status.refused_own)} datagrams "
            "(not in [collect] allow, never named)"
        )
    if status.refused_others:
        lines.append(f"refused further addresses: {_number(status.refused_others)} datagrams")
    if status.over_limit:
        lines.append(
            f"allowed, but without a number left: {_number(status.over_limit)} datagrams "
            "(name exporters one by one in [collect] allow)"
        )
    if missing := unaccounted(status):
        lines.append(f"NOT ACCOUNTED FOR: {_number(missing)} records; this is a fault of hinomi")
    return lines


def _exporter_document(status: ExporterStatus, said: Said) -> dict[str, Any]:
    counts = status.counts
    return {
        "datagrams": counts.get(DATAGRAMS, 0),
        "bytes": counts.get(DATAGRAM_BYTES, 0),
        "records": counts.get(RECORDS, 0),
        "kept": counts.get(KEPT, 0),
        "dropped": _picked(counts, DROPPED),
        "sequence": {
            unit.value: {"received": received, "lost": lost}
            for unit, received, lost in _losses(counts)
        },
        "noted": {
            reason: count for reason, count in sorted(counts.items()) if reason not in _TOLD_APART
        },
        "templates": status.templates,
        "samplers": [_sampler_document(each) for each in status.samplers],
        "override": {"interval": said.interval, "reason": said.reason} if said.interval else None,
        "interfaces": {
            str(index): {"role": role.word, "share": round(share, 4)}
            for index, (role, share) in interface_shares(status.interfaces, said.roles).items()
        },
        "last_seen": render_time(status.last_seen_ms) if status.last_seen_ms else None,
        "newest_flow": render_time(status.newest_flow_ms) if status.newest_flow_ms else None,
    }


def _sampler_document(sampler: SamplerStatus) -> dict[str, Any]:
    return {name: getattr(sampler, name) for name in sampler.__struct_fields__}


def _exporter_lines(name: str, status: ExporterStatus, now_ms: int, said: Said) -> list[str]:
    counts = status.counts
    seen = f"heard {_age(now_ms - status.last_seen_ms)} ago" if status.last_seen_ms else "not heard"
    sums = ", ".join(
        f"{_number(counts.get(reason, 0))} {word}"
        for reason, word in ((DATAGRAMS, "datagrams"), (RECORDS, "records"), (KEPT, "kept"))
    )
    lines = [f"exporter {name}: {seen}, {sums}, {_number(status.templates)} templates"]
    if status.newest_flow_ms and status.last_seen_ms:
        late = status.last_seen_ms - status.newest_flow_ms
        lines.append(f"  newest flow ended {_age(late)} before the newest datagram")
    for unit, received, lost in _losses(counts):
        share = 100 * lost / max(received + lost, 1)
        lines.append(
            f"  lost by sequence: {_number(lost)} of {_number(received + lost)} {unit.value} "
            f"({share:.3g} %)"
        )
    lines += [f"  {_sampler_text(each)}" for each in status.samplers]
    if said.interval:
        lines.append(f"  sampling 1 in {said.interval} rules, as the operator says: {said.reason}")
    lines += _interface_lines(interface_shares(status.interfaces, said.roles))
    lines += _reasons("  dropped", _picked(counts, DROPPED))
    rest = {reason: count for reason, count in counts.items() if reason not in _TOLD_APART}
    return lines + _reasons("  noted", rest)


def _interface_lines(shares: Mapping[int, tuple[InterfaceRole, float]]) -> list[str]:
    if not shares:
        return []
    told = [
        f"{index} {role.word} {100 * share:.3g} %"
        for index, (role, share) in list(shares.items())[:_MOST_TOLD]
    ]
    more = f", and {len(shares) - _MOST_TOLD} more (--json)" if len(shares) > _MOST_TOLD else ""
    return [f"  came in by interface {', '.join(told)}{more}"]


def _sampler_text(sampler: SamplerStatus) -> str:
    rate = f"1 in {sampler.interval}" if sampler.interval else "unknown"
    origin = f"IE {sampler.origin}" if sampler.origin[:1].isdigit() else sampler.origin
    return (
        f"sampling {rate}, {sampler.algorithm}: {sampler.kind} {sampler.number} of domain "
        f"{sampler.domain}, from {origin}"
    )


def _losses(counts: Mapping[str, int]) -> list[tuple[SequenceUnit, int, int]]:
    """Give units received and lost for each kind of unit that was counted."""
    found = [
        (
            unit,
            counts.get(SEQUENCED[unit], 0),
            counts.get(LOST[unit], 0) - counts.get(LATE[unit], 0),
        )
        for unit in SequenceUnit
    ]
    return [each for each in found if each[1] or each[2]]


def _picked(counts: Mapping[str, int], reasons: frozenset[str]) -> dict[str, int]:
    return {reason: count for reason, count in sorted(counts.items()) if reason in reasons}


def _reasons(label: str, counts: Mapping[str, int]) -> list[str]:
    shown = sorted(counts.items(), key=_by_count)
    return [f"{label}: {reason} {_number(count)}" for reason, count in shown if count]


def _by_count(item: tuple[str, int]) -> tuple[int, str]:
    return -item[1], item[0]


def _number(count: int) -> str:
    return f"{count:,}"


_SILENT_MS: Final = 10_000
"""A worker writes its status every two seconds."""

_MINUTE_S: Final = 60
_HOUR_S: Final = 3600


def _age(span_ms: int) -> str:
    seconds = max(span_ms, 0) // 1000
    if seconds < 2 * _MINUTE_S:
        return f"{seconds} s"
    if seconds < 2 * _HOUR_S:
        return f"{seconds // _MINUTE_S} min"
    return f"{seconds // _HOUR_S} h"
