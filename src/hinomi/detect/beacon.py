"""
How one line keeps coming back to one service: by a clock, for days, or in vain.

It speaks only where the sampling interval lets single contacts be seen (`MEANINGFUL`):
at 1 in 10,000 a bot that calls every minute leaves 0.4 packets a day, and a gap between
two of them says nothing about its clock.
"""

from dataclasses import dataclass
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from hinomi.detect.orient import ACK, LINE, PSH, RST, SERVICE, SYN
from hinomi.model.flow import Direction
from hinomi.model.protocol import Protocol

MEANINGFUL: Final = 10
"""Largest N of 1-in-N at which contacts of one pair can be told apart, by measurement."""

CONTINUES_MS: Final = 61_000
"""
An exporter cuts a long flow into records of its active timeout, 60 s as a rule; a record
that begins this soon after the last one on the same ports ended goes on with it.
"""

MIN_CONTACTS: Final = 4
POISSON_REGULARITY: Final = 0.33
"""What `regularity` gives for contacts at random moments."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Rhythm:
    """What one line's contacts with one service look like."""

    contacts: int  # Connections or attempts, cut records rejoined.
    failed: int  # Of them unanswered or refused.
    span_ms: int  # From the first start to the last end.
    period_ms: float  # Median gap between starts; 0 below `MIN_CONTACTS`.
    regularity: float  # 1 for a clock, 0.33 for chance; 0 below `MIN_CONTACTS`.
    sameness: float  # 1 if every contact carries the same bytes, towards 0 if they vary.
    bytes_per_contact: float  # Median, both directions.
    answer_bytes: float  # Median of what the service sent per contact.
    held_ms: int  # Longest contact.


def repeated(pair: Any) -> Any:
    """Choose the pairs whose contacts are worth looking at: `SERVICE` and `LINE`."""
    often = (pair.records >= MIN_CONTACTS) | (pair.last_ms - pair.first_ms >= CONTINUES_MS)
    return pair.filter(often & (pair.packets_out > 0)).select(*SERVICE, *LINE)


def contacts(records: Any, chosen: Any) -> Any:
    """Give the records of the pairs in *chosen*, in the order `rhythms` needs."""
    seen = records.filter(
        (records.sampling_interval >= 1) & (records.sampling_interval <= MEANINGFUL)
    )
    picked = seen.semi_join(chosen, [*SERVICE, *LINE])
    return picked.select(
        *SERVICE, *LINE, "line_port", "ts_ms", "duration_ms", "direction", "tcp_flags", "bytes"
    ).order_by([*SERVICE, *LINE, "ts_ms"])


def rhythm(
    *,
    proto: int,
    line_port: NDArray[np.int64],
    starts_ms: NDArray[np.int64],
    durations_ms: NDArray[np.int64],
    direction: NDArray[np.int64],
    flags: NDArray[np.int64],
    size_bytes: NDArray[np.int64],
) -> Rhythm:
    """
    Describe the contacts of one line with one service.

    Args:
        proto: IANA protocol number.
        line_port: Port of the line, one per record, shape (n,), as all that follow.
        starts_ms: Starts, ms since the Unix epoch, ascending.
        durations_ms: Durations, ms.
        direction: `Direction` of each record.
        flags: OR of the TCP flags, -1 unknown.
        size_bytes: IP bytes of each record.

    Raises:
        ValueError: If *starts_ms* is not an ascending vector (the caller's bug).
    """
    contact = _contact_of(line_port, starts_ms, starts_ms + durations_ms)
    number = int(contact.max()) + 1
    first = np.full(number, np.iinfo(np.int64).max)
    np.minimum.at(first, contact, starts_ms)
    last = np.zeros(number, dtype=np.int64)
    np.maximum.at(last, contact, starts_ms + durations_ms)
    carried = np.bincount(contact, weights=size_bytes, minlength=number)
    inward = size_bytes * (direction == int(Direction.IN))
    sent = np.bincount(contact, weights=inward, minlength=number)
    answered = np.bincount(contact, weights=_answers(proto, direction, flags), minlength=number)
    starts = np.sort(first)
    score = regularity(starts)
    gaps = np.diff(starts)
    return Rhythm(
        contacts=number,
        failed=int((answered == 0).sum()),
        span_ms=int(last.max() - first.min()),
        period_ms=float(np.median(gaps)) if score is not None else 0.0,
        regularity=score or 0.0,
        sameness=_sameness(carried.astype(np.float64)),
        bytes_per_contact=float(np.median(carried)),
        answer_bytes=float(np.median(sent)),
        held_ms=int((last - first).max()),
    )


