"""
The account of a collector for Prometheus, served on this machine.

An exporter is the operator's own router, so its name may be a label. Addresses that may not
send are not: anybody could make as many labels as there are addresses.
"""

from collections.abc import Callable, Iterator
from typing import Final

from prometheus_client import CollectorRegistry, start_http_server
from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, Metric
from prometheus_client.registry import Collector

from hinomi.collect.accounting import (
    DROPPED,
    KEPT,
    LEVELS,
    CollectStatus,
    ExporterStatus,
    RowCounts,
    unaccounted,
)
from hinomi.collect.wire.decoder import DATAGRAM_BYTES, DATAGRAMS, RECORDS
from hinomi.collect.wire.sequences.places import LATE, LOST, SEQUENCED
from hinomi.errors import Unavailable
from hinomi.listening import HttpServer, is_loopback, split_address
from hinomi.model.exporter import SequenceUnit

OPTION: Final = "collect.metrics"
"""Where its address stands in the configuration."""

_PREFIX: Final = "hinomi_collect_"

_OF_EXPORTERS: Final = {
    DATAGRAMS: ("datagrams", "Datagrams received"),
    DATAGRAM_BYTES: ("datagram_bytes", "Bytes of the payloads received"),
    RECORDS: ("records", "Flow records decoded, unidirectional"),
    KEPT: ("records_kept", "Flow records of which conversations were made"),
}
_BY_UNIT: Final = {
    "sequenced": (SEQUENCED, "Units received, in the unit that the sequence number counts"),
    "lost": (LOST, "Units that a gap in the sequence claimed"),
    "late": (LATE, "Units claimed by a gap that are not lost: losses are lost less late"),
}
_ELSEWHERE: Final = frozenset(
    {*_OF_EXPORTERS, *DROPPED, *SEQUENCED.values(), *LOST.values(), *LATE.values()}
)
_MALFORMED: Final = "malformed-"


class StatusCollector(Collector):
    """Reads the account anew at every scrape."""

    def __init__(self, read: Callable[[], CollectStatus]) -> None:
        self._read = read

    def collect(self) -> Iterator[Metric]:
        """Give all metrics."""
        status = self._read()
        yield from _exporter_counters(status)
        yield from _sequence_counters(status)
        yield from _reason_counters(status)
        yield from _own_counters(status)
        yield from _gauges(status)

    def describe(self) -> list[Metric]:
        """Say nothing beforehand: a status may not be there yet."""
        return []


def exposure_of(address: str) -> str | None:
    """
    Say what is wrong with an endpoint that others than this machine can ask.

    Args:
        address: ``HOST:PORT``, or empty: no endpoint.

    Returns:
        One line; None if nothing is wrong.

    Raises:
        ConfigError: If *address* is of another form.
    """
    if not address:
        return None
    if is_loopback(split_address(address, OPTION)[0]):
        return None
    return (
        f"collect.metrics: {address} answers other machines too, and nobody is asked for a "
        "password: let a firewall guard it, or use 127.0.0.1"
    )


def serve_metrics(read: Callable[[], CollectStatus], address: str) -> HttpServer:
    """
    Serve what *read* gives by HTTP under ``/metrics``.

    Args:
        read: Gives the present account; called on another thread.
        address: ``HOST:PORT``; port 0 takes a free one. Nobody is asked for a password:
            leave it on 127.0.0.1 unless something else guards it.

    Raises:
        ConfigError: If *address* is none.
        Unavailable: If the port is taken or not permitted.
    """
    host, port = split_address(address, OPTION)
    registry = CollectorRegistry()
    registry.register(StatusCollector(read))
    try:
        server, thread = start_http_server(port, host, registry=registry)
    except OSError as error:
        raise Unavailable(
            f"collect.metrics {address}: {error.strerror or error}; free it or choose another"
        ) from error
    return HttpServer(server, thread)


def _exporter_counters(status: CollectStatus) -> Iterator[Metric]:
    for reason, (name, text) in _OF_EXPORTERS.items():
        family = CounterMetricFamily(_PREFIX + name, text + ".", labels=("exporter",))
        for exporter, count in _counts(status, reason):
            family.add_metric((exporter,), count)
        yield family


def _sequence_counters(status: CollectStatus) -> Iterator[Metric]:
    for name, (reasons, text) in _BY_UNIT.items():
        family = CounterMetricFamily(_PREFIX + name, text + ".", labels=("exporter", "unit"))
        for unit in SequenceUnit:
            for exporter, count in _counts(status, reasons[unit]):
                family.add_metric((exporter, unit.value), count)
        yield family


