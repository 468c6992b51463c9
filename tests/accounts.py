"""Accounts of a collector, for tests of what reads them."""

from collections.abc import Mapping

from builders import NOON_MS
from hinomi.collect.accounting import (
    CollectStatus,
    ExporterStatus,
    RowCounts,
    SamplerStatus,
    WorkerState,
)


def a_status(
    worker: int = 0, exporter: str = "192.0.2.1", counts: Mapping[str, int] | None = None
) -> CollectStatus:
    """Describe one worker with one exporter; *counts* take the place of the usual ones."""
    given = {
        "datagrams": 10, "datagram-bytes": 14_000, "records": 250, "records-kept": 240,
        "transit": 10, "sequenced-records": 250, "lost-records": 60, "late-records": 10,
        "malformed-length": 2, "time-missing": 3,
    }  # fmt: skip
    given |= counts or {}
    return CollectStatus(
        workers={str(worker): WorkerState(pid=77, started_ms=NOON_MS, updated_ms=NOON_MS + 60_000)},
        exporters={
            exporter: ExporterStatus(
                counts=given,
                last_seen_ms=NOON_MS + 59_000,
                newest_flow_ms=NOON_MS + 49_000,
                templates=2,
                samplers=(a_sampler(),),
            )
        },
        counts={"kernel-drops": 5, "kernel-queued-bytes": 900},
        refused={"198.51.100.9": 4},
        refused_own=6,
        refused_others=1,
        rows=RowCounts(made=241, stored=200, waiting=41),
    )


def a_sampler(interval: int = 10_000) -> SamplerStatus:
    """Describe the sampler of a whole exporter."""
    return SamplerStatus(
        domain=0,
        kind="system",
        number=0,
        interval=interval,
        algorithm="random n-out-of-N",
        origin="IE 34",
    )
