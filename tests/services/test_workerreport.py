"""What one worker of the collector says about itself."""

import os

from arrivals import Arrivals
from builders import NOON_MS
from exporting import V4_FLOW, template, v5, v5_record, v9
from hinomi.collect.accounting import Account
from hinomi.collect.wire.decoder import DATAGRAMS
from hinomi.services.workerreport import Worker, report
from hinomi.services.writing import Written

ROUTER, SILENT, STRANGER = "203.0.113.1", "2001:db8::1", "198.51.100.9"
WORKER = Worker(3, NOON_MS - 60_000, lambda: NOON_MS)


def an_arrival() -> tuple[Arrivals, Account]:
    """Receive from two exporters, one of which was never heard, and refuse a third."""
    arrivals = Arrivals(allow=["203.0.113.0/24", "2001:db8::/32"])
    account = Account()
    arrivals.number(SILENT)
    arrivals.send(
        v5(v5_record(), sampling=2 << 14 | 4_096), v9(template(256, V4_FLOW)), source=ROUTER
    )
    arrivals.send(v5(v5_record()), source=STRANGER)
    account.absorb(arrivals.decoder.ledger.drain(), NOON_MS)
    return arrivals, account


def test_a_worker_says_who_it_is() -> None:
    """Number, process, since when, and when it said so."""
    arrivals, account = an_arrival()

    status = report(WORKER, arrivals.decoder, account, Written(), 0)

    (state,) = status.workers.values()
    assert list(status.workers) == ["3"]
    assert (state.pid, state.started_ms, state.updated_ms) == (
        os.getpid(), NOON_MS - 60_000, NOON_MS,
    )  # fmt: skip


def test_exporters_are_told_with_what_is_known_of_them() -> None:
    """Counts, templates and samplers stand under the exporter's address as text."""
    arrivals, account = an_arrival()

    status = report(WORKER, arrivals.decoder, account, Written(), 0)

    router = status.exporters[ROUTER]
    assert router.counts[DATAGRAMS] == 2
    assert router.last_seen_ms == NOON_MS
    assert router.templates == 1
    (sampler,) = router.samplers
    assert (sampler.interval, sampler.algorithm) == (4_096, "random n-out-of-N")
    assert SILENT not in status.exporters


def test_whoever_may_not_send_is_told_by_address() -> None:
    """IPv4 in its own form, and nothing of it among the exporters."""
    arrivals, account = an_arrival()

    status = report(WORKER, arrivals.decoder, account, Written(), 0)

    assert status.refused == {STRANGER: 1}
    assert STRANGER not in status.exporters
    assert (status.refused_others, status.over_limit) == (0, 0)


def test_every_conversation_has_its_fate() -> None:
    """What was made is stored, waits, was of a removed hour, or was given up."""
    arrivals, account = an_arrival()
    written = Written(stored=5, removed_hour=1, given_up=2, waiting=3, commits=1)

    rows = report(WORKER, arrivals.decoder, account, written, 11).rows

    assert (rows.made, rows.stored, rows.removed_hour) == (11, 5, 1)
    assert (rows.given_up, rows.waiting) == (2, 3)


def test_own_addresses_stay_unnamed() -> None:
    """A subscriber that sends to the port is counted; no file may hold the address."""
    arrivals, account = an_arrival()
    arrivals.sources.hide(lambda addresses: addresses[:, 12] == 198)
    arrivals.send(v5(v5_record()), source=STRANGER)

    status = report(WORKER, arrivals.decoder, account, Written(), 0)

    assert (status.refused, status.refused_own) == ({}, 2)