def _reason_counters(status: CollectStatus) -> Iterator[Metric]:
    labels = ("exporter", "reason")
    dropped = CounterMetricFamily(
        _PREFIX + "records_dropped", "Flow records decoded and not kept, by reason.", labels=labels
    )
    malformed = CounterMetricFamily(
        _PREFIX + "malformed", "What an exporter's own protocol forbids, by reason.", labels=labels
    )
    noted = CounterMetricFamily(
        _PREFIX + "noted", "Whatever else was left out or is doubtful, by reason.", labels=labels
    )
    for exporter, counts in _all_counts(status):
        for reason, count in sorted(counts.items()):
            if reason in DROPPED:
                dropped.add_metric((exporter, reason), count)
            elif reason.startswith(_MALFORMED):
                malformed.add_metric((exporter, reason.removeprefix(_MALFORMED)), count)
            elif exporter and reason not in _ELSEWHERE:
                noted.add_metric((exporter, reason), count)
    yield from (dropped, malformed, noted)


def _own_counters(status: CollectStatus) -> Iterator[Metric]:
    own = CounterMetricFamily(
        _PREFIX + "own", "What no exporter can be blamed for, by reason.", labels=("reason",)
    )
    level = GaugeMetricFamily(
        _PREFIX + "level", "How things stand now, of all exporters together.", labels=("what",)
    )
    for reason, count in sorted(status.counts.items()):
        if reason in LEVELS:
            level.add_metric((reason,), count)
        elif reason not in _ELSEWHERE:
            own.add_metric((reason,), count)
    yield from (own, level)
    refused = sum(status.refused.values()) + status.refused_own + status.refused_others
    yield CounterMetricFamily(
        _PREFIX + "refused_datagrams", "Datagrams of addresses that may not send.", value=refused
    )
    yield CounterMetricFamily(
        _PREFIX + "refused_own_datagrams",
        "Those of them that came from addresses of own networks.",
        value=status.refused_own,
    )
    yield CounterMetricFamily(
        _PREFIX + "over_limit_datagrams",
        "Datagrams of allowed addresses that got no number.",
        value=status.over_limit,
    )
    rows = CounterMetricFamily(
        _PREFIX + "conversations", "Conversation records by what became of them.", labels=("fate",)
    )
    for name in RowCounts.__struct_fields__:
        if name != "waiting":
            rows.add_metric((name.replace("_", "-"),), getattr(status.rows, name))
    yield rows


def _gauges(status: CollectStatus) -> Iterator[Metric]:
    exporter_gauges: tuple[tuple[str, str, Callable[[ExporterStatus], float]], ...] = (
        ("templates", "Templates known.", lambda each: each.templates),
        (
            "last_seen_timestamp_seconds",
            "When the newest datagram arrived.",
            lambda each: each.last_seen_ms / 1000,
        ),
        (
            "newest_flow_timestamp_seconds",
            "When the newest flow ended.",
            lambda each: each.newest_flow_ms / 1000,
        ),
    )
    for name, text, value in exporter_gauges:
        family = GaugeMetricFamily(_PREFIX + name, text, labels=("exporter",))
        for exporter, each in sorted(status.exporters.items()):
            family.add_metric((exporter,), value(each))
        yield family
    updated = GaugeMetricFamily(
        _PREFIX + "worker_updated_timestamp_seconds",
        "When the worker last wrote its account.",
        labels=("worker",),
    )
    for worker, state in sorted(status.workers.items()):
        updated.add_metric((worker,), state.updated_ms / 1000)
    yield updated
    interval = GaugeMetricFamily(
        _PREFIX + "sampling_interval",
        "N of 1-in-N of each sampler; 0 unknown.",
        labels=("exporter", "domain", "sampler"),
    )
    for exporter, each in sorted(status.exporters.items()):
        shown = {(s.domain, f"{s.kind} {s.number}"): s.interval for s in each.samplers}
        for (domain, sampler), number in shown.items():
            interval.add_metric((exporter, str(domain), sampler), number)
    yield interval
    for name, text, number in (
        ("conversations_waiting", "Conversation records not yet durable.", status.rows.waiting),
        ("records_gathered", "Flow records that wait to become conversations.", status.gathered),
        ("workers", "Worker processes.", len(status.workers)),
        ("unaccounted", "Records that the account lost; other than 0 is a fault of hinomi.",
         unaccounted(status)),
    ):  # fmt: skip
        yield GaugeMetricFamily(_PREFIX + name, text, value=number)


def _all_counts(status: CollectStatus) -> Iterator[tuple[str, dict[str, int]]]:
    """Give all counts by exporter; those of none under an empty name."""
    if status.counts:
        yield "", status.counts
    for exporter, each in sorted(status.exporters.items()):
        yield exporter, each.counts


def _counts(status: CollectStatus, reason: str) -> Iterator[tuple[str, int]]:
    for exporter, counts in _all_counts(status):
        if reason in counts:
            yield exporter, counts[reason]
