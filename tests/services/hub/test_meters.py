"""What a hub counts has no member and no address in it."""

from prometheus_client import generate_latest

from hinomi.services.hub.meters import Meters


def test_two_hubs_in_one_process_count_apart() -> None:
    """Each has a registry of its own."""
    first, second = Meters(), Meters()
    first.reads.inc()

    assert "hinomi_hub_reads_total 1.0" in generate_latest(first.registry).decode()
    assert "hinomi_hub_reads_total 0.0" in generate_latest(second.registry).decode()


def test_labels_are_routes_statuses_reasons_and_deeds() -> None:
    """There is no label that could name a member."""
    meters = Meters()
    labels = {
        label
        for each in (meters.requests, meters.refused, meters.batches, meters.failures)
        for label in each._labelnames  # noqa: SLF001 - the library shows them nowhere else.
    }

    assert labels == {"route", "status", "reason", "deed", "what"}


def test_no_count_says_when_it_began() -> None:
    """The moment of the first request of a kind would tell when a member came."""
    meters = Meters()
    meters.requests.labels("GET /v1/hub", "200").inc()
    meters.seconds.observe(0.1)
    text = generate_latest(meters.registry).decode()

    assert 'hinomi_hub_requests_total{route="GET /v1/hub",status="200"} 1.0' in text
    assert "_created" not in text
