"""What a running hub counts of itself; no count has a member's name or an address in it."""

from typing import Final

from prometheus_client import (
    CollectorRegistry,
    Counter,
    Gauge,
    Histogram,
    disable_created_metrics,
)

# Each would be the moment of the first request of its kind.
disable_created_metrics()  # type: ignore[no-untyped-call]

_SECONDS: Final = (0.005, 0.01, 0.025, 0.05, 0.1, 0.2, 0.3, 0.5, 1.0, 2.5, 5.0, 10.0)


class Meters:
    """All counts of one hub, in a registry of their own."""

    def __init__(self) -> None:
        self.registry = CollectorRegistry()
        self.requests = Counter(
            "hinomi_hub_requests",
            "Requests answered, by route and status.",
            ("route", "status"),
            registry=self.registry,
        )
        self.seconds = Histogram(
            "hinomi_hub_request_seconds",
            "Seconds from the head of a request to the end of its answer.",
            registry=self.registry,
            buckets=_SECONDS,
        )
        self.refused = Counter(
            "hinomi_hub_refused",
            "Requests that were let nowhere, by reason.",
            ("reason",),
            registry=self.registry,
        )
        self.batches = Counter(
            "hinomi_hub_batches",
            "Documents of members that were taken, by what they are.",
            ("deed",),
            registry=self.registry,
        )
        self.reads = Counter(
            "hinomi_hub_reads", "Reads of the list that are in the journal.", registry=self.registry
        )
        self.commits = Counter(
            "hinomi_hub_journal_commits",
            "Times that reads and refusals were written to the journal, many at once.",
            registry=self.registry,
        )
        self.failures = Counter(
            "hinomi_hub_failures",
            "What the hub could not do, by what.",
            ("what",),
            registry=self.registry,
        )
        self.newest = Gauge(
            "hinomi_hub_newest_number", "Number of the newest list.", registry=self.registry
        )
        self.made = Gauge(
            "hinomi_hub_list_made",
            "Whether the newest list is of the present epoch: 1, or 0.",
            registry=self.registry,
        )
        self.late = Gauge(
            "hinomi_hub_list_late",
            "Whether the list of the present epoch is due and not made: 1, or 0.",
            registry=self.registry,
        )
        self.ahead = Gauge(
            "hinomi_hub_list_ahead",
            "Whether the newest list is of a later epoch, so that a clock is wrong: 1, or 0.",
            registry=self.registry,
        )
