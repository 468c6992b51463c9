"""Damaged datagrams: a corpus of sound ones, what may happen to them, and what must then hold."""

import random
from collections.abc import Mapping, Sequence
from functools import cache
from typing import Final

from arrivals import Arrivals
from exporting import (
    V4_FLOW,
    VARIABLE,
    Field,
    counter_sample,
    data,
    flow_sample,
    flows,
    frame,
    ipfix,
    options_template,
    sflow,
    template,
    v4_flow,
    v5,
    v5_record,
    v9,
    withdrawal,
)
from golden_sets import EXPORTERS, goldens
from slow_reading import SlowReader

MOST_OF_ONE_CAPTURE: Final = 40
"""Datagrams of one capture in the corpus: long ones repeat themselves."""

NEUTRAL: Final = frozenset(
    {"datagrams", "datagram-bytes", "records", "fields-discarded", "payload-discarded"}
    | {"packets-assumed", "counts-total", "bytes-missing", "bytes-from-frames"}
    | {"packet-bytes-discarded", "transport-headers-cut", "sflow-records-discarded"}
    | {"sflow-payload-discarded", "sflow-counter-samples", "sflow-other-samples"}
    | {"exporter-restarted", "template-redefined", "template-withdrawn"}
)
"""Reasons that say nothing of records left out; so do those that begin as below."""

_NEUTRAL_STARTS: Final = ("time-", "sampling-", "sequence", "lost-", "late-")

_TELLING: Final = (0, 1, 2, 3, 4, 5, 7, 8, 9, 10, 127, 128, 254, 255, 256, 257, 65_535)
_BIAS: Final = 64  # Bytes at the front, where headers and templates are.


