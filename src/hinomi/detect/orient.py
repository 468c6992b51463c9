"""
Which end of a conversation is the service.

Evidence, strongest first: a bare SYN or SYN-ACK; which of the two endpoints meets more
peers; the class of the ports. What none of them decides stays unknown.
"""

from typing import Any, Final

import ibis

from hinomi.model.flow import Direction
from hinomi.model.protocol import Protocol

FIN: Final = 0x01
SYN: Final = 0x02
RST: Final = 0x04
PSH: Final = 0x08
ACK: Final = 0x10

ENDPOINT: Final = ["line_hi", "line_lo", "line_port", "proto"]
SERVICE: Final = ["remote_hi", "remote_lo", "remote_own", "proto", "remote_port"]
LINE: Final = ["line_hi", "line_lo"]

SYSTEM_PORTS: Final = 1024
"""Below: system ports (RFC 6335, section 6)."""

EPHEMERAL_PORTS: Final = 32768
"""From here on hosts choose client ports: Linux 32768, IANA and Windows 49152 (RFC 6335)."""

ICMP: Final = (int(Protocol.ICMP), int(Protocol.ICMPV6))


def port_class(port: Any) -> Any:
    """Rank a port column: 0 system, 1 registered, 2 ephemeral (RFC 6335, section 6)."""
    return ibis.cases((port < SYSTEM_PORTS, 0), (port < EPHEMERAL_PORTS, 1), else_=2)


def in_bucket(records: Any, end: str, bucket: int, buckets: int) -> Any:
    """
    Keep the records whose *end* (``remote`` or ``line``) falls into one of *buckets* parts.

    Whole services, or whole lines, stay together: the parts can be worked on one by one.
    """
    if buckets == 1:
        return records
    return records.filter(bucket_of(records, end, buckets) == bucket)


def bucket_of(records: Any, end: str, buckets: int) -> Any:
    """Number the bucket that the *end* of each record falls into, from 0."""
    hi, lo = records[f"{end}_hi"], records[f"{end}_lo"]
    folded = (lo % buckets + hi % buckets) % buckets
    return ((folded + buckets) % buckets).cast("int64")