def regularity(starts_ms: NDArray[np.int64], *, min_contacts: int = MIN_CONTACTS) -> float | None:
    """
    Score how clock-like one client's contacts with one service are.

    Args:
        starts_ms: Starts of the contacts, shape (n,), ms since the Unix epoch, ascending.
        min_contacts: Number of contacts below which nothing can be said.

    Returns:
        1 for a perfect clock, 0 for bursts, no unit; None below *min_contacts*.

    Raises:
        ValueError: If *starts_ms* is not an ascending vector (the caller's bug).

    Notes:
        Chance (Poisson) contacts score 0.33. Gaps beyond five periods are pauses of the
        host, not of the clock, and are left out. Packet sampling turns gaps into multiples
        of the period: do not use it across exporters that sample differently.

    Source:
        Deviation: Rousseeuw and Croux (1993), JASA 88:1273. The ratio is ours.
    """
    gaps_ms = np.diff(starts_ms)
    if starts_ms.ndim != 1 or (gaps_ms < 0).any():
        raise ValueError("start times are not an ascending vector")
    if starts_ms.size < max(min_contacts, 2):
        return None
    period_ms = float(np.median(gaps_ms))
    if period_ms == 0.0:
        return 0.0  # Simultaneous contacts are a burst, not a clock.
    steady = gaps_ms[gaps_ms <= 5 * period_ms]
    return max(0.0, 1.0 - float(np.median(np.abs(steady - period_ms))) / period_ms)


def _contact_of(
    line_port: NDArray[np.int64], starts_ms: NDArray[np.int64], ends_ms: NDArray[np.int64]
) -> NDArray[np.int64]:
    """Number the contacts: records on one port that follow each other closely are one."""
    order = np.lexsort((starts_ms, line_port))
    port, start, end = line_port[order], starts_ms[order], ends_ms[order]
    reached = end.copy()
    fresh = np.ones(order.size, dtype=bool)
    for place in range(1, order.size):
        if port[place] == port[place - 1]:
            fresh[place] = start[place] - reached[place - 1] > CONTINUES_MS
            if not fresh[place]:
                reached[place] = max(reached[place], reached[place - 1])
    numbered = np.empty(order.size, dtype=np.int64)
    numbered[order] = np.cumsum(fresh) - 1
    return numbered


def _answers(
    proto: int, direction: NDArray[np.int64], flags: NDArray[np.int64]
) -> NDArray[np.float64]:
    """Mark the records that show the service taking part: no bare reset is an answer."""
    inward = direction == int(Direction.IN)
    if proto != int(Protocol.TCP):
        return np.asarray(inward, dtype=np.float64)
    known = flags >= 0
    bare_reset = known & ((flags & RST) != 0) & ((flags & (PSH | SYN)) == 0)
    data_out = ~inward & known & ((flags & PSH) != 0) & ((flags & ACK) != 0)
    return np.asarray((inward & ~bare_reset) | data_out, dtype=np.float64)


def _sameness(carried: NDArray[np.float64]) -> float:
    middle = float(np.median(carried))
    if middle == 0.0:
        return 0.0
    return max(0.0, 1.0 - float(np.median(np.abs(carried - middle))) / middle)
