"""
Writes docs/reference/exporters.md: what we read in captures of exporters, and what others did.

Run from the root of the project, with the real data beside it:

    PYTHONPATH=tests .venv/bin/python benchmarks/exporters.py > docs/reference/exporters.md

No address of the data gets into the page.
"""

from collections.abc import Iterable, Iterator
from typing import Final

from golden_reasons import reason_for
from golden_sets import goldens
from goldens import Golden, Outcome, hold_against, protocol_of

HEAD: Final = """\
# Exporters that were read

Made by `benchmarks/exporters.py`; do not edit. Captures of real exporters, published by others
with what their own programs read in them: logstash's codec of NetFlow, pmacct's nfacctd,
telegraf's netflow input, tcpdump's printer of sFlow. Each is sent through the decoder datagram
by datagram, and every column of ours that the other program has too is held against it:
addresses, ports, protocol, TCP flags, packets, bytes, start and end, interfaces, direction,
sampling interval. What they read besides (applications, users, URLs, VLANs, MPLS labels, AS
numbers, counters of interfaces) never leaves our decoder.

*Records* are the flow records that we read, *expected* the flows that the other program's output
shows: logstash shows some of them only, pmacct and telegraf all; pmacct adds records of the same
key up, and so its sums are compared. A record with counts in both directions (YAF) is two of
ours. *Other* is what theirs read besides flows: rows of options, counter samples.

A capture that differs in nothing has an empty last column. How rows by nfcapd and the import
compare with those of the collector, and which parts of ICMP nfcapd does not write, stands in
[Standards](standards.md#nfcapd).

"""

LEFT_OUT: Final = {
    "no-addresses": "records without addresses",
    "no-counters": "records without counters",
    "no-packets": "records of 0 packets",
    "not-ip": "frames that are not IP",
    "sets-without-template": "sets without template",
    "malformed-count": "datagrams that announce more records than v5 allows",
    "malformed-set": "sets that leave the datagram",
    "malformed-record": "records that leave their set",
    "malformed-header": "headers cut short",
    "malformed-template": "templates cut short",
    "field-impossible": "fields of impossible width",
    "time-future": "times after the export",
    "time-no-anchor": "uptimes without a start to count from",
}
"""What the ledger counts and the page shows, in words."""

TITLES: Final = {
    "logstash": "logstash: events of its codec",
    "pmacct": "pmacct: what nfacctd printed",
    "telegraf": "telegraf: metrics of its netflow input",
    "tcpdump-sflow": "tcpdump: its printer of sFlow",
}


def page(outcomes: Iterable[tuple[Golden, Outcome]]) -> str:
    """Render the whole page."""
    rows: dict[str, list[str]] = {name: [] for name in TITLES}
    captures = records = expected = 0
    for golden, outcome in outcomes:
        rows[golden.collection].append(_row(golden, outcome))
        captures += 1
        records += outcome.records
        expected += len(golden.expected)
    text = HEAD
    text += (
        f"In all {captures} captures, {records:,} records read, {expected:,} flows of other "
        "programs held against them.\n"
    )
    for name, lines in rows.items():
        text += f"\n## {TITLES[name]}\n\n"
        text += "| exporter | capture | protocol | datagrams | records | expected | other "
        text += "| left out or doubtful | what differs, and why |\n"
        text += "|---|---|---|---:|---:|---:|---:|---|---|\n"
        text += "\n".join(lines) + "\n"
    return text


def _row(golden: Golden, outcome: Outcome) -> str:
    cells = (
        golden.exporter,
        golden.name.replace("|", "/"),
        protocol_of(golden),
        f"{len(golden.datagrams):,}",
        f"{outcome.records:,}",
        f"{len(golden.expected):,}",
        f"{golden.others:,}",
        "; ".join(_left_out(outcome)),
        "; ".join(_differences(golden, outcome)),
    )
    return "| " + " | ".join(cells) + " |"


def _left_out(outcome: Outcome) -> Iterator[str]:
    for reason, words in LEFT_OUT.items():
        if outcome.counted.get(reason):
            yield f"{outcome.counted[reason]:,} {words}"


def _differences(golden: Golden, outcome: Outcome) -> Iterator[str]:
    for difference, count in sorted(outcome.differences.items()):
        reason = reason_for(golden, difference) or "**not explained**"
        yield f"{difference} ({count:,}): {reason}"


if __name__ == "__main__":
    print(page((golden, hold_against(golden)) for golden in goldens()), end="")
