"""Why what we read in a capture differs from what another program read: every case of it."""

from collections.abc import Mapping
from typing import Final

from goldens import A_SECOND_LATE, EXTRA, MISSING, WRAPPED, Golden

_NO_BORROW: Final = (
    "ours: export less (uptime less first); theirs takes the milliseconds off without borrowing "
    "from the seconds, and is 1 to 2 s late"
)
_WHOLE_SECONDS: Final = (
    "ours: export less (uptime less first); theirs cuts the distance to whole seconds, and is up "
    "to 1 s late"
)
_ANCHORED: Final = (
    "ours: uptimes count from systemInitTimeMilliseconds (IE 160), which the router sends in "
    "options; theirs does not use it and prints the export's time"
)

GENERAL: Final[Mapping[tuple[str, str], str]] = {
    ("logstash", A_SECOND_LATE): _NO_BORROW,
    ("pmacct", A_SECOND_LATE): _WHOLE_SECONDS,
    ("pmacct", "start"): _ANCHORED,
}
"""Reasons that hold for a whole collection, by collection and difference."""

REASONS: Final[Mapping[tuple[str, str], str]] = {
    ("Netflow 5 valid 01", WRAPPED): (
        "first is 2^32 - 1: ours takes the distance modulo 2^32 (case 14), theirs does not"
    ),
    ("Netflow 9 invalid 01", EXTRA): (
        "theirs gives the datagram up; ours finds every set, template and record of it sound"
    ),
    ("Netflow 9 Cisco 1941/K9 release 15.1", EXTRA): "theirs is only asked whether it fails",
    ("Netflow 9 Cisco ASR1001-X", EXTRA): "theirs is only asked whether it fails",
    ("Netflow 9 macaddress", MISSING): "its template counts neither packets nor bytes: no flow",
    ("Netflow 9 Cisco ASA", "src_port"): "ICMP has no ports: 0 in our schema; theirs is its id",
    ("Netflow 9 Cisco ASA", "dst_port"): "ICMP: type x 256 + code stands here in our schema",
    ("IPFIX Nokia BRAS", MISSING): "an event of address translation without counters: no flow",
    ("IPFIX Procera", MISSING): (
        "counts in elements of its own enterprise alone, which are not read: no flow"
    ),
    ("IPFIX Barracuda extended uniflow template 256", MISSING): (
        "an event with 0 packets and 0 bytes: no flow"
    ),
    ("Netflow 9 nprobe DPI L7", MISSING): "both addresses are 0.0.0.0: no flow between hosts",
    ("Netflow 9 Fortigate FortiOS 5.2.1", "start"): (
        "first is 7 days after the export: ours puts it at the export and counts `time-future`"
    ),
    ("Netflow 9 Fortigate FortiOS 5.2.1", "end"): "as its start",
    ("Netflow 9 template with 0 length fields", "packets"): (
        "in counts 0, out counts 1: an egress record, ours takes what was counted"
    ),
    ("Netflow 9 template with 0 length fields", "bytes"): "as its packets",
    ("IPFIX YAF basic with applabel", "tcp_flags"): (
        "flags come in elements of CERT's enterprise, which are not read: unknown"
    ),
    ("issue_14370", MISSING): (
        "the message claims 290 of its 292 bytes, so that its last set leaves it: ours counts "
        "`malformed-set`"
    ),
    ("netflow_v9_example", "start"): (
        "the header says uptime 0, the flows one of a day: ours puts them at the export and "
        "counts `time-future`"
    ),
    ("netflow_v9_example", "end"): "as its start",
    ("sflow_issue_15918", "in_if"): (
        "ours: the sample's input; theirs: its data source, where that is the output"
    ),
    ("sflow_issue_15918", "proto"): (
        "ICMPv6 behind a hop-by-hop header: ours names the transport, theirs the first header"
    ),
}
"""Reasons for one capture, by its name and the difference."""


def reason_for(golden: Golden, difference: str) -> str | None:
    """Give the reason why a capture differs in this; None if nobody wrote one down."""
    own = REASONS.get((golden.name, difference))
    return own or GENERAL.get((golden.collection, difference))