def conversing(records: Any) -> Any:
    """
    Keep what can be a client's conversation with a service, with its counters as sampled.

    ICMP has no service. Multicast, broadcast, unspecified, loopback and link-local remotes
    are no C&C servers (RFC 6890). Counters that arrived multiplied by the interval are
    divided back where the interval is known.
    """
    scaled = (records.counts_scaled == 1) & (records.sampling_interval > 1)
    factor = ibis.ifelse(scaled, records.sampling_interval, 1).cast("int64")
    return (
        records.filter(
            ~records.proto.isin(ICMP) & ((records.remote_own == 1) | _is_unicast(records))
        )
        .mutate(
            packets=ibis.greatest(records.packets // factor, 1),
            bytes=records.bytes // factor,
        )
        # Where detection runs on its view of the lake, two of these are not there any more.
        .drop(*sorted({"exporter", "counts_scaled", "ingress"} & set(records.columns)))
    )


def doubtful(records: Any) -> Any:
    """Keep the records in which the line can be the service: its port looks no higher."""
    return records.filter(_is_doubtful(records))


def line_servers(records: Any) -> Any:
    """
    Find endpoints of lines that meet several peers although their port looks no higher.

    Only there can a line be the service: elsewhere the remote port alone decides. The
    columns are `ENDPOINT` and `peers`, the number of remote endpoints met, at least 2.
    """
    mine = doubtful(records)
    met = mine.select(*ENDPOINT, "remote_hi", "remote_lo", "remote_port").distinct()
    peers = met.group_by(ENDPOINT).aggregate(peers=met.count())
    return peers.filter(peers.peers > 1)


def remote_peers(records: Any) -> Any:
    """Count, over the same doubtful records, the line endpoints each remote endpoint meets."""
    met = doubtful(records).select(*SERVICE, *LINE, "line_port").distinct()
    return met.group_by(SERVICE).aggregate(line_ends=met.count())


def towards_services(records: Any, servers: Any) -> Any:
    """
    Keep the records whose *remote* end is the service, or may be.

    Args:
        records: Conversation records, as `conversing` leaves them.
        servers: What `line_servers` found over the whole window.

    Returns:
        The records with a column `votes`: 1 where the packets themselves say that the
        remote end is the service, else 0. Records where the line is the service are gone.

    Notes:
        Own-to-own packets lie in the lake once per end; exactly one of the two copies has
        the service as its remote end, so nothing is counted twice. Peers are looked up for
        doubtful records alone, a fraction of all: elsewhere they decide nothing.
    """
    voted = _voted(records)
    decided = _decided(doubtful(voted), records, servers).select(*voted.columns)
    return voted.filter(~_is_doubtful(voted)).union(decided)


def undecided(records: Any) -> Any:
    """
    Drop the records where packets say that the line is the service, but not doubtful ones.

    There is a column `votes`, see `towards_services`, and `doubt`: 0 where the remote end is
    the service, 1 where `settled` must look at the record again.
    """
    doubt = _is_doubtful(records)
    voted = records.mutate(**_votes(records), doubt=doubt.cast("int64"))
    return voted.filter((voted.doubt == 1) | (voted.for_line == 0)).drop("for_line")


def settled(doubts: Any, servers: Any) -> Any:
    """
    Keep, of the doubtful records of `undecided`, those whose *remote* end is the service.

    With the others of `undecided` they are what `towards_services` keeps.
    """
    doubts = doubts.drop("votes", "doubt")
    voted = _voted(doubts)
    return _decided(voted, doubts, servers).select(*voted.columns)


def _votes(records: Any) -> dict[str, Any]:
    """Tell what the packets of each record say: 1 where an end is the service, else 0."""
    out = records.direction == int(Direction.OUT)
    tcp = (records.proto == int(Protocol.TCP)) & (records.tcp_flags >= 0)
    opening = tcp & (records.tcp_flags == SYN)
    answering = tcp & (records.tcp_flags == SYN | ACK) & (records.packets == 1)
    for_remote = (opening & out) | (answering & ~out)
    for_line = (opening & ~out) | (answering & out)
    return {"votes": for_remote.cast("int64"), "for_line": for_line.cast("int64")}


def _voted(records: Any) -> Any:
    voted = records.mutate(**_votes(records))
    return voted.filter(voted.for_line == 0).drop("for_line")


def _decided(asked: Any, records: Any, servers: Any) -> Any:
    """Keep, of the doubtful records *asked*, those whose remote end is the service."""
    known = asked.left_join(servers, ENDPOINT).drop(*[f"{name}_right" for name in ENDPOINT])
    known = known.left_join(remote_peers(records), SERVICE)
    known = known.drop(*[f"{name}_right" for name in SERVICE])
    peers, line_ends = known.peers.coalesce(1), known.line_ends.coalesce(1)
    is_lower = port_class(known.line_port) < port_class(known.remote_port)
    line_serves = (peers > 1) & (is_lower | (peers > line_ends))
    return known.filter((known.votes == 1) | ~line_serves)


def _is_doubtful(records: Any) -> Any:
    return port_class(records.line_port) <= port_class(records.remote_port)


def _is_unicast(records: Any) -> Any:
    """Tell apart addresses that a server can have."""
    low = records.remote_lo
    v4 = (records.remote_hi == 0) & (low // 2**32 == 0xFFFF)  # noqa: PLR2004 - RFC 4291, 2.5.5.2.
    first = (low // 2**24) % 256
    usable_v4 = (first > 0) & (first != 127) & (first < 224) | (first >= 240) & (  # noqa: PLR2004
        low != 0xFFFFFFFFFFFF  # noqa: PLR2004 - 255.255.255.255.
    )
    link_local_v4 = low // 2**16 == 0xFFFFA9FE  # noqa: PLR2004 - 169.254.0.0/16, RFC 3927.
    # A leading 1 bit makes the signed half negative: fe80::/10 and ff00::/8 are near zero.
    link_local_v6 = (records.remote_hi >= -(0x180 << 48)) & (records.remote_hi < -(0x140 << 48))
    multicast_v6 = records.remote_hi >= -(0x100 << 48)
    special_v6 = (link_local_v6 | multicast_v6) & (records.remote_hi < 0)
    unspecified_v6 = (records.remote_hi == 0) & low.isin([0, 1])
    return ibis.ifelse(v4, usable_v4 & ~link_local_v4, ~(special_v6 | unspecified_v6))
