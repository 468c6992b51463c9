"""Sequence numbers of real exporters: what arrived whole shows no loss."""

from collections import Counter
from pathlib import Path
from typing import Final

import pytest

from arrivals import Arrivals
from hinomi.collect.files.datagrams_of import read_datagrams
from hinomi.collect.files.reading import Tally
from hinomi.collect.wire.decoder import Decoder
from hinomi.collect.wire.sequences.places import INCLUSIVE, LATE, LOST, RESTARTED, SEQUENCED
from hinomi.collect.wire.sources import Sources
from hinomi.model.exporter import SequenceUnit
from peers import softflowd, unpacked

PMACCT: Final = Path(__file__).resolve().parents[3] / "shared" / "data" / "exporters" / "pmacct"

WHOLE: Final = {
    "400-IPFIXv10-BMP-CISCO-SRv6-multiple-sources/traffic-00.pcap": 995,
    "401-IPFIXv10-BMP-IPv6-CISCO-MPLS-multiple-sources/traffic-01.pcap": 1067,
    "501-IPFIXv10-BGP-IPv6-CISCO-MPLS/traffic-00.pcap": 113,
}
"""Captures of Cisco routers in which no message is missing, and the data records in them."""


@pytest.mark.skipif(not PMACCT.is_dir(), reason="../shared/data is absent")
@pytest.mark.parametrize(("name", "data_records"), WHOLE.items())
def test_a_whole_capture_of_a_router_shows_no_loss(name: str, data_records: int) -> None:
    """IPFIX counts data records, those of options too (robustness case 17)."""
    decoder = Decoder(Sources.allowing(["::/0"]))
    for batch in read_datagrams(PMACCT / name, Tally(), decoder.sources):
        decoder.decode(batch)

    ledger = decoder.ledger
    records = SequenceUnit.RECORDS
    assert ledger.total(SEQUENCED[records]) == data_records
    assert (ledger.total(LOST[records]), ledger.total(RESTARTED)) == (0, 0)


@pytest.mark.parametrize(
    ("version", "unit"),
    [(5, SequenceUnit.FLOWS), (9, SequenceUnit.DATAGRAMS), (10, SequenceUnit.RECORDS)],
)
def test_a_datagram_that_softflowd_sent_and_nobody_got_is_noticed(
    version: int, unit: SequenceUnit, tmp_path: Path
) -> None:
    """Whole, nothing is lost; without one datagram exactly its units are."""
    (capture,) = unpacked(tmp_path, "1kxun.pcap")
    sent = softflowd(capture, version, tmp_path)
    missing = len(sent) - 3
    whole = counted(sent)
    cut = counted(sent[:missing] + sent[missing + 1 :])

    assert whole[LOST[unit]] == whole[LATE[unit]]
    lost = cut[LOST[unit]] - cut[LATE[unit]]
    assert lost == whole[SEQUENCED[unit]] - cut[SEQUENCED[unit]] > 0
    assert whole[INCLUSIVE] == (version == 10)


def counted(sent: list[bytes]) -> Counter[str]:
    """Give what the decoder counts of datagrams that come one after the other."""
    arrivals = Arrivals()
    arrivals.send_each(*sent)
    return Counter(arrivals.counted())
