"""From datagrams to conversations, in memory."""

from collections.abc import Sequence

import numpy as np

from arrivals import EXPORTER
from builders import NOON_MS
from exporting import V4_FLOW, Value, data, template, v4_flow, v9
from hinomi.collect.accounting import KEPT, UNNUMBERED, Account
from hinomi.collect.admission import TOO_LATE, Admission
from hinomi.collect.intake import NO_NUMBER, SAMPLED_ROWS, Intake, Rules
from hinomi.collect.networks import parse_own_networks
from hinomi.collect.normalise import TRANSIT, Normaliser
from hinomi.collect.observing import Observing
from hinomi.collect.ownership import OwnTable
from hinomi.collect.wire.datagrams import Datagrams
from hinomi.collect.wire.decoder import RECORDS, Decoder
from hinomi.collect.wire.sources import Sources
from hinomi.govern.pseudonym import LineCipher
from loopback import ipv4

DAY_MS = 86_400_000
NORMALISER = Normaliser(
    own=OwnTable(parse_own_networks("192.0.2.0/24\n", "own")),
    cipher=LineCipher(bytes(32)),
    exporter_number=lambda _name: 1,
)


class Asked:
    """Gives rules, and remembers for which exporters they were asked."""

    def __init__(self) -> None:
        self.times: list[int] = []
        self.is_numbering = True

    def __call__(self, addresses: Sequence[bytes]) -> Rules:
        """Give every exporter the number 101, or none."""
        self.times.append(len(addresses))
        first = 101 if self.is_numbering else NO_NUMBER
        return Rules(
            admission=Admission(smallest_interval=0, late_most_ms=DAY_MS, future_most_ms=DAY_MS),
            observing=Observing({}, {}),
            normaliser=NORMALISER,
            exporters=np.full(len(addresses), first, np.int32),
        )


def _intake(
    gathered_rows: int, most_unnumbered: int = 1_000
) -> tuple[Intake, Account, Decoder, Asked]:
    decoder = Decoder(Sources.allowing(["::/0"]))
    account, asked = Account(), Asked()
    intake = Intake(
        decoder, asked, account, gathered_rows=gathered_rows, most_unnumbered=most_unnumbered
    )
    return intake, account, decoder, asked


def _batch(decoder: Decoder, *payloads: bytes) -> Datagrams:
    number = decoder.sources.number(ipv4(EXPORTER))
    return Datagrams.pack(payloads, [number] * len(payloads), [NOON_MS] * len(payloads))


def _flows(*rows: Sequence[Value]) -> bytes:
    return v9(template(256, V4_FLOW), data(256, V4_FLOW, *rows))


def test_records_gather_until_there_are_enough() -> None:
    """Small batches wait for each other; what waits is told, and flushed on request."""
    intake, account, decoder, _ = _intake(3)

    assert intake.take(_batch(decoder, _flows(v4_flow(), v4_flow())), NOON_MS) is None
    assert intake.gathered == 2
    found = intake.take(_batch(decoder, _flows(v4_flow())), NOON_MS)

    assert found is not None
    assert found.num_rows == 3
    assert set(found.column("exporter").to_pylist()) == {101}
    assert intake.gathered == 0
    assert account.exporters[0][RECORDS] == account.exporters[0][KEPT] == 3
    assert intake.flush(NOON_MS).num_rows == 0


def test_every_record_is_kept_or_dropped_for_a_reason() -> None:
    """The sum of what was kept and of all reasons is what was decoded."""
    intake, account, decoder, _ = _intake(1)
    late = v4_flow(first=1, last=1)

    batch = _batch(decoder, _flows(v4_flow(), v4_flow(src="203.0.113.9"), late))
    found = intake.take(batch, NOON_MS + DAY_MS - 60_000)

    assert found is not None
    counts = account.exporters[0]
    assert (counts[RECORDS], counts[KEPT], counts[TRANSIT], counts[TOO_LATE]) == (3, 1, 1, 1)


def test_interfaces_are_looked_at_in_the_first_records_of_each_turn_over() -> None:
    """Also those whose records are dropped; a sample is enough to know them."""
    intake, account, decoder, _ = _intake(SAMPLED_ROWS + 100)
    fields = (*V4_FLOW, (10, 4))
    layout, rows = template(256, fields), [[*v4_flow(), 7]] * 50
    for _ in range(SAMPLED_ROWS // 50 + 1):
        intake.take(_batch(decoder, v9(layout, data(256, fields, *rows))), NOON_MS)

    (found,) = account.exporter_status(lambda _: "edge", templates={}, samplers={}).values()
    assert found.interfaces == {7: SAMPLED_ROWS}

    intake.flush(NOON_MS)
    foreign = [*v4_flow(src="203.0.113.9"), 8]
    intake.take(_batch(decoder, v9(layout, data(256, fields, foreign))), NOON_MS)

    (found,) = account.exporter_status(lambda _: "edge", templates={}, samplers={}).values()
    assert found.interfaces == {7: SAMPLED_ROWS, 8: 1}


def test_rules_are_asked_for_when_an_exporter_appears() -> None:
    """Once at the beginning, once for each new exporter, and on request."""
    intake, _, decoder, asked = _intake(1)

    batch = _batch(decoder, _flows(v4_flow()))
    intake.take(batch, NOON_MS)
    intake.take(batch, NOON_MS)
    intake.refresh()

    assert asked.times == [0, 1, 1]


def test_records_wait_for_the_number_of_their_exporter() -> None:
    """Until it is there they are neither kept nor dropped; then they become conversations."""
    intake, account, decoder, asked = _intake(1)
    asked.is_numbering = False

    found = intake.take(_batch(decoder, _flows(v4_flow(), v4_flow())), NOON_MS)
    assert found is not None
    assert (found.num_rows, intake.gathered, account.exporters[0][KEPT]) == (0, 2, 0)
    intake.refresh()
    assert intake.flush(NOON_MS).num_rows == 0

    asked.is_numbering = True
    intake.refresh()

    assert set(intake.flush(NOON_MS).column("exporter").to_pylist()) == {101}
    assert (intake.gathered, account.exporters[0][KEPT]) == (0, 2)


def test_records_that_wait_for_a_number_are_bounded() -> None:
    """Beyond the bound they are dropped for a reason, and so is what waits at the end."""
    intake, account, decoder, asked = _intake(1, most_unnumbered=2)
    asked.is_numbering = False

    for _ in range(3):
        intake.take(_batch(decoder, _flows(v4_flow())), NOON_MS)
    assert (intake.gathered, account.exporters[0][UNNUMBERED]) == (2, 1)

    intake.give_up_unnumbered(NOON_MS)
    assert (intake.gathered, account.exporters[0][UNNUMBERED]) == (0, 3)
