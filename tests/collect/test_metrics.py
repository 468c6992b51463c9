"""What Prometheus reads."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from urllib.request import urlopen

import pytest
from prometheus_client.parser import text_string_to_metric_families

from accounts import a_status
from builders import NOON_MS
from hinomi.collect.accounting import CollectStatus
from hinomi.collect.metrics import exposure_of, serve_metrics
from hinomi.errors import ConfigError, Unavailable

Sample = tuple[str, tuple[tuple[str, str], ...]]


@contextmanager
def served(read: Callable[[], CollectStatus]) -> Iterator[Callable[[], dict[Sample, float]]]:
    """Serve an account; give a function that scrapes it over HTTP."""
    endpoint = serve_metrics(read, "127.0.0.1:0")

    def scrape() -> dict[Sample, float]:
        with urlopen(f"http://127.0.0.1:{endpoint.port}/metrics", timeout=10) as answer:
            text = answer.read().decode()
        return {
            (sample.name, tuple(sorted(sample.labels.items()))): sample.value
            for family in text_string_to_metric_families(text)
            for sample in family.samples
        }

    try:
        yield scrape
    finally:
        endpoint.close()


def test_a_scrape_tells_what_the_status_holds() -> None:
    """Counters by exporter and reason, gauges, and what belongs to no exporter."""
    with served(a_status) as scrape:
        found = scrape()

    edge = ("exporter", "192.0.2.1")
    expected = {
        ("datagrams_total", (edge,)): 10,
        ("datagram_bytes_total", (edge,)): 14_000,
        ("records_total", (edge,)): 250,
        ("records_kept_total", (edge,)): 240,
        ("records_dropped_total", (edge, ("reason", "transit"))): 10,
        ("sequenced_total", (edge, ("unit", "records"))): 250,
        ("lost_total", (edge, ("unit", "records"))): 60,
        ("late_total", (edge, ("unit", "records"))): 10,
        ("malformed_total", (edge, ("reason", "length"))): 2,
        ("noted_total", (edge, ("reason", "time-missing"))): 3,
        ("own_total", (("reason", "kernel-drops"),)): 5,
        ("level", (("what", "kernel-queued-bytes"),)): 900,
        ("refused_datagrams_total", ()): 11,
        ("refused_own_datagrams_total", ()): 6,
        ("over_limit_datagrams_total", ()): 0,
        ("conversations_total", (("fate", "made"),)): 241,
        ("conversations_total", (("fate", "stored"),)): 200,
        ("conversations_total", (("fate", "removed-hour"),)): 0,
        ("conversations_total", (("fate", "given-up"),)): 0,
        ("conversations_waiting", ()): 41,
        ("records_gathered", ()): 0,
        ("templates", (edge,)): 2,
        ("last_seen_timestamp_seconds", (edge,)): 1_767_268_859,
        ("newest_flow_timestamp_seconds", (edge,)): 1_767_268_849,
        ("sampling_interval", (("domain", "0"), edge, ("sampler", "system 0"))): 10_000,
        ("workers", ()): 1,
        ("worker_updated_timestamp_seconds", (("worker", "0"),)): (NOON_MS + 60_000) / 1000,
        ("unaccounted", ()): 0,
    }
    assert found == {
        ("hinomi_collect_" + name, labels): value for (name, labels), value in expected.items()
    }


def test_every_scrape_reads_anew() -> None:
    """The account of the moment is told, not of the beginning."""
    statuses = iter([a_status(), a_status(counts={"records": 300})])
    with served(lambda: next(statuses)) as scrape:
        seen = [
            scrape()["hinomi_collect_records_total", (("exporter", "192.0.2.1"),)] for _ in range(2)
        ]

    assert seen == [250, 300]


def test_no_address_that_may_not_send_becomes_a_label() -> None:
    """Otherwise anybody could fill the memory of Prometheus."""
    with served(a_status) as scrape:
        assert "198.51.100.9" not in str(scrape())


@pytest.mark.parametrize(
    "address", ["9752", ":9752", "127.0.0.1:", "127.0.0.1:http", "127.0.0.1:65536"]
)
def test_an_address_that_cannot_be_meant_is_a_wrong_configuration(address: str) -> None:
    """The message names the option and an example."""
    with pytest.raises(ConfigError, match=r"collect\.metrics: .* 127\.0\.0\.1:9752"):
        serve_metrics(a_status, address)


def test_a_taken_port_is_said() -> None:
    """With what to do about it."""
    endpoint = serve_metrics(a_status, "127.0.0.1:0")
    try:
        with pytest.raises(Unavailable, match=r"collect\.metrics .* choose another"):
            serve_metrics(a_status, f"127.0.0.1:{endpoint.port}")
    finally:
        endpoint.close()


@pytest.mark.parametrize("address", ["0.0.0.0:9752", "[::]:9752", "192.0.2.1:1", "node:9752"])
def test_an_endpoint_for_others_is_told(address: str) -> None:
    """It has no password: the operator should know."""
    assert "password" in (exposure_of(address) or "")


@pytest.mark.parametrize("address", ["127.0.0.1:9752", "[::1]:0", "localhost:9752", ""])
def test_an_endpoint_for_this_machine_is_not_told(address: str) -> None:
    """Loopback in every spelling, or no endpoint."""
    assert exposure_of(address) is None
