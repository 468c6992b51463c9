"""What one worker of the collector says about itself."""

import os
from collections import defaultdict
from dataclasses import dataclass
from typing import Final

from hinomi.clock import Clock
from hinomi.collect.accounting import (
    Account,
    CollectStatus,
    RowCounts,
    SamplerStatus,
    WorkerState,
)
from hinomi.collect.wire.decoder import Decoder
from hinomi.collect.wire.meaning.rates import Algorithm
from hinomi.collect.wire.sources import render_source
from hinomi.services.writing import Written

KERNEL_DROPS: Final = "kernel-drops"
"""Datagrams that found no room in a socket's buffer."""

KERNEL_QUEUED: Final = "kernel-queued-bytes"
"""Bytes that wait in the sockets' buffers now."""

STALLS: Final = "receiver-stalls"
"""Times that the receiver had to wait for the decoder."""

STALLED_MS: Final = "receiver-stalled-ms"
"""Milliseconds that it waited so, altogether."""

CUT: Final = "datagrams-cut"
"""Datagrams longer than 9,216 bytes, of which only the beginning was read."""

UNREAD: Final = "unread-bytes"
"""Bytes left in the sockets at the end, since decoding did not follow."""

COMMITS: Final = "commits"
"""Batches made durable."""

COMMIT_FAILURES: Final = "commit-failures"
"""Times that the disk refused; what was refused is tried again."""

BOOK_FAILURES: Final = "case-book-failures"
"""Times that the case book, or a rule of the home, could not be had: it is tried again."""


@dataclass(frozen=True, slots=True)
class Worker:
    """Which worker, and since when."""

    number: int
    started_ms: int
    clock: Clock


def report(
    worker: Worker, decoder: Decoder, account: Account, written: Written, made: int
) -> CollectStatus:
    """
    Put together the account of one worker.

    Args:
        worker: Which.
        decoder: Its exporters, templates and samplers.
        account: What it counted.
        written: What became of the conversation records handed to the lake.
        made: Conversation records made.
    """
    sources = decoder.sources
    return CollectStatus(
        workers={
            str(worker.number): WorkerState(
                pid=os.getpid(), started_ms=worker.started_ms, updated_ms=worker.clock()
            )
        },
        exporters=account.exporter_status(
            sources.text, templates=decoder.templates(), samplers=_samplers(decoder)
        ),
        refused={render_source(address): count for address, count in sources.refused.items()},
        refused_own=sources.refused_own,
        refused_others=sources.refused_others,
        over_limit=sources.over_limit,
        rows=RowCounts(
            made=made,
            stored=written.stored,
            removed_hour=written.removed_hour,
            given_up=written.given_up,
            waiting=written.waiting,
        ),
    )


def _samplers(decoder: Decoder) -> dict[int, list[SamplerStatus]]:
    found: defaultdict[int, list[SamplerStatus]] = defaultdict(list)
    for samplers in decoder.samplers.describe().values():
        for each in samplers:
            found[each.source].append(
                SamplerStatus(
                    domain=each.domain,
                    kind=each.kind,
                    number=each.number,
                    interval=each.interval,
                    algorithm=Algorithm(each.algorithm).title,
                    origin=each.origin,
                )
            )
    return found