@cache
def corpus() -> tuple[bytes, ...]:
    """Give sound datagrams: made by hand, and of real exporters where their data is there."""
    real: list[bytes] = []
    if EXPORTERS.is_dir():
        for golden in goldens():
            payloads = [payload for _, payload in golden.datagrams]
            step = -(-len(payloads) // MOST_OF_ONE_CAPTURE)
            real += payloads[::step]
    return tuple(dict.fromkeys((*_made_by_hand(), *real)))


def mutate(rng: random.Random, payload: bytes, others: Sequence[bytes]) -> bytes:
    """Do one thing or several to *payload*; to append a part of another datagram is one of them."""
    found = bytearray(payload)
    for _ in range(1 + int(rng.expovariate(0.6))):
        _CHANGES[rng.randrange(len(_CHANGES))](rng, found, others)
    return bytes(found[:65_507])


def unaccounted(payload: bytes, arrivals: Arrivals, reader: SlowReader) -> str | None:
    """
    Decode one datagram and say what is wrong, if anything.

    Every record that the slow reader finds must come out, unless the ledger says why not; and
    what comes out must have been in the datagram, once or, counted both ways, twice.
    """
    before = dict(arrivals.counted())
    rows = len(arrivals.decode([(SENDER, payload)]))
    counted = {
        reason: count - before.get(reason, 0)
        for reason, count in arrivals.counted().items()
        if count != before.get(reason, 0)
    }
    expected = reader.records(payload)
    if counted.get("datagrams") != 1 or counted.get("records", 0) != rows:
        return f"the datagram or its {rows} records are not counted: {counted}"
    if rows < expected and not excuses(counted):
        return f"{expected} records stand in it, {rows} came out, and no reason: {counted}"
    is_awaited = "sets-waiting" in before  # What waited may have come out with it.
    if rows > 2 * expected and not excuses(counted) and not is_awaited:
        return f"{rows} records came out of {expected}: {counted}"
    return None


SENDER: Final = "192.0.2.66"


def excuses(counted: Mapping[str, int]) -> set[str]:
    """Name the reasons that explain why records are missing."""
    return {
        reason
        for reason in counted
        if reason not in NEUTRAL and not reason.startswith(_NEUTRAL_STARTS)
    }


def _flip(rng: random.Random, found: bytearray, _others: Sequence[bytes]) -> None:
    if found:
        found[_place(rng, found)] ^= 1 << rng.randrange(8)


def _set_byte(rng: random.Random, found: bytearray, _others: Sequence[bytes]) -> None:
    if found:
        found[_place(rng, found)] = rng.choice(_TELLING) & 0xFF


def _set_number(rng: random.Random, found: bytearray, _others: Sequence[bytes]) -> None:
    width = rng.choice((2, 2, 4))
    if len(found) > width:
        at = _place(rng, found) & ~1
        number = rng.choice((*_TELLING, len(found), len(found) - at, 2**32 - 1, 2**31))
        found[at : at + width] = (number % 2 ** (8 * width)).to_bytes(width, "big")


def _cut(rng: random.Random, found: bytearray, _others: Sequence[bytes]) -> None:
    del found[rng.randrange(len(found) + 1) :]


def _drop(rng: random.Random, found: bytearray, _others: Sequence[bytes]) -> None:
    if found:
        at = _place(rng, found)
        del found[at : at + rng.choice((1, 2, 4, 8, 48))]


def _repeat(rng: random.Random, found: bytearray, _others: Sequence[bytes]) -> None:
    if found:
        at = _place(rng, found)
        found[at:at] = found[at : at + rng.choice((1, 4, 16, 64))] * rng.choice((1, 2, 9))


def _pad(rng: random.Random, found: bytearray, _others: Sequence[bytes]) -> None:
    found += bytes(rng.randrange(40)) if rng.random() < 0.7 else rng.randbytes(rng.randrange(40))


def _splice(rng: random.Random, found: bytearray, others: Sequence[bytes]) -> None:
    other = rng.choice(others)
    found[rng.randrange(len(found) + 1) :] = other[rng.randrange(len(other) + 1) :]


_CHANGES: Final = (
    _flip, _flip, _set_byte, _set_byte, _set_number, _set_number, _set_number, _cut, _drop,
    _repeat, _pad, _splice,
)  # fmt: skip


def _place(rng: random.Random, found: bytearray) -> int:
    most = min(_BIAS, len(found)) if rng.random() < 0.5 else len(found)
    return rng.randrange(most)


def _made_by_hand() -> list[bytes]:
    varying: tuple[Field, ...] = (*V4_FLOW, (82, VARIABLE), (96, VARIABLE))
    both: tuple[Field, ...] = (*V4_FLOW, (1, 8, 29_305), (2, 8, 29_305))
    scope: tuple[Field, ...] = ((302, 4),)
    rate: tuple[Field, ...] = ((305, 4), (306, 4))
    row = [*v4_flow(), b"ge-0/0/1", b"x" * 300]
    v9_scope: tuple[Field, ...] = ((1, 4),)
    sampled: tuple[Field, ...] = ((48, 1), (49, 1), (50, 4))
    packets = [
        frame(),
        frame(proto=17, vlans=[7, 8]),
        frame(src="2001:db8::1", dst="2001:db8::2", proto=58),
    ]
    return [
        v5(*[v5_record()] * 30, sampling=0x4064),
        v5(v5_record()),
        v9(template(256, V4_FLOW), flows(*[v4_flow()] * 9)),
        v9(flows(v4_flow(), v4_flow())),
        v9(
            options_template(512, v9_scope, sampled),
            data(512, (*v9_scope, *sampled), (0, 1, 2, 1_000), (0, 2, 2, 50)),
            template(257, (*V4_FLOW, (48, 1))),
            data(257, (*V4_FLOW, (48, 1)), [*v4_flow(), 1], [*v4_flow(), 2], padding=2),
        ),
        ipfix(template(256, V4_FLOW, version=10), flows(*[v4_flow()] * 5)),
        ipfix(template(300, varying, version=10), data(300, varying, row, row)),
        ipfix(template(301, both, version=10), data(301, both, [*v4_flow(), 700, 7])),
        ipfix(
            options_template(513, scope, rate, version=10),
            data(513, (*scope, *rate), (1, 1, 999)),
            withdrawal(300),
        ),
        sflow(*map(flow_sample, packets), counter_sample()),
        sflow(*(flow_sample(each, expanded=True) for each in packets), agent="2001:db8::9"),
    ]
